//! Networks of others on boards: tensors and pictures larger than any inbox come in pieces, and tensors come back.

use std::fs;
use std::path::{Path, PathBuf};

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::import::ends::{Ends, Normalise, Pictures};
use tillsense_compiler::import::import_with;
use tillsense_compiler::run::load;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::target::ExportOptions;
use tillsense_core::link::LinkError;
use tillsense_device::boards::{self, Machine};
use tillsense_device::compare;
use tillsense_device::link::Failure;
use tillsense_device::terminal::Terminal;
use tillsense_tests::on_each;

/// Values of the network's input.
const LARGE: usize = 96 * 96 * 3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tflite")
}

/// The int8 values of an array, whatever its header.
fn array(name: &str, values: usize) -> Vec<i8> {
    let bytes = fs::read(folder().join(name)).unwrap();
    let values = &bytes[bytes.len() - values..];
    values.iter().map(|value| value.cast_signed()).collect()
}

/// Boots the board with the network; `None` where the board's arena is too small, which the terminal says with both figures.
fn boot(machine: &'static Machine, ends: &Ends) -> Option<(Vec<u8>, Terminal)> {
    let network = fs::read(folder().join("large.tflite")).unwrap();
    let aim = ExportOptions {
        target: machine.reads,
        ..ExportOptions::GENERIC
    };
    let file = import_with(&network, "large", &aim, ends).unwrap().file;
    let place = tempfile::NamedTempFile::new().unwrap();
    fs::write(place.path(), &file).unwrap();
    let mut terminal = Terminal::boot(machine, place.path()).unwrap();
    match terminal.require_model() {
        Ok(_) => Some((file, terminal)),
        Err(error) => {
            let told = error.to_string();
            assert!(machine.arena < LARGE as u32, "{machine}: {told}");
            assert!(
                told.contains(&format!("the board has {}", machine.arena)),
                "{told}"
            );
            None
        }
    }
}

fn tensors(machine: &'static Machine) {
    let Some((file, mut terminal)) = boot(machine, &Ends::default()) else {
        return;
    };
    assert!(machine.inbox < LARGE as u32);
    let aligned = Aligned::from(file.as_slice());
    let model = load(&aligned).unwrap();
    let (given, expected) = (
        array("large.in0.npy", 2 * LARGE),
        array("large.out0.npy", 6),
    );
    for (given, expected) in given.chunks(LARGE).zip(expected.chunks(3)) {
        let sample = Sample {
            inputs: vec![Raw::Tensor(given.into())],
            labels: Vec::new(),
        };
        let answer = compare::run(&mut terminal, &model, &sample, &[0]).unwrap();
        assert_eq!(answer.scores, [expected.to_vec()], "{machine}");
        assert_eq!(terminal.values(0).unwrap(), expected, "{machine}");
    }
    // Half of a tensor is no tensor, and it may start again.
    terminal.reset().unwrap();
    let bytes: &[u8] = bytemuck::cast_slice(&given[..LARGE]);
    assert_eq!(
        terminal.push(0, 0, LARGE as u32, &bytes[..192]).unwrap(),
        192
    );
    let wrong = LinkError::WrongOrder {
        input: 0,
        next: 192,
    };
    assert!(matches!(terminal.run(), Err(Failure::Refused(error)) if error == wrong));
    terminal.push_tensor(0, bytes).unwrap();
    terminal.run().unwrap();
    assert_eq!(terminal.values(0).unwrap(), expected[..3], "{machine}");
}

fn pictures(machine: &'static Machine) {
    let ends = Ends {
        labels: Vec::new(),
        pictures: vec![Pictures {
            input: None,
            channels: 3,
            normalise: Normalise::Symmetric,
        }],
    };
    let Some((file, mut terminal)) = boot(machine, &ends) else {
        return;
    };
    let aligned = Aligned::from(file.as_slice());
    let model = load(&aligned).unwrap();
    let pixels: Vec<u8> = (0..LARGE).map(|at| (at * 7 + at / 288) as u8).collect();
    let sample = Sample {
        inputs: vec![Raw::Image(pixels.into())],
        labels: Vec::new(),
    };
    let answer = compare::run(&mut terminal, &model, &sample, &[0]).unwrap();
    let here = compare::here(&model, &sample, &[0]).unwrap();
    assert_eq!(answer.scores, here, "{machine}");
}

#[test]
fn tensors_larger_than_the_inbox_come_in_pieces() {
    on_each(boards::emulated(), tensors);
}

#[test]
fn so_do_pictures_that_are_not_resized() {
    on_each(boards::emulated(), pictures);
}
