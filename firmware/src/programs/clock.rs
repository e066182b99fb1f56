//! Compares the instruction counter with loops whose instructions are known.
//!
//! Each loop has one line: the instructions that it has, and those that were counted. The instructions that lead to a loop are
//! counted with it, and are the same for every loop.

use crate::arch::{self, Counter};
use crate::board;

/// Numbers of rounds, of two instructions each: short loops that begin at every place between two ticks, and one that outlasts a
/// wrap of the counter on any board (2^24 ticks of up to 62.5 instructions).
const SHORT: core::ops::Range<u32> = 1000..1064;
const LONG: [u32; 4] = [10_000, 100_000, 1_000_000, 600_000_000];

/// Measures all loops, prints their lines and ends QEMU.
pub fn run() -> ! {
    board::init();
    let mut counter = Counter::start();
    for rounds in SHORT.chain(LONG) {
        let counted = counter.measure_known_loop(rounds);
        say!("{} {counted}", 2 * u64::from(rounds));
    }
    arch::exit(0)
}
