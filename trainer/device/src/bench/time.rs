//! How long a model takes on a part, and the energy: instructions of an emulated board, cycles of the part's pipeline, and what
//! its memory adds at a clock (`[timing]` of the board's file).
//!
//! Three figures of cycles are given. `best` is the pipeline's, as if every line of flash were at hand. `modelled` adds what
//! instructions wait for flash, prefetch and cache ([`super::cycles`]), and the wait states of reading every weight once
//! in each run of its layer. `worst` is without prefetch and cache, and with weights read from flash for each
//! multiplication that they are part of: no packing reads a byte more often. Where flash can only be run through its cache
//! (`xip`), instructions have it in `worst` too. The log shows no addresses of data, so nothing narrower is known of weights.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tillsense_board::{CycleModel, Place, Power, Timing};

use super::cycles::{self, Measured};
use super::model::{There, lines_of};
use super::{LIMIT, ModelFigures, PartFigure, checked, in_file};
use crate::boards::{self, Machine};
use crate::toolchain::build_firmware;

/// The least, the modelled and the greatest of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Range<T> {
    /// As if flash were never waited for.
    pub best: T,
    /// With the part's prefetch and cache.
    pub modelled: T,
    /// Without them.
    pub worst: T,
}

/// How long a model takes on a part.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TimeFigures {
    /// Name of the board.
    pub board: String,
    /// Name of the emulated board that executed the instructions: the same, or one with the same processor.
    pub measured_on: String,
    /// Name of the pipeline that is modelled.
    pub pipeline: String,
    /// Frequency of the processor clock in hertz.
    pub hertz: u32,
    /// Wait states of the flash at that clock.
    pub waits: u32,
    /// Instructions of one inference with every input at its longest, frontends included.
    pub instructions: u64,
    /// Processor cycles.
    pub cycles: Range<u64>,
    /// Milliseconds at that clock.
    pub milliseconds: Range<f64>,
    /// Millijoules that the processor draws, where the vendor says its current.
    pub millijoules: Option<Range<f64>>,
    /// Documents of the part's figures.
    pub sources: Vec<String>,
}

impl<T: Copy> Range<T> {
    /// The same range of another figure.
    pub fn map<U>(self, of: impl Fn(T) -> U) -> Range<U> {
        Range {
            best: of(self.best),
            modelled: of(self.modelled),
            worst: of(self.worst),
        }
    }
}

/// The emulated board that executes a part's instructions: the part's own where QEMU has it, else one with the same processor.
pub fn emulated(machine: &'static Machine) -> &'static Machine {
    match machine.qemu {
        Some(_) => machine,
        None => boards::typical(machine.reads)
            .into_iter()
            .find(|other| other.reads == machine.reads)
            .unwrap_or(machine),
    }
}

/// The clock of a board in hertz: the one asked for, else that of its file. Refuses a board without a pipeline that is
/// modelled, and a clock above the part's highest.
pub fn clock(machine: &Machine, megahertz: Option<f64>) -> Result<u32> {
    cycles::model_of(machine)?;
    let (board, timing) = (&machine.board, machine.board.timing.as_ref());
    let Some(asked) = megahertz else {
        let own = board.clock.hertz.or(timing.map(|timing| timing.hertz_max));
        return own.with_context(|| format!("{}: its file names no clock", machine.id));
    };
    let timing = timing.with_context(|| {
        format!(
            "{}: its file has no [timing], so nobody knows how long its flash makes the processor wait at {asked} MHz; \
             `--cycles` tells the pipeline's cycles alone",
            machine.id
        )
    })?;
    let most = timing.hertz_max;
    let hertz = (asked * 1e6).round();
    ensure!(
        hertz >= 1.0 && hertz <= f64::from(u32::MAX),
        "{asked} MHz is no frequency of a processor clock"
    );
    let hertz = hertz as u32;
    ensure!(
        hertz <= most,
        "{} runs at {} MHz at most, not at {asked}",
        machine.id,
        f64::from(most) / 1e6
    );
    Ok(hertz)
}

/// How long a model takes on a board, from the figures of its parts.
pub fn time(
    machine: &'static Machine,
    file: &[u8],
    figures: &ModelFigures,
    hertz: u32,
) -> Result<TimeFigures> {
    let pipeline = cycles::model_of(machine)?;
    let executes = emulated(machine);
    let timing = machine.board.timing.as_ref();
    let measured = measure(
        executes,
        file,
        pipeline,
        timing.map(|timing| (timing, hertz)),
    )?;
    let waits = timing.and_then(|timing| timing.waits(hertz)).unwrap_or(0);
    let cycles = range(&measured, timing, waits, &figures.parts);
    let power = timing.and_then(|timing| timing.power.as_ref());
    let sources = timing.map(|timing| timing.source.clone());
    Ok(TimeFigures {
        board: machine.id.to_owned(),
        measured_on: executes.id.to_owned(),
        pipeline: pipeline.name().to_owned(),
        hertz,
        waits,
        instructions: measured.instructions,
        cycles,
        milliseconds: cycles.map(|cycles| cycles as f64 * 1e3 / f64::from(hertz)),
        millijoules: power.map(|power| cycles.map(|cycles| millijoules(power, cycles))),
        sources: sources
            .into_iter()
            .chain(power.map(|power| power.source.clone()))
            .collect(),
    })
}

/// Executes a model and sums up its parts. The log must hold the instructions that the board counted.
fn measure(
    machine: &'static Machine,
    file: &[u8],
    pipeline: CycleModel,
    flash: Option<(&Timing, u32)>,
) -> Result<Measured> {
    let firmware = build_firmware(machine, "bench")?;
    let slot = in_file(file)?;
    let (finished, parts) =
        cycles::run_model(machine, &firmware, slot.path(), pipeline, flash, LIMIT)?;
    let there: There = lines_of(machine, &checked(machine, &finished)?)?;
    let sum = |of: fn(&Measured) -> u64| parts.iter().map(of).sum::<u64>();
    let all = Measured {
        instructions: there.total,
        cycles: vec![sum(|part| part.cycles.first().copied().unwrap_or(0))],
        waited: sum(|part| part.waited),
        unhidden: sum(|part| part.unhidden),
    };
    let runs = there
        .counts
        .values()
        .map(|(calls, _)| u64::from(*calls))
        .sum();
    cycles::check_model(there.total, runs, &parts).with_context(|| machine.id)?;
    Ok(all)
}

/// Cycles with what the flash adds.
fn range(
    measured: &Measured,
    timing: Option<&Timing>,
    waits: u32,
    parts: &[PartFigure],
) -> Range<u64> {
    let best = measured.cycles.first().copied().unwrap_or(0);
    let line = timing.and_then(|timing| timing.line).unwrap_or(1).into();
    let reads = |bytes: fn(&PartFigure) -> u64| -> u64 {
        let lines = |part: &PartFigure| u64::from(part.calls) * bytes(part).div_ceil(line);
        parts.iter().map(lines).sum()
    };
    let once = reads(|part| part.weight_bytes as u64);
    let each = reads(|part| part.macs.max(part.weight_bytes as u64));
    let fetched = match timing.map(|timing| timing.code) {
        Some(Place::Xip) => measured.waited,
        _ => measured.unhidden,
    };
    Range {
        best,
        modelled: best + measured.waited + once * u64::from(waits),
        worst: best + fetched.max(measured.waited) + each * u64::from(waits),
    }
}

/// Energy of a number of cycles: microamperes for each million cycles a second, times volts, are picojoules a cycle.
fn millijoules(power: &Power, cycles: u64) -> f64 {
    power.active_ua_per_mhz.value() * power.volts.value() * cycles as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use tillsense_board::Thousandths;

    #[test]
    fn energy_is_current_times_voltage_times_time() {
        let power = Power {
            active_ua_per_mhz: Thousandths(100_000),
            volts: Thousandths(3_000),
            source: String::new(),
        };
        // At 100 MHz: 10 mA at 3 V are 30 mW, for 10 ms.
        assert!((millijoules(&power, 1_000_000) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_clock_is_the_boards_own_or_within_its_reach() {
        let board = boards::find("netduinoplus2").unwrap();
        assert_eq!(clock(board, None).unwrap(), 16_000_000);
        assert_eq!(clock(board, Some(8.5)).unwrap(), 8_500_000);
        let told = clock(board, Some(180.0)).unwrap_err().to_string();
        assert_eq!(told, "netduinoplus2 runs at 168 MHz at most, not at 180");
        assert!(clock(board, Some(f64::NAN)).is_err() && clock(board, Some(-1.0)).is_err());
        let told = clock(boards::find("riscv-virt").unwrap(), None).unwrap_err();
        assert!(told.to_string().contains("model = \"e31\""), "{told}");
    }
}
