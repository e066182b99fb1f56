//! The firmware on every board, in QEMU: one image each, the hand-made model in its flash.

mod fixture;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fixture::{CARD, CLASSES, MONTHS, PICTURE, PIXELS, SOUND, WORDS, model};
use tillsense_core::arena::Arena;
use tillsense_core::engine::{Model, Session};
use tillsense_core::frontend::record::Value;
use tillsense_core::link::{AGAIN, LinkError, ModelError};
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::link::{Failure, Transport};
use tillsense_device::terminal::Terminal;
use tillsense_tests::{board, on_each};

const TEXT: &str = "my card has not arrived yet";
const RECORD: [Value<'_>; 2] = [Value::Number(150), Value::Name("credit")];

fn picture() -> Vec<u8> {
    (0..PIXELS).map(|i| (i * 37 % 256) as u8).collect()
}

fn clip() -> Vec<i16> {
    (0..8000)
        .map(|i: i32| (i.wrapping_mul(i).wrapping_mul(31) % 20_000) as i16)
        .collect()
}

fn give(link: &mut Terminal) {
    link.push_image(PICTURE, &picture()).unwrap();
    link.push_audio(SOUND, &clip()).unwrap();
    link.push_text(WORDS, TEXT.as_bytes()).unwrap();
    link.push_record(CARD, &RECORD).unwrap();
    link.push_record(MONTHS, &RECORD).unwrap();
}

/// Scores of each head, computed by the core on this machine.
fn expected() -> Vec<Vec<u8>> {
    let file = model(0);
    let mut place = Box::new(Arena::<{ 64 << 10 }>::new());
    let place = &mut place.as_mut_slice()[..file.len()];
    place.copy_from_slice(&file);
    let mut arena = Arena::<8192>::new();
    let mut session = Session::new(Model::load(place).unwrap(), arena.as_mut_slice()).unwrap();
    session.push_image(PICTURE.into(), &picture()).unwrap();
    session.push_audio(SOUND.into(), &clip()).unwrap();
    session.push_text(WORDS.into(), TEXT.as_bytes()).unwrap();
    session.push_record(CARD.into(), &RECORD).unwrap();
    session.push_record(MONTHS.into(), &RECORD).unwrap();
    session.run();
    let scores = |head| {
        session
            .verdict(head)
            .unwrap()
            .scores
            .iter()
            .map(|&s| (i16::from(s) + 128) as u8)
            .collect()
    };
    (0..CLASSES.len()).map(scores).collect()
}

/// A file of the hand-made model that asks for this many bytes of arena.
fn file(name: &str, arena: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, model(arena)).unwrap();
    (folder, path)
}

fn serves(machine: &'static Machine) {
    let (_folder, path) = file("model,1.bin", 0);
    let mut link = Terminal::boot(machine, &path).unwrap();
    let facts = link.info().unwrap();
    assert_eq!((facts.arena, facts.inbox), (machine.arena, machine.inbox));
    assert_eq!(facts.model.unwrap().name, "fixture");

    let mut seen = Vec::new();
    for _ in 0..3 {
        link.reset().unwrap();
        let start = Instant::now();
        give(&mut link);
        let total = link.run().unwrap();
        let scores: Vec<_> = (0..CLASSES.len() as u8)
            .map(|head| link.verdict(head).unwrap().scores)
            .collect();
        assert_eq!(scores, expected());
        let counts = link.counts().unwrap();
        assert_eq!(
            counts.iter().map(|count| count.instructions).sum::<u64>(),
            total
        );
        eprintln!(
            "{}: {total} instructions, {:?}",
            machine.id,
            start.elapsed()
        );
        seen.push(total);
    }
    assert!(seen.iter().all(|&total| total == seen[0]), "{seen:?}");

    // Noise on the line loses nothing that was accepted.
    link.transport().send(&[9; 1000]).unwrap();
    link.transport().send(&[0]).unwrap();
    let told = link.transport().receive(Duration::from_secs(60)).unwrap();
    assert_eq!(told.unwrap(), AGAIN[..1]);
    assert_eq!(link.verdict(0).unwrap().scores, expected()[0]);
    assert!(link.self_test(0).unwrap().digest);
}

#[test]
fn every_board_serves() {
    on_each(boards::emulated(), serves);
}

#[test]
fn a_model_too_large_for_the_board_is_refused_with_the_figures() {
    for machine in [board("sifive-e"), board("netduinoplus2")] {
        let (_folder, path) = file("large.bin", 200_000);
        let mut link = Terminal::boot(machine, &path).unwrap();
        assert_eq!(
            link.info().unwrap().model,
            Err(ModelError::Arena {
                needs: 200_000,
                has: machine.arena
            })
        );
        let told = link.require_model().unwrap_err().to_string();
        assert!(
            told.contains("needs 200000 bytes of arena, the board has"),
            "{told}"
        );
        let refusal = link.run();
        assert!(
            matches!(refusal, Err(Failure::Refused(LinkError::NoModel))),
            "{refusal:?}"
        );
    }
}

#[test]
fn a_model_longer_than_the_slot_never_boots() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.bin");
    fs::write(&path, vec![0; board("netduinoplus2").slot_len as usize + 1]).unwrap();
    let told = Terminal::boot(board("netduinoplus2"), &path)
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("524289 bytes long; netduinoplus2 has room for 524288"),
        "{told}"
    );
}

#[test]
fn what_is_no_model_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.bin");
    fs::write(&path, [7; 5000]).unwrap();
    let mut link = Terminal::boot(board("mps2-an386"), &path).unwrap();
    assert_eq!(link.info().unwrap().model, Err(ModelError::Empty));
}

#[test]
fn a_terminal_that_is_asked_nothing_says_nothing() {
    let (_folder, path) = file("model.bin", 0);
    let mut link = Terminal::boot(board("riscv-virt"), &path).unwrap();
    let said = link.transport().receive(Duration::from_millis(200));
    assert_eq!(said.unwrap(), None);
}
