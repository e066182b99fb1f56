//! A pipeline that begins instructions in order and knows when each result is ready: Cortex-M33 and Cortex-M55.
//!
//! Arm publishes no table of cycles of either. Public is LLVM's scheduling model of the Cortex-M55
//! (`llvm/lib/Target/ARM/ARMScheduleM55.td`), and its remark that the Cortex-M33 is scheduled alike but for Helium:
//!
//! - results are ready after one cycle, those of loads, products, shifted operands, saturation, bit fields and sums of parts
//!   after two;
//! - two instructions of one halfword begin together where one is NOP, IT, a branch, an addition or subtraction of a constant, a
//!   move, or an extension;
//! - an instruction of Helium takes its pipeline for two beats, of which the first may be beside the second beat of the
//!   instruction before, if that has another pipeline: loads and stores, integers, or products.
//!
//! Ours: the two instructions of a pair must be independent; LDM, STM, LDRD and STRD take a cycle a word on a Cortex-M33, and
//! one for two words on a Cortex-M55, whose bus has 64 bits; a taken branch loses 2 cycles on a Cortex-M33, as on a Cortex-M4,
//! and 3 on a Cortex-M55, which LLVM says of its branches; a division takes 11, the most that Arm says of a Cortex-M33. The end of
//! a low-overhead loop costs a taken branch when it is first met, and nothing as long as no other loop's is.

use super::super::instruction::{FLAGS, Instruction, Kind, Registers, Unit};
use super::{Pipeline, Step};

/// Cycles of a division.
const DIVISION: u64 = 11;

/// What tells the two processors apart.
#[derive(Clone, Copy, Debug)]
struct Rules {
    /// Cycles lost by a taken branch.
    refill: u64,
    /// Words that memory moves in a cycle.
    words: u8,
}

/// Pipeline state.
#[derive(Clone, Debug)]
pub struct InOrder {
    rules: Rules,
    /// The cycle in which the next instruction may begin.
    cycle: u64,
    /// The first cycle in which each register can be read.
    ready: [u64; 40],
    /// The first cycle in which each pipeline of Helium is free.
    free: [u64; 3],
    /// The instruction that began in the cycle before, alone, where another may join it.
    alone: Option<Instruction>,
    /// Address of the last low-overhead loop's end.
    loop_end: Option<u32>,
}

impl InOrder {
    /// A Cortex-M33.
    pub const fn cortex_m33() -> Self {
        InOrder::with(Rules {
            refill: 2,
            words: 1,
        })
    }

    /// A Cortex-M55.
    pub const fn cortex_m55() -> Self {
        InOrder::with(Rules {
            refill: 3,
            words: 2,
        })
    }

    const fn with(rules: Rules) -> Self {
        InOrder {
            rules,
            cycle: 0,
            ready: [0; 40],
            free: [0; 3],
            alone: None,
            loop_end: None,
        }
    }

    /// The first cycle in which all operands are there.
    fn operands(&self, this: &Instruction) -> u64 {
        let when = |set: Registers| each(set).map(|r| self.ready[r]).max().unwrap_or(0);
        // The data of a vector store and the flags of a branch are needed a cycle later.
        let waits = matches!(this.kind, Kind::Vector { .. } | Kind::Branch { .. });
        let late = if waits {
            when(this.late).saturating_sub(1)
        } else {
            when(this.late)
        };
        when(this.reads & !this.late).max(late)
    }

    /// Begins an instruction and returns the cycle.
    fn begin(&mut self, this: &Instruction) -> u64 {
        let operands = self.operands(this);
        let joins = self.alone.take().is_some_and(|last| pair(&last, this));
        if joins && operands < self.cycle {
            return self.cycle - 1;
        }
        let mut begin = self.cycle.max(operands);
        if let Kind::Vector { unit, .. } = this.kind {
            let free = &mut self.free[place(unit)];
            begin = begin.max(*free);
            *free = begin + 2;
        }
        self.cycle = begin + self.takes(this);
        self.alone = (self.cycle == begin + 1 && !this.wide).then_some(*this);
        begin
    }

    /// Cycles until the next instruction may begin.
    fn takes(&self, this: &Instruction) -> u64 {
        match this.kind {
            Kind::LoadMany(words) | Kind::StoreMany(words) | Kind::FloatMemory { words, .. } => {
                u64::from(words.div_ceil(self.rules.words)).max(1)
            }
            Kind::FloatMove(words) => words.into(),
            Kind::Divide => DIVISION,
            Kind::Table | Kind::System => 2,
            _ => 1,
        }
    }
}

impl Pipeline for InOrder {
    fn execute(&mut self, step: &Step) {
        let this = &step.this;
        if this.kind == Kind::LoopEnd && self.loop_end == Some(step.address) {
            return;
        }
        let begin = self.begin(this);
        for register in each(this.writes) {
            self.ready[register] = begin + latency(this) + self.takes(this) - 1;
        }
        for register in each(this.base) {
            self.ready[register] = begin + 1;
        }
        if this.kind == Kind::LoopEnd {
            self.loop_end = Some(step.address);
        }
        if step.taken() {
            self.cycle = begin + 1 + self.rules.refill;
            self.alone = None;
        }
    }

    fn cycles(&self) -> u64 {
        self.cycle
    }
}

/// Cycles until a result can be read.
const fn latency(this: &Instruction) -> u64 {
    match this.kind {
        Kind::Load { .. } | Kind::LoadMany(_) | Kind::Multiply => 2,
        Kind::Shift if this.early != 0 => 2,
        Kind::Parallel { .. } if this.wide => 2,
        Kind::Vector { latency, .. } => latency as u64,
        _ => 1,
    }
}

/// Whether two instructions begin in one cycle.
fn pair(first: &Instruction, second: &Instruction) -> bool {
    let narrow = !first.wide && !second.wide;
    let apart = (first.writes | first.base) & (second.reads | second.writes) & !FLAGS == 0;
    // A branch needs the flags a stage later than others.
    let flags = first.writes & second.reads & FLAGS == 0 || is_branch(second);
    narrow && apart && flags && (is_light(first) || is_light(second))
}

const fn is_branch(this: &Instruction) -> bool {
    matches!(this.kind, Kind::Branch { .. })
}

/// Whether an instruction may begin beside another.
const fn is_light(this: &Instruction) -> bool {
    match this.kind {
        Kind::Nop | Kind::IfThen | Kind::Branch { .. } => true,
        // Moves, and sums with a constant: they read one register at most, and write one.
        Kind::Simple => {
            (this.reads & !FLAGS).count_ones() <= 1 && (this.writes & !FLAGS).count_ones() == 1
        }
        // Extensions: reversals read their operand early.
        Kind::Parallel { .. } => this.early == 0,
        _ => false,
    }
}

const fn place(unit: Unit) -> usize {
    match unit {
        Unit::Memory => 0,
        Unit::Integer => 1,
        Unit::Product => 2,
    }
}

/// The numbers of the registers in a set.
fn each(set: Registers) -> impl Iterator<Item = usize> {
    (0..40).filter(move |register| set >> register & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{narrow, run};
    use super::*;

    fn m33(codes: &[u32]) -> u64 {
        run(&mut InOrder::cortex_m33(), codes, false)
    }

    fn m55(codes: &[u32]) -> u64 {
        run(&mut InOrder::cortex_m55(), codes, false)
    }

    #[test]
    fn narrow_instructions_begin_together_where_one_is_light() {
        let (add, sub) = (narrow(0x1888), narrow(0x3B05)); // adds r0, r1, r2; subs r3, #5
        assert_eq!(m33(&[add, sub]), 1);
        assert_eq!(m33(&[add, sub, narrow(0x2405)]), 2); // movs r4, #5
        assert_eq!(m33(&[sub, narrow(0x681C)]), 2); // ldr r4, [r3] needs r3
        assert_eq!(m33(&[narrow(0x4348), narrow(0x408A)]), 2); // muls, lsls: both heavy
        assert_eq!(m33(&[0xFB21_3002, sub]), 2); // smlad is wide
    }

    #[test]
    fn results_of_loads_and_products_are_ready_a_cycle_later() {
        let (load, add) = (0xF8D1_0004, 0xEB00_0002); // ldr.w r0, [r1, #4]; add.w r0, r0, r2
        assert_eq!(m33(&[load, add]), 3);
        assert_eq!(m33(&[load, 0xF101_0305, add]), 3); // add.w r3, r1, #5 in between
        assert_eq!(m33(&[0xFB01_F002, add]), 3); // mul r0, r1, r2
        assert_eq!((m33(&[0xE9D1_2300]), m55(&[0xE9D1_2300])), (2, 1)); // ldrd r2, r3, [r1]
    }

    #[test]
    fn branches_lose_what_was_fetched() {
        let branch = [narrow(0x3B05), narrow(0xD1FD)]; // subs r3, #5; bne
        assert_eq!(run(&mut InOrder::cortex_m33(), &branch, true), 3);
        assert_eq!(run(&mut InOrder::cortex_m55(), &branch, true), 4);
    }

    #[test]
    fn beats_overlap_where_pipelines_differ() {
        let (load, sums, adds) = (0xED91_7E20, 0xEEF2_8F24, 0xEF24_2846); // vldrb.u8 q3; vmladava.s8 r8, q1, q2; vadd.i32 q1, q2, q3
        assert_eq!(m55(&[load, sums]), 2);
        assert_eq!(m55(&[load, load]), 3);
        assert_eq!(m55(&[load, sums, load, 0xEEF2_4F24]), 4);
        // A sum of products can be added to two cycles later, a vector's sum can be used at once.
        assert_eq!(m55(&[sums, 0xF108_0805]), 3); // add.w r8, r8, #5
        assert_eq!(m55(&[load, adds, 0xEF00_0840]), 4); // vadd.i32 q0, q0, q0
    }

    #[test]
    fn the_end_of_a_loop_is_free_but_for_the_first_time() {
        let mut core = InOrder::cortex_m55();
        let le = super::super::super::thumb::decode(0xF00F, 0xC803).unwrap();
        for round in 0..10 {
            let next = if round < 9 { 0x100 } else { 0x108 };
            core.execute(&Step {
                address: 0x104,
                this: le,
                next,
                next_is_wide: false,
            });
        }
        assert_eq!(core.cycles(), 4);
    }
}
