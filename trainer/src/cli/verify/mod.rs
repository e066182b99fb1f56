//! The command `tillsense verify`.

mod arrays;
mod operators;
mod report;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run::sample::Sample;
use tillsense_compiler::run::{self, Scores};
use tillsense_compiler::target::Target;
use tillsense_compiler::text::brief;
use tillsense_core::engine::Model;

use self::arrays::{Ends, Given, Wanted, read_all};
use self::report::{Report, Verified, compare};
use super::Shared;
use super::aim::AimArgs;
use super::port::PortArgs;
use super::progress::{bar, note};
use super::run::board;
use crate::project::ModelSource;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The model file, or a .tflite file
    model: PathBuf,
    /// Values of an input for each sample, by `numpy.save`; NAME= where the model has several (may be given again)
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    inputs: Vec<String>,
    /// The answers that are expected of an output for each sample; NAME= where the model has several (may be given again)
    #[arg(
        long,
        value_name = "[NAME=]FILE",
        required_unless_present = "intermediates"
    )]
    expected: Vec<String>,
    /// Compare on this emulated board, too (a name, or a board's .toml file; may be given again)
    #[arg(long, value_name = "BOARD")]
    board: Vec<String>,
    #[command(flatten)]
    port: PortArgs,
    /// Values of the network's tensors, NAME.npy or NUMBER.npy each: names the first operator whose values differ
    #[arg(long, value_name = "DIR")]
    intermediates: Option<PathBuf>,
    /// With --intermediates: the .tflite file that MODEL was imported from, unless it is MODEL itself
    #[arg(long, value_name = "FILE", requires = "intermediates")]
    network: Option<PathBuf>,
    #[command(flatten)]
    aim: AimArgs,
}

const EXAMPLES: &str = "Examples:
  tillsense verify kws.till --inputs kws.in0.npy --expected kws.out0.npy
  tillsense verify kws.tflite --inputs kws.in0.npy --expected kws.out0.npy --board mps2-an386
                                          imported for the board, compared there and here
  tillsense verify two.till --inputs image=a.npy --inputs sound=b.npy --expected class=y.npy
  tillsense verify kws.tflite --inputs kws.in0.npy --intermediates tensors/
                                          which operator is the first that differs

The first side of each array is the number of samples, the others are those of the tensor. Values are int8 as stored; uint8 (128 more,
or pixels where an input takes pictures) and floats, which are quantised, are taken for networks that begin or end with them. Every value
is compared; the exit code is 0 only where all are equal. docs/IMPORT.md says how TensorFlow Lite writes such arrays.";

/// Compares a model's answers with those that are expected.
pub fn run(args: &VerifyArgs, shared: &Shared) -> Result<()> {
    let source = args.aim.read(&args.model)?;
    let file = source.file(Target::Generic)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let wanted = Wanted::inputs(&model)?;
    let inputs = read_all(&args.inputs, Ends::Inputs, &wanted)?;
    let outputs = Wanted::outputs(&model);
    let expected = read_all(&args.expected, Ends::Outputs, &outputs)?;
    let samples = Samples {
        count: count(&inputs, &expected)?,
        inputs: &inputs,
    };
    let notes = notes(&wanted, &inputs, &expected);
    notes.iter().for_each(|text| note(shared, text));
    let (mut boards, too_small) = board::boot(&args.board, &args.port, &source, shared)?;
    let here = samples.here(&model, shared)?;
    let mut report = Report {
        model: args.model.display().to_string(),
        equal: true,
        notes,
        outputs: verified(None, &here, &expected, &outputs),
        intermediates: None,
    };
    for booted in &mut boards {
        let there = samples.there(&model, booted, shared)?;
        let board = Some(booted.id());
        report
            .outputs
            .extend(verified(board, &there, &expected, &outputs));
    }
    if let Some(folder) = &args.intermediates {
        let network = network(args, &source)?;
        let all: Vec<Sample<'_>> = (0..samples.count).map(|n| samples.get(n)).collect();
        report.intermediates = Some(operators::compare(&network, folder, &all)?);
    }
    too_small.after(report.finish(shared))
}

/// What was made of arrays, and which inputs have none.
fn notes(wanted: &[Wanted], inputs: &[Given], expected: &[Given]) -> Vec<String> {
    let arrays = inputs.iter().chain(expected);
    let mut notes: Vec<String> = arrays.filter_map(|given| given.note.clone()).collect();
    let absent = wanted.iter().zip(inputs);
    let absent: Vec<_> = absent
        .filter(|(_, given)| given.given().is_none())
        .map(|(wanted, _)| brief(&wanted.name))
        .collect();
    if !absent.is_empty() {
        notes.push(format!(
            "inputs that are not given count as absent: {}",
            absent.join(", ")
        ));
    }
    notes
}

/// The bytes of the network whose tensors are compared.
fn network(args: &VerifyArgs, source: &ModelSource) -> Result<Vec<u8>> {
    match (&args.network, source.network()) {
        (Some(path), _) => {
            let named = ModelSource::read(path, None, None)?;
            let bytes = named.network().map(<[u8]>::to_vec);
            bytes.with_context(|| format!("--network {}: is no .tflite file", path.display()))
        }
        (None, Some(bytes)) => Ok(bytes.to_vec()),
        (None, None) => bail!(
            "--intermediates: a model file has no tensors of the network that it was made of; name that one by --network FILE.tflite, or as MODEL"
        ),
    }
}

/// What is given to a model, sample by sample.
struct Samples<'g> {
    count: usize,
    inputs: &'g [Given],
}

impl<'g> Samples<'g> {
    fn get(&self, number: usize) -> Sample<'g> {
        Sample {
            inputs: self.inputs.iter().map(|given| given.raw(number)).collect(),
            labels: Vec::new(),
        }
    }

    fn here(&self, model: &Model<'_>, shared: &Shared) -> Result<Vec<Scores>> {
        let order: Vec<usize> = (0..self.inputs.len()).collect();
        let progress = bar(shared, "verifying", self.count);
        let sample = |number| self.get(number);
        let scores = run::score(model, self.count, sample, &order, |_| true, &|| {
            progress.inc(1)
        });
        progress.finish_and_clear();
        scores
    }

    fn there(
        &self,
        model: &Model<'_>,
        booted: &mut board::Booted,
        shared: &Shared,
    ) -> Result<Vec<Scores>> {
        let order: Vec<usize> = (0..self.inputs.len()).collect();
        let progress = bar(shared, booted.id(), self.count);
        let answer = |number| {
            let answer = booted.answer(model, &self.get(number), &order);
            progress.inc(1);
            answer.with_context(|| format!("sample {number}"))
        };
        let scores = (0..self.count).map(answer).collect();
        progress.finish_and_clear();
        scores
    }
}

/// The answers of all samples beside those that are expected.
fn verified(
    board: Option<&str>,
    found: &[Scores],
    expected: &[Given],
    outputs: &[Wanted],
) -> Vec<Verified> {
    let expected = expected.iter().zip(outputs).enumerate();
    let one = |(head, (expected, output)): (usize, (&Given, &Wanted))| {
        expected.given()?;
        let found = found.iter().map(|scores| &scores[head][..]);
        Some(compare((&output.name, board), found, expected))
    };
    expected.filter_map(one).collect()
}

/// The number of samples, the same in all arrays.
fn count(inputs: &[Given], expected: &[Given]) -> Result<usize> {
    let given = inputs.iter().chain(expected).filter_map(Given::given);
    let mut given = given;
    let (first, place) = given.next().context("no array is given")?;
    for (count, other) in given {
        ensure!(
            count == first,
            "{other}: holds {count} samples, and {place} holds {first}"
        );
    }
    Ok(first)
}
