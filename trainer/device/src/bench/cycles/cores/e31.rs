//! Model of a SiFive E31, the core of an FE310-G000.
//!
//! "SiFive FE310-G000 Manual" 3.2 and 3.3: five stages, one instruction a cycle, in order. Until a result can be used: loads of
//! words 2 cycles, of less 3, reads of control registers 3, products 5, divisions 2 to 33 (ours: 33, and blocked meanwhile). The
//! multiplier takes one product at a time. Branches that are foretold lose nothing, others 3 cycles: 40 targets of branches
//! taken (ours: the one used longest ago is replaced), 128 counters of two bits for directions, by address, and a stack of 2
//! returns.

use super::super::instruction::{Instruction, Kind, Registers};
use super::super::riscv::LINK;
use super::{Pipeline, Step};

/// Cycles lost by a branch that was thought to go elsewhere.
const MISPREDICTION: u64 = 3;
/// Cycles of a product and of a division.
const PRODUCT: u64 = 5;
const DIVISION: u64 = 33;
/// Targets, counters of directions, and returns that are remembered.
const TARGETS: usize = 40;
const COUNTERS: usize = 128;
const RETURNS: usize = 2;

/// Pipeline state of an E31.
#[derive(Clone, Debug)]
pub struct E31 {
    cycle: u64,
    /// The first cycle in which each register can be read.
    ready: [u64; 32],
    /// The first cycle in which the multiplier is free.
    multiplier: u64,
    predictor: Predictor,
}

/// What is remembered of branches.
#[derive(Clone, Debug)]
struct Predictor {
    /// Branches with their targets, those used last at the end.
    targets: Vec<(u32, u32)>,
    counters: [u8; COUNTERS],
    returns: Vec<u32>,
}

impl Default for E31 {
    fn default() -> Self {
        E31 {
            cycle: 0,
            ready: [0; 32],
            multiplier: 0,
            predictor: Predictor {
                targets: Vec::new(),
                counters: [1; COUNTERS],
                returns: Vec::new(),
            },
        }
    }
}

/// Cycles until a result can be used.
const fn latency(this: &Instruction) -> u64 {
    match this.kind {
        Kind::Load { narrow: false } => 2,
        Kind::Load { narrow: true } | Kind::System | Kind::Atomic => 3,
        Kind::Multiply => PRODUCT,
        Kind::Divide => DIVISION,
        _ => 1,
    }
}

impl Pipeline for E31 {
    fn execute(&mut self, step: &Step) {
        let this = &step.this;
        // A result also waits for an earlier one of the same register.
        let when = each(this.reads | this.writes).map(|register| self.ready[register]);
        let mut begin = self.cycle.max(when.max().unwrap_or(0));
        if matches!(this.kind, Kind::Multiply | Kind::Divide) {
            begin = begin.max(self.multiplier);
            self.multiplier = begin + latency(this) - 1;
        }
        for register in each(this.writes) {
            self.ready[register] = begin + latency(this);
        }
        self.cycle = begin + 1;
        if matches!(this.kind, Kind::Branch { .. }) && !self.predictor.foretells(step) {
            self.cycle += MISPREDICTION;
        }
    }

    fn cycles(&self) -> u64 {
        self.cycle
    }
}

impl Predictor {
    /// Whether the next instruction was foretold; the predictor learns.
    fn foretells(&mut self, step: &Step) -> bool {
        let (this, taken) = (&step.this, step.taken());
        let behind = step.address.wrapping_add(this.len());
        let conditional = this.kind == Kind::Branch { conditional: true };
        let returns = !conditional && this.reads == LINK && this.writes == 0;
        let target = match returns {
            true => self.returns.pop(),
            false => self.target(step.address),
        };
        let counter = &mut self.counters[step.address as usize / 2 % COUNTERS];
        let goes = !conditional || *counter >= 2;
        if conditional {
            *counter = if taken {
                (*counter + 1).min(3)
            } else {
                counter.saturating_sub(1)
            };
        }
        let thought = target.filter(|_| goes).unwrap_or(behind);
        if taken && !returns {
            self.learn(step.address, step.next);
        }
        if this.writes & LINK != 0 {
            if self.returns.len() == RETURNS {
                self.returns.remove(0);
            }
            self.returns.push(behind);
        }
        thought == step.next
    }

    fn target(&self, branch: u32) -> Option<u32> {
        let found = self
            .targets
            .iter()
            .rev()
            .find(|(known, _)| *known == branch);
        found.map(|(_, target)| *target)
    }

    fn learn(&mut self, branch: u32, target: u32) {
        self.targets.retain(|(known, _)| *known != branch);
        if self.targets.len() == TARGETS {
            self.targets.remove(0);
        }
        self.targets.push((branch, target));
    }
}

/// The numbers of the registers in a set.
fn each(set: Registers) -> impl Iterator<Item = usize> {
    (1..32).filter(move |register| set >> register & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{riscv, riscv_loop};
    use super::*;

    fn straight(codes: &[u32]) -> u64 {
        riscv(&mut E31::default(), codes)
    }

    #[test]
    fn results_are_waited_for() {
        let lw_a1 = 0x0045_2583; // lw a1, 4(a0)
        assert_eq!(straight(&[lw_a1, 0x00b5_0633]), 3); // add a2, a0, a1
        assert_eq!(straight(&[0x0045_0583, 0x00b5_0633]), 4); // lb a1; add a2, a0, a1
        assert_eq!(straight(&[lw_a1, 0x0505]), 2); // addi a0, a0, 1
        assert_eq!(straight(&[0x02a5_05b3, 0x00b5_0633]), 6); // mul a1; add a2, a0, a1
        assert_eq!(straight(&[0x02a5_05b3, 0x0505]), 2); // mul a1; addi a0, a0, 1
        assert_eq!(straight(&[0x02a5_05b3, 0x02b5_4633]), 6); // mul a1; div a2, a0, a1
    }

    #[test]
    fn a_loop_is_learnt_in_its_first_round() {
        // Ten rounds of addi and bnez: the first branch and the last one are thought wrong; each waits for nothing.
        assert_eq!(riscv_loop(&mut E31::default(), 10), 20 + 2 * MISPREDICTION);
    }
}
