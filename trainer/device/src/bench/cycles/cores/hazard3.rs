//! Model of Hazard3, the RISC-V core of an RP2350.
//!
//! Hazard3's documentation, "Instruction Cycle Counts" (`doc/sections/instruction_timings.adoc`), for the configuration of the
//! RP2350: a fast multiplier, two bits of a division a cycle, the branch predictor. All instructions take one cycle but: a
//! load whose result the next instruction needs for anything but its store data, 2; jumps, and branches thought wrong, 2; one
//! more where the target is an instruction of 32 bits that is not aligned to them; divisions 18 (19 where a sign is corrected,
//! which the log does not show); atomics 4. The predictor knows one branch, the last one taken backwards.

use super::super::instruction::{Instruction, Kind};
use super::{Pipeline, Step};

/// Cycles of a division.
const DIVISION: u64 = 18;
/// Cycles of an atomic operation.
const ATOMIC: u64 = 4;

/// Pipeline state of a Hazard3.
#[derive(Clone, Debug, Default)]
pub struct Hazard3 {
    cycles: u64,
    /// The instruction before.
    last: Option<Instruction>,
    /// Address of the branch that is thought to be taken.
    predicted: Option<u32>,
}

impl Hazard3 {
    /// Whether a conditional branch goes the other way than thought; the predictor learns.
    fn mispredicts(&mut self, step: &Step) -> bool {
        let thought = self.predicted == Some(step.address);
        let taken = step.taken();
        if taken && step.next <= step.address {
            self.predicted = Some(step.address);
        } else if thought && !taken {
            self.predicted = None;
        }
        thought != taken
    }

    /// Cycles lost where the instruction before loads what this one needs.
    fn bubble(&self, this: &Instruction) -> u64 {
        let needs = this.reads & !this.late | this.early;
        let loads = |last: &Instruction| matches!(last.kind, Kind::Load { .. } | Kind::Atomic);
        let last = self.last.filter(loads);
        u64::from(last.is_some_and(|last| last.writes & needs != 0))
    }
}

impl Pipeline for Hazard3 {
    fn execute(&mut self, step: &Step) {
        let goes = match step.this.kind {
            Kind::Branch { conditional: true } => self.mispredicts(step),
            Kind::Branch { conditional: false } => true,
            _ => false,
        };
        let apart = goes && step.taken() && step.next_is_wide && step.next & 3 != 0;
        let own = match step.this.kind {
            Kind::Divide => DIVISION,
            Kind::Atomic => ATOMIC,
            _ => 1,
        };
        self.cycles += own + self.bubble(&step.this) + u64::from(goes) + u64::from(apart);
        self.last = Some(step.this);
    }

    fn cycles(&self) -> u64 {
        self.cycles
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{riscv, riscv_loop};
    use super::*;

    fn straight(codes: &[u32]) -> u64 {
        riscv(&mut Hazard3::default(), codes)
    }

    #[test]
    fn instructions_take_what_the_table_says() {
        assert_eq!(straight(&[0x02a5_05b3, 0x02b5_1633, 0x0505]), 3); // mul, mulh, addi
        assert_eq!(straight(&[0x02b5_4633]), 18); // div
        let lw_a1 = 0x0045_2583; // lw a1, 4(a0)
        assert_eq!(straight(&[lw_a1, 0x00b5_0633]), 3); // add a2, a0, a1
        assert_eq!(straight(&[lw_a1, 0x0505]), 2); // addi a0, a0, 1
        assert_eq!(straight(&[lw_a1, 0x00b5_2223]), 2); // sw a1, 4(a0)
        assert_eq!(straight(&[0x00b5_252f]), 4); // amoadd.w
    }

    #[test]
    fn a_loop_is_foretold_after_its_first_round() {
        // Ten rounds of addi and bnez: the first branch and the last one are thought wrong.
        assert_eq!(riscv_loop(&mut Hazard3::default(), 10), 20 + 2);
    }
}
