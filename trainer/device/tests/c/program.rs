//! The program of `examples/c/bare`.

use std::time::Duration;

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::parts_of;
use tillsense_core::parts::Part;
use tillsense_core::{Model, Session, Value};
use tillsense_device::boards::Machine;
use tillsense_device::package::Layout;
use tillsense_device::qemu::{Finished, run_to_end};
use tillsense_device::toolchain::{CProgram, Image, Processor};

use crate::room::{Room, bare, four_inputs, machines};

/// What the program pushes, by the rules of its `sample.c`.
fn push(session: &mut Session<'_, '_>) {
    let picture: Vec<u8> = (0..72u32).map(|at| (at * 37) as u8).collect();
    let clip: Vec<i16> = (0..1500i32)
        .map(|n| (n * n * 7 % 20011 - 10005) as i16)
        .collect();
    let record = [Value::Number(-20), Value::Missing, Value::Name("old")];
    session.push_image(0, &picture).unwrap();
    session.push_audio(1, &clip).unwrap();
    session.push_text(2, b"my card was charged twice").unwrap();
    session.push_record(3, &record).unwrap();
}

/// The lines of all heads, with every score byte, as the program says them.
fn expected(file: &[u8]) -> Vec<String> {
    let file = Aligned::from(file);
    let model = Model::load(&file).unwrap();
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(model, &mut arena).unwrap();
    push(&mut session);
    session.run();
    let heads = model.heads().enumerate().map(|(number, head)| {
        let verdict = session.verdict(number).unwrap();
        let class = head.classes().split('\n').nth(verdict.class.into());
        let advice = if verdict.defer { ", ask a person" } else { "" };
        let scores: Vec<_> = verdict.scores.iter().map(i8::to_string).collect();
        let (name, class, scores) = (head.name, class.unwrap(), scores.join(" "));
        format!("{name}: {class} ({}/256{advice}) {scores}", verdict.score)
    });
    heads.collect()
}

/// Builds the program in a room and runs it; answers its image too.
fn run(room: &Room, machine: &'static Machine, settings: &[(&str, &str)]) -> (Image, Finished) {
    let program = CProgram {
        sources: &bare(),
        machine,
        library: &room.path("tillsense"),
        model: &room.path("model.till"),
        settings,
    };
    let name = settings.iter().map(|(_, value)| *value).collect::<String>();
    let image = program.build(&room.path(&format!("build{name}"))).unwrap();
    let finished = run_to_end(machine, &image, None, Duration::from_secs(60)).unwrap();
    (Image::read(&image).unwrap(), finished)
}

#[test]
fn the_program_answers_as_this_machine_does() {
    for machine in machines() {
        let file = four_inputs(machine.reads);
        let room = Room::new(Layout::Cmake, machine.reads, &file);
        let (image, finished) = run(&room, machine, &[]);
        let lines: Vec<_> = finished.output.lines().collect();
        let (last, heads) = lines.split_last().unwrap();
        assert_eq!(heads, expected(&file), "{machine}");
        assert_eq!(finished.code, Some(0), "{machine}: {}", finished.complaints);
        // 20 ops, those of a step of the clip five times, and a look after each of 10 pieces that fills no step.
        let fed = last.split(' ').nth(4).and_then(|word| word.parse().ok());
        assert!(fed.is_some_and(|fed: u32| fed >= 20), "{last}");
        cannot_panic_or_allocate(&image, machine);
    }
}

/// Not through the engine, and not through the C library either.
#[track_caller]
fn cannot_panic_or_allocate(image: &Image, machine: &Machine) {
    assert_eq!(image.panics(), Vec::<&str>::new(), "{machine}");
    assert_eq!(image.forbidden(), Vec::<&str>::new(), "{machine}");
    for name in ["malloc", "_malloc_r", "_sbrk", "sbrk", "abort"] {
        assert!(image.symbol(name).is_none(), "{machine}: {name}");
    }
    // It is there, so the names are those of the right file.
    assert!(image.symbol("tillsense_open").is_some(), "{machine}");
}

/// The library states no convention for floats, so the linker joins it with all.
#[test]
fn one_library_links_with_every_convention_for_floats() {
    let machine = machines()[0];
    let file = four_inputs(machine.reads);
    let room = Room::new(Layout::Cmake, machine.reads, &file);
    for abi in ["soft", "softfp", "hard"] {
        let (_, finished) = run(&room, machine, &[("FLOAT_ABI", abi)]);
        assert_eq!(finished.code, Some(0), "{abi}: {}", finished.output);
        assert!(finished.output.starts_with(&expected(&file)[0]), "{abi}");
    }
}

#[test]
fn a_part_that_is_left_out_is_named() {
    for machine in machines() {
        let file = four_inputs(machine.reads);
        let aligned = Aligned::from(&*file);
        let model = Model::load(&aligned).unwrap();
        let mut parts = parts_of(&model);
        parts.retain(|&part| part != Part::Recurrent);
        let room = Room::with(
            Layout::Cmake,
            Processor::of(machine.reads).unwrap(),
            &model,
            &parts,
        );
        let (_, finished) = run(&room, machine, &[]);
        assert_eq!(finished.code, Some(1), "{machine}: {}", finished.output);
        let said = finished.output.trim_end();
        assert!(said.starts_with("refused: "), "{machine}: {said}");
        assert!(said.contains("`recurrent`"), "{machine}: {said}");
    }
}
