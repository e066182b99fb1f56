//! The flash of a small program in C on a Cortex-M4, as it is written down: what docs/SIZE.md shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tillsense_compiler::frontend::Frontend;
use tillsense_compiler::import::import;
use tillsense_compiler::lower::file::make;
use tillsense_compiler::lower::untrained::untrained;
use tillsense_compiler::network::builder::{Facts, build};
use tillsense_compiler::network::presets::PRESETS;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_compiler::testing::toy;
use tillsense_device::bench::recorded::Recorded;
use tillsense_device::bench::{Owner, c_program};
use tillsense_tests::held::hold;

use crate::room::{bare, machines};

/// The article's network with numbers in place of trained ones, which change no length.
fn seed_digits() -> Vec<u8> {
    let preset = PRESETS
        .iter()
        .find(|preset| preset.name == "seed-digits")
        .unwrap();
    let spec = preset.spec().unwrap();
    let frontends: Vec<Frontend> = vec![toy::image([28, 28], 1)];
    let digits = (0..10).map(|digit| digit.to_string()).collect();
    let facts = Facts {
        inputs: BTreeMap::from([("image".to_owned(), frontends[0].facts())]),
        heads: BTreeMap::from([("digit".to_owned(), digits)]),
    };
    let graph = build(&spec, &facts).unwrap();
    let aim = ExportOptions::at(Target::CortexM4);
    make(&graph, &untrained(&graph), &frontends, 1, &aim).unwrap()
}

fn hold_program(network: &str, file: &[u8]) {
    let machine = machines()[0];
    let figures = c_program(machine, file, &bare()).unwrap();
    let all: u64 = figures.bytes.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(all, figures.flash_bytes, "{figures:?}");
    // What is not held: it is a few bytes that depend on the rest.
    let held = figures
        .bytes
        .iter()
        .filter(|(owner, _)| *owner != Owner::Padding);
    assert!(held.clone().all(|(_, bytes)| *bytes > 0), "{figures:?}");
    let lines = figures
        .bytes
        .iter()
        .map(|(owner, bytes)| Recorded::new(machine.id, owner.name(), *bytes));
    hold(&format!("c/{network}.tsv"), &lines.collect::<Vec<_>>());
}

#[test]
fn the_program_for_seed_digits_takes_what_is_written_down() {
    hold_program("seed-digits", &seed_digits());
}

#[test]
#[ignore = "needs TILLSENSE_MODELS, a folder with kws.tflite of MLPerf Tiny"]
fn the_program_for_kws_takes_what_is_written_down() {
    let folder = std::env::var("TILLSENSE_MODELS").unwrap();
    let network = fs::read(Path::new(&folder).join("kws.tflite")).unwrap();
    let imported = import(&network, "kws", &ExportOptions::at(Target::CortexM4)).unwrap();
    hold_program("kws", &imported.file);
}
