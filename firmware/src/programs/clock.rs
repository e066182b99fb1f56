//! The instruction counter against loops whose instructions are known.
//!
//! A line a loop: the instructions that it has, and those that were counted. What leads to a loop is counted with it, and
//! is the same for every loop.

use crate::arch::{self, Counter};
use crate::board;

/// Rounds of two instructions: short ones that begin at every place between two ticks, and one that outlasts a wrap of the
/// counter on any board (2^24 ticks of up to 62.5 instructions).
const SHORT: core::ops::Range<u32> = 1000..1064;
const LONG: [u32; 4] = [10_000, 100_000, 1_000_000, 600_000_000];

/// Measures what the program is for, prints it and ends QEMU.
pub fn run() -> ! {
    board::init();
    let mut counter = Counter::start();
    for rounds in SHORT.chain(LONG) {
        let counted = counter.measure_known_loop(rounds);
        say!("{} {counted}", 2 * u64::from(rounds));
    }
    arch::exit(0)
}
