//! What is in a model file: inputs, ops, heads, and the arena over time. Reads the file through `core`, as a terminal does.

mod describe;
mod grid;
mod life;
mod map;
mod occupancy;
mod packed;
mod parts;
mod table;

use std::fmt;

use anyhow::Result;
use describe::{describe, head_line, input_line};
use map::Map;
pub use occupancy::{Occupancy, Tenant, occupancy};
pub use parts::parts_of;
use serde::Serialize;
use tillsense_core::engine::{MAX_HEADS_LEN, MAX_INPUTS, MAX_INPUTS_LEN, MAX_OPS, Model, work};
use tillsense_core::model::header::{DIGEST_LEN, HEADER_LEN};
use tillsense_core::parts::Part;

use crate::aligned::Aligned;
use crate::run;
use crate::text::{MOST_NAME, start};

/// Columns of the text where nothing says how many there are.
const USUAL_WIDTH: usize = 100;

/// All that `inspect` shows: as text, or as data.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: u64,
    /// The processor that it is packed for.
    pub target: String,
    /// By how many percent faster algorithms could let the file grow.
    pub flash_growth: u16,
    /// SHA-256 that seals the file, in hexadecimal.
    pub digest: String,
    /// SHA-256 of what an application is compiled against, in hexadecimal.
    pub interface: String,
    /// Cargo features of `core` that hold the parts which it needs.
    pub features: Vec<&'static str>,
    /// Bytes of the file and of the arena.
    pub bytes: Bytes,
    /// What the file takes of a loader's limits.
    pub limits: Vec<Limit>,
    /// Multiply-accumulates of one run with every stream at its longest.
    pub macs: u64,
    /// Inputs by number.
    pub inputs: Vec<InputLine>,
    /// Frontends and ops in the order of the plan.
    pub steps: Vec<Step>,
    /// Heads by number.
    pub heads: Vec<HeadLine>,
    /// The arena over time.
    #[serde(skip)]
    map: Map,
}

/// Sizes in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bytes {
    /// The file.
    pub file: usize,
    /// Header and records.
    pub records: usize,
    /// The weights section: weights, biases, factors, tables.
    pub weights: usize,
    /// The arena.
    pub arena: usize,
    /// The part of it that is kept between calls.
    pub kept: usize,
    /// The largest picture, text, tensor or encoded record.
    pub largest_input: usize,
}

/// What a file takes of one of a loader's limits.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// How much of it the file takes.
    pub takes: u64,
    /// How much there may be.
    pub most: u64,
}

/// One input.
#[derive(Clone, Debug, Serialize)]
pub struct InputLine {
    /// Its name.
    pub name: String,
    /// What is pushed.
    pub takes: String,
    /// Values of its encoding.
    pub encoding: usize,
    /// First byte of the encoding in the arena.
    pub encoding_at: u32,
    /// Fields of a record or sequence, in the order in which an application pushes their values.
    pub fields: Vec<FieldLine>,
}

/// One field of a record.
#[derive(Clone, Debug, Serialize)]
pub struct FieldLine {
    /// Its name.
    pub name: String,
    /// Decimal places of a number, which is pushed as an integer: value * 10^decimals.
    pub decimals: Option<u8>,
    /// Names of a category, as many as are told.
    pub names: Vec<String>,
    /// How many names there are.
    pub names_len: usize,
    /// Whether a name that is none of them counts as missing instead of being refused.
    pub other: bool,
}

/// One head.
#[derive(Clone, Debug, Serialize)]
pub struct HeadLine {
    /// Its name.
    pub name: String,
    /// Shape, scale and zero point of the tensor that it answers with, where it is no class.
    pub tensor: Option<String>,
    /// Class names, as many as are told of each head: a file may hold millions.
    pub classes: Vec<String>,
    /// How many classes there are.
    pub classes_len: usize,
    /// Defer below this score, in 1/256.
    pub defer_below: u8,
}

/// A frontend or an op.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its number in the plan.
    pub number: usize,
    /// The input's name, the input's name and `end`, or `trunk`.
    pub part: String,
    /// What it does.
    pub op: &'static str,
    /// Where its record starts in the op section; `None` for a frontend.
    pub record: Option<u32>,
    /// How often it runs at most.
    pub runs: u32,
    /// Shapes that it reads.
    pub reads: Vec<String>,
    /// Shape that it writes.
    pub writes: String,
    /// Multiply-accumulates of one run.
    pub macs: u64,
    /// Bytes of constants that it reads; some may be shared.
    pub weights: usize,
    /// Bytes of the arena that hold something of use while it runs.
    pub alive: usize,
    /// How it is computed, where its weights are packed for a kernel.
    pub packed: Option<PackedLayer>,
}

/// A layer whose weights are packed for a kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackedLayer {
    /// Order of the weights: pairs, quads or vectors.
    pub order: &'static str,
    /// direct or winograd.
    pub algorithm: &'static str,
    /// The pool that is computed with it, and the rows between them that exist at a time.
    pub pool: Option<String>,
    /// Bytes of scratch in the arena.
    pub scratch: usize,
    /// Bytes of flash beyond those of the plain op.
    pub extra_flash: i64,
}

/// Inspects a model file.
pub fn inspect(file: &[u8]) -> Result<Inspection> {
    let file = Aligned::from(file);
    Ok(of_model(&run::load(&file)?))
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(USUAL_WIDTH))
    }
}

impl Inspection {
    /// The text for a screen of this many columns. Tables and map keep within them; lines of words may be longer.
    pub fn text(&self, width: usize) -> String {
        format!("{}\n{}", table::table(self, width), self.map.text(width))
    }
}

/// Class names that are told of a head.
const MOST_CLASSES: usize = 1000;

/// Names of a category that are told of each field.
const MOST_CATEGORIES: usize = 256;

/// A name of the file. Cut, because steps and heads repeat names, and a file may hold megabytes of one.
fn name(text: &str) -> String {
    start(text, MOST_NAME).into_owned()
}

fn of_model(model: &Model<'_>) -> Inspection {
    let header = model.header();
    let mut steps = Vec::new();
    for part in life::parts(model) {
        let alive = part.alive(model).into_iter();
        for ((plan_step, _), alive) in part.steps.iter().zip(alive) {
            steps.push(Step {
                number: steps.len(),
                part: part.name.clone(),
                runs: part.runs,
                alive,
                ..describe(plan_step)
            });
        }
    }
    let hex = |digest: [u8; DIGEST_LEN]| digest.iter().map(|b| format!("{b:02x}")).collect();
    Inspection {
        name: name(model.name()),
        version: header.model_version,
        target: name(model.target()),
        flash_growth: model.flash_growth(),
        digest: hex(model.digest()),
        interface: hex(model.interface()),
        features: parts_of(model).into_iter().map(Part::feature).collect(),
        bytes: Bytes {
            file: model.file().len(),
            records: HEADER_LEN + header.body_len as usize,
            weights: header.weights_len as usize,
            arena: header.arena_len as usize,
            kept: header.persistent_len as usize,
            largest_input: header.max_input as usize,
        },
        limits: limits(model),
        macs: steps.iter().fold(0, |sum: u64, step| {
            sum.saturating_add(step.macs.saturating_mul(step.runs.into()))
        }),
        inputs: model
            .inputs()
            .map(|input| input_line(&input, model.fields()))
            .collect(),
        steps,
        heads: model.heads().map(|head| head_line(&head)).collect(),
        map: Map::new(model),
    }
}

fn limits(model: &Model<'_>) -> Vec<Limit> {
    let taken = work::taken(model);
    let limit = |what, takes: u64, most: u64| Limit { what, takes, most };
    let inputs = model.inputs();
    vec![
        limit("inputs", inputs.clone().count() as u64, MAX_INPUTS as u64),
        limit("ops", taken.ops as u64, MAX_OPS as u64),
        limit("steps of a complete run", taken.steps, work::MAX_WORK),
        limit("bytes that a load reads", taken.reads, taken.most_reads),
        limit(
            "bytes of input records",
            inputs.rest().len() as u64,
            MAX_INPUTS_LEN as u64 - 1,
        ),
        limit(
            "bytes of head records",
            model.heads().rest().len() as u64,
            MAX_HEADS_LEN as u64 - 1,
        ),
    ]
}

#[cfg(test)]
mod tests;
