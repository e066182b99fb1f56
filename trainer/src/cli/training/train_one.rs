//! Trains one model: checks everything that can be refused before, trains, writes the files, evaluates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tillsense_compiler::network::description::Budget;
use tillsense_compiler::threads::Threads;
use tillsense_compiler::trained::{EpochReport, made_from};
use tillsense_compiler::words::grouped;
use tillsense_compiler::{cost, files};

use super::interrupt::Interrupt;
use super::progress::Training;
use super::record::{self, Record};
use super::train_args::TrainArgs;
use super::train_file::{shorten, train_file};
use super::{budget, evaluate};
use crate::cli::Shared;
use crate::cli::progress::{READING, note, waiting};
use crate::data::DataSource;
use crate::data::intake::InputCount;
use crate::judge::evaluate::{Evaluation, Scope};
use crate::learn::{self, TrainOptions};
use crate::project::{Prepared, checkpoint_path, prepare_output, write};

#[derive(Serialize)]
pub(super) struct Trained {
    file: PathBuf,
    data: String,
    seconds: f64,
    input_counts: Vec<InputCount>,
    epochs: Vec<EpochReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    budget: Vec<cost::Line>,
    pub evaluation: Option<Evaluation>,
}

/// A model to train: its description and its file.
pub(super) struct Job {
    pub text: String,
    pub origin: String,
    pub seed: Option<u64>,
    pub out: PathBuf,
    pub evaluate: bool,
}

/// A model that was checked and can be trained.
pub(super) struct Ready {
    prepared: Prepared,
    budget: Budget,
    counted: Option<u64>,
    checkpoint: PathBuf,
}

/// Checks everything that can be refused before training.
pub(super) fn ready(job: &Job, args: &TrainArgs, shared: &Shared) -> Result<Ready> {
    let Job { text, origin, .. } = job;
    args.backend.backend()?;
    let mut prepared = waiting(shared, READING, || {
        Prepared::new(text, origin, shared.source())
    })?;
    shorten(&mut prepared, args.epochs, job.seed);
    prepared
        .require_exportable(&args.export_options())
        .with_context(|| origin.clone())?;
    let budget = args.budget.unwrap_or_default().or(prepared.spec.budget);
    let counted = budget::require(&prepared, origin, &budget, &args.export_options(), shared)?;
    let checkpoint = place(job, args, &prepared.source)?;
    Ok(Ready {
        prepared,
        budget,
        counted,
        checkpoint,
    })
}

/// Checks that the files of a training can be written; returns the path of its checkpoint.
pub(super) fn place(job: &Job, args: &TrainArgs, source: &DataSource) -> Result<PathBuf> {
    prepare_output(&job.out, &made_from(&job.origin), source, args.force)?;
    let checkpoint = checkpoint_path(&job.out);
    files::writable(&checkpoint)?;
    ensure!(
        !checkpoint.exists() || learn::is_checkpoint(&checkpoint),
        "{}: is there and no checkpoint of a training, which would be kept in its place; move it, or name another file with --out",
        checkpoint.display()
    );
    Ok(checkpoint)
}

/// Trains, exports and evaluates one model.
pub(super) fn one(
    job: &Job,
    args: &TrainArgs,
    interrupt: &Interrupt,
    shared: &Shared,
) -> Result<Trained> {
    let started = std::time::Instant::now();
    let (origin, out) = (&job.origin, job.out.clone());
    let Ready {
        prepared,
        budget,
        counted,
        checkpoint,
    } = ready(job, args, shared)?;
    tell_checkpoint(&checkpoint, args.resume, shared);
    let options = TrainOptions {
        backend: args.backend.backend()?,
        threads: Threads::default(),
        checkpoint: Some(checkpoint.clone()),
        resume: args.resume,
        stop: Arc::clone(&interrupt.stop),
    };
    note(
        shared,
        format_args!("{}: training on {}", prepared.spec.name, prepared.source),
    );
    record::require_place(args, shared);
    let record = Record::begin(args, job, &prepared);
    let mut progress = Training::new(shared);
    let made = interrupt.cleanly(|| {
        let names = (origin.as_str(), out.as_path());
        let outcome = train_file(&prepared, names, args.limit, &options, &mut progress)?;
        let trained = &outcome.trained_file.trained;
        let file = prepared.export(trained, args.model_version, &args.export_options())?;
        write(&out, &file, &outcome.trained_file)?;
        // The checkpoint is no longer needed; it would only invite a wrong resume.
        let _ = std::fs::remove_file(files::place(&checkpoint));
        Ok((file, outcome))
    });
    let (file, outcome) = made.inspect_err(|error| record.failed(error, &progress))?;
    let seconds = started.elapsed().as_secs_f64();
    note(
        shared,
        format_args!(
            "wrote {} ({} bytes) after {seconds:.0} s",
            out.display(),
            grouped(file.len())
        ),
    );
    let budget = budget::lines(&file, counted, &budget)?;
    budget::print(&budget, shared)?;
    let trained = Some(&outcome.trained_file.trained);
    let scope = Scope::all(&prepared);
    let course = Ok(outcome.trained_file.course);
    let figures = || evaluate::figures(&prepared, trained, &file, (&scope, course), shared);
    let evaluation = job.evaluate.then(figures).transpose();
    let evaluation = evaluation.map(|found| found.map(|(evaluation, _)| evaluation));
    record.finished(
        &progress,
        &file,
        evaluation.as_ref().ok().and_then(Option::as_ref),
    );
    Ok(Trained {
        file: out,
        data: prepared.data_words(),
        seconds,
        input_counts: outcome.counts,
        epochs: outcome.epochs,
        budget,
        evaluation: evaluation?,
    })
}

/// Tells whether the checkpoint of an interrupted training is used.
fn tell_checkpoint(path: &Path, resume: bool, shared: &Shared) {
    match (resume, path.exists()) {
        (true, false) => note(
            shared,
            format_args!(
                "{}: not there, so there is nothing to go on with; training from the start",
                path.display()
            ),
        ),
        (false, true) => note(
            shared,
            format_args!(
                "{}: of an interrupted training, which `--resume` goes on with; replaced after the first epoch, or as this one is stopped",
                path.display()
            ),
        ),
        _ => {}
    }
}
