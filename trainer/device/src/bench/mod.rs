//! Instructions of single layers and of whole models on emulated boards, single layers beside those of CMSIS-NN.
//!
//! - [`layers`]: what is measured; [`peers`]: the figures of others;
//! - [`data`]: the values it is measured with;
//! - `trials`: a layer as plain op and as packed ops; `pack`: from one to the other;
//! - [`cycles`]: what processors would take for what was executed;
//! - [`fn@model`]: a model file, part by part; [`Counter`]: its instructions alone;
//! - [`recorded`]: figures that are committed; [`tables`]: the documents' tables, made from them.
//!
//! A board runs every candidate once: instruction counts do not depend on values, so a second run would give the same.
//! The result must be, byte for byte, what the plain op gives on this machine.

mod count;
pub mod cycles;
pub mod data;
pub mod layers;
mod model;
mod pack;
pub mod peers;
pub mod recorded;
mod summary;
pub mod tables;
mod trials;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tempfile::NamedTempFile;
use tillsense_core::tensor::Weights;
use tillsense_core::trial::{Trial, Trials, short_digest};

use crate::boards::Machine;
use crate::qemu::{Finished, run_to_end};
use crate::toolchain::build_firmware;
pub use count::{Counter, counter, counting_board};
pub use model::{ModelFigures, PartFigure, model};
pub use summary::{fastest, summary};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::lower::blobs::Blobs;

use cycles::Cycles;
use data::Data;
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
    /// Modelled cycles on a Cortex-M4, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles_m4: Option<u64>,
    /// Modelled cycles on a Cortex-M7, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles_m7: Option<u64>,
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

/// Measures all layers, every candidate of each, with each of these values: a layer's figures one after the other.
pub fn kernels(machine: &'static Machine, data: &[Data]) -> Result<Vec<Figure>> {
    sets(machine, data, run_trials)
}

/// The same, with modelled cycles beside the instructions.
pub fn kernels_with_cycles(machine: &'static Machine, data: &[Data]) -> Result<Vec<Figure>> {
    cycles::require(machine)?;
    sets(machine, data, run_trials_logged)
}

/// Runs a set of trials on a board.
type Run = fn(&'static Machine, &[u8]) -> Result<Vec<Counted>>;

/// Measures all layers in as many sets as it takes.
fn sets(machine: &'static Machine, data: &[Data], run: Run) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let (mut blobs, mut rows) = (Blobs::default(), Vec::new());
    for (row, &data) in ROWS
        .iter()
        .flat_map(|row| data.iter().map(move |data| (row, data)))
    {
        let made = trials::make(row.layer, data, machine.reads.packing(), &mut blobs);
        rows.push((row, data, made));
        if blobs.len() > SET_LEN {
            let (blobs, rows) = (std::mem::take(&mut blobs), std::mem::take(&mut rows));
            figures.extend(measure(machine, blobs, rows, run)?);
        }
    }
    figures.extend(measure(machine, blobs, rows, run)?);
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

/// A layer, its values, and what runs them.
type Part = (&'static Row, Data, Made);

fn measure(
    machine: &'static Machine,
    blobs: Blobs,
    rows: Vec<Part>,
    run: Run,
) -> Result<Vec<Figure>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let weights = blobs.finish();
    let section = Aligned::from(weights.as_slice());
    let candidates = accepted(&rows, &section)?;
    let trials: Vec<&Trial> = candidates
        .iter()
        .map(|(_, _, candidate)| &candidate.trial)
        .collect();
    let counted = run(machine, &image(&trials, &weights))?;
    ensure!(
        counted.len() == candidates.len(),
        "{} measured {} of {} layers",
        machine.id,
        counted.len(),
        candidates.len()
    );
    let figures = candidates
        .iter()
        .zip(counted)
        .map(|((row, made, candidate), counted)| {
            let instructions = counted.instructions;
            let cmsis_nn = peers::cmsis_nn(row.id, machine);
            Ok(Figure {
                id: row.id,
                layer: row.what,
                macs: row.macs,
                instructions,
                per_mac: instructions as f64 / row.macs as f64,
                cycles_m4: counted.cycles.map(|cycles| cycles.m4),
                cycles_m7: counted.cycles.map(|cycles| cycles.m7),
                algorithm: candidate.algorithm.clone(),
                weight_bytes: candidate.weight_bytes,
                scratch_bytes: candidate.scratch_bytes,
                equal_to_reference: counted.result
                    == reference(&made.reference, &section).with_context(|| row.id)?,
                cmsis_nn,
                ratio: cmsis_nn.map(|theirs| theirs as f64 / instructions as f64),
            })
        });
    figures.collect()
}

/// What a board can run of a set. Weights at the edge of their range may sum to more than a kernel has bits for: its check
/// refuses those, here as on the board, and the candidate is left out.
fn accepted<'a>(
    rows: &'a [Part],
    section: &[u8],
) -> Result<Vec<(&'static Row, &'a Made, &'a Candidate)>> {
    let mut all = Vec::new();
    for (row, data, made) in rows {
        for candidate in &made.candidates {
            let mut arena = Aligned::zeros(candidate.trial.arena_len as usize);
            let fits = candidate.trial.prepare(&Weights::new(section), &mut arena);
            ensure!(
                fits || data.weights.is_extreme(),
                "{}, {}: does not check",
                row.id,
                candidate.algorithm
            );
            if fits {
                all.push((*row, made, candidate));
            }
        }
    }
    Ok(all)
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

/// What a board says of a trial.
struct Counted {
    instructions: u64,
    /// The first bytes of the digest of its result.
    result: u32,
    cycles: Option<Cycles>,
}

/// Runs a set of trials on a board.
fn run_trials(machine: &'static Machine, image: &[u8]) -> Result<Vec<Counted>> {
    let lines = observe(machine, image)?;
    let counted = lines.iter().map(|line| counted(machine, line));
    counted.collect()
}

/// The same, and models the cycles of what is executed.
fn run_trials_logged(machine: &'static Machine, image: &[u8]) -> Result<Vec<Counted>> {
    let firmware = build_firmware(machine, "bench")?;
    let file = in_file(image)?;
    let (finished, logged) = cycles::run(machine, &firmware, file.path(), LIMIT)?;
    let lines = checked(machine, &finished)?;
    let counted = lines.iter().map(|line| counted(machine, line));
    let mut counted: Vec<Counted> = counted.collect::<Result<_>>()?;
    let instructions: Vec<u64> = counted.iter().map(|one| one.instructions).collect();
    cycles::check(&instructions, &logged)?;
    for (one, (_, cycles)) in counted.iter_mut().zip(logged) {
        one.cycles = Some(cycles);
    }
    Ok(counted)
}

/// Reads the line of a trial.
fn counted(machine: &Machine, line: &str) -> Result<Counted> {
    let mut words = line.split(' ').skip(1);
    let figures = words.next().zip(words.next()).and_then(|(count, digest)| {
        Some(Counted {
            instructions: count.parse().ok()?,
            result: u32::from_str_radix(digest, 16).ok()?,
            cycles: None,
        })
    });
    figures.with_context(|| format!("{}: `{line}`", machine.id))
}

/// What the program `bench` says about trials or a model.
fn observe(machine: &'static Machine, slot: &[u8]) -> Result<Vec<String>> {
    observe_with(machine, &build_firmware(machine, "bench")?, slot)
}

/// The same with firmware that is built already.
fn observe_with(machine: &'static Machine, firmware: &Path, slot: &[u8]) -> Result<Vec<String>> {
    let file = in_file(slot)?;
    let finished = run_to_end(machine, firmware, Some(file.path()), LIMIT)?;
    checked(machine, &finished)
}

fn in_file(bytes: &[u8]) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new().context("cannot make a temporary file")?;
    let written = file.write_all(bytes).and_then(|()| file.flush());
    written.context("cannot write a temporary file")?;
    Ok(file)
}

/// The lines of the program `bench` behind its check of the counter.
fn checked(machine: &Machine, finished: &Finished) -> Result<Vec<String>> {
    ensure!(
        finished.code == Some(0),
        "{} ended with {:?} {}; it wrote last: {}",
        machine.id,
        finished.code,
        finished.complaints.trim(),
        finished.output.lines().next_back().unwrap_or("nothing")
    );
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
