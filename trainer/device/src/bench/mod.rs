//! Instructions of single layers and of whole models on emulated boards, single layers beside those of CMSIS-NN.
//!
//! - [`layers`] lists what is measured, [`data`] the values it is measured with, [`peers`] the figures of other engines;
//! - `trials` makes a layer's plain op and its packed ops, `pack` turns the one into the others;
//! - [`cycles`] models the cycles that processors would take for what was executed;
//! - [`fn@model`] measures a model file, part by part; [`Counter`] counts its instructions alone;
//! - [`time`] says how long a model takes on a part, and the energy;
//! - [`c_program()`] measures the flash of a program in C;
//! - [`recorded`] reads the figures that are committed, [`tables`] makes the tables of the documents from them.
//!
//! A board runs every candidate once: instruction counts do not depend on values, so a second run would give the same.
//! The result must be, byte for byte, what the plain op gives on this machine.

mod c_program;
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
pub mod time;
mod trials;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
pub use c_program::{CFigures, Owner, c_program};
pub use count::{Counter, counter, counting_board};
use cycles::Measured;
use data::Data;
use layers::{ROWS, Row};
pub use model::{ModelFigures, PartFigure, model};
use serde::Serialize;
pub use summary::{fastest, summary};
use tempfile::NamedTempFile;
use tillsense_board::CycleModel;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::lower::blobs::Blobs;
use tillsense_core::tensor::Weights;
use tillsense_core::trial::{Trial, Trials, short_digest};
use trials::{Candidate, LayerTrials};

use crate::boards::Machine;
use crate::qemu::{Finished, run_to_end};
use crate::toolchain::build_firmware;

/// Time limit of a board for a set of trials.
const LIMIT: Duration = Duration::from_secs(300);

/// Length of a set of trials in bytes: it fits the smallest slot of the boards with plenty of memory, with room to spare.
const SET_LEN: usize = 1 << 20;

/// Limit of instructions around the known loop that are counted with it: calls, and the loop's counter.
const LEAD: u64 = 8;

/// Figures of one layer, computed one way, on a board.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Identifier of the layer.
    pub id: &'static str,
    /// Description of the layer for people.
    pub layer: &'static str,
    /// Number of multiply-accumulates; of elements for pools, softmax and sums.
    pub macs: u64,
    /// Number of instructions executed.
    pub instructions: u64,
    /// Instructions for each of `macs`.
    pub per_mac: f64,
    /// Modelled cycles on a Cortex-M4, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles_m4: Option<u64>,
    /// Modelled cycles on a Cortex-M7, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles_m7: Option<u64>,
    /// Modelled cycles on the board's own processor, where they were asked for and it is neither of these two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u64>,
    /// Name of the kernel or algorithm.
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

/// Measures all layers on a board: every candidate of a layer with each of these values, one layer after the other.
pub fn kernels(machine: &'static Machine, data: &[Data]) -> Result<Vec<Figure>> {
    sets(machine, data, run_trials)
}

/// Measures like [`kernels`] and models cycles beside the instructions.
pub fn kernels_with_cycles(machine: &'static Machine, data: &[Data]) -> Result<Vec<Figure>> {
    cycles::model_of(machine)?;
    sets(machine, data, run_trials_logged)
}

/// How a set of trials is run on a board.
type Run = fn(&'static Machine, &[u8]) -> Result<Vec<Counted>>;

/// Measures all layers in as many sets of trials as needed.
fn sets(machine: &'static Machine, data: &[Data], run: Run) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let (mut blobs, mut rows) = (Blobs::default(), Vec::new());
    for (row, &data) in ROWS
        .iter()
        .flat_map(|row| data.iter().map(move |data| (row, data)))
    {
        let made = trials::make(row.layer, data, machine.reads.packing(), &mut blobs);
        rows.push((row, data, made));
        if blobs.bytes_so_far() > SET_LEN {
            let (blobs, rows) = (std::mem::take(&mut blobs), std::mem::take(&mut rows));
            figures.extend(measure(machine, blobs, rows, run)?);
        }
    }
    figures.extend(measure(machine, blobs, rows, run)?);
    Ok(figures)
}

/// The bytes of a set of trials, as the board's slot holds them.
pub fn image(trials: &[&Trial], weights: &[u8]) -> Vec<u8> {
    let records: Vec<u8> = trials
        .iter()
        // Serialising plain data into memory that grows cannot fail.
        .flat_map(|trial| postcard::to_allocvec(trial).unwrap_or_default())
        .collect();
    let mut image = Trials::header(records.len()).to_vec();
    image.extend(&records);
    image.resize(Trials::weights_offset(records.len()), 0);
    image.extend(weights);
    image
}

/// A layer with its values and its trials.
type Part = (&'static Row, Data, LayerTrials);

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
                cycles_m4: counted.cycles_of(CycleModel::CortexM4),
                cycles_m7: counted.cycles_of(CycleModel::CortexM7),
                cycles: counted.own_cycles(),
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

/// The candidates of a set that a board can run. Weights at the edge of their range may sum to more than a kernel has bits for:
/// the core's check refuses such a candidate, here as on the board, and it is left out.
fn accepted<'a>(
    rows: &'a [Part],
    section: &[u8],
) -> Result<Vec<(&'static Row, &'a LayerTrials, &'a Candidate)>> {
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

/// The first bytes of the digest of the plain op's result on this machine.
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

/// A board's result of a trial.
struct Counted {
    instructions: u64,
    /// The first bytes of the digest of the output.
    result: u32,
    /// Modelled cycles.
    cycles: Vec<(CycleModel, u64)>,
}

/// The pipelines that are compared on a board of either.
const COMPARED: [CycleModel; 2] = [CycleModel::CortexM4, CycleModel::CortexM7];

impl Counted {
    /// Cycles of a pipeline.
    fn cycles_of(&self, model: CycleModel) -> Option<u64> {
        let found = self.cycles.iter().find(|(of, _)| *of == model);
        found.map(|(_, cycles)| *cycles)
    }

    /// Cycles of a pipeline that is not among those compared.
    fn own_cycles(&self) -> Option<u64> {
        let own = self.cycles.iter().find(|(of, _)| !COMPARED.contains(of));
        own.map(|(_, cycles)| *cycles)
    }
}

/// Runs a set of trials on a board.
fn run_trials(machine: &'static Machine, image: &[u8]) -> Result<Vec<Counted>> {
    let lines = observe(machine, image)?;
    let counted = lines.iter().map(|line| counted(machine, line));
    counted.collect()
}

/// Runs a set of trials on a board and models the cycles of what is executed.
fn run_trials_logged(machine: &'static Machine, image: &[u8]) -> Result<Vec<Counted>> {
    let firmware = build_firmware(machine, "bench")?;
    let file = in_file(image)?;
    let own = cycles::model_of(machine)?;
    let models = match COMPARED.contains(&own) {
        true => COMPARED.to_vec(),
        false => vec![own],
    };
    let (finished, logged) = cycles::run_trials(machine, &firmware, file.path(), &models, LIMIT)?;
    let lines = checked(machine, &finished)?;
    let counted = lines.iter().map(|line| counted(machine, line));
    let mut counted: Vec<Counted> = counted.collect::<Result<_>>()?;
    let instructions: Vec<u64> = counted.iter().map(|one| one.instructions).collect();
    cycles::check(&instructions, &logged)?;
    for (one, Measured { cycles, .. }) in counted.iter_mut().zip(logged) {
        one.cycles = models.iter().copied().zip(cycles).collect();
    }
    Ok(counted)
}

/// Parses the line that a board prints for a trial.
fn counted(machine: &Machine, line: &str) -> Result<Counted> {
    let mut words = line.split(' ').skip(1);
    let figures = words.next().zip(words.next()).and_then(|(count, digest)| {
        Some(Counted {
            instructions: count.parse().ok()?,
            result: u32::from_str_radix(digest, 16).ok()?,
            cycles: Vec::new(),
        })
    });
    figures.with_context(|| format!("{}: `{line}`", machine.id))
}

/// Builds the program `bench`, runs it on a slot of trials or a model, and returns its lines.
fn observe(machine: &'static Machine, slot: &[u8]) -> Result<Vec<String>> {
    observe_with(machine, &build_firmware(machine, "bench")?, slot)
}

/// Runs an image of the program `bench`, built before, and returns its lines.
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

/// The lines of the program `bench` after the check of its counter.
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

/// The numbers in a line.
fn words(line: &str) -> Vec<u64> {
    line.split(' ')
        .filter_map(|word| word.parse().ok())
        .collect()
}
