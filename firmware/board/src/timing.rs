//! What decides how long a part takes: its pipeline, how its memory feeds it, and the current it draws (`[timing]`).
//!
//! ```toml
//! [timing]
//! model = "cortex-m4"                # pipeline; a RISC-V part must name one, an Arm part may
//! hertz_max = 168_000_000            # highest clock of the part
//! code = "flash"                     # where code and constants lie: flash, xip or tcm
//! flash_waits = [                    # wait states of a read, up to each clock
//!     { hertz = 30_000_000, waits = 0 },
//!     { hertz = 168_000_000, waits = 5 },
//! ]
//! line = 16                          # bytes that a read brings
//! prefetch = true                    # whether the next line is read meanwhile
//! cache = { lines = 64, ways = 64 }  # of instructions, each as long as `line`
//! source = "RM0090 table 10, 3.5.1"
//!
//! [timing.power]
//! active_ua_per_mhz = 238
//! volts = 3.3
//! source = "DS8626 table 20, peripherals off, 25 degrees"
//! ```
//!
//! `xip` is flash on a serial bus behind a cache: its `waits` are the cycles that a miss takes, for a whole `line`. `tcm` is
//! memory without wait states, and has neither `flash_waits` nor `line`, `prefetch` and `cache`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;
use crate::board::{Board, Cpu};
use crate::check::File;

/// What decides how long a part takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Pipeline of the processor; absent where the board's core has but one.
    pub model: Option<CycleModel>,
    /// Highest frequency of the processor clock, in hertz.
    pub hertz_max: u32,
    /// Where code and constants lie.
    pub code: Place,
    /// Wait states by clock, slowest first.
    #[serde(default)]
    pub flash_waits: Vec<FlashWaits>,
    /// Bytes that a read of the flash brings, or that a miss of its cache fills.
    pub line: Option<u32>,
    /// Whether the flash reads the next line while the processor runs the one before it.
    #[serde(default)]
    pub prefetch: bool,
    /// Cache of the lines that hold instructions.
    pub cache: Option<Cache>,
    /// Current that the processor draws, where the vendor says it.
    pub power: Option<Power>,
    /// Document, section and table of these figures.
    pub source: String,
}

/// A pipeline whose cycles are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum CycleModel {
    /// Cortex-M0: three stages.
    #[serde(rename = "cortex-m0")]
    CortexM0,
    /// Cortex-M0+: two stages.
    #[serde(rename = "cortex-m0plus")]
    CortexM0Plus,
    /// Cortex-M3.
    #[serde(rename = "cortex-m3")]
    CortexM3,
    /// Cortex-M4.
    #[serde(rename = "cortex-m4")]
    CortexM4,
    /// Cortex-M7.
    #[serde(rename = "cortex-m7")]
    CortexM7,
    /// Cortex-M33.
    #[serde(rename = "cortex-m33")]
    CortexM33,
    /// Cortex-M55 with Helium.
    #[serde(rename = "cortex-m55")]
    CortexM55,
    /// SiFive E31, the core of an FE310.
    #[serde(rename = "e31")]
    E31,
    /// Hazard3, the RISC-V core of an RP2350.
    #[serde(rename = "hazard3")]
    Hazard3,
    /// The core of an ESP32-C3.
    #[serde(rename = "esp32c3")]
    Esp32C3,
}

/// Where code and constants lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Memory that keeps pace with the processor: tightly coupled memory, or RAM on its bus.
    Tcm,
    /// Flash of the part itself.
    Flash,
    /// Flash on a serial bus, run in place through a cache.
    Xip,
}

/// Wait states of a read up to a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FlashWaits {
    /// Highest frequency of the processor clock with this number of wait states, in hertz.
    pub hertz: u32,
    /// Cycles that a read takes beyond the first.
    pub waits: u32,
}

/// A cache of instructions that throws out the line used longest ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Number of lines, each as long as `line`.
    pub lines: u32,
    /// Number of lines that an address may lie in; as many as there are in a fully associative cache.
    pub ways: u32,
}

/// Current that the processor draws when it runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Microamperes for each megahertz of the processor clock.
    pub active_ua_per_mhz: Thousandths,
    /// Supply voltage at which that was measured.
    pub volts: Thousandths,
    /// Document, table and conditions.
    pub source: String,
}

/// A positive number kept in thousandths: `238` or `3.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thousandths(pub u32);

/// Frequencies that a processor clock may have, in hertz.
const CLOCKS: std::ops::RangeInclusive<u32> = 1_000_000..=2_000_000_000;
/// Lengths of a line in bytes.
const LINES: std::ops::RangeInclusive<u32> = 4..=256;
/// Most wait states; a miss of a serial flash takes some hundred cycles.
const MOST_WAITS: u32 = 2_000;
/// Most lines of a cache.
const MOST_LINES: u32 = 1 << 16;
/// Limit of a text about a source, in bytes.
const MOST_WORDS: usize = 300;

impl Timing {
    /// Wait states at a clock; `None` where the clock is above all that the file names.
    pub fn waits(&self, hertz: u32) -> Option<u32> {
        if self.code == Place::Tcm {
            return Some(0);
        }
        let step = self.flash_waits.iter().find(|step| hertz <= step.hertz);
        step.map(|step| step.waits)
    }
}

impl Board {
    /// The pipeline whose cycles stand for the board's: the one that its file names, else that of its core. A RISC-V core has
    /// many, so that a file without one has none.
    pub fn cycle_model(&self) -> Option<CycleModel> {
        let named = self.timing.as_ref().and_then(|timing| timing.model);
        named.or_else(|| CycleModel::usual(self.core.cpu))
    }
}

impl CycleModel {
    /// All pipelines.
    pub const ALL: [CycleModel; 10] = [
        CycleModel::CortexM0,
        CycleModel::CortexM0Plus,
        CycleModel::CortexM3,
        CycleModel::CortexM4,
        CycleModel::CortexM7,
        CycleModel::CortexM33,
        CycleModel::CortexM55,
        CycleModel::E31,
        CycleModel::Hazard3,
        CycleModel::Esp32C3,
    ];

    /// Name of the pipeline in files of boards.
    pub const fn name(self) -> &'static str {
        match self {
            CycleModel::CortexM0 => "cortex-m0",
            CycleModel::CortexM0Plus => "cortex-m0plus",
            CycleModel::CortexM3 => "cortex-m3",
            CycleModel::CortexM4 => "cortex-m4",
            CycleModel::CortexM7 => "cortex-m7",
            CycleModel::CortexM33 => "cortex-m33",
            CycleModel::CortexM55 => "cortex-m55",
            CycleModel::E31 => "e31",
            CycleModel::Hazard3 => "hazard3",
            CycleModel::Esp32C3 => "esp32c3",
        }
    }

    /// The processor whose code the pipeline runs.
    pub const fn cpu(self) -> Cpu {
        match self {
            CycleModel::CortexM0 | CycleModel::CortexM0Plus => Cpu::CortexM0,
            CycleModel::CortexM3 => Cpu::CortexM3,
            CycleModel::CortexM4 => Cpu::CortexM4,
            CycleModel::CortexM7 => Cpu::CortexM7,
            CycleModel::CortexM33 => Cpu::CortexM33,
            CycleModel::CortexM55 => Cpu::CortexM55,
            CycleModel::E31 | CycleModel::Hazard3 | CycleModel::Esp32C3 => Cpu::Rv32imc,
        }
    }

    /// The pipeline of a processor where a file names none.
    const fn usual(cpu: Cpu) -> Option<Self> {
        match cpu {
            Cpu::CortexM0 => Some(CycleModel::CortexM0),
            Cpu::CortexM3 => Some(CycleModel::CortexM3),
            Cpu::CortexM4 => Some(CycleModel::CortexM4),
            Cpu::CortexM7 => Some(CycleModel::CortexM7),
            Cpu::CortexM33 => Some(CycleModel::CortexM33),
            Cpu::CortexM55 => Some(CycleModel::CortexM55),
            Cpu::Rv32imc => None,
        }
    }
}

impl Thousandths {
    /// The number.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl Serialize for Thousandths {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.value())
    }
}

impl<'de> Deserialize<'de> for Thousandths {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Number)
    }
}

struct Number;

impl de::Visitor<'_> for Number {
    type Value = Thousandths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a positive number below 1,000,000, such as 238 or 3.3")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Thousandths, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Thousandths, E> {
        let thousandths = (value * 1000.0).round();
        if !(1.0..1e9).contains(&thousandths) {
            return Err(E::invalid_value(de::Unexpected::Float(value), &self));
        }
        Ok(Thousandths(thousandths as u32))
    }
}

/// Checks a board's `[timing]`; the error names the first key that makes no sense.
pub(crate) fn check(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let Some(timing) = &board.timing else {
        return Ok(());
    };
    model(timing, board.core.cpu, file)?;
    file.require(
        CLOCKS.contains(&timing.hertz_max),
        "timing.hertz_max",
        format!("{} is no frequency of a processor clock", timing.hertz_max),
        "write the part's highest clock in hertz, such as 168_000_000",
    )?;
    source("timing.source", &timing.source, file)?;
    if timing.code == Place::Tcm {
        let bare = timing.flash_waits.is_empty()
            && timing.line.is_none()
            && timing.cache.is_none()
            && !timing.prefetch;
        return file
            .require(
                bare,
                "timing.code",
                String::from("memory without wait states needs no description"),
                "leave out flash_waits, line, prefetch and cache, or write code = \"flash\"",
            )
            .and_then(|()| power(timing, file));
    }
    waits(timing, file)?;
    lines(timing, file)?;
    power(timing, file)
}

fn model(timing: &Timing, cpu: Cpu, file: &File<'_>) -> Result<(), Error> {
    let fitting: Vec<_> = CycleModel::ALL
        .into_iter()
        .filter(|model| model.cpu() == cpu)
        .map(CycleModel::name)
        .collect();
    let remedy = format!("write one of \"{}\"", fitting.join("\", \""));
    match timing.model {
        Some(model) => file.require(
            model.cpu() == cpu,
            "timing.model",
            format!("{} is no pipeline of {}", model.name(), cpu.name()),
            &remedy,
        ),
        None => file.require(
            CycleModel::usual(cpu).is_some(),
            "timing.model",
            format!("there are several pipelines of {}", cpu.name()),
            &remedy,
        ),
    }
}

fn waits(timing: &Timing, file: &File<'_>) -> Result<(), Error> {
    let key = "timing.flash_waits";
    let example = "write such as [{ hertz = 30_000_000, waits = 0 }, { hertz = 60_000_000, waits = 1 }], slowest first";
    let rises = timing
        .flash_waits
        .windows(2)
        .all(|two| two[0].hertz < two[1].hertz && two[0].waits <= two[1].waits);
    let sensible = |step: &FlashWaits| step.waits <= MOST_WAITS;
    file.require(
        rises && timing.flash_waits.iter().all(sensible),
        key,
        String::from(
            "clocks and wait states must rise from one to the next, and waits are at most 2,000",
        ),
        example,
    )?;
    file.require(
        timing.waits(timing.hertz_max).is_some(),
        key,
        format!(
            "no wait states are given for {} hertz, the part's highest clock",
            timing.hertz_max
        ),
        example,
    )
}

fn lines(timing: &Timing, file: &File<'_>) -> Result<(), Error> {
    let fits = |line: u32| LINES.contains(&line) && line.is_power_of_two();
    file.require(
        timing.line.is_some_and(fits),
        "timing.line",
        String::from("a read of the flash brings a power of two, from 4 to 256 bytes"),
        "write such as line = 16",
    )?;
    file.require(
        timing.cache.is_some() || timing.code == Place::Flash,
        "timing.cache",
        String::from("flash on a serial bus is run through a cache"),
        "write such as cache = { lines = 512, ways = 2 }",
    )?;
    let Some(Cache { lines, ways }) = timing.cache else {
        return Ok(());
    };
    let fits = ways > 0
        && lines <= MOST_LINES
        && lines.is_multiple_of(ways)
        && (lines / ways).is_power_of_two();
    file.require(
        fits,
        "timing.cache",
        format!("{lines} lines of {ways} ways make no cache"),
        "write lines and ways whose quotient is a power of two, such as { lines = 64, ways = 4 }",
    )
}

fn power(timing: &Timing, file: &File<'_>) -> Result<(), Error> {
    match &timing.power {
        Some(power) => source("timing.power.source", &power.source, file),
        None => Ok(()),
    }
}

fn source(key: &str, text: &str, file: &File<'_>) -> Result<(), Error> {
    let one_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
    file.require(
        one_line && text.len() <= MOST_WORDS,
        key,
        String::from("the text is empty, very long, or has more than one line"),
        "name the document and the table",
    )
}
