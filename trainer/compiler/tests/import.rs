//! Imported networks answer as TensorFlow Lite's reference kernels do, in every byte and for every processor.

use std::fs;
use std::path::{Path, PathBuf};

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::import::import;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::run::{load, score};
use tillsense_compiler::target::{ExportOptions, Target};

/// The int8 values of an array that `numpy.save` wrote.
fn array(path: &Path) -> Vec<i8> {
    let bytes = fs::read(path).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (header, values) = bytes[10..].split_at(header);
    assert!(String::from_utf8_lossy(header).contains("'|i1'"));
    values.iter().map(|byte| byte.cast_signed()).collect()
}

/// Imports `NAME.tflite` of a folder for every processor and compares all answers with `NAME.out0.npy`.
fn agrees(folder: &Path, name: &str) {
    let bytes = fs::read(folder.join(format!("{name}.tflite"))).unwrap();
    let [given, expected] =
        ["in0", "out0"].map(|end| array(&folder.join(format!("{name}.{end}.npy"))));
    for target in Target::ALL.into_iter().chain([Target::Generic]) {
        for flash_growth in [0, 25] {
            let aim = ExportOptions {
                target,
                flash_growth,
            };
            let imported = import(&bytes, name, &aim);
            let file = imported
                .unwrap_or_else(|error| panic!("{name} for {target}: {error:#}"))
                .file;
            let aligned = Aligned::from(file.as_slice());
            let model = load(&aligned).unwrap();
            let width = model.head(0).unwrap().scores.len();
            let samples = expected.len() / width;
            let sample = |number: usize| Sample {
                inputs: vec![Raw::Tensor(
                    given
                        .chunks(given.len() / samples)
                        .nth(number)
                        .unwrap()
                        .into(),
                )],
                labels: Vec::new(),
            };
            let found = score(&model, samples, sample, &[0], |_| true, &|| ()).unwrap();
            for (number, (found, expected)) in found.iter().zip(expected.chunks(width)).enumerate()
            {
                assert_eq!(found[0], expected, "{name} for {target}, sample {number}");
            }
        }
    }
}

#[test]
fn random_networks_answer_as_the_reference_does() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tflite");
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
    let seed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/tflite/operators");
    let bytes = fs::read(seed).unwrap();
    let error = import(&bytes, "seed", &ExportOptions::GENERIC).unwrap_err();
    let line = format!("{error:#}");
    assert!(
        line.starts_with("operator ") || line.starts_with("tensor "),
        "{line}"
    );
}
