//! Model of the core of an ESP32-C3.
//!
//! Espressif publishes no table. What is public ("ESP32-C3 Technical Reference Manual" 1.1, chapter 1): RV32IMC in four stages, in
//! order, one instruction at a time, without a branch predictor; counters of load hazards and of jumps, so that both cost
//! cycles. Ours, as usual for such a pipeline: a load makes the instruction behind it wait a cycle where that needs the result;
//! branches taken and jumps are known in the third stage and lose the two fetched behind them; a product takes one cycle, a
//! division one a bit. It is the least certain of these models.

use super::super::instruction::{Instruction, Kind};
use super::{Pipeline, Step};

/// Cycles lost by an instruction that branches.
const REFILL: u64 = 2;
/// Cycles of a division.
const DIVISION: u64 = 33;

/// Pipeline state of an ESP32-C3.
#[derive(Clone, Debug, Default)]
pub struct Esp32C3 {
    cycles: u64,
    /// Registers that the instruction before loads.
    loads: u64,
}

impl Pipeline for Esp32C3 {
    fn execute(&mut self, step: &Step) {
        let Instruction { kind, reads, .. } = step.this;
        let own = match kind {
            Kind::Divide => DIVISION,
            _ => 1,
        };
        let waits = u64::from(self.loads & reads != 0);
        self.cycles += own + waits + if step.taken() { REFILL } else { 0 };
        self.loads = match kind {
            Kind::Load { .. } => step.this.writes,
            _ => 0,
        };
    }

    fn cycles(&self) -> u64 {
        self.cycles
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{riscv, riscv_loop};
    use super::*;

    #[test]
    fn loads_are_waited_for_and_branches_lose_two_cycles() {
        let lw_a1 = 0x0045_2583; // lw a1, 4(a0)
        let straight = |codes: &[u32]| riscv(&mut Esp32C3::default(), codes);
        assert_eq!(straight(&[lw_a1, 0x00b5_0633]), 3); // add a2, a0, a1
        assert_eq!(straight(&[lw_a1, 0x0505]), 2); // addi a0, a0, 1
        assert_eq!(riscv_loop(&mut Esp32C3::default(), 10), 20 + 2 * 9);
    }
}
