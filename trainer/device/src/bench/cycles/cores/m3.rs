//! Model of a Cortex-M3.
//!
//! Arm, "Cortex-M3 Technical Reference Manual" r2p1, 3.3.1 and 3.3.2: loads, stores, branches and divisions as on a Cortex-M4
//! (see [`super::super`]). Only MUL takes one cycle; MLA and MLS take 2, UMULL and SMULL 3 to 5, UMLAL and SMLAL 4 to 7, less
//! for factors that are short. Of these ranges the middle is taken: 4 and 6, rounded up.

use super::super::instruction::{FLAGS, Instruction, Kind};
use super::m4::M4;
use super::{Pipeline, Step};

/// A Cortex-M4's pipeline with another multiplier.
#[derive(Clone, Debug, Default)]
pub struct M3 {
    pipeline: M4,
    products: u64,
}

/// Cycles of a product beyond one.
fn more(this: &Instruction) -> u64 {
    let (long, sums) = ((this.writes & !FLAGS).count_ones() == 2, this.late != 0);
    match (long, sums) {
        (false, false) => 0,
        (false, true) => 1,
        (true, false) => 3,
        (true, true) => 5,
    }
}

impl Pipeline for M3 {
    fn execute(&mut self, step: &Step) {
        self.pipeline.execute(&step.this, step.taken());
        if step.this.kind == Kind::Multiply {
            self.products += more(&step.this);
        }
    }

    fn cycles(&self) -> u64 {
        self.pipeline.cycles() + self.products
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{narrow, run};
    use super::*;

    fn straight(codes: &[u32]) -> u64 {
        run(&mut M3::default(), codes, false)
    }

    #[test]
    fn products_take_longer_where_they_are_long_or_summed() {
        assert_eq!(straight(&[0xFB01_F002]), 1); // mul r0, r1, r2
        assert_eq!(straight(&[narrow(0x4348)]), 1); // muls r0, r1
        assert_eq!(straight(&[0xFB01_3002]), 2); // mla r0, r1, r2, r3
        assert_eq!(straight(&[0xFB82_0103]), 4); // smull r0, r1, r2, r3
        assert_eq!(straight(&[0xFBC2_0103]), 6); // smlal r0, r1, r2, r3
    }

    #[test]
    fn all_else_is_as_on_a_cortex_m4() {
        assert_eq!(straight(&[narrow(0x6808), narrow(0x6811)]), 3); // ldr, ldr
        assert_eq!(run(&mut M3::default(), &[narrow(0xD1FC)], true), 3); // bne
    }
}
