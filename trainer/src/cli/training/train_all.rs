//! The command `tillsense train` for several models: all presets, or a preset with several seeds.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use tillsense_compiler::trained::{TrainedFile, seal};

use super::interrupt::Interrupt;
use super::train_args::TrainArgs;
use super::train_one::{Job, one, place, ready};
use crate::cli::progress::note;
use crate::cli::{Shared, output};
use crate::judge::scoreboard;
use crate::project::{
    Prepared, {self},
};

/// Refuses options that make sense for one model only.
pub fn require_for_all(args: &TrainArgs) -> Result<()> {
    let one = [
        ("--out", args.out.is_some()),
        ("--seed", args.seed.is_some()),
        ("--leave-out", args.leave_out.is_some()),
    ];
    match one.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => bail!(
            "{option}: is for one model, and `train {}` makes several; leave it out, or name one preset",
            args.model
        ),
        None => Ok(()),
    }
}

/// Trains the models of the scoreboard that are not there, after all of them were checked.
pub fn several(args: &TrainArgs, interrupt: &Interrupt, shared: &Shared) -> Result<()> {
    let folder = args
        .models
        .clone()
        .unwrap_or_else(|| PathBuf::from("models"));
    let seeds = args.seeds.unwrap_or(1) as u64;
    let presets = scoreboard::chosen(&args.model)?;
    let variants = scoreboard::all_variants(&presets, seeds, &shared.source())?;
    let left_out: Vec<_> = variants
        .iter()
        .filter_map(|variant| variant.left_out.as_deref())
        .collect();
    if !left_out.is_empty() {
        note(
            shared,
            format_args!(
                "one model more for each speaker of {} left out: {}",
                shared.source(),
                left_out.join(", ")
            ),
        );
    }
    let mut jobs: Vec<Job> = Vec::new();
    for variant in variants {
        let out = folder.join(variant.file());
        if stays(&out, &variant.text(), args, shared)? {
            continue;
        }
        let job = Job {
            text: variant.text(),
            origin: format!("preset {}", variant.preset.name),
            seed: Some(variant.preset.spec()?.train.seed.wrapping_add(variant.seed)),
            out,
            evaluate: false,
        };
        // Models of one description differ only in their seeds, so the checks of the first hold for the others.
        match jobs.last().filter(|last| last.text == job.text) {
            Some(_) => place(&job, args, &shared.source()).map(drop)?,
            None => ready(&job, args, shared).map(drop)?,
        }
        jobs.push(job);
    }
    let mut written = Vec::new();
    for job in &jobs {
        written.push(one(job, args, interrupt, shared)?);
    }
    if shared.json {
        return output::json(&written);
    }
    let (model, folder) = (&args.model, folder.display());
    output::line(format_args!(
        "wrote {} model files. Next: tillsense evaluate --preset {model} --seeds {seeds} --models {folder}",
        written.len()
    ))
}

/// Whether a model of this description is there already, trained on the same data.
fn stays(out: &Path, text: &str, args: &TrainArgs, shared: &Shared) -> Result<bool> {
    let there = match out.exists() {
        true => project::read(out)
            .and_then(|file| TrainedFile::read(out, &seal(&file)?))
            .or_else(|error| if args.force { Ok(None) } else { Err(error) })?,
        false => None,
    };
    let Some(trained_file) = there.filter(|trained_file| trained_file.text == text) else {
        return Ok(false);
    };
    require_same_data(out, &trained_file, shared)?;
    note(
        shared,
        format_args!(
            "{}: is there and stays; remove it to train it again",
            out.display()
        ),
    );
    Ok(true)
}

/// Refuses to let a model stay that was trained on other data than those that the others are to be trained on.
fn require_same_data(out: &Path, trained_file: &TrainedFile, shared: &Shared) -> Result<()> {
    let prepared = Prepared::new(&trained_file.text, &trained_file.origin, shared.source())?;
    let (own, here) = (trained_file.data, prepared.trained_on());
    ensure!(
        own == here,
        "{}: is there, but trained on {own}, not on {} ({}); remove it, name its data with --data, or another folder with --models",
        out.display(),
        prepared.source,
        here.digest.short()
    );
    Ok(())
}
