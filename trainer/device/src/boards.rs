//! The boards, and the QEMU machines that stand for them.

use std::fmt;

use tillsense_compiler::target::Target;

/// A board and its emulation.
#[derive(Debug, PartialEq, Eq)]
pub struct Machine {
    /// The name on the link and on the command line; the firmware's feature is `board-<id>`.
    pub id: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    /// The processor, as reports name it.
    pub processor: &'static str,
    /// The target whose model files its kernels read; it runs generic ones too.
    pub reads: Target,
    /// The emulator.
    pub qemu: &'static str,
    /// The machine's name there, and further arguments.
    pub qemu_args: &'static [&'static str],
    /// Rust's target.
    pub target: &'static str,
    /// What rustc needs to be told beyond the target; boards with flags have a target folder of their own.
    pub rustflags: &'static [&'static str],
    /// Bytes of flash for the image.
    pub flash: u32,
    /// Bytes of RAM.
    pub ram: u32,
    /// First address of the model slot.
    pub slot: u32,
    /// Bytes of the model slot.
    pub slot_len: u32,
    /// Bytes of arena.
    pub arena: u32,
    /// Bytes of the longest picture, text or record.
    pub inbox: u32,
}

/// nRF51822 with 16 KiB of RAM. The real part has no SysTick, on which QEMU's counts its instructions.
pub static MICROBIT: Machine = Machine {
    id: "microbit",
    description: "BBC micro:bit (nRF51822)",
    processor: "Cortex-M0",
    reads: Target::CortexM0,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "microbit"],
    target: "thumbv6m-none-eabi",
    rustflags: &[],
    flash: 192 << 10,
    ram: 16 << 10,
    slot: 0x0003_0000,
    slot_len: 64 << 10,
    arena: 6912,
    inbox: 896,
};

/// Arm MPS2 with image AN385: plenty of memory, and no DSP extension.
pub static MPS2_AN385: Machine = Machine {
    id: "mps2-an385",
    description: "Arm MPS2 AN385",
    processor: "Cortex-M3",
    reads: Target::CortexM3,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "mps2-an385"],
    target: "thumbv7m-none-eabi",
    rustflags: &[],
    flash: 2 << 20,
    ram: 4 << 20,
    slot: 0x0020_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// Code for a Cortex-M0, run on the Cortex-M3 of AN385, which executes all of Armv6-M: QEMU's only Cortex-M0 is [`MICROBIT`],
/// with 16 KiB of RAM.
pub static MPS2_AN385_M0: Machine = Machine {
    id: "mps2-an385-m0",
    description: "Arm MPS2 AN385 running code for a Cortex-M0",
    processor: "Cortex-M0 code on a Cortex-M3",
    reads: Target::CortexM0,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "mps2-an385"],
    target: "thumbv6m-none-eabi",
    rustflags: &[],
    flash: 2 << 20,
    ram: 4 << 20,
    slot: 0x0020_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// Arm MPS2 with image AN386: plenty of memory.
pub static MPS2_AN386: Machine = Machine {
    id: "mps2-an386",
    description: "Arm MPS2 AN386",
    processor: "Cortex-M4F",
    reads: Target::CortexM4,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "mps2-an386"],
    target: "thumbv7em-none-eabihf",
    rustflags: &[],
    flash: 2 << 20,
    ram: 4 << 20,
    slot: 0x0020_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// Arm MPS2 with image AN500: plenty of memory.
pub static MPS2_AN500: Machine = Machine {
    id: "mps2-an500",
    description: "Arm MPS2 AN500",
    processor: "Cortex-M7",
    reads: Target::CortexM7,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "mps2-an500"],
    target: "thumbv7em-none-eabihf",
    rustflags: &[],
    flash: 2 << 20,
    ram: 4 << 20,
    slot: 0x0020_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// Arm MPS2 with image AN505: plenty of memory; Secure state, Secure addresses.
pub static MPS2_AN505: Machine = Machine {
    id: "mps2-an505",
    description: "Arm MPS2 AN505",
    processor: "Cortex-M33",
    reads: Target::CortexM33,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "mps2-an505"],
    target: "thumbv8m.main-none-eabihf",
    rustflags: &["-Ctarget-cpu=cortex-m33"],
    flash: 2 << 20,
    ram: 4 << 20,
    slot: 0x1020_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// Arm MPS3 with image AN547: Helium.
pub static MPS3_AN547: Machine = Machine {
    id: "mps3-an547",
    description: "Arm MPS3 AN547",
    processor: "Cortex-M55",
    reads: Target::CortexM55,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "mps3-an547"],
    target: "thumbv8m.main-none-eabihf",
    rustflags: &["-Ctarget-cpu=cortex-m55"],
    flash: 512 << 10,
    ram: 512 << 10,
    slot: 0x0100_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// A real part: STM32F405.
pub static NETDUINOPLUS2: Machine = Machine {
    id: "netduinoplus2",
    description: "Netduino Plus 2 (STM32F405)",
    processor: "Cortex-M4F",
    reads: Target::CortexM4,
    qemu: "qemu-system-arm",
    qemu_args: &["-M", "netduinoplus2"],
    target: "thumbv7em-none-eabihf",
    rustflags: &[],
    flash: 512 << 10,
    ram: 128 << 10,
    slot: 0x0808_0000,
    slot_len: 512 << 10,
    arena: 104 << 10,
    inbox: 8 << 10,
};

/// QEMU's generic RISC-V machine: plenty of memory.
pub static RISCV_VIRT: Machine = Machine {
    id: "riscv-virt",
    description: "QEMU riscv32 virt",
    processor: "RV32IMAC",
    reads: Target::Rv32imc,
    qemu: "qemu-system-riscv32",
    qemu_args: &["-M", "virt", "-bios", "none"],
    target: "riscv32imac-unknown-none-elf",
    rustflags: &[],
    flash: 8 << 20,
    ram: 8 << 20,
    slot: 0x8100_0000,
    slot_len: 2 << 20,
    arena: 256 << 10,
    inbox: 16 << 10,
};

/// A real part: SiFive FE310, with 16 KiB of RAM.
pub static SIFIVE_E: Machine = Machine {
    id: "sifive-e",
    description: "HiFive1 (SiFive FE310)",
    processor: "RV32IMAC",
    reads: Target::Rv32imc,
    qemu: "qemu-system-riscv32",
    qemu_args: &["-M", "sifive_e"],
    target: "riscv32imac-unknown-none-elf",
    rustflags: &[],
    flash: 1 << 20,
    ram: 16 << 10,
    slot: 0x2050_0000,
    slot_len: 1 << 20,
    arena: 8 << 10,
    inbox: 896,
};

/// All boards.
pub static ALL: [&Machine; 10] = [
    &MICROBIT,
    &MPS2_AN385,
    &MPS2_AN385_M0,
    &MPS2_AN386,
    &MPS2_AN500,
    &MPS2_AN505,
    &MPS3_AN547,
    &NETDUINOPLUS2,
    &RISCV_VIRT,
    &SIFIVE_E,
];

/// The board with this name.
pub fn find(id: &str) -> Option<&'static Machine> {
    ALL.into_iter().find(|machine| machine.id == id)
}

/// The boards with plenty of memory that a file for this target is shown on.
pub fn typical(target: Target) -> Vec<&'static Machine> {
    match target {
        Target::Generic => vec![&MPS2_AN386, &RISCV_VIRT],
        Target::CortexM0 => vec![&MPS2_AN385_M0],
        Target::CortexM3 => vec![&MPS2_AN385],
        Target::CortexM4 => vec![&MPS2_AN386],
        Target::CortexM7 => vec![&MPS2_AN500],
        Target::CortexM33 => vec![&MPS2_AN505],
        Target::CortexM55 => vec![&MPS3_AN547],
        Target::Rv32imc => vec![&RISCV_VIRT],
    }
}

impl Machine {
    /// The firmware's Cargo feature.
    pub fn feature(&self) -> String {
        format!("board-{}", self.id)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.id, self.description, self.processor)
    }
}
