//! Model of a Cortex-M7: two instructions a cycle, in order (see [`super::super`]).

use std::collections::HashMap;

use super::super::instruction::{Instruction, Kind, Registers};
use super::{Pipeline, Step};

/// Cycles lost by a mispredicted branch.
const MISPREDICTION: u64 = 4;

/// Cycles of a division, during which nothing else begins.
const DIVISION: u64 = 7;

/// The first cycle: at the start all registers are ready, also for instructions that need them a cycle early.
const START: u64 = 1;

/// Execution units that an instruction takes in its cycle, one bit each. ALUs and loads are not named: there are two of each.
mod unit {
    pub const STORE: u8 = 1;
    pub const SHIFT: u8 = 2;
    pub const MULTIPLY: u8 = 4;
    pub const BRANCH: u8 = 8;
    pub const PARALLEL: u8 = 16;
    pub const FLOAT: u8 = 32;
}

/// Position that an instruction may have in a cycle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Any,
    First,
    /// The instruction begins alone and takes this number of cycles.
    Alone(u64),
}

/// Pipeline state of a Cortex-M7.
#[derive(Clone, Debug)]
pub struct M7 {
    /// The cycle in which instructions begin now, from [`START`]; then the number of those that
    /// began, and the units that they took.
    cycle: u64,
    begun: u8,
    units: u8,
    /// The first cycle in which a sum could read each register.
    ready: [u64; 17],
    /// Two-bit counters of the branch predictor, by address of the branch.
    history: HashMap<u32, u8>,
}

impl Default for M7 {
    fn default() -> Self {
        M7 {
            cycle: START,
            begun: 0,
            units: 0,
            ready: [0; 17],
            history: HashMap::new(),
        }
    }
}

impl M7 {
    /// Executes the next instruction; `taken` says that it branches, so the next instruction is not the one behind it.
    pub fn execute(&mut self, address: u32, this: &Instruction, taken: bool) {
        let (units, slot, latency) = needs(this.kind);
        let conflict = self.units & units != 0 || self.begun == 2;
        let late = slot != Slot::Any && self.begun > 0;
        let earliest = self.cycle + u64::from(conflict || late);
        self.advance(earliest.max(self.operands(this)));
        self.begun += 1;
        self.units |= units;
        for register in each(this.writes) {
            self.ready[register] = self.cycle + latency;
        }
        // The changed address is ready before the memory answers.
        for register in each(this.base) {
            self.ready[register] = self.cycle;
        }
        if let Slot::Alone(cycles) = slot {
            self.advance(self.cycle + cycles);
        }
        if self.mispredicts(address, this, taken) {
            self.advance(self.cycle + 1 + MISPREDICTION);
        } else if taken {
            self.advance(self.cycle + 1);
        }
    }

    /// Number of cycles so far.
    pub fn cycles(&self) -> u64 {
        self.cycle - START + u64::from(self.begun > 0)
    }

    /// Advances to a cycle, if it is a later one.
    fn advance(&mut self, cycle: u64) {
        if cycle > self.cycle {
            (self.cycle, self.begun, self.units) = (cycle, 0, 0);
        }
    }

    /// The first cycle in which all operands are ready.
    fn operands(&self, this: &Instruction) -> u64 {
        let usual = this.reads & !this.early & !this.late;
        let when = |registers: Registers| each(registers).map(|r| self.ready[r]).max().unwrap_or(0);
        let early = if this.early == 0 {
            0
        } else {
            when(this.early) + 1
        };
        when(usual)
            .max(early)
            .max(when(this.late).saturating_sub(1))
    }

    /// Whether the two-bit counter of the branch predicted the other way; the counter is updated.
    fn mispredicts(&mut self, address: u32, this: &Instruction, taken: bool) -> bool {
        if this.kind != (Kind::Branch { conditional: true }) {
            return false;
        }
        let counter = self.history.entry(address).or_insert(2);
        let thought = *counter >= 2;
        *counter = if taken {
            (*counter + 1).min(3)
        } else {
            counter.saturating_sub(1)
        };
        thought != taken
    }
}

/// Units, position, and cycles until a sum can read the result.
const fn needs(kind: Kind) -> (u8, Slot, u64) {
    match kind {
        Kind::Simple | Kind::Nop | Kind::IfThen => (0, Slot::Any, 1),
        Kind::Shift => (unit::SHIFT, Slot::Any, 1),
        Kind::Bits => (unit::SHIFT, Slot::First, 1),
        Kind::Parallel { latency } => (unit::PARALLEL | unit::SHIFT, Slot::First, latency as u64),
        Kind::Multiply => (unit::MULTIPLY, Slot::Any, 2),
        Kind::Divide => (0, Slot::Alone(DIVISION), DIVISION),
        Kind::Load { narrow: false } => (0, Slot::Any, 1),
        Kind::Load { narrow: true } => (0, Slot::Any, 2),
        Kind::Store { .. } => (unit::STORE, Slot::Any, 1),
        Kind::LoadMany(words) => (0, Slot::Alone(pairs(words)), pairs(words)),
        Kind::StoreMany(words) => (0, Slot::Alone(pairs(words)), 1),
        Kind::Branch { .. } => (unit::BRANCH, Slot::Any, 1),
        Kind::Table => (unit::BRANCH, Slot::Alone(2), 1),
        Kind::System => (0, Slot::Alone(1), 3),
        Kind::FloatMemory { words: 1, load } => (
            unit::FLOAT | if load { 0 } else { unit::STORE },
            Slot::Any,
            1,
        ),
        Kind::FloatMemory { words, .. } => (0, Slot::Alone(pairs(words)), 1),
        Kind::FloatMove(_) => (unit::FLOAT, Slot::Any, 3),
        // None of these is an instruction of the core.
        Kind::Vector { .. } | Kind::Predicate | Kind::LoopStart | Kind::LoopEnd | Kind::Atomic => {
            (0, Slot::Alone(1), 1)
        }
    }
}

/// Cycles of a transfer: memory moves 64 bits a cycle.
const fn pairs(words: u8) -> u64 {
    let pairs = words.div_ceil(2) as u64;
    if pairs == 0 { 1 } else { pairs }
}

/// The numbers of the registers in a set.
fn each(set: Registers) -> impl Iterator<Item = usize> {
    (0..17).filter(move |register| set >> register & 1 == 1)
}

impl Pipeline for M7 {
    fn execute(&mut self, step: &Step) {
        self.execute(step.address, &step.this, step.taken());
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
        let mut core = M7::default();
        for (at, &code) in (0..).step_by(4).zip(codes) {
            core.execute(
                at,
                &decode((code >> 16) as u16, code as u16).unwrap(),
                false,
            );
        }
        core.cycles()
    }

    const ADD_R0_R1_R2: u32 = 0xEB01_0002;
    const ADD_R3_R4_R5: u32 = 0xEB04_0305;
    const ADD_R3_R0_R5: u32 = 0xEB00_0305;
    const LDR_R6_R7: u32 = 0xF8D7_6000;
    const LDR_R8_R9: u32 = 0xF8D9_8000;
    const STR_R6_R9: u32 = 0xF8C9_6000;
    const SMLAD_R0_R1_R2_R0: u32 = 0xFB21_0002;
    const SMLAD_R3_R1_R2_R3: u32 = 0xFB21_3302;
    const SXTB16_R10_R1: u32 = 0xFA2F_FA81;

    #[test]
    fn independent_instructions_begin_together() {
        assert_eq!(straight(&[ADD_R0_R1_R2]), 1);
        assert_eq!(straight(&[ADD_R0_R1_R2, ADD_R3_R4_R5]), 1);
        assert_eq!(straight(&[LDR_R6_R7, LDR_R8_R9]), 1);
        assert_eq!(straight(&[SMLAD_R0_R1_R2_R0, LDR_R6_R7]), 1);
        assert_eq!(straight(&[ADD_R0_R1_R2, ADD_R3_R4_R5, LDR_R6_R7]), 2);
    }

    #[test]
    fn results_are_waited_for() {
        assert_eq!(straight(&[ADD_R0_R1_R2, ADD_R3_R0_R5]), 2);
        // A loaded value can be used as an address a cycle later than as a summand.
        assert_eq!(straight(&[LDR_R6_R7, 0xEB06_0305]), 2);
        assert_eq!(straight(&[LDR_R6_R7, 0xF8D6_8000]), 3);
        // A product can be added to the next product at once, and to a sum a cycle later.
        assert_eq!(straight(&[SMLAD_R0_R1_R2_R0, SMLAD_R0_R1_R2_R0]), 2);
        assert_eq!(straight(&[SMLAD_R0_R1_R2_R0, ADD_R3_R0_R5]), 3);
        // A stored value may be computed in the same cycle.
        assert_eq!(straight(&[0xEB01_0602, STR_R6_R9]), 1);
    }

    #[test]
    fn there_is_one_of_some_units() {
        assert_eq!(straight(&[SMLAD_R0_R1_R2_R0, SMLAD_R3_R1_R2_R3]), 2);
        assert_eq!(straight(&[STR_R6_R9, STR_R6_R9]), 2);
        assert_eq!(straight(&[SXTB16_R10_R1, ADD_R0_R1_R2]), 1);
        assert_eq!(straight(&[ADD_R0_R1_R2, SXTB16_R10_R1]), 2);
    }

    #[test]
    fn several_words_go_alone_two_a_cycle() {
        assert_eq!(straight(&[ADD_R0_R1_R2, 0xE9D7_8900, ADD_R3_R4_R5]), 3); // ldrd r8, r9, [r7]
        assert_eq!(straight(&[0xC9E0_0000]), 2); // ldm r1!, {r5-r7}
    }

    #[test]
    fn a_loop_costs_a_branch_thought_wrong() {
        let (sub, branch) = (decode(0x3801, 0).unwrap(), decode(0xD1FD, 0).unwrap());
        let mut core = M7::default();
        for left in (0..100).rev() {
            core.execute(0, &sub, false);
            core.execute(2, &branch, left > 0);
        }
        // Flags are ready a cycle later; a predicted branch does not wait for them.
        assert_eq!(core.cycles(), 100 + MISPREDICTION);
    }
}
