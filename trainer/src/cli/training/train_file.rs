//! Trains a prepared description and makes the content of its `.trained` file.

use std::error::Error;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tillsense_compiler::network;
use tillsense_compiler::trained::{
    Course, EpochReport, TrainedFile, curve, made_beside, made_from,
};
use tillsense_compiler::words::grouped;

use super::calibration::{tell_calibration, tell_unshown};
use super::progress::Training;
use crate::cli::Shared;
use crate::cli::progress::note;
use crate::data::Batches;
use crate::data::features::FeatureSet;
use crate::data::intake::InputCount;
use crate::judge::calibrate::{Samples, calibrate, unshown};
use crate::learn::{self, End, TrainOptions, TrainReport, held_out, unseen_classes};
use crate::project::Prepared;

/// Replaces the description's epochs and seed. Fewer epochs keep at least one with fake quantisation.
pub fn shorten(prepared: &mut Prepared, epochs: Option<usize>, seed: Option<u64>) {
    let train = &mut prepared.spec.train;
    if let Some(epochs) = epochs {
        train.epochs = epochs;
        train.qat_epochs = train.qat_epochs.min(epochs.div_ceil(2));
    }
    train.seed = seed.unwrap_or(train.seed);
}

/// Result of a training.
pub struct Outcome {
    /// Content of the `.trained` file beside the model file.
    pub trained_file: TrainedFile,
    /// Number of empty and too long inputs in the training samples.
    pub counts: Vec<InputCount>,
    /// Reports of all epochs.
    pub epochs: Vec<EpochReport>,
}

/// Somebody stopped a training before its end.
#[derive(Clone, Copy, Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped before the end; the same command with `--resume` goes on from here")
    }
}

impl Error for Stopped {}

/// Trains a prepared model of a description for a model file.
pub fn train_file(
    prepared: &Prepared,
    (origin, out): (&str, &Path),
    limit: Option<usize>,
    options: &TrainOptions,
    progress: &mut Training<'_>,
) -> Result<Outcome> {
    let shared = progress.shared;
    let samples = prepared.training_set(limit)?;
    let counts = require_samples(prepared, origin, samples.plain(), limit, shared)?;
    let (mut trained, report) =
        learn::train(&prepared.graph, &prepared.spec, &samples, options, progress)?;
    progress.finish();
    if report.end == End::Stopped {
        return Err(Stopped.into());
    }
    let samples = Samples {
        numbers: &prepared.training_numbers(limit),
        features: samples.plain(),
    };
    let calibration = calibrate(prepared, samples, &mut trained, options.backend)?;
    tell_calibration(&calibration, shared);
    let trained_file = content(prepared, (origin, out), limit, trained, &report);
    Ok(Outcome {
        trained_file,
        counts,
        epochs: report.epochs,
    })
}

/// Refuses samples that cannot train the model, and warns about those that train it badly;
/// returns how many inputs are empty or too long.
fn require_samples(
    prepared: &Prepared,
    origin: &str,
    samples: &FeatureSet,
    limit: Option<usize>,
    shared: &Shared,
) -> Result<Vec<InputCount>> {
    let counts = samples.counts(&prepared.spec, &prepared.frontends);
    counts
        .iter()
        .filter_map(InputCount::line)
        .for_each(|line| note(shared, line));
    InputCount::require_most(&counts).with_context(|| origin.to_owned())?;
    learn::require_enough(samples, &prepared.spec.train)?;
    require_shown(prepared, samples, limit, shared).with_context(|| origin.to_owned())?;
    unseen_classes::missing(prepared, samples)
        .iter()
        .for_each(|line| note(shared, format_args!("warning: {line}")));
    Ok(counts)
}

/// Content of the `.trained` file of a training.
fn content(
    prepared: &Prepared,
    (origin, out): (&str, &Path),
    limit: Option<usize>,
    trained: network::graph::Trained,
    report: &TrainReport,
) -> TrainedFile {
    let made_from = made_beside(out, &made_from(origin));
    let heads = prepared.graph.heads.iter();
    let classes = heads.map(|head| head.classes.join("\n"));
    TrainedFile {
        text: prepared.text.clone(),
        // An absolute path would tell whoever is given the file where somebody's folders are.
        origin: match Path::new(origin).is_absolute() {
            true => made_from.clone(),
            false => origin.to_owned(),
        },
        made_from,
        data: prepared.trained_on(),
        course: Course {
            seed: prepared.spec.train.seed,
            epochs: prepared.spec.train.epochs as u64,
            limit: limit.map(|limit| limit as u64),
        },
        frontends: prepared.frontends.clone(),
        classes: classes.collect(),
        trained,
        curve: curve(&report.epochs),
    }
}

/// Refuses stated rates that no training can show, where the samples are those that the model is made for. Generated samples only
/// stand in for those, and a limit is for trying out: there it is a warning.
fn require_shown(
    prepared: &Prepared,
    samples: &FeatureSet,
    limit: Option<usize>,
    shared: &Shared,
) -> Result<()> {
    let settings = &prepared.spec.train;
    ensure!(
        limit.is_some() || settings.holdout == 0.0 || !held_out(samples, settings).is_empty(),
        "train.holdout: {} of {} training samples holds none out; hold out more, or set it to 0",
        settings.holdout,
        grouped(samples.len())
    );
    let unshown = unshown(prepared, samples);
    if limit.is_none() && !prepared.source.is_synthetic() {
        let heads = unshown.iter().map(|head| {
            let (words, mend) = (head.words(), head.mend());
            format!("heads.{}.defer_error: {words}; {mend}", head.head)
        });
        let heads: Vec<_> = heads.collect();
        ensure!(heads.is_empty(), "{}", heads.join("; "));
    }
    tell_unshown(&unshown, shared);
    Ok(())
}
