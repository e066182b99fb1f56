//! Model of a Cortex-M4, from the tables of its manual (see [`super::super`]).

use super::super::instruction::{Instruction, Kind};
use super::{Pipeline, Step};

/// Cycles to fill the pipeline after a branch; the manual says 1 to 3, by width and place of the target.
const REFILL: u64 = 2;

/// Cycles of a division at most; small quotients take less.
const DIVISION: u64 = 12;

/// Pipeline state of a Cortex-M4 and the cycles so far.
#[derive(Clone, Debug, Default)]
pub struct M4 {
    cycles: u64,
    /// The instruction executed last, unless a branch was taken since.
    last: Option<Instruction>,
}

impl M4 {
    /// Executes the next instruction; `taken` says that it branches, so the next instruction is not the one behind it.
    pub fn execute(&mut self, this: &Instruction, taken: bool) {
        let cycles = match this.kind {
            Kind::Load { .. } => 2 - self.pipelined(this),
            Kind::Store { indexed: true } => 2 - self.pipelined(this),
            Kind::LoadMany(words) | Kind::StoreMany(words) | Kind::FloatMemory { words, .. } => {
                1 + u64::from(words)
            }
            Kind::IfThen => 1 - self.folded(),
            Kind::FloatMove(words) => words.into(),
            Kind::Divide => DIVISION,
            Kind::Table | Kind::System => 2,
            _ => 1,
        };
        self.cycles += cycles + self.stall(this) + if taken { REFILL } else { 0 };
        self.last = (!taken).then_some(*this);
    }

    /// Number of cycles so far.
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Cycles saved by pipelining: a load or an indexed store shares a cycle with a load before
    /// it whose result is no part of its address.
    fn pipelined(&self, this: &Instruction) -> u64 {
        let load = |last: &Instruction| matches!(last.kind, Kind::Load { .. });
        let apart = |last: &Instruction| (last.writes | last.base) & this.early == 0;
        u64::from(self.last.is_some_and(|last| load(&last) && apart(&last)))
    }

    /// Cycles saved by folding: IT takes no time of its own behind a narrow instruction.
    fn folded(&self) -> u64 {
        let narrow = |last: Instruction| !last.wide && last.kind != Kind::IfThen;
        u64::from(self.last.is_some_and(narrow))
    }

    /// Cycles lost where an address waits for the result of the calculation just before it.
    fn stall(&self, this: &Instruction) -> u64 {
        let feeds = |last: Instruction| !last.is_memory() && last.writes & this.early != 0;
        u64::from(this.is_memory() && self.last.is_some_and(feeds))
    }
}

impl Pipeline for M4 {
    fn execute(&mut self, step: &Step) {
        self.execute(&step.this, step.taken());
    }

    fn cycles(&self) -> u64 {
        self.cycles()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::thumb::decode;
    use super::*;

    /// Cycles of instructions one after the other, none of which branches.
    fn straight(codes: &[u32]) -> u64 {
        let mut core = M4::default();
        for &code in codes {
            core.execute(&decode((code >> 16) as u16, code as u16).unwrap(), false);
        }
        core.cycles()
    }

    const fn narrow(code: u32) -> u32 {
        code << 16
    }

    /// Examples of pipelined loads and stores from the manual.
    #[test]
    fn loads_are_pipelined_as_the_manual_says() {
        let r0_of_r1 = narrow(0x6808); // ldr r0, [r1]
        let r1_of_r2 = narrow(0x6811); // ldr r1, [r2]
        assert_eq!(straight(&[r0_of_r1, r1_of_r2]), 3);
        let r0_of_both = narrow(0x5888); // ldr r0, [r1, r2]
        let r0_to_r3 = narrow(0x6218); // str r0, [r3, #32]
        assert_eq!(straight(&[r0_of_both, r0_to_r3]), 3);
        let r1_to_both = narrow(0x5099); // str r1, [r3, r2]
        assert_eq!(straight(&[r0_of_both, r1_to_both]), 3);
        let r0_of_r1_r5 = narrow(0x5948); // ldr r0, [r1, r5]
        let r2_of_r3 = narrow(0x685A); // ldr r2, [r3, #4]
        assert_eq!(straight(&[r0_of_r1_r5, r1_of_r2, r2_of_r3]), 4);
        // Loads are not pipelined behind a store, nor where the address was loaded just before.
        assert_eq!(straight(&[r0_to_r3, r1_of_r2]), 3);
        assert_eq!(straight(&[narrow(0x680A), narrow(0x6811)]), 4);
    }

    #[test]
    fn several_words_take_one_cycle_more_than_there_are() {
        assert_eq!(straight(&[0xE9D1_2300]), 3); // ldrd r2, r3, [r1]
        assert_eq!(straight(&[narrow(0xC8FE)]), 8); // ldm r0, {r1-r7}
        assert_eq!(straight(&[narrow(0xB5F0)]), 6); // push {r4-r7, lr}
        // pop {r4-r7, pc}
        let mut core = M4::default();
        core.execute(&decode(0xBDF0, 0).unwrap(), true);
        assert_eq!(core.cycles(), 8);
    }

    #[test]
    fn branches_cost_where_they_are_taken() {
        let branch = decode(0xD1FC, 0).unwrap(); // bne
        let (mut falls, mut jumps) = (M4::default(), M4::default());
        falls.execute(&branch, false);
        jumps.execute(&branch, true);
        assert_eq!((falls.cycles(), jumps.cycles()), (1, 3));
    }

    #[test]
    fn products_take_one_cycle_and_addresses_wait_for_sums() {
        assert_eq!(straight(&[0xFB21_3002, 0xFB81_0302, 0xFB01_F002]), 3); // smlad, smull, mul
        assert_eq!(straight(&[0xFB91_F0F2]), 12); // sdiv
        let sum = narrow(0x1889); // adds r1, r1, r2
        assert_eq!(straight(&[sum, narrow(0x6808)]), 4); // ldr r0, [r1]
        assert_eq!(straight(&[sum, narrow(0x6811)]), 3); // ldr r1, [r2]
        assert_eq!(straight(&[sum, narrow(0xBF08)]), 1); // it eq
        assert_eq!(straight(&[0xFB01_F002, narrow(0xBF08)]), 2);
    }
}
