//! The command `tillsense run`: tries samples of anyone's files on a finished model, with nothing but the model file.

pub mod answer;
pub mod board;
pub mod example;
pub mod inputs;
mod record;
mod report;
mod samples;
pub mod tensor;
pub mod value;

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use clap::Args;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::run::{self, Given, Scores};
use tillsense_compiler::say::complain;
use tillsense_compiler::target::Target;
use tillsense_compiler::text::message;
use tillsense_compiler::words::grouped;
use tillsense_core::engine::Model;

use self::board::{Booted, OnBoard};
use self::inputs::{Input, Kind};
use self::report::{InputReport, Report};
use self::samples::{Samples, Taken};
use super::aim::AimArgs;
use super::port::PortArgs;
use super::{Shared, output};

/// Samples that are scored together.
const CHUNK: usize = 64;

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The model file, or a .tflite file
    model: PathBuf,
    /// A picture (PNG, JPEG, BMP, PGM, PPM); a folder or a quoted pattern tries many
    #[arg(long, value_name = "[NAME=]FILE")]
    image: Vec<String>,
    /// A recording (WAV, FLAC, Ogg Vorbis); a folder or a quoted pattern tries many
    #[arg(long, value_name = "[NAME=]FILE")]
    audio: Vec<String>,
    /// A text
    #[arg(long, value_name = "[NAME=]TEXT")]
    text: Vec<String>,
    /// A record: FILE.json, '{"key": value}', key=value,key=value, or FILE.csv, of which the first row is taken
    #[arg(long, value_name = "[NAME=]RECORD")]
    record: Vec<String>,
    /// Records in order of time, the oldest first: FILE.csv, FILE.json, or '[{"key": value}, ..]'
    #[arg(long, value_name = "[NAME=]FILE")]
    sequence: Vec<String>,
    /// A tensor as numpy.save writes it (.npy of int8, uint8, float32 or float64)
    #[arg(long, value_name = "[NAME=]FILE")]
    tensor: Vec<String>,
    /// Try every row of a table, whose columns are named like inputs and like fields of records (`field` or `input.field`)
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Run the samples on this emulated board too (a name, or a board's .toml file; may be given again), and compare every byte
    #[arg(long, value_name = "BOARD")]
    board: Vec<String>,
    #[command(flatten)]
    port: PortArgs,
    #[command(flatten)]
    aim: AimArgs,
}

const EXAMPLES: &str = "Examples:
  tillsense run models/digits.till --image photo.png
  tillsense run models/till.till --image receipt=a.png --audio amount=b.wav \\
      --text request='my card is gone' --record client=client.json
                                          inputs that are not given are absent
  tillsense run models/till.till --record 'age=41,country=CH' --sequence rows.csv
  tillsense run models/digits.till --image photos/ --json
                                          every picture of a folder
  tillsense run models/digits.till --image 'photos/*.png' --board mps2-an386
                                          and the same on an emulated board
  tillsense run models/digits.till --image photo.png --port /dev/ttyACM0
                                          and on the board that is attached and holds the model
  tillsense run models/till.till --table sessions.csv
                                          a row a sample
  tillsense run kws.tflite --tensor one.npy --board mps2-an386
                                          a network of TensorFlow Lite, imported on the way

NAME= is read as a name only where the model has that input, and may be left out where it has one input of the kind.
`tillsense inspect MODEL` shows the model's inputs, fields and classes, and an example line in the end.";

impl RunArgs {
    /// What is given, with its kind.
    fn given(&self) -> Vec<(Kind, &str)> {
        let all = [
            (Kind::Image, &self.image),
            (Kind::Audio, &self.audio),
            (Kind::Text, &self.text),
            (Kind::Record, &self.record),
            (Kind::Sequence, &self.sequence),
            (Kind::Tensor, &self.tensor),
        ];
        all.into_iter()
            .flat_map(|(kind, texts)| texts.iter().map(move |text| (kind, text.as_str())))
            .collect()
    }
}

/// Tries samples on a model.
pub fn run(args: &RunArgs, shared: &Shared) -> Result<()> {
    let source = args.aim.read(&args.model)?;
    let file = Aligned::from(&*source.file(Target::Generic)?);
    let model = run::load(&file)?;
    let inputs = inputs::of_model(&model);
    let given = args.given();
    if given.is_empty() && args.table.is_none() {
        bail!(
            "nothing to try; give at least one input, as in `{}`",
            example::command(&model, &args.model)
        );
    }
    let assigned = inputs::assign(&inputs, &given)?;
    let samples = Samples::new(&inputs, &assigned, args.table.as_deref())?;
    let (boards, too_small) = board::boot(&args.board, &args.port, &source, shared)?;
    let mut runner = Runner {
        order: (0..inputs.len()).collect(),
        inputs: &inputs,
        model,
        boards,
    };
    too_small.after(match samples.are_many() {
        true => many(&samples, &mut runner, shared),
        false => one(&samples, &mut runner, shared),
    })
}

/// A model on this machine, and on the boards that were asked for.
struct Runner<'a, 'm> {
    model: Model<'m>,
    inputs: &'a [Input<'m>],
    boards: Vec<Booted>,
    order: Vec<usize>,
}

/// Scores of a sample with each set of inputs, and what boards make of it.
type Ran = (Vec<Scores>, Vec<OnBoard>);

impl Runner<'_, '_> {
    fn run(&mut self, samples: &[Sample<'_>], sets: &[Given]) -> Result<Vec<Ran>> {
        let scores = run::score_sets(
            &self.model,
            samples.len(),
            |number| samples[number].clone(),
            &self.order,
            sets,
            &|| {},
        )?;
        let samples = samples.iter().zip(scores);
        samples
            .map(|(sample, scores)| {
                let here = &scores[0];
                let boards = self.boards.iter_mut();
                let boards = boards.map(|board| board.run(&self.model, sample, &self.order, here));
                let boards = boards.collect::<Result<_>>()?;
                Ok((scores, boards))
            })
            .collect()
    }

    fn report(&self, taken: &Taken<'_>, (scores, boards): Ran) -> Report {
        let inputs = self
            .inputs
            .iter()
            .zip(&taken.sample.inputs)
            .zip(&taken.notes);
        let input = |((input, raw), notes): ((&Input<'_>, &Raw<'_>), &Vec<String>)| InputReport {
            input: input.name.to_owned(),
            kind: input.kind().word(),
            given: *raw != Raw::Absent,
            notes: notes.clone(),
        };
        Report {
            model: None,
            sample: None,
            error: None,
            inputs: inputs.map(input).collect(),
            heads: answer::answers(&self.model, &scores[0]),
            without: Vec::new(),
            boards,
        }
    }
}

/// Tries the only sample: with all inputs that are given, and without each of them.
fn one(samples: &Samples<'_, '_>, runner: &mut Runner<'_, '_>, shared: &Shared) -> Result<()> {
    let mut only = None;
    samples.each(|_, taken| {
        only = Some(taken?);
        Ok(())
    })?;
    let Some(taken) = only else { return Ok(()) };
    let given: Vec<_> = (0..runner.inputs.len())
        .filter(|&number| taken.sample.inputs[number] != Raw::Absent)
        .collect();
    let all: Given = vec![true; runner.inputs.len()];
    let without = given.iter().map(|&left_out| {
        let mut set = all.clone();
        set[left_out] = false;
        set
    });
    let sets: Vec<_> = [all.clone()].into_iter().chain(without).collect();
    let mut ran = runner.run(std::slice::from_ref(&taken.sample), &sets)?;
    let (scores, boards) = ran.remove(0);
    let mut report = runner.report(&taken, (scores.clone(), boards));
    report.model = Some(runner.model.name().to_owned());
    report.without = given
        .iter()
        .zip(&scores[1..])
        .map(|(&number, scores)| {
            let name = runner.inputs[number].name;
            answer::without(&runner.model, name, &report.heads, scores)
        })
        .collect();
    match shared.json {
        true => output::json(&report)?,
        false => report.print()?,
    }
    board::require_identical(report.boards.iter())
}

/// Tries many samples. One that cannot be read is told in the end, and the others are answered.
fn many<'m>(samples: &Samples<'_, 'm>, runner: &mut Runner<'_, 'm>, shared: &Shared) -> Result<()> {
    let mut reports = Vec::new();
    let mut waiting = Vec::new();
    samples.each(|name, taken| {
        waiting.push((name, taken));
        if waiting.len() == CHUNK {
            answer_chunk(&mut waiting, runner, &mut reports, shared.json)?;
        }
        Ok(())
    })?;
    answer_chunk(&mut waiting, runner, &mut reports, shared.json)?;
    match shared.json {
        true => output::json(&reports)?,
        false => report::print_many(&reports)?,
    }
    let failed: Vec<_> = reports
        .iter()
        .filter(|report| report.error.is_some())
        .collect();
    for report in &failed {
        let name = report.sample.as_deref().unwrap_or_default();
        let error = report.error.as_deref().unwrap_or_default();
        match error.starts_with(name) {
            true => complain(message(format_args!("not answered: {error}"))),
            false => complain(message(format_args!("not answered: {name}: {error}"))),
        }
    }
    ensure!(
        failed.is_empty(),
        "{} of {} samples cannot be read; the lines above say which and why",
        grouped(failed.len()),
        grouped(reports.len())
    );
    board::require_identical(reports.iter().flat_map(|report| &report.boards))
}

/// Answers the samples that wait. Of millions of them nobody wants every class in memory; only JSON tells them.
fn answer_chunk<'m>(
    waiting: &mut Vec<(String, Result<Taken<'m>>)>,
    runner: &mut Runner<'_, 'm>,
    reports: &mut Vec<Report>,
    with_classes: bool,
) -> Result<()> {
    let read = waiting.iter().filter_map(|(_, taken)| taken.as_ref().ok());
    let samples: Vec<_> = read.map(|taken| taken.sample.clone()).collect();
    let all = vec![true; runner.inputs.len()];
    let mut ran = runner.run(&samples, &[all])?.into_iter();
    for (name, taken) in waiting.drain(..) {
        let mut report = match taken {
            Ok(taken) => match ran.next() {
                Some(ran) => runner.report(&taken, ran),
                None => bail!("{name}: not scored"),
            },
            Err(error) => Report::unread(&error),
        };
        report.sample = Some(name);
        if !with_classes {
            report.forget_details();
        }
        reports.push(report);
    }
    Ok(())
}
