//! Models of processors: cycles for executed instructions, with memory that needs no wait states.

mod e31;
mod esp32c3;
mod hazard3;
mod in_order;
mod m0;
mod m3;
mod m4;
mod m7;

use e31::E31;
use esp32c3::Esp32C3;
use hazard3::Hazard3;
use in_order::InOrder;
use m0::M0;
use m3::M3;
use m4::M4;
use m7::M7;
use tillsense_board::CycleModel;

use super::instruction::Instruction;

/// An executed instruction.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Address of the instruction.
    pub address: u32,
    /// The instruction.
    pub this: Instruction,
    /// Address of the instruction executed next.
    pub next: u32,
    /// Whether that one has two halfwords.
    pub next_is_wide: bool,
}

impl Step {
    /// Whether the instruction branches, so that the next one is not the one behind it.
    pub const fn taken(&self) -> bool {
        self.address.wrapping_add(self.this.len()) != self.next
    }
}

/// A pipeline that executes instructions one after the other.
pub trait Pipeline: Send {
    /// Executes an instruction.
    fn execute(&mut self, step: &Step);

    /// Number of cycles so far.
    fn cycles(&self) -> u64;
}

/// A pipeline of this model before its first instruction.
pub fn pipeline(model: CycleModel) -> Box<dyn Pipeline> {
    match model {
        CycleModel::CortexM0 => Box::new(M0::three_stages()),
        CycleModel::CortexM0Plus => Box::new(M0::two_stages()),
        CycleModel::CortexM3 => Box::<M3>::default(),
        CycleModel::CortexM4 => Box::<M4>::default(),
        CycleModel::CortexM7 => Box::<M7>::default(),
        CycleModel::CortexM33 => Box::new(InOrder::cortex_m33()),
        CycleModel::CortexM55 => Box::new(InOrder::cortex_m55()),
        CycleModel::E31 => Box::<E31>::default(),
        CycleModel::Hazard3 => Box::<Hazard3>::default(),
        CycleModel::Esp32C3 => Box::<Esp32C3>::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{riscv as rv32, thumb};
    use super::*;

    /// A halfword as a test writes it beside words.
    pub(super) const fn narrow(code: u32) -> u32 {
        code << 16
    }

    /// Executes Thumb instructions one behind the other; whether the last one branches is said. Returns the cycles.
    pub(super) fn run(core: &mut dyn Pipeline, codes: &[u32], last_is_taken: bool) -> u64 {
        let mut address = 0x100;
        for (number, &code) in codes.iter().enumerate() {
            let this = thumb::decode((code >> 16) as u16, code as u16);
            let this = this.unwrap_or_else(|| panic!("{code:08x}"));
            let taken = last_is_taken && number + 1 == codes.len();
            let next = if taken { 0x80 } else { address + this.len() };
            address = go(core, address, this, next);
        }
        core.cycles()
    }

    /// Executes RISC-V instructions one behind the other, none of which branches.
    pub(super) fn riscv(core: &mut dyn Pipeline, codes: &[u32]) -> u64 {
        let mut address = 0x100;
        for &code in codes {
            let this = match code >> 16 {
                0 => rv32::compressed(code as u16),
                _ => rv32::decode(code),
            };
            let this = this.unwrap_or_else(|| panic!("{code:08x}"));
            address = go(core, address, this, address + this.len());
        }
        core.cycles()
    }

    /// Executes rounds of C.ADDI and C.BNEZ.
    pub(super) fn riscv_loop(core: &mut dyn Pipeline, rounds: u32) -> u64 {
        let (add, branch) = (rv32::compressed(0x157d), rv32::compressed(0xfd7d));
        for left in (0..rounds).rev() {
            go(core, 0x100, add.unwrap(), 0x102);
            go(
                core,
                0x102,
                branch.unwrap(),
                if left > 0 { 0x100 } else { 0x104 },
            );
        }
        core.cycles()
    }

    fn go(core: &mut dyn Pipeline, address: u32, this: Instruction, next: u32) -> u32 {
        core.execute(&Step {
            address,
            this,
            next,
            next_is_wide: false,
        });
        next
    }
}
