//! A whole model on a board: instructions of each frontend and op and of all together, and the depth of the stack.
//!
//! The board runs the longest input of each kind ([`push_longest`]), so counts are those of the worst case. Every
//! op is then run once more by itself, from the arena as this machine had it before that op, and must leave the
//! bytes that this machine's portable code left.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use serde::{Deserialize, Serialize};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::parts_of;
use tillsense_compiler::inspect::{Step, inspect};
use tillsense_compiler::lower::blobs::Blobs;
use tillsense_compiler::run;
use tillsense_core::arena::Region;
use tillsense_core::engine::{Model, Probe, Session, Stage};
use tillsense_core::frontend::text;
use tillsense_core::model::records::{Op, Source, Span};
use tillsense_core::model::regions::{self, Access};
use tillsense_core::trial::{
    Trial, Work, longest_text, push_longest, short_digest, short_digest_i8,
};

use super::time::TimeFigures;
use super::{image, observe_with, pack, run_trials, words};
use crate::boards::Machine;
use crate::toolchain::{build_firmware, engine_code};

/// Figures of a model on a board.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ModelFigures {
    /// Name of the board.
    pub board: String,
    /// Processor of the board.
    pub processor: String,
    /// Name of the model.
    pub model: String,
    /// Size of the model file in bytes.
    pub file_bytes: usize,
    /// Size of the arena in bytes.
    pub arena_bytes: u32,
    /// Bytes of flash for the engine with the parts that this model needs: loading, session, frontends, ops.
    pub engine_bytes: u64,
    /// Largest stack use in bytes, including the loading of the model with all its checks.
    pub stack_bytes: u32,
    /// Instructions of one inference with every input at its longest, frontends included.
    pub instructions: u64,
    /// Whether every byte of the scores equals this machine's.
    pub scores_equal: bool,
    /// Figures of the frontends and ops, in the order of the plan.
    pub parts: Vec<PartFigure>,
    /// How long it takes on a part, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeFigures>,
}

/// Figures of one frontend or op.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PartFigure {
    /// Number of the op in the plan, as `inspect` shows it.
    pub id: usize,
    /// Name of the input whose plan it is part of, or `trunk`.
    pub part: String,
    /// Kind of the frontend or op, with its shapes.
    pub layer: String,
    /// Number of multiply-accumulates of one run.
    pub macs: u64,
    /// Number of runs.
    pub calls: u32,
    /// Instructions of all runs.
    pub instructions: u64,
    /// Instructions for each of `macs`.
    pub per_mac: Option<f64>,
    /// Name of the kernel or algorithm.
    pub algorithm: String,
    /// Bytes of constants that the op reads.
    pub weight_bytes: usize,
    /// Bytes of scratch memory.
    pub scratch_bytes: usize,
    /// Whether the result equals this machine's, byte for byte; `None` for frontends, whose results the scores show, and where
    /// the board's slot is too small for the arenas of all ops.
    pub equal_to_reference: Option<bool>,
}

/// Bytes of a piece of an input that is made up.
const PIECE: usize = 3 << 10;

/// Measures a model file on a board.
pub fn model(machine: &'static Machine, file: &[u8]) -> Result<ModelFigures> {
    let aligned = Aligned::from(file);
    let loaded = run::load(&aligned)?;
    let here = Here::run(loaded)?;
    let there = There::run(machine, file)?;
    let steps = inspect(file)?.steps;
    let ops = ops(&loaded);
    let equal = equal_ops(machine, &loaded, &here, &ops)?;
    let parts = steps.iter().map(|step| {
        let stage = stage_of(step, &loaded);
        let (calls, instructions) = there.counts.get(&stage).copied().unwrap_or_default();
        let op = step.record.and_then(|at| ops.get(&at));
        let done = step.macs * u64::from(calls);
        PartFigure {
            id: step.number,
            part: step.part.clone(),
            layer: format!("{} {} -> {}", step.op, step.reads.join(", "), step.writes),
            macs: step.macs,
            calls,
            instructions,
            per_mac: (done > 0).then(|| instructions as f64 / done as f64),
            algorithm: op.map_or("portable".to_owned(), algorithm),
            weight_bytes: step.weights,
            scratch_bytes: op.map_or(0, |op| scratch_len(&mut op.clone())),
            equal_to_reference: step.record.and_then(|at| equal.get(&at).copied()),
        }
    });
    Ok(ModelFigures {
        board: machine.id.to_owned(),
        processor: machine.processor.to_owned(),
        model: loaded.name().to_owned(),
        file_bytes: file.len(),
        arena_bytes: loaded.header().arena_len,
        engine_bytes: engine_code(machine, &parts_of(&loaded))?,
        stack_bytes: there.stack,
        instructions: there.total,
        scores_equal: there.scores == here.scores,
        parts: parts.collect(),
        time: None,
    })
}

/// Name of the kernel or algorithm of an op.
fn algorithm(op: &Op) -> String {
    let packing = match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => c.matrix.packing,
        Op::PackedDepthwise(c) => c.matrix.packing,
        Op::PackedSeparable(c) => c.pointwise.matrix.packing,
        Op::PackedDense(d) => d.matrix.packing,
        Op::PackedRnn(r) => r.x.packing,
        _ => return "direct".to_owned(),
    };
    let how = match op {
        Op::WinogradConv2d(_) => "winograd",
        Op::PackedConv2d(c) if c.pool.is_some() => "direct, pooled by rows",
        Op::PackedSeparable(_) => "row by row",
        _ => "direct",
    };
    format!("{how}, {packing:?}").to_lowercase()
}

fn scratch_len(op: &mut Op) -> usize {
    if let Op::PackedSeparable(c) = op {
        return (c.depthwise.scratch.len + c.pointwise.scratch.len) as usize;
    }
    pack::scratch(op).map_or(0, |span| span.len as usize)
}

/// All ops by the offsets of their records.
fn ops(model: &Model<'_>) -> HashMap<u32, Op> {
    let inputs = model.inputs().flat_map(|input| [input.step, input.finish]);
    let parts = inputs.chain([model.trunk()]);
    parts
        .flat_map(|part| model.ops(part).collect::<Vec<_>>())
        .collect()
}

pub(super) fn stage_of(step: &Step, model: &Model<'_>) -> Key {
    match step.record {
        Some(at) => Key::Op(at),
        None => Key::Frontend(model.input_named(&step.part).unwrap_or(0) as u8),
    }
}

/// A [`Stage`] as the key of a map.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Frontend(u8),
    Op(u32),
}

/// The run of the model on this machine.
pub(super) struct Here {
    /// The arena before and after the last run of each op, by the offset of its record.
    arenas: HashMap<u32, (Vec<u8>, Vec<u8>)>,
    pub scores: Vec<u32>,
}

/// An observer that keeps the arena around each op.
#[derive(Default)]
struct Recorder {
    before: Vec<u8>,
    arenas: HashMap<u32, (Vec<u8>, Vec<u8>)>,
}

impl Probe for &mut Recorder {
    fn begin(&mut self, arena: &[u8]) {
        self.before = arena.to_vec();
    }

    fn end(&mut self, stage: Stage, arena: &[u8]) {
        if let Stage::Op(at) = stage {
            let before = std::mem::take(&mut self.before);
            self.arenas.insert(at, (before, arena.to_vec()));
        }
    }
}

impl Here {
    pub(super) fn run(model: Model<'_>) -> Result<Self> {
        let mut arena = Aligned::zeros(model.header().arena_len as usize);
        let mut recorder = Recorder::default();
        let mut session = Session::with_probe(model, &mut arena, &mut recorder)
            .map_err(|error| anyhow!("{error}"))?;
        // Tensors, which count for nothing in the header, are made up in pieces.
        let mut buffer = vec![0; (model.header().max_input as usize).max(PIECE)];
        ensure!(
            push_longest(&mut session, &mut buffer),
            "its inputs cannot be made up"
        );
        session.run();
        let scores = (0..model.heads().count())
            .filter_map(|head| session.scores(head).map(short_digest_i8))
            .collect();
        Ok(Here {
            scores,
            arenas: recorder.arenas,
        })
    }
}

/// The run of the model on the board.
#[derive(Default)]
pub(super) struct There {
    /// Number of runs and instructions of each stage.
    pub counts: HashMap<Key, (u32, u64)>,
    pub total: u64,
    pub scores: Vec<u32>,
    stack: u32,
}

impl There {
    fn run(machine: &'static Machine, file: &[u8]) -> Result<Self> {
        There::run_with(machine, &build_firmware(machine, "bench")?, file)
    }

    /// Runs the model with firmware that is built already.
    pub(super) fn run_with(
        machine: &'static Machine,
        firmware: &Path,
        file: &[u8],
    ) -> Result<Self> {
        lines_of(machine, &observe_with(machine, firmware, file)?)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once(' ')?;
        match (kind, &words(rest)[..]) {
            ("frontend", &[input, calls, instructions]) => {
                let key = Key::Frontend(input.try_into().ok()?);
                self.counts
                    .insert(key, (calls.try_into().ok()?, instructions));
            }
            ("op", &[at, calls, instructions]) => {
                let key = Key::Op(at.try_into().ok()?);
                self.counts
                    .insert(key, (calls.try_into().ok()?, instructions));
            }
            ("total", &[total]) => self.total = total,
            ("stack", &[used, _]) => self.stack = used.try_into().ok()?,
            ("head", _) => {
                let (_, digest) = rest.split_once(' ')?;
                self.scores.push(u32::from_str_radix(digest, 16).ok()?);
            }
            _ => return None,
        }
        Some(())
    }
}

/// What the lines of a board say of a model.
pub(super) fn lines_of(machine: &Machine, lines: &[String]) -> Result<There> {
    let mut there = There::default();
    for line in lines {
        let understood = there.take(line);
        understood.with_context(|| format!("{}: `{line}`", machine.id))?;
    }
    Ok(there)
}

/// Whether each op leaves this machine's bytes when it runs by itself; empty where the board has no room for all arenas.
fn equal_ops(
    machine: &'static Machine,
    model: &Model<'_>,
    here: &Here,
    ops: &HashMap<u32, Op>,
) -> Result<HashMap<u32, bool>> {
    let mut blobs = Blobs::default();
    // The model's weights come first, so that the offsets in its records hold.
    blobs.bytes(model.weights().whole(), 16);
    let mut places: Vec<u32> = here.arenas.keys().copied().collect();
    places.sort_unstable();
    let trials: Vec<(Trial, u32)> = places
        .iter()
        .filter_map(|at| {
            let ((before, after), op) = (here.arenas.get(at)?, ops.get(at)?);
            let result = result(op);
            let blob = blobs.bytes(before, 16);
            let trial = Trial {
                work: Work::Op(op.clone()),
                steps: steps_of(model, *at),
                persistent_len: model.header().persistent_len,
                arena_len: model.header().arena_len,
                inputs: [(0, blob)].into_iter().collect(),
                result,
            };
            let wanted = after.get(result.range())?;
            Some((trial, short_digest(wanted)))
        })
        .collect();
    let image = image(
        &trials.iter().map(|(trial, _)| trial).collect::<Vec<_>>(),
        &blobs.finish(),
    );
    if image.len() > machine.slot_len as usize {
        return Ok(HashMap::new());
    }
    let counted = run_trials(machine, &image)?;
    ensure!(
        counted.len() == trials.len(),
        "{} ran {} of {} ops",
        machine.id,
        counted.len(),
        trials.len()
    );
    let same = counted
        .iter()
        .zip(&trials)
        .map(|(counted, (_, wanted))| counted.result == *wanted);
    Ok(places.into_iter().zip(same).collect())
}

/// The result of an op: its output, or the state where a recurrent layer has no output.
fn result(op: &Op) -> Span {
    let (mut output, mut state) = (None, None);
    regions::of_op(op, &mut |region, access, _| match access {
        Access::Write | Access::InPlace => output = Some(region.span()),
        Access::State => state = Some(region.span()),
        Access::Read | Access::Scratch => {}
    });
    output.or(state).unwrap_or_default()
}

/// Number of valid steps or ids of an op: one step of a stream, as many ids as a text has, else all.
fn steps_of(model: &Model<'_>, at: u32) -> u16 {
    let holds = |part: Span| part.range().contains(&(at as usize));
    let Some(input) = model.inputs().find(|input| holds(input.step)) else {
        return u16::MAX;
    };
    match input.source {
        Source::Image(_) | Source::Tensor(_) => u16::MAX,
        Source::Audio(_) | Source::Record(_) | Source::Sequence(_) => 1,
        Source::Text(params) => {
            let text: Vec<u8> = longest_text(&params).collect();
            let mut scratch = vec![0; params.scratch.len as usize];
            let mut ids = vec![0; params.ids.max.into()];
            text::run(&params, &text, &mut scratch, &mut ids).unwrap_or(0) as u16
        }
    }
}
