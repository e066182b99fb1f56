//! Keeps a training as a run.

use std::env;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Error, Result};
use sha2::{Digest, Sha256};
use tillsense_compiler::text::message;
use tillsense_compiler::trained::{EpochReport, HeadScore, seal};

use super::progress::Training;
use super::train_args::TrainArgs;
use super::train_file::Stopped;
use super::train_one::Job;
use crate::cli::Shared;
use crate::cli::progress::note;
use crate::judge::evaluate::Evaluation;
use crate::project::Prepared;
use crate::runs::{
    Entry, LAYOUT, Named, Run, RunEnd, RunFile, TestScore, find, folder_name, keep, last_stopped,
};

/// A training that is going on, from its beginning.
pub struct Record<'a> {
    args: &'a TrainArgs,
    job: &'a Job,
    prepared: &'a Prepared,
    began: u64,
    clock: Instant,
}

impl<'a> Record<'a> {
    /// Begins now.
    pub fn begin(args: &'a TrainArgs, job: &'a Job, prepared: &'a Prepared) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Record {
            args,
            job,
            prepared,
            began: now.map_or(0, |since| since.as_secs()),
            clock: Instant::now(),
        }
    }

    /// Keeps a training that ended before its end, where an epoch was done.
    pub fn failed(&self, error: &Error, progress: &Training<'_>) {
        let end = match error.is::<Stopped>() {
            true => RunEnd::Stopped,
            false => RunEnd::Failed(message(format_args!("{error:#}"))),
        };
        if !progress.epochs.is_empty() {
            self.keep(end, progress, (None, None));
        }
    }

    /// Keeps a training whose model is written, and evaluated where that was asked for.
    pub fn finished(&self, progress: &Training<'_>, file: &[u8], evaluation: Option<&Evaluation>) {
        self.keep(RunEnd::Finished, progress, (Some(file), evaluation));
    }

    /// Keeps it. The model is what was asked for, so what goes wrong here is told and is no error.
    fn keep(
        &self,
        end: RunEnd,
        progress: &Training<'_>,
        made: (Option<&[u8]>, Option<&Evaluation>),
    ) {
        if self.args.no_run {
            return;
        }
        let shared = progress.shared;
        match self.kept(end, progress, made) {
            Ok(line) => note(shared, line),
            Err(error) => note(
                shared,
                format_args!("warning: {error:#}; the training itself is not touched by that"),
            ),
        }
    }

    fn kept(
        &self,
        end: RunEnd,
        progress: &Training<'_>,
        (file, evaluation): (Option<&[u8]>, Option<&Evaluation>),
    ) -> Result<String> {
        let (root, model) = (&self.args.runs, &self.prepared.spec.name);
        let digest = hex(&Sha256::digest(self.prepared.text.as_bytes()));
        let seed = self.prepared.spec.train.seed;
        let begins = progress.epochs.first().map_or(0, |first| first.epoch);
        let before = (begins > 0)
            .then(|| last_stopped(root, model, &digest, seed))
            .flatten();
        let epochs = joined(root, model, before, &progress.epochs);
        let run = Run {
            layout: LAYOUT,
            model: model.clone(),
            tillsense: env!("CARGO_PKG_VERSION").to_owned(),
            command: env::args_os()
                .skip(1)
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            origin: self.job.origin.clone(),
            began: self.began,
            seconds: self.clock.elapsed().as_secs_f64(),
            seed,
            data: self.prepared.data_words(),
            data_digest: self.prepared.data.digest().to_string(),
            description_digest: digest,
            limit: self.args.limit.map(|limit| limit as u64),
            epochs: progress.planned,
            done: epochs.last().map_or(0, |last| last.epoch + 1),
            resumed: before,
            end,
            held_out: best(&epochs),
            test: evaluation.map_or(Vec::new(), test_scores),
            file: file.map(|file| self.file(file)).transpose()?,
        };
        let place = keep(root, &run, &self.prepared.text, &epochs)?;
        Ok(format!("kept this training as {}", place.display()))
    }

    fn file(&self, file: &[u8]) -> Result<RunFile> {
        Ok(RunFile {
            path: self.job.out.clone(),
            bytes: file.len() as u64,
            seal: hex(&seal(file)?),
        })
    }
}

/// The epochs of a training behind those of the run that it goes on with.
fn joined(
    root: &Path,
    model: &str,
    before: Option<u32>,
    epochs: &[EpochReport],
) -> Vec<EpochReport> {
    let begins = epochs.first().map_or(0, |first| first.epoch);
    let named = Named {
        model: folder_name(model),
        number: before,
    };
    let entry = before.and_then(|_| find(root, &named).ok());
    let earlier = entry
        .as_ref()
        .map(Entry::epochs)
        .and_then(Result::ok)
        .unwrap_or_default();
    let earlier = earlier.into_iter().filter(|report| report.epoch < begins);
    earlier.chain(epochs.iter().cloned()).collect()
}

/// Held-out scores of the last epoch that was the best of its phase so far: those whose numbers are kept.
fn best(epochs: &[EpochReport]) -> Vec<HeadScore> {
    let last = epochs.last().map(|last| last.phase);
    let best = epochs
        .iter()
        .rev()
        .find(|report| report.best && Some(report.phase) == last);
    best.map_or(Vec::new(), |report| report.held_out.clone())
}

fn test_scores(evaluation: &Evaluation) -> Vec<TestScore> {
    let heads = evaluation.heads.iter().map(|head| TestScore {
        head: head.head.clone(),
        float: head.float.and_then(|figures| figures.accuracy),
        fixed: head.fixed.accuracy,
        auc: head.fixed.auc,
    });
    heads.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Says so before a training whose run could not be kept.
pub fn require_place(args: &TrainArgs, shared: &Shared) {
    if !args.no_run && args.runs.exists() && !args.runs.is_dir() {
        note(
            shared,
            format_args!(
                "warning: {}: is no folder, so that this training is kept as no run; name another one with --runs",
                args.runs.display()
            ),
        );
    }
}
