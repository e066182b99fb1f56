//! A terminal that runs alone, with a model and a session built into its image.

mod fixture;

use std::fs;
use std::time::Duration;

use fixture::{CARD, PICTURE, PIXELS, WORDS, model};
use tillsense_core::arena::Arena;
use tillsense_core::engine::{Model, Session};
use tillsense_core::frontend::record::Value;
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::link::{Link, Tape};
use tillsense_device::qemu::run_to_end;
use tillsense_device::toolchain::build_verdict;
use tillsense_tests::on_each;

const TEXT: &[u8] = b"where is my card";
const RECORD: [Value<'_>; 2] = [Value::Number(-150), Value::Name("debit")];

/// The lines that the board must print for each head.
fn expected(file: &[u8]) -> Vec<String> {
    let mut place = Box::new(Arena::<{ 64 << 10 }>::new());
    let place = &mut place.as_mut_slice()[..file.len()];
    place.copy_from_slice(file);
    let model = Model::load(place).unwrap();
    let mut arena = Arena::<8192>::new();
    let mut session = Session::new(model, arena.as_mut_slice()).unwrap();
    session.push_image(PICTURE.into(), &[99; PIXELS]).unwrap();
    session.push_text(WORDS.into(), TEXT).unwrap();
    session.push_record(CARD.into(), &RECORD).unwrap();
    session.run();
    let line = |(number, head): (usize, tillsense_core::model::records::Head<'_>)| {
        let verdict = session.verdict(number).unwrap();
        let name = head.classes.split('\n').nth(verdict.class.into()).unwrap();
        let advice = if verdict.defer { ", ask a person" } else { "" };
        format!("{}: {name} ({}/256{advice})", head.name, verdict.score)
    };
    model.heads().enumerate().map(line).collect()
}

fn number(line: &str, word: usize) -> u32 {
    line.split(' ')
        .nth(word)
        .and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no number in `{line}`"))
}

fn speaks(machine: &'static Machine) {
    let folder = tempfile::tempdir().unwrap();
    let (model_path, session_path) = (
        folder.path().join("model.bin"),
        folder.path().join("session.bin"),
    );
    let file = model(0);
    fs::write(&model_path, &file).unwrap();
    let mut tape = Link::over(Tape::default());
    tape.push_image(PICTURE, &[99; PIXELS]).unwrap();
    tape.push_text(WORDS, TEXT).unwrap();
    tape.push_record(CARD, &RECORD).unwrap();
    tape.run().unwrap();
    fs::write(&session_path, tape.transport().bytes()).unwrap();

    let image = build_verdict(machine, &model_path, &session_path).unwrap();
    let finished = run_to_end(machine, &image, None, Duration::from_secs(60)).unwrap();
    let lines: Vec<_> = finished.output.lines().collect();
    let [instructions, heads @ .., stack] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert!(number(instructions, 1) > 10_000, "{instructions}");
    assert_eq!(heads, expected(&file), "{machine}");
    assert_eq!(finished.code, Some(0), "{}", finished.complaints);
    eprintln!("{machine}: {stack}");
    let (used, there) = (number(stack, 1), number(stack, 3));
    assert!(used + 512 <= there, "{machine}: {stack}");
}

#[test]
fn every_board_runs_alone() {
    on_each(boards::emulated(), speaks);
}
