//! Arrays that are given for the inputs and outputs of a model.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::files;
use tillsense_compiler::import::ends::stored;
use tillsense_compiler::network::graph::Quant;
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::words::{grouped, meant};
use tillsense_core::engine::Model;
use tillsense_core::frontend::image::source_len;
use tillsense_core::model::records::{Answer, Head, Input, Scale, Source, View};

use super::super::npy::{Array, Values};
use super::super::run::tensor::step;

/// Bytes of the largest array.
const MOST_FILE: u64 = 1 << 30;

/// An input or output that an array may be given for.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Values of a sample.
    len: usize,
    form: Form,
}

/// What the values of an array stand for.
#[derive(Clone, Copy)]
enum Form {
    /// Stored values of this scale and zero point.
    Stored(Quant),
    /// Pixels.
    Pixels,
}

impl Wanted {
    /// The inputs of a model, all of which must be tensors or pictures.
    pub fn inputs(model: &Model<'_>) -> Result<Vec<Wanted>> {
        let wanted = |input: Input<'_>| {
            let (len, form) = match input.source {
                Source::Tensor(params) => {
                    let quant = quant(params.scale, &params.output);
                    (params.output.len(), Form::Stored(quant))
                }
                Source::Image(params) => (source_len(&params), Form::Pixels),
                _ => bail!(
                    "input `{}` is no plain tensor; `tillsense run` and `tillsense emulate` feed it",
                    input.name
                ),
            };
            Ok(Wanted {
                name: input.name.to_owned(),
                len,
                form,
            })
        };
        model.inputs().map(wanted).collect()
    }

    /// The outputs of a model.
    pub fn outputs(model: &Model<'_>) -> Vec<Wanted> {
        let wanted = |head: Head<'_>| Wanted {
            name: head.name.to_owned(),
            len: head.scores.len(),
            form: Form::Stored(match head.answer {
                Answer::Tensor { scale } => quant(scale, &head.scores),
                Answer::Classes { .. } => Quant {
                    scale: 1.0 / 256.0,
                    zero_point: -128,
                },
            }),
        };
        model.heads().map(wanted).collect()
    }
}

fn quant(scale: Scale, view: &View) -> Quant {
    Quant {
        // A record holds a single-precision scale exactly.
        scale: step(scale) as f32,
        zero_point: view.zero_point.into(),
    }
}

/// The samples of one input or output.
#[derive(Default)]
pub struct Given {
    /// Stored values; of pictures, pixels.
    bytes: Option<Vec<u8>>,
    pixels: bool,
    len: usize,
    /// The array's sides.
    sides: Vec<usize>,
    place: String,
}

impl Given {
    /// The number of samples and the file, where an array is given.
    pub fn given(&self) -> Option<(usize, &str)> {
        let bytes = self.bytes.as_ref()?;
        Some((bytes.len() / self.len, &self.place))
    }

    /// What is pushed for a sample.
    pub fn raw(&self, number: usize) -> Raw<'_> {
        match self.sample(number) {
            None => Raw::Absent,
            Some(bytes) if self.pixels => Raw::Image(bytes.into()),
            Some(bytes) => Raw::Tensor(bytemuck::cast_slice(bytes).into()),
        }
    }

    /// The stored values of a sample.
    pub fn stored(&self, number: usize) -> &[i8] {
        bytemuck::cast_slice(self.sample(number).unwrap_or(&[]))
    }

    /// The array's indices of a sample's value.
    pub fn index(&self, sample: usize, value: usize) -> Vec<usize> {
        index(&self.sides, sample * self.len + value)
    }

    fn sample(&self, number: usize) -> Option<&[u8]> {
        let start = number * self.len;
        self.bytes.as_ref()?.get(start..start + self.len)
    }
}

/// The indices of a value in an array with these sides.
pub fn index(sides: &[usize], flat: usize) -> Vec<usize> {
    let mut rest = flat;
    let mut index: Vec<usize> = sides
        .iter()
        .rev()
        .map(|&side| {
            let at = rest % side.max(1);
            rest /= side.max(1);
            at
        })
        .collect();
    index.reverse();
    index
}

/// Reads the arrays that are given for inputs or outputs.
pub fn read_all(given: &[String], option: &str, wanted: &[Wanted]) -> Result<Vec<Given>> {
    let mut all: Vec<Given> = wanted.iter().map(|_| Given::default()).collect();
    let names = || wanted.iter().map(|wanted| wanted.name.as_str());
    for text in given {
        let named = text.split_once('=');
        let named = named.filter(|(name, _)| names().any(|known| known == *name));
        let (place, path) = match named {
            Some((name, path)) => (names().position(|known| known == name).unwrap_or(0), path),
            None if wanted.len() == 1 => (0, text.as_str()),
            None => {
                let name = text.split_once('=').map_or(text.as_str(), |(name, _)| name);
                bail!(
                    "{option} {text}: which tensor it is for is not said; write NAME={text} with one of {}{}",
                    names().collect::<Vec<_>>().join(", "),
                    meant(name, names())
                )
            }
        };
        ensure!(
            all[place].bytes.is_none(),
            "{option} {text}: `{}` is given twice",
            wanted[place].name
        );
        all[place] = read(Path::new(path), &wanted[place]).with_context(|| path.to_owned())?;
    }
    Ok(all)
}

fn read(path: &Path, wanted: &Wanted) -> Result<Given> {
    let array = load(path)?;
    let bytes: Vec<u8> = match (array.values, wanted.form) {
        (Values::Bytes(values), Form::Pixels) => values,
        (_, Form::Pixels) => bail!(
            "its values are no pixels, and the input takes pictures; save uint8 from 0 to 255"
        ),
        (Values::Stored(values), _) => values.iter().map(|value| value.cast_unsigned()).collect(),
        (Values::Bytes(values), _) => values.iter().map(|value| value ^ 0x80).collect(),
        (Values::Real(values), Form::Stored(quant)) => {
            ensure!(
                values.iter().all(|value| value.is_finite()),
                "some of its values are no numbers; write numbers only"
            );
            let values = values.iter().map(|&value| stored(value as f32, quant));
            values.map(i8::cast_unsigned).collect()
        }
    };
    require_samples(&array.shape, bytes.len(), wanted.len)?;
    Ok(Given {
        bytes: Some(bytes),
        pixels: matches!(wanted.form, Form::Pixels),
        len: wanted.len,
        sides: array.shape,
        place: path.display().to_string(),
    })
}

/// Reads an array.
pub fn load(path: &Path) -> Result<Array> {
    let bytes = files::read(path, MOST_FILE).context("it cannot be read")?;
    Array::parse(&bytes)
}

/// Whether an array of this shape holds whole samples of so many values.
pub fn require_samples(shape: &[usize], values: usize, len: usize) -> Result<()> {
    ensure!(
        values > 0 && values.is_multiple_of(len.max(1)),
        "its shape is {shape:?}, and a sample has {} values",
        grouped(len)
    );
    Ok(())
}
