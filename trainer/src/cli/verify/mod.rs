//! The command `tillsense verify`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::words::{grouped, meant};
use tillsense_compiler::{files, run};
use tillsense_core::engine::Model;
use tillsense_core::model::records::Source;

use super::npy::{Array, Values};
use super::progress::bar;
use super::{Shared, output};
use crate::project;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The model file, or a .tflite file
    model: PathBuf,
    /// Stored int8 values of an input for each sample, by `numpy.save`; NAME= where the model has several (may be given again)
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    inputs: Vec<String>,
    /// The answers that are expected of an output for each sample; NAME= where the model has several (may be given again)
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    expected: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  tillsense verify kws.till --inputs kws.in0.npy --expected kws.out0.npy
  tillsense verify two.till --inputs image=a.npy --inputs sound=b.npy --expected class=y.npy

The first side of each array is the number of samples, the others are those of the tensor. Every value is compared; the exit code is 0
only where all are equal.";

/// Bytes of the largest array.
const MOST_FILE: u64 = 1 << 30;

/// What an output of a model answered beside what was expected.
#[derive(Debug, Serialize)]
struct Verified {
    output: String,
    samples: usize,
    identical: usize,
    values: usize,
    equal: usize,
    /// Largest difference of a stored value.
    largest_difference: u8,
    /// The first sample that differs, and the first value of it, both counted from 0.
    first_difference: Option<(usize, usize)>,
}

/// Compares a model's answers with those that are expected.
pub fn run(args: &VerifyArgs, shared: &Shared) -> Result<()> {
    let file = project::read(&args.model)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let inputs = arrays(&args.inputs, "--inputs", &input_names(&model)?)?;
    let outputs: Vec<(String, usize)> = model
        .heads()
        .map(|head| (head.name.to_owned(), head.scores.len()))
        .collect();
    let expected = arrays(&args.expected, "--expected", &outputs)?;
    let samples = samples(&inputs, &expected)?;
    let order: Vec<usize> = (0..inputs.len()).collect();
    let progress = bar(shared, "verifying", samples);
    let sample = |number: usize| Sample {
        inputs: inputs.iter().map(|array| array.sample(number)).collect(),
        labels: Vec::new(),
    };
    let scores = run::score(&model, samples, sample, &order, |_| true, &|| {
        progress.inc(1)
    });
    progress.finish_and_clear();
    let scores = scores?;
    let verified: Vec<Verified> = expected
        .iter()
        .zip(&outputs)
        .enumerate()
        .filter_map(|(head, (expected, (name, len)))| {
            let expected = expected.values.as_ref()?;
            let found = scores.iter().map(|scores| &scores[head][..]);
            Some(compare(name, found.zip(expected.chunks(*len))))
        })
        .collect();
    tell(&args.model, &verified, shared)?;
    let wrong: usize = verified.iter().map(|one| one.samples - one.identical).sum();
    ensure!(
        wrong == 0,
        "{}: answers differ from those expected",
        args.model.display()
    );
    Ok(())
}

/// Names and lengths of the inputs, all of which must be plain tensors.
fn input_names(model: &Model<'_>) -> Result<Vec<(String, usize)>> {
    let name = |input: tillsense_core::model::records::Input<'_>| match input.source {
        Source::Tensor(params) => Ok((input.name.to_owned(), params.output.len())),
        _ => bail!(
            "input `{}` is no plain tensor; `tillsense run` and `tillsense emulate` feed it",
            input.name
        ),
    };
    model.inputs().map(name).collect()
}

/// The samples of one tensor.
struct Given {
    values: Option<Vec<i8>>,
    len: usize,
    place: String,
}

impl Given {
    fn samples(&self) -> Option<usize> {
        self.values.as_ref().map(|values| values.len() / self.len)
    }

    fn sample(&self, number: usize) -> Raw<'_> {
        let values = self.values.as_ref();
        let sample = values.and_then(|values| values.chunks(self.len).nth(number));
        sample.map_or(Raw::Absent, |values| Raw::Tensor(values.into()))
    }
}

/// Reads the arrays that are given for tensors of these names and lengths.
fn arrays(given: &[String], option: &str, tensors: &[(String, usize)]) -> Result<Vec<Given>> {
    let mut all: Vec<Given> = tensors
        .iter()
        .map(|(_, len)| Given {
            values: None,
            len: *len,
            place: String::new(),
        })
        .collect();
    let names = || tensors.iter().map(|(name, _)| name.as_str());
    for text in given {
        let named = text.split_once('=');
        let named = named.filter(|(name, _)| names().any(|known| known == *name));
        let (place, path) = match named {
            Some((name, path)) => (names().position(|known| known == name).unwrap_or(0), path),
            None if tensors.len() == 1 => (0, text.as_str()),
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
            all[place].values.is_none(),
            "{option} {text}: `{}` is given twice",
            tensors[place].0
        );
        let len = all[place].len;
        all[place].values = Some(read(Path::new(path), len).with_context(|| path.to_owned())?);
        path.clone_into(&mut all[place].place);
    }
    Ok(all)
}

fn read(path: &Path, len: usize) -> Result<Vec<i8>> {
    let bytes = files::read(path, MOST_FILE).context("it cannot be read")?;
    let array = Array::parse(&bytes)?;
    let Values::Stored(values) = array.values else {
        bail!("its values are real numbers; save the stored int8 values");
    };
    ensure!(
        !values.is_empty() && values.len().is_multiple_of(len),
        "its shape is {:?}, and a sample has {} values",
        array.shape,
        grouped(len)
    );
    Ok(values)
}

/// The number of samples, the same in all arrays.
fn samples(inputs: &[Given], expected: &[Given]) -> Result<usize> {
    let given = inputs.iter().chain(expected);
    let mut counts = given.filter_map(|array| Some((array.samples()?, &array.place)));
    let (first, place) = counts.next().context("no array is given")?;
    for (count, other) in counts {
        ensure!(
            count == first,
            "{other}: holds {count} samples, and {place} holds {first}"
        );
    }
    Ok(first)
}

fn compare<'s>(name: &str, pairs: impl Iterator<Item = (&'s [i8], &'s [i8])>) -> Verified {
    let mut verified = Verified {
        output: name.to_owned(),
        samples: 0,
        identical: 0,
        values: 0,
        equal: 0,
        largest_difference: 0,
        first_difference: None,
    };
    for (found, expected) in pairs {
        let differences = found.iter().zip(expected).map(|(a, b)| a.abs_diff(*b));
        for (place, difference) in differences.enumerate() {
            verified.values += 1;
            verified.equal += usize::from(difference == 0);
            verified.largest_difference = verified.largest_difference.max(difference);
            if difference > 0 && verified.first_difference.is_none() {
                verified.first_difference = Some((verified.samples, place));
            }
        }
        verified.identical += usize::from(found == expected);
        verified.samples += 1;
    }
    verified
}

fn tell(path: &Path, verified: &[Verified], shared: &Shared) -> Result<()> {
    if shared.json {
        return output::json(&verified);
    }
    for one in verified {
        let Verified {
            output,
            samples,
            identical,
            ..
        } = one;
        let [samples, identical] = [*samples, *identical].map(grouped);
        let (equal, values) = (grouped(one.equal), grouped(one.values));
        output::paragraph(format_args!(
            "{}, output {output}: {identical} of {samples} samples identical, {equal} of {values} values",
            path.display()
        ))?;
        if let Some((sample, value)) = one.first_difference {
            output::paragraph(format_args!(
                "  the first difference is in sample {sample}, value {value}; the largest is {}",
                one.largest_difference
            ))?;
        }
    }
    Ok(())
}
