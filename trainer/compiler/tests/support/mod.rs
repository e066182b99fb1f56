//! Imported networks beside the answers of TensorFlow Lite's reference kernels.

use std::fs;
use std::path::Path;

use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::import::import;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::run::{load, score};
use tillsense_compiler::target::{ExportOptions, Target};

/// The values of an array that `numpy.save` wrote, of samples that follow one another, and how many samples there are.
pub struct Array {
    pub values: Vec<i64>,
    pub samples: usize,
}

impl Array {
    /// Reads an array of whole numbers.
    pub fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let (header, values) = bytes[10..].split_at(header);
        let header = String::from_utf8_lossy(header);
        let width = ["'|i1'", "'<i2'", "'<i4'", "'<i8'"]
            .iter()
            .position(|kind| header.contains(kind))
            .map(|power| 1 << power)
            .unwrap_or_else(|| panic!("{}: {header}", path.display()));
        let values = values.chunks_exact(width).map(|chunk| {
            let sign = if chunk[width - 1] > 127 { 0xff } else { 0 };
            let mut whole = [sign; 8];
            whole[..width].copy_from_slice(chunk);
            i64::from_le_bytes(whole)
        });
        let (_, shape) = header.split_once("'shape': (").unwrap();
        let samples = shape.split([',', ')']).next().unwrap();
        Array {
            values: values.collect(),
            samples: samples.trim().parse().unwrap(),
        }
    }

    /// The values of a sample.
    pub fn sample(&self, number: usize) -> &[i64] {
        let each = self.values.len() / self.samples;
        &self.values[number * each..][..each]
    }
}

/// `FOLDER/NAME.in0.npy` and on, or `out`.
fn arrays(folder: &Path, name: &str, kind: &str) -> Vec<Array> {
    let paths = (0..).map(|number| folder.join(format!("{name}.{kind}{number}.npy")));
    let there = paths.take_while(|path| path.exists());
    there.map(|path| Array::read(&path)).collect()
}

/// Imports `NAME.tflite` of a folder for every processor and compares all answers with `NAME.outN.npy`. The error is why it is refused.
pub fn compare(folder: &Path, name: &str) -> Result<(), String> {
    let bytes = fs::read(folder.join(format!("{name}.tflite"))).unwrap();
    let (given, expected) = (arrays(folder, name, "in"), arrays(folder, name, "out"));
    let samples = expected[0].samples;
    let sample = |number: usize| Sample {
        inputs: given
            .iter()
            .map(|array| {
                let values = array.sample(number).iter();
                Raw::Tensor(values.map(|&value| i8::try_from(value).unwrap()).collect())
            })
            .collect(),
        labels: Vec::new(),
    };
    for target in Target::ALL.into_iter().chain([Target::Generic]) {
        for flash_growth in [0, 25] {
            let aim = ExportOptions {
                target,
                flash_growth,
            };
            let file = import(&bytes, name, &aim)
                .map_err(|error| format!("{error:#}"))?
                .file;
            let aligned = Aligned::from(file.as_slice());
            let model = load(&aligned).unwrap();
            let order: Vec<_> = (0..given.len()).collect();
            let found = score(&model, samples, sample, &order, |_| true, &|| ()).unwrap();
            for (number, found) in found.iter().enumerate() {
                for (head, expected) in expected.iter().enumerate() {
                    let found: Vec<i64> = found[head].iter().map(|&value| value.into()).collect();
                    assert_eq!(
                        found,
                        expected.sample(number),
                        "{name} for {target}, sample {number}, output {head}"
                    );
                }
            }
        }
    }
    Ok(())
}
