//! Measures what the model slot holds: trials, one after the other, or a whole model.
//!
//! The first line is `clock HAS COUNTED` for a loop whose instructions are known.
//!
//! For trials there is one line each: number, instructions, and the first bytes of the SHA-256 of the result. The line of a
//! trial that does not fit says so. For a model the longest input of each kind is pushed; then there is a line for each part
//! that ran (`frontend INPUT CALLS INSTRUCTIONS`, `op PLACE CALLS INSTRUCTIONS`), one for each head with the first bytes of
//! the SHA-256 of its scores, and `stack USED THERE`.

use tillsense_core::engine::{Model, Session, Stage};
use tillsense_core::model::header::Header;
use tillsense_core::trial::{self, Trials};

use crate::arch::{self, Counter};
use crate::memory::{self, Buffers};
use crate::stages::{Clock, Stages};
use crate::{board, stack};

/// Rounds of the known loop; each has two instructions.
const ROUNDS: u32 = 100_000;

/// Measures what the slot holds, prints the figures and ends QEMU.
pub fn run() -> ! {
    stack::paint();
    board::init();
    let buffers = Buffers::take();
    let mut counter = Counter::start();
    say!(
        "clock {} {}",
        2 * ROUNDS,
        counter.measure_known_loop(ROUNDS)
    );
    let slot = memory::model_slot();
    let went_well = match (Header::file_len(slot), Trials::parse(slot)) {
        (Some(len), _) => measure_model(slot.get(..len).unwrap_or(slot), buffers, counter),
        (None, Some(trials)) => measure_trials(trials, buffers.arena, counter),
        (None, None) => {
            say!("neither trials nor a model in the model slot");
            false
        }
    };
    arch::exit(u32::from(!went_well))
}

#[inline(never)]
fn measure_trials(trials: Trials<'_>, arena: &mut [u8], mut counter: Counter) -> bool {
    let mut went_well = true;
    for (number, this) in trials.iter().enumerate() {
        if !this.prepare(trials.weights(), arena) {
            say!("{number} refused");
            went_well = false;
            continue;
        }
        counter.begin();
        this.run(trials.weights(), arena);
        let instructions = counter.end();
        say!(
            "{number} {instructions} {:08x}",
            trial::short_digest(this.result(arena))
        );
    }
    went_well
}

#[inline(never)]
fn measure_model(file: &'static [u8], buffers: Buffers, counter: Counter) -> bool {
    let model = match Model::load(file) {
        Ok(model) => model,
        Err(error) => {
            say!("refused {error:?}");
            return false;
        }
    };
    let stages = Stages::<_, { board::STAGES }>::new(counter);
    let Ok(mut session) = Session::with_probe(model, buffers.arena, stages) else {
        say!("refused: the arena is too small");
        return false;
    };
    if !trial::push_longest(&mut session, buffers.inbox) {
        say!("refused: an input does not fit");
        return false;
    }
    session.run();
    let (used, there) = stack::depth();
    for count in session.probe.counts() {
        let (kind, number) = match count.stage {
            Stage::Frontend(input) => ("frontend", input.into()),
            Stage::Op(at) => ("op", at),
        };
        say!("{kind} {number} {} {}", count.calls, count.instructions);
    }
    say!("total {}", session.probe.total());
    for (number, _) in model.heads().enumerate() {
        let scores = session
            .verdict(number)
            .map_or(&[][..], |verdict| verdict.scores);
        say!("head {number} {:08x}", trial::short_digest_i8(scores));
    }
    say!("stack {used} {there}");
    true
}
