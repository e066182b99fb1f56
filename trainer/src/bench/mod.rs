//! Instructions of single layers and of whole models on emulated boards, single layers beside those of CMSIS-NN.
//!
//! - [`layers`]: what is measured; [`peers`]: the figures of others;
//! - `trials`: a layer as plain op and as packed ops; `pack`: from one to the other;
//! - [`fn@model`]: a model file, part by part.
//!
//! A board runs every candidate once: instruction counts do not depend on values, so a second run would give the same.
//! The result must be, byte for byte, what the plain op gives on this machine.

pub mod layers;
mod model;
mod pack;
pub mod peers;
mod trials;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tempfile::NamedTempFile;
use tillsense_core::tensor::Weights;
use tillsense_core::trial::{Trial, Trials, short_digest};

use crate::aligned::Aligned;
use crate::lower::blobs::Blobs;
use crate::terminal::{Machine, run_to_end};
use crate::toolchain::build_firmware;
pub use model::{ModelFigures, PartFigure, model};

use layers::{ROWS, Row};
use trials::{Candidate, Made};

/// Longest that a board may take for a set of trials.
const LIMIT: Duration = Duration::from_secs(300);

/// Bytes of trials at a time: what fits the smallest slot of the boards with plenty of memory, with room to spare.
const SET_LEN: usize = 1 << 20;

/// Most instructions around the known loop that are counted with it: calls, and the loop's counter.
const LEAD: u64 = 8;

/// A layer's figures on a board.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The row.
    pub id: &'static str,
    /// The layer in words.
    pub layer: &'static str,
    /// Multiply-accumulates; elements for pools, softmax and sums.
    pub macs: u64,
    /// Executed.
    pub instructions: u64,
    /// Instructions for each of `macs`.
    pub per_mac: f64,
    /// How it is computed.
    pub algorithm: String,
    /// Bytes of weights, factors and tables.
    pub weight_bytes: usize,
    /// Bytes of scratch memory.
    pub scratch_bytes: usize,
    /// Whether every byte is that of the plain op on this machine.
    pub equal_to_reference: bool,
    /// CMSIS-NN's instructions for the same layer on the same processor.
    pub cmsis_nn: Option<u64>,
    /// CMSIS-NN's instructions divided by ours.
    pub ratio: Option<f64>,
}

/// Measures all layers, every candidate of each, with weights and inputs of a seed.
pub fn kernels(machine: &'static Machine, seed: u64) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let (mut blobs, mut rows) = (Blobs::default(), Vec::new());
    for row in &ROWS {
        let made = trials::make(row.layer, seed, machine.reads.packing(), &mut blobs);
        rows.push((*row, made));
        if blobs.len() > SET_LEN {
            figures.extend(measure(
                machine,
                std::mem::take(&mut blobs),
                std::mem::take(&mut rows),
            )?);
        }
    }
    figures.extend(measure(machine, blobs, rows)?);
    Ok(figures)
}

/// The bytes of a set of trials.
pub fn image(trials: &[&Trial], weights: &[u8]) -> Vec<u8> {
    let records: Vec<u8> = trials
        .iter()
        // Plain data into memory that grows: nothing in this can fail.
        .flat_map(|trial| postcard::to_allocvec(trial).unwrap_or_default())
        .collect();
    let mut image = Trials::header(records.len()).to_vec();
    image.extend(&records);
    image.resize(Trials::weights_offset(records.len()), 0);
    image.extend(weights);
    image
}

fn measure(machine: &'static Machine, blobs: Blobs, rows: Vec<(Row, Made)>) -> Result<Vec<Figure>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let weights = blobs.finish();
    let candidates: Vec<(&Row, &Made, &Candidate)> = rows
        .iter()
        .flat_map(|(row, made)| {
            made.candidates
                .iter()
                .map(move |candidate| (row, made, candidate))
        })
        .collect();
    let trials: Vec<&Trial> = candidates
        .iter()
        .map(|(_, _, candidate)| &candidate.trial)
        .collect();
    let counted = run_trials(machine, &image(&trials, &weights))?;
    ensure!(
        counted.len() == candidates.len(),
        "{} measured {} of {} layers",
        machine.id,
        counted.len(),
        candidates.len()
    );
    let section = Aligned::from(weights.as_slice());
    let figures =
        candidates
            .iter()
            .zip(counted)
            .map(|((row, made, candidate), (instructions, result))| {
                let cmsis_nn = peers::cmsis_nn(row.id, machine);
                Ok(Figure {
                    id: row.id,
                    layer: row.what,
                    macs: row.macs,
                    instructions,
                    per_mac: instructions as f64 / row.macs as f64,
                    algorithm: candidate.algorithm.clone(),
                    weight_bytes: candidate.weight_bytes,
                    scratch_bytes: candidate.scratch_bytes,
                    equal_to_reference: result
                        == reference(&made.reference, &section).with_context(|| row.id)?,
                    cmsis_nn,
                    ratio: cmsis_nn.map(|theirs| theirs as f64 / instructions as f64),
                })
            });
    figures.collect()
}

/// The first bytes of the digest of what the plain op gives here.
fn reference(trial: &Trial, section: &[u8]) -> Result<u32> {
    let mut arena = Aligned::zeros(trial.arena_len as usize);
    let weights = Weights::new(section);
    ensure!(
        trial.prepare(&weights, &mut arena),
        "the plain op does not check"
    );
    trial.run(&weights, &mut arena);
    Ok(short_digest(trial.result(&arena)))
}

/// Runs a set of trials on a board: instructions and digest of each.
fn run_trials(machine: &'static Machine, image: &[u8]) -> Result<Vec<(u64, u32)>> {
    let lines = observe(machine, image)?;
    let figures = lines.iter().map(|line| {
        let mut words = line.split(' ').skip(1);
        let figures = words.next().zip(words.next()).and_then(|(count, digest)| {
            Some((count.parse().ok()?, u32::from_str_radix(digest, 16).ok()?))
        });
        figures.with_context(|| format!("{}: `{line}`", machine.id))
    });
    figures.collect()
}

/// What the program `bench` says about trials or a model, after its check of the counter.
fn observe(machine: &'static Machine, slot: &[u8]) -> Result<Vec<String>> {
    let firmware = build_firmware(machine, "bench")?;
    let file = NamedTempFile::new().context("cannot make a temporary file")?;
    std::fs::write(file.path(), slot)?;
    let finished = run_to_end(machine, &firmware, Some(file.path()), LIMIT)?;
    let mut lines = finished.output.lines().map(str::to_owned);
    let clock = lines.next().unwrap_or_default();
    match words(&clock)[..] {
        [has, counted] if (has..=has + LEAD).contains(&counted) => Ok(lines.collect()),
        _ => bail!("{}: a known loop was counted as `{clock}`", machine.id),
    }
}

/// The numbers of a line.
fn words(line: &str) -> Vec<u64> {
    line.split(' ')
        .filter_map(|word| word.parse().ok())
        .collect()
}
