//! Imported networks answer as TensorFlow Lite's reference kernels do, in every byte and for every processor.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::compare;
use tillsense_compiler::import::import;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::target::ExportOptions;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tflite")
}

/// Compares all answers of a network that must be taken.
fn agrees(folder: &Path, name: &str) {
    compare(folder, name).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn random_networks_answer_as_the_reference_does() {
    let folder = fixtures();
    for number in 0..24 {
        agrees(&folder, &number.to_string());
    }
    for number in 0..8 {
        agrees(&folder, &format!("activations_{number}"));
    }
    for number in 0..4 {
        agrees(&folder, &format!("product_{number}"));
    }
    // At the ends of the last two, values are floats or unsigned.
    for name in ["flat", "rows", "float32_ends", "uint8_ends"] {
        agrees(&folder, name);
    }
}

/// One of the layers has a cell so small that the reference computes no tanh of it.
#[test]
fn recurrent_networks_answer_as_the_reference_does() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tflite");
    for number in (0..12).filter(|&number| number != SMALL_CELL) {
        agrees(&folder, &format!("lstm_{number}"));
    }
    let refused = compare(&folder, &format!("lstm_{SMALL_CELL}")).unwrap_err();
    assert!(refused.contains("its cell has a scale of"), "{refused}");
    agrees(&folder, "gru_unrolled");
}

const SMALL_CELL: usize = 5;

#[test]
fn several_inputs_and_outputs_answer_as_the_reference_does() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tflite");
    agrees(&folder, "multi");
}

#[test]
fn networks_with_dead_channels_lose_them_and_answer_as_before() {
    let folder = fixtures().join("dead");
    let (mut before, mut after) = (0, 0);
    for number in 0..12 {
        agrees(&folder, &number.to_string());
        let bytes = fs::read(folder.join(format!("{number}.tflite"))).unwrap();
        let imported = import(&bytes, "dead", &ExportOptions::GENERIC).unwrap();
        let steps = inspect(&imported.file).unwrap().steps;
        before += imported.fates.iter().map(|fate| fate.macs).sum::<u64>();
        after += steps.iter().map(|step| step.macs).sum::<u64>();
    }
    assert!(
        after * 10 < before * 7,
        "{after} of {before} products are left"
    );
}

#[test]
#[ignore = "needs the published networks, whose folder TILLSENSE_MODELS names"]
fn networks_of_the_field_answer_as_the_reference_does() {
    let folder = std::env::var("TILLSENSE_MODELS")
        .expect("TILLSENSE_MODELS names the folder of the published networks");
    for name in ["kws", "ic", "ad"] {
        agrees(Path::new(&folder), name);
    }
}

/// What an operator that is not there is told as.
#[test]
fn an_operator_that_is_not_there_is_named() {
    let bytes = fs::read(fixtures().join("ops/top_k_0.tflite")).unwrap();
    let error = import(&bytes, "top", &ExportOptions::GENERIC).unwrap_err();
    let line = format!("{error:#}");
    assert!(line.starts_with("operator 0 (TOPK_V2, 1 x "), "{line}");
    assert!(line.contains("docs/IMPORT.md"), "{line}");
}

#[test]
fn dilated_convolutions_of_an_open_batch_have_an_op_each() {
    for name in ["open_dilated", "open_dilated_rows"] {
        let bytes = fs::read(fixtures().join(format!("nets/{name}.tflite"))).unwrap();
        let fates = import(&bytes, name, &ExportOptions::GENERIC).unwrap().fates;
        let blocks = ["SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"];
        let all = fates.iter().filter(|fate| blocks.contains(&&*fate.name));
        let all: Vec<_> = all.collect();
        assert_eq!(all.len(), 6, "{name}");
        assert!(
            all.iter().all(|fate| fate.became.is_empty()),
            "{name}: {all:?}"
        );
    }
}
