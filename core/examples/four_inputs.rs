//! A picture, sound, a text and a record, and what a model makes of them: `cargo run -p tillsense-core --example four_inputs`.
//!
//! The model is the tests' own: every kind of input, random weights. So its verdicts mean nothing, but they are the same on every
//! machine. Inputs come in any order and each may be absent; sound comes in pieces of any size.

#[path = "../tests/support/mod.rs"]
mod support;

use support::{Sample, network};
use tillsense_core::{Arena, Model, RefusedInput, Session};

/// More than this model needs; a real program takes the figure from `tillsense inspect`.
const ARENA_LEN: usize = 16 << 10;

/// Which inputs of the model are pushed: it has a second text and a sequence of records too, which stay absent.
const PICTURE: usize = 0;
const SOUND: usize = 1;
const TEXT: usize = 2;
const RECORD: usize = 4;

fn main() {
    let file = network(0).file();
    let model = Model::load(file.bytes()).unwrap_or_else(|error| panic!("refused: {error}"));
    let mut arena = Arena::<ARENA_LEN>::new();
    let mut session = match Session::new(model, arena.as_mut_slice()) {
        Ok(session) => session,
        Err(error) => panic!("no session: {error}"),
    };

    let sample = Sample::random(1);
    let refused = |input, error| panic!("{}", RefusedInput::new(model, input, error));
    for chunk in sample.sound.chunks(64) {
        let pushed = session.push_audio(SOUND, chunk);
        pushed.unwrap_or_else(|error| refused(SOUND, error));
    }
    let pushed = session.push_record(RECORD, &sample.client);
    pushed.unwrap_or_else(|error| refused(RECORD, error));
    let pushed = session.push_image(PICTURE, &sample.photo);
    pushed.unwrap_or_else(|error| refused(PICTURE, error));
    let pushed = session.push_text(TEXT, sample.request.as_bytes());
    pushed.unwrap_or_else(|error| refused(TEXT, error));
    session.run();

    for (number, input) in model.inputs().enumerate() {
        let there = match session.is_present(number) {
            true => "pushed",
            false => "absent",
        };
        println!("{}: {there}", input.name);
    }
    for (number, head) in model.heads().enumerate() {
        let verdict = session.verdict(number).expect("the session has run");
        let class = head.classes().split('\n').nth(verdict.class.into());
        let advice = match verdict.defer {
            true => ", ask a person",
            false => "",
        };
        println!(
            "{}: {} with {} of 256{advice}",
            head.name,
            class.unwrap_or_default(),
            verdict.score
        );
    }
}
