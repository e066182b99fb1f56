//! The contents of a board's file.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::boot::Boot;
use crate::region::{Bytes, Region};
use crate::timing::Timing;

/// A board: a file that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Name of the board, which is its file's name: on the link, on command lines, in reports.
    #[serde(skip_deserializing)]
    pub id: String,
    /// What the board is, for people: "BBC micro:bit (nRF51822)".
    pub description: String,
    /// How well the board is tested.
    pub status: Status,
    /// Targets of model files that the board stands for where nobody names one: `generic`, `cortex-m4` and so on.
    #[serde(default)]
    pub shows: Vec<String>,
    /// Processor, compiler target and flags.
    pub core: Core,
    /// Flash, RAM and what lies in them.
    pub memory: Memory,
    /// The clock that counts instructions.
    pub clock: Clock,
    /// The serial port that the link uses.
    pub uart: Uart,
    /// What the part's boot ROM wants to find in flash; absent where the processor starts at the vectors.
    pub boot: Option<Boot>,
    /// What is done before the UART is set up, one step after the other: clocks and pins.
    #[serde(default)]
    pub setup: Vec<Step>,
    /// The QEMU machine that emulates the board; absent where QEMU has no such machine.
    pub qemu: Option<Qemu>,
    /// The tools that write an image to the board; `status` says whether anybody used one.
    #[serde(default)]
    pub flashing: Flashing,
    /// What decides how long the part takes; absent where the board stands for no part.
    pub timing: Option<Timing>,
}

/// Processor, compiler target and flags.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// The processor, as reports name it.
    pub name: String,
    /// The processor whose kernels the image holds, and whose packed model files it therefore reads.
    pub cpu: Cpu,
    /// Rust's name of the target.
    pub target: String,
    /// Flags that rustc needs beyond the target.
    #[serde(default)]
    pub flags: Vec<String>,
    /// First address of a RISC-V core's interrupt controller; without one the firmware does not sleep between bytes.
    pub plic: Option<u32>,
}

/// A processor that the core has kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Cpu {
    /// Cortex-M0 and M0+.
    #[serde(rename = "cortex-m0")]
    CortexM0,
    /// Cortex-M3.
    #[serde(rename = "cortex-m3")]
    CortexM3,
    /// Cortex-M4.
    #[serde(rename = "cortex-m4")]
    CortexM4,
    /// Cortex-M7.
    #[serde(rename = "cortex-m7")]
    CortexM7,
    /// Cortex-M33 with the DSP extension.
    #[serde(rename = "cortex-m33")]
    CortexM33,
    /// Cortex-M55 with Helium.
    #[serde(rename = "cortex-m55")]
    CortexM55,
    /// RISC-V without vectors.
    #[serde(rename = "rv32imc")]
    Rv32imc,
}

/// Flash, RAM and what lies in them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Memories that hold the image and the model.
    pub flash: Vec<Flash>,
    /// The part of the flash for the image.
    pub image: Region,
    /// The part of the flash for a model file; a model is flashed by itself, so that one image runs every model.
    pub model: Region,
    /// Memory for data and stack.
    pub ram: Region,
    /// Bytes of RAM for a session's arena.
    pub arena: Bytes,
    /// Bytes of RAM for the longest picture, text or record.
    pub inbox: Bytes,
    /// Number of a session's parts whose instructions are counted one by one; each takes RAM.
    pub stages: u32,
}

/// A flash, or the part of one whose blocks have the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Flash {
    /// First address.
    pub start: u32,
    /// Length in bytes.
    pub length: Bytes,
    /// Bytes that are erased together; absent where another memory stands for flash.
    pub erase: Option<Bytes>,
    /// Bytes that are written together.
    pub write: Option<Bytes>,
}

impl Flash {
    /// The addresses of the flash.
    pub const fn region(&self) -> Region {
        Region {
            start: self.start,
            length: self.length,
        }
    }
}

/// The clock that counts instructions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The counter.
    pub counter: Counter,
    /// Frequency of the processor clock; SysTick counts it.
    pub hertz: Option<u32>,
}

/// A counter that the firmware knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counter {
    /// SysTick of a Cortex-M.
    Systick,
    /// The retired instructions of a RISC-V core.
    Minstret,
    /// The same where `mcountinhibit` stops it at reset, as on Hazard3; older cores have no such register.
    MinstretInhibited,
    /// The performance counter of an ESP32-C3, which has no `minstret`; its 32 bits hold 107 seconds at 40 MHz.
    Esp32c3,
}

/// A serial port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Uart {
    /// The driver.
    pub driver: Driver,
    /// First address of the driver's registers.
    pub base: u32,
    /// Number of the interrupt that tells of a received byte; absent on a RISC-V board without a PLIC, which polls.
    pub interrupt: Option<u32>,
    /// Clock and baud rate; absent where the driver leaves the speed as it is.
    pub speed: Option<Speed>,
    /// Where a cable goes, for people: "TX PA9, RX PA10".
    pub wiring: Option<String>,
}

/// Baud rate of a UART, and the clock that it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// Frequency of the clock that feeds the UART.
    pub hertz: u32,
    /// Baud rate in bits a second.
    pub baud: u32,
}

/// A driver of the firmware's `uart` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Driver {
    /// Arm's CMSDK APB UART, on every MPS2 and MPS3 image.
    #[serde(rename = "cmsdk")]
    Cmsdk,
    /// The UART of an ESP32-C3.
    #[serde(rename = "esp32c3-uart")]
    Esp32c3Uart,
    /// The UART of Analog Devices' MAX32660 to MAX32666.
    #[serde(rename = "max32-uart")]
    Max32Uart,
    /// The UART of Nordic's nRF51 and nRF52.
    #[serde(rename = "nrf-uart")]
    NrfUart,
    /// A 16550 with registers of a byte.
    #[serde(rename = "ns16550")]
    Ns16550,
    /// Arm's PrimeCell UART, on RP2040, RP2350, Stellaris and Apollo.
    #[serde(rename = "pl011")]
    Pl011,
    /// SiFive's UART.
    #[serde(rename = "sifive")]
    Sifive,
    /// The USART of STM32F1, F2 and F4.
    #[serde(rename = "stm32-usart")]
    Stm32Usart,
    /// The USART of newer STM32: F0, F3, F7, G, H, L4, U, W.
    #[serde(rename = "stm32-usart-v2")]
    Stm32UsartV2,
}

/// A register that is written once, as a whole or some of its bits, or that is read until some of its bits are as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Address of the register, of 32 bits.
    pub address: u32,
    /// The value of the whole register.
    pub write: Option<u32>,
    /// Bits that become 0.
    pub clear: Option<u32>,
    /// Bits that become 1, by the same access as those of `clear` become 0.
    pub set: Option<u32>,
    /// Bits that the hardware makes 1. The wait has no limit: a part whose clock does not start has no serial port to say so, and
    /// going on with half a clock would only hide where it stands from a debugger.
    pub wait_set: Option<u32>,
    /// Bits that the hardware makes 0; without a limit too.
    pub wait_clear: Option<u32>,
}

/// The QEMU machine that emulates a board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Qemu {
    /// Name of the emulator's program: `qemu-system-arm` or `qemu-system-riscv32`.
    pub program: String,
    /// Arguments that choose the machine; the command adds serial port, image and model.
    pub arguments: Vec<String>,
    /// Frequency that SysTick counts in the machine, in hertz, where it is not that of the board: QEMU knows few clock controllers.
    pub hertz: Option<u32>,
}

/// The tools that write an image to a board, and what each has to be told; a tool that is not named cannot, or nobody knows how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Flashing {
    /// probe-rs, over a debug probe.
    pub probe_rs: Option<ProbeRs>,
    /// st-flash of the stlink tools, over an ST-LINK.
    pub st_flash: Option<StFlash>,
    /// dfu-util, over USB, with the part in its boot loader.
    pub dfu_util: Option<DfuUtil>,
    /// picotool, over USB, with the part in its boot loader; .uf2 files, which are copied to the drive that it shows.
    pub picotool: Option<Picotool>,
    /// esptool, over a serial port.
    pub esptool: Option<Esptool>,
    /// OpenOCD, over a debug probe.
    pub openocd: Option<Openocd>,
}

/// What probe-rs has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeRs {
    /// The chip as probe-rs names it.
    pub chip: String,
}

/// st-flash has to be told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StFlash {}

/// What dfu-util has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DfuUtil {
    /// USB vendor and product of the boot loader: `0483:df11`.
    pub device: String,
    /// Number of the alternate setting that is the flash.
    pub alternate: u8,
}

/// What picotool and makers of .uf2 files have to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Picotool {
    /// Number of the family in blocks of .uf2 files.
    pub family: u32,
}

/// What esptool has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Esptool {
    /// The chip as esptool names it.
    pub chip: String,
}

/// What OpenOCD has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Openocd {
    /// The board's configuration as OpenOCD names it.
    pub config: String,
}

/// How well a board is tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The image builds.
    Built,
    /// The tests run it in QEMU.
    RunInQemu,
    /// Somebody ran it on the board itself.
    RunOnHardware {
        /// Name of that person.
        by: String,
    },
}

impl Board {
    /// The board as QEMU has it: its SysTick counts the machine's clock.
    pub fn in_qemu(mut self) -> Board {
        let machine = self.qemu.as_ref().and_then(|qemu| qemu.hertz);
        self.clock.hertz = machine.or(self.clock.hertz);
        self
    }

    /// Nanoseconds that a tick of SysTick takes, as a fraction in lowest terms.
    pub fn tick(&self) -> Option<(u64, u64)> {
        let (nanoseconds, hertz) = (1_000_000_000, u64::from(self.clock.hertz?));
        let divisor = common_divisor(nanoseconds, hertz);
        Some((nanoseconds / divisor, hertz / divisor))
    }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

impl Cpu {
    /// All processors that the core has kernels for.
    pub const ALL: [Cpu; 7] = [
        Cpu::CortexM0,
        Cpu::CortexM3,
        Cpu::CortexM4,
        Cpu::CortexM7,
        Cpu::CortexM33,
        Cpu::CortexM55,
        Cpu::Rv32imc,
    ];

    /// Name of the processor, which is also the name of the target of its model files.
    pub const fn name(self) -> &'static str {
        match self {
            Cpu::CortexM0 => "cortex-m0",
            Cpu::CortexM3 => "cortex-m3",
            Cpu::CortexM4 => "cortex-m4",
            Cpu::CortexM7 => "cortex-m7",
            Cpu::CortexM33 => "cortex-m33",
            Cpu::CortexM55 => "cortex-m55",
            Cpu::Rv32imc => "rv32imc",
        }
    }

    /// Architectures of the Rust targets that the processor's code is built for.
    pub const fn architectures(self) -> &'static [&'static str] {
        match self {
            Cpu::CortexM0 => &["thumbv6m"],
            Cpu::CortexM3 => &["thumbv7m"],
            Cpu::CortexM4 | Cpu::CortexM7 => &["thumbv7em"],
            Cpu::CortexM33 | Cpu::CortexM55 => &["thumbv8m.main"],
            Cpu::Rv32imc => &["riscv32imac", "riscv32imc"],
        }
    }

    /// The flag by which the core chooses the processor's kernels, where the target alone promises neither DSP nor Helium.
    pub const fn flag(self) -> Option<&'static str> {
        match self {
            Cpu::CortexM33 => Some("-Ctarget-cpu=cortex-m33"),
            Cpu::CortexM55 => Some("-Ctarget-cpu=cortex-m55"),
            _ => None,
        }
    }

    /// Whether the processor is a RISC-V core.
    pub const fn is_riscv(self) -> bool {
        matches!(self, Cpu::Rv32imc)
    }

    /// Whether the processor loads and stores words at any address.
    pub const fn is_unaligned(self) -> bool {
        !matches!(self, Cpu::CortexM0 | Cpu::Rv32imc)
    }
}

impl Driver {
    /// Name of the driver's type in the firmware's `uart` module.
    pub const fn rust_type(self) -> &'static str {
        match self {
            Driver::Cmsdk => "Cmsdk",
            Driver::Esp32c3Uart => "Esp32c3Uart",
            Driver::Max32Uart => "Max32Uart",
            Driver::NrfUart => "NrfUart",
            Driver::Ns16550 => "Ns16550",
            Driver::Pl011 => "Pl011",
            Driver::Sifive => "Sifive",
            Driver::Stm32Usart => "Stm32Usart",
            Driver::Stm32UsartV2 => "Stm32UsartV2",
        }
    }

    /// Whether the driver sets the baud rate.
    pub const fn has_speed(self) -> bool {
        !matches!(self, Driver::Ns16550)
    }
}

impl Flashing {
    /// Names of the tools.
    pub fn tools(&self) -> Vec<&'static str> {
        let tools = [
            ("probe-rs", self.probe_rs.is_some()),
            ("st-flash", self.st_flash.is_some()),
            ("dfu-util", self.dfu_util.is_some()),
            ("picotool", self.picotool.is_some()),
            ("esptool", self.esptool.is_some()),
            ("OpenOCD", self.openocd.is_some()),
        ];
        let there = tools.into_iter().filter(|(_, there)| *there);
        there.map(|(name, _)| name).collect()
    }
}

const HARDWARE: &str = "run on hardware by ";

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Built => f.write_str("built"),
            Status::RunInQemu => f.write_str("run in QEMU"),
            Status::RunOnHardware { by } => write!(f, "{HARDWARE}{by}"),
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match text.as_str() {
            "built" => Ok(Status::Built),
            "run in QEMU" => Ok(Status::RunInQemu),
            other => match other.strip_prefix(HARDWARE) {
                Some(by) if !by.is_empty() => Ok(Status::RunOnHardware { by: by.to_owned() }),
                _ => Err(de::Error::custom(
                    "a status is \"built\", \"run in QEMU\" or \"run on hardware by NAME\"",
                )),
            },
        }
    }
}
