//! Arrays that are given for the inputs and outputs of a model.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::files;
use tillsense_compiler::network::graph::Quant;
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::{grouped, meant};
use tillsense_core::engine::Model;
use tillsense_core::model::records::{Answer, Head, Input, Scale, Source, View};

use super::super::npy::{Array, Values};
use super::super::run::tensor::{quantised, step};

/// Bytes of the largest array.
const MOST_FILE: u64 = 1 << 30;

/// An input or output that an array may be given for.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The sides of a sample.
    sides: [usize; 3],
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
            let (sides, form) = match input.source {
                Source::Tensor(params) => {
                    let quant = quant(params.scale, &params.output);
                    (sides(&params.output), Form::Stored(quant))
                }
                Source::Image(params) => {
                    let [h, w] = [params.source_h, params.source_w].map(usize::from);
                    ([h, w, params.source_c.into()], Form::Pixels)
                }
                _ => bail!(
                    "input `{}` is no plain tensor; `tillsense run` and `tillsense compare` feed it",
                    input.name
                ),
            };
            Ok(Wanted {
                name: input.name.to_owned(),
                sides,
                form,
            })
        };
        model.inputs().map(wanted).collect()
    }

    /// The outputs of a model.
    pub fn outputs(model: &Model<'_>) -> Vec<Wanted> {
        let wanted = |head: Head<'_>| Wanted {
            name: head.name.to_owned(),
            sides: sides(&head.scores),
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

fn sides(view: &View) -> [usize; 3] {
    [view.h, view.w, view.c].map(usize::from)
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
    /// What was made of its values, in words; `None` of values that are as stored.
    pub note: Option<String>,
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

/// What arrays are given for.
#[derive(Clone, Copy)]
pub enum Ends {
    /// Inputs, by `--inputs`.
    Inputs,
    /// Outputs, by `--expected`.
    Outputs,
}

impl Ends {
    const fn option(self) -> &'static str {
        match self {
            Ends::Inputs => "--inputs",
            Ends::Outputs => "--expected",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Ends::Inputs => "input",
            Ends::Outputs => "output",
        }
    }
}

/// Reads the arrays that are given for inputs or outputs.
pub fn read_all(given: &[String], ends: Ends, wanted: &[Wanted]) -> Result<Vec<Given>> {
    let mut all: Vec<Given> = wanted.iter().map(|_| Given::default()).collect();
    for text in given {
        let (place, path) = find(text, ends, wanted)?;
        ensure!(
            all[place].bytes.is_none(),
            "{} {text}: `{}` is given twice",
            ends.option(),
            wanted[place].name
        );
        let array = read(Path::new(path), ends, &wanted[place]);
        all[place] = array.with_context(|| path.to_owned())?;
    }
    Ok(all)
}

/// Which of the inputs or outputs a text is for, and the path in it.
fn find<'t>(text: &'t str, ends: Ends, wanted: &[Wanted]) -> Result<(usize, &'t str)> {
    // The longest name that fits: names may hold an equals sign.
    let named = wanted.iter().enumerate().filter_map(|(place, wanted)| {
        let path = text.strip_prefix(&wanted.name)?.strip_prefix('=')?;
        Some((place, path))
    });
    if let Some(found) = named.min_by_key(|(_, path)| path.len()) {
        return Ok(found);
    }
    let (option, word) = (ends.option(), ends.word());
    let names = || wanted.iter().map(|wanted| wanted.name.as_str());
    let listed = || names().map(brief).collect::<Vec<_>>().join(", ");
    // A file's name may hold an equals sign, too.
    if let Some((name, _)) = text.split_once('=').filter(|_| !Path::new(text).exists()) {
        bail!(
            "{option} {text}: the model has no {word} `{}`; it has {}{}",
            brief(name),
            listed(),
            meant(name, names())
        );
    }
    ensure!(
        wanted.len() == 1,
        "{option} {text}: which {word} it is for is not said; write NAME={text} with one of {}",
        listed()
    );
    Ok((0, text))
}

fn read(path: &Path, ends: Ends, wanted: &Wanted) -> Result<Given> {
    let array = load(path)?;
    let tensor = format!("{} `{}`", ends.word(), brief(&wanted.name));
    require_shape(&array.shape, &wanted.sides, &tensor)?;
    let shown = path.display();
    let (bytes, note): (Vec<u8>, _) = match (array.values, wanted.form) {
        (Values::Bytes(values), Form::Pixels) => (values, None),
        (_, Form::Pixels) => bail!(
            "its values are no pixels, and the input takes pictures; save uint8 from 0 to 255"
        ),
        (Values::Stored(values), _) => {
            let values = values.iter().map(|value| value.cast_unsigned());
            (values.collect(), None)
        }
        (Values::Bytes(values), _) => (
            values.iter().map(|value| value ^ 0x80).collect(),
            Some(format!(
                "{shown}: uint8, taken as the stored values of {tensor} and 128 more"
            )),
        ),
        (Values::Real(values), Form::Stored(quant)) => {
            let zero_point = quant.zero_point as i8;
            let (stored, cut) = quantised(&values, quant.scale.into(), zero_point)?;
            let beyond = match cut {
                0 => String::new(),
                cut => format!(
                    "; {} of {} values lie beyond its range and were cut",
                    grouped(cut),
                    grouped(values.len())
                ),
            };
            let note = format!(
                "{shown}: floats, quantised as {tensor} is (scale {}, zero point {zero_point}){beyond}",
                quant.scale
            );
            (
                stored.iter().map(|x| x.cast_unsigned()).collect(),
                Some(note),
            )
        }
    };
    Ok(Given {
        bytes: Some(bytes),
        pixels: matches!(wanted.form, Form::Pixels),
        len: wanted.sides.iter().product(),
        sides: array.shape,
        place: shown.to_string(),
        note,
    })
}

/// Reads an array.
pub fn load(path: &Path) -> Result<Array> {
    let bytes = files::read(path, MOST_FILE).context("it cannot be read")?;
    Array::parse(&bytes)
}

/// Refuses an array that does not hold whole samples of a tensor with these sides. Sides of 1 do not count, nor does it matter whether
/// outer sides are one or several.
pub fn require_shape(shape: &[usize], sides: &[usize], tensor: &str) -> Result<()> {
    let without_ones = |sides: &[usize]| -> Vec<usize> {
        let sides = sides.iter().copied();
        sides.filter(|&side| side != 1).collect()
    };
    // Values of the innermost side, of the two innermost, and so on: where an array may be cut.
    let cuts = |sides: &[usize]| -> Vec<usize> {
        let sides = sides.iter().rev();
        let products = sides.scan(1, |product: &mut usize, &side| {
            *product = product.saturating_mul(side);
            Some(*product)
        });
        products.collect()
    };
    let (found, wanted) = (without_ones(shape), without_ones(sides));
    let there = cuts(&found);
    if !found.contains(&0) && cuts(&wanted).iter().all(|cut| there.contains(cut)) {
        return Ok(());
    }
    let inner = found.get(found.len().saturating_sub(wanted.len())..);
    let sorted = |mut sides: Vec<usize>| {
        sides.sort_unstable();
        sides
    };
    let turned = sorted(inner.unwrap_or(&[]).to_vec()) == sorted(wanted.clone());
    let advice = match turned {
        true => "its sides are in another order; turn them by `numpy.transpose`",
        false => "save one sample behind the other, each of this shape",
    };
    let mut told = vec!["samples".to_owned()];
    told.extend(wanted.iter().map(usize::to_string));
    bail!(
        "its shape is {shape:?}, and {tensor} takes [{}], sides of 1 left out; {advice}",
        told.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::require_shape;

    #[test]
    fn arrays_hold_whole_samples() {
        let fits = |shape: &[usize], sides: &[usize]| require_shape(shape, sides, "it").is_ok();
        for shape in [
            &[8, 49, 10, 1][..],
            &[8, 1, 49, 10],
            &[49, 10],
            &[1, 49, 10],
            &[8, 7, 7, 10],
        ] {
            assert!(fits(shape, &[49, 10, 1]), "{shape:?}");
        }
        for shape in [
            &[8, 10, 49][..],
            &[8, 490],
            &[490],
            &[98, 10],
            &[0, 49, 10],
            &[8, 49, 10, 2],
            &[],
        ] {
            assert!(!fits(shape, &[49, 10, 1]), "{shape:?}");
        }
        assert!(fits(&[8, 96, 96, 3], &[96, 96, 3]) && !fits(&[8, 3, 96, 96], &[96, 96, 3]));
        assert!(fits(&[5], &[1, 1, 1]) && fits(&[], &[1]) && !fits(&[0], &[1]));
        let error = require_shape(&[8, 3, 96, 96], &[96, 96, 3], "it").unwrap_err();
        assert!(error.to_string().contains("numpy.transpose"), "{error}");
    }
}
