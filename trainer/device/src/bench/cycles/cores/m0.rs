//! Models of a Cortex-M0 and a Cortex-M0+.
//!
//! Arm, "Cortex-M0 Technical Reference Manual" r0p0, 3.3, and "Cortex-M0+ Technical Reference Manual" r0p1, 3.3: every
//! instruction has a number of cycles, whatever is beside it. Products take the one cycle of the fast multiplier, which
//! nRF51, STM32G0 and RP2040 have; the slow one takes 32. Loads and stores of a Cortex-M0+ take two cycles, also to its
//! single-cycle port, where they would take one: no arena lies there.

use super::super::instruction::{Instruction, Kind, LR, PC};
use super::{Pipeline, Step};

/// Instructions of one halfword, but for calls and barriers, in a fixed time each.
#[derive(Clone, Debug)]
pub struct M0 {
    cycles: u64,
    /// Cycles that a taken branch takes: the depth of the pipeline.
    branch: u64,
}

impl M0 {
    /// A Cortex-M0.
    pub const fn three_stages() -> Self {
        M0 {
            cycles: 0,
            branch: 3,
        }
    }

    /// A Cortex-M0+.
    pub const fn two_stages() -> Self {
        M0 {
            cycles: 0,
            branch: 2,
        }
    }

    /// Cycles of an instruction.
    fn of(&self, this: &Instruction, taken: bool) -> u64 {
        match this.kind {
            Kind::Load { .. } | Kind::Store { .. } => 2,
            // POP into the program counter begins a fetch of its own.
            Kind::LoadMany(words) if this.writes & PC != 0 => self.branch + u64::from(words),
            Kind::LoadMany(words) | Kind::StoreMany(words) => 1 + u64::from(words),
            // BL is two halfwords; BLX of a register is one.
            Kind::Branch { .. } if this.wide && this.writes & LR != 0 => self.branch + 1,
            Kind::Branch { .. } if taken => self.branch,
            // MRS, MSR and barriers have two halfwords, CPS has one.
            Kind::System if this.wide => self.branch + 1,
            _ if taken => self.branch,
            _ => 1,
        }
    }
}

impl Pipeline for M0 {
    fn execute(&mut self, step: &Step) {
        self.cycles += self.of(&step.this, step.taken());
    }

    fn cycles(&self) -> u64 {
        self.cycles
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{narrow, run};
    use super::*;

    /// Cycles of a Cortex-M0 and a Cortex-M0+.
    fn both(codes: &[u32], last_is_taken: bool) -> (u64, u64) {
        let of = |mut core: M0| run(&mut core, codes, last_is_taken);
        (of(M0::three_stages()), of(M0::two_stages()))
    }

    #[test]
    fn instructions_take_what_the_tables_say() {
        assert_eq!(both(&[narrow(0x1888), narrow(0x4348)], false), (2, 2)); // adds, muls
        assert_eq!(both(&[narrow(0x6808), narrow(0x6048)], false), (4, 4)); // ldr, str
        assert_eq!(both(&[narrow(0xC90C)], false), (3, 3)); // ldm r1!, {r2, r3}
        assert_eq!(both(&[narrow(0xB5F0)], false), (6, 6)); // push {r4-r7, lr}
        assert_eq!(both(&[narrow(0xBDF0)], true), (8, 7)); // pop {r4-r7, pc}
    }

    #[test]
    fn branches_take_the_depth_of_the_pipeline() {
        assert_eq!(both(&[narrow(0xD1FC)], false), (1, 1)); // bne
        assert_eq!(both(&[narrow(0xD1FC)], true), (3, 2));
        assert_eq!(both(&[0xF000_F800], true), (4, 3)); // bl
        assert_eq!(both(&[narrow(0x4770)], true), (3, 2)); // bx lr
        assert_eq!(both(&[narrow(0x4798)], true), (3, 2)); // blx r3
        assert_eq!(both(&[0xF3EF_8010, narrow(0xB672)], false), (5, 4)); // mrs, cpsid
    }
}
