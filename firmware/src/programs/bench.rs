//! Measures the trials in the model slot, one after the other.
//!
//! First `clock HAS COUNTED` for a loop whose instructions are known. Then a line a trial: its number, instructions, and the
//! first bytes of the SHA-256 of its result. A trial that does not fit says so.

use tillsense_core::model::digest;
use tillsense_core::trial::Trials;

use crate::arch::{self, Counter};
use crate::board;
use crate::memory::{self, Buffers};
use crate::stages::Clock;

/// Rounds of the known loop, of two instructions each.
const ROUNDS: u32 = 100_000;

/// Measures and ends.
pub fn run() -> ! {
    board::init();
    let Buffers { arena, .. } = Buffers::take();
    let mut counter = Counter::start();
    say!(
        "clock {} {}",
        2 * ROUNDS,
        counter.measure_known_loop(ROUNDS)
    );
    let Some(trials) = Trials::parse(memory::model_slot()) else {
        say!("no trials in the model slot");
        arch::exit(1);
    };
    let mut failed = false;
    for (number, trial) in trials.iter().enumerate() {
        if !trial.prepare(trials.weights(), arena) {
            say!("{number} refused");
            failed = true;
            continue;
        }
        counter.begin();
        trial.run(trials.weights(), arena);
        let instructions = counter.end();
        let [a, b, c, d, ..] = digest(trial.result(arena));
        say!(
            "{number} {instructions} {:08x}",
            u32::from_be_bytes([a, b, c, d])
        );
    }
    arch::exit(failed.into())
}
