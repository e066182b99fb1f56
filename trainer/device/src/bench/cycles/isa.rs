//! The instruction sets, as QEMU's log shows their code.

use tillsense_board::Cpu;

use super::instruction::{Instruction, LR, Registers};
use super::{riscv, thumb};

/// An instruction set, whose instructions have one or two halfwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Thumb of Armv6-M to Armv8.1-M.
    Thumb,
    /// RV32IMAC.
    Riscv,
}

impl Isa {
    /// The instruction set of a processor.
    pub const fn of(cpu: Cpu) -> Self {
        if cpu.is_riscv() {
            Isa::Riscv
        } else {
            Isa::Thumb
        }
    }

    /// The register that calls write.
    pub const fn link(self) -> Registers {
        match self {
            Isa::Thumb => LR,
            Isa::Riscv => riscv::LINK,
        }
    }

    /// Whether an instruction that begins with this halfword has two.
    pub const fn is_wide(self, first: u16) -> bool {
        match self {
            Isa::Thumb => thumb::is_wide(first),
            Isa::Riscv => first & 3 == 3,
        }
    }

    /// Decodes an instruction of one or two halfwords; `None` where it is undefined or its cost is unknown.
    pub fn decode(self, first: u16, second: u16) -> Option<Instruction> {
        match self {
            Isa::Thumb => thumb::decode(first, second),
            Isa::Riscv if self.is_wide(first) => {
                riscv::decode(u32::from(second) << 16 | u32::from(first))
            }
            Isa::Riscv => riscv::compressed(first),
        }
    }
}

/// Reads the code at the begin of a line of disassembly, in the order in which it lies in memory: one or two halfwords of Thumb,
/// or one word of four or eight digits of RISC-V.
pub fn halves(text: &str) -> impl Iterator<Item = u16> {
    let code = text.split_ascii_whitespace().map_while(hexadecimal);
    code.take(2).flat_map(|(value, digits)| {
        let parts = [value as u16, (value >> 16) as u16];
        parts.into_iter().take(digits / 4)
    })
}

/// A number of four or eight digits, with how many there are.
fn hexadecimal(word: &str) -> Option<(u32, usize)> {
    let fits = matches!(word.len(), 4 | 8) && word.bytes().all(|b| b.is_ascii_hexdigit());
    let value = fits.then(|| u32::from_str_radix(word, 16).ok()).flatten()?;
    Some((value, word.len()))
}
