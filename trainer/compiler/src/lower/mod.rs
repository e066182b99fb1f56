//! From a trained network to a planned, quantised program for `core`.
//!
//! In the order in which [`lower`] goes:
//!
//! - what no exported head needs is left out (auxiliary heads and their own nodes);
//! - `quants`: every node's scale and zero point, by definition, from a table of weights, or from the range observed;
//! - `source`: frontends become records; `nodes` with `layers`, `recurrent`, `unweighted` and `window`: so do nodes; `requantise`
//!   and `tables` hold the arithmetic, `blobs` the constants;
//! - `elide_copies`: copies that need not be made (concatenations, lookups and sums in place) vanish;
//! - `pack` with `constants`: for a target with kernels of its own, ops get their packed form;
//! - `order`, `memory`, [`plan`]: ops get their order, every value an address.
//!
//! Batch norm is folded into its convolution before this.

pub mod blobs;
mod constants;
mod elide_copies;
mod error;
pub mod file;
mod layers;
mod memory;
mod nodes;
mod order;
pub mod pack;
mod params;
pub mod plan;
pub(crate) mod program;
mod quants;
mod recurrent;
pub mod regions;
mod requantise;
mod source;
mod tables;
pub mod untrained;
mod unweighted;
mod window;

use std::collections::BTreeSet;

use blobs::Blobs;
pub use error::LowerError;
use file::assemble;
use nodes::{Nodes, Output};
use pack::Constants;
use params::Params;
use program::{Home, Program};
use source::{FrontendOutput, Sources, largest_push};
pub use tables::{softmax as softmax_table_of, softmax_of};
use tillsense_core::engine::{MAX_INPUTS, MAX_OPS};
use tillsense_core::model::records::{Blob, Op, Scale, Source, View};

use crate::frontend::Frontend;
use crate::network::graph::{Graph, GraphHead, GraphInput, Node, Quant, Segment, Trained};
use crate::target::{ExportOptions, Target};

/// A network that only needs to be written down.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The model's name.
    pub name: String,
    /// Orders the releases of a model.
    pub model_version: u64,
    /// Inputs by number.
    pub inputs: Vec<LoweredInput>,
    /// Fusion and heads.
    pub trunk: Vec<Op>,
    /// Exported heads.
    pub heads: Vec<LoweredHead>,
    /// Field records of all record inputs.
    pub fields: Vec<u8>,
    /// The weights section.
    pub weights: Vec<u8>,
    /// The first bytes of the arena, kept between calls.
    pub persistent_len: u32,
    /// Bytes of arena.
    pub arena_len: u32,
    /// Bytes of the largest picture, text or encoded record.
    pub max_input: u32,
    /// What it was made for.
    pub aim: ExportOptions,
    /// The number of the node that each op computes, and the op's name, in the order in which ops run.
    pub origins: Vec<(usize, &'static str)>,
}

/// One input.
#[derive(Clone, Debug)]
pub struct LoweredInput {
    /// The input's name.
    pub name: String,
    /// Its frontend.
    pub source: Source,
    /// Ops for each piece.
    pub step: Vec<Op>,
    /// Ops after the last piece.
    pub finish: Vec<Op>,
    /// The encoding.
    pub encoding: View,
    /// Real value = scale * (stored - zero point) of the encoding.
    pub quant: Quant,
    /// Its substitute.
    pub absent: Blob,
}

/// One head.
#[derive(Clone, Debug)]
pub struct LoweredHead {
    /// The head's name.
    pub name: String,
    /// What it answers with.
    pub answer: LoweredAnswer,
    /// One score a class, or the values of a tensor.
    pub scores: View,
}

/// What a head answers with.
#[derive(Clone, Debug, PartialEq)]
pub enum LoweredAnswer {
    /// One of several classes.
    Classes {
        /// Class names.
        classes: Vec<String>,
        /// Defer to a person below this score.
        defer_below: u8,
    },
    /// A plain tensor of this scale.
    Tensor(Scale),
}

/// Lowers a network with one frontend for each of its inputs.
pub fn lower(
    graph: &Graph,
    trained: &Trained,
    frontends: &[Frontend],
    aim: &ExportOptions,
) -> Result<Lowered, LowerError> {
    let heads: Vec<&GraphHead> = graph.heads.iter().filter(|h| !h.auxiliary).collect();
    check_counts(graph, frontends, &heads)?;
    let live = live(graph, &heads)?;
    let params = Params(trained);
    let quants = quants::resolve(graph, trained, &params, &live)?;
    let mut nodes = Nodes {
        graph,
        params,
        quants: &quants,
        live: &live,
        blobs: Blobs::default(),
        program: Program::new(graph.inputs.len()),
        outputs: vec![None; graph.nodes.len()],
    };
    let mut fields = Vec::new();
    let mut encodings: Vec<Option<Encoding>> = graph.inputs.iter().map(|_| None).collect();
    for id in (0..graph.nodes.len()).filter(|&id| live[id]) {
        nodes.add(id)?;
        for (number, input) in graph.inputs.iter().enumerate() {
            if input.features == id {
                add_source(&mut nodes, number, &frontends[number], &mut fields)?;
            }
            if input.encoding == id {
                encodings[number] = Some(add_encoding(&mut nodes, input)?);
            }
        }
    }
    let heads = heads.iter().map(|head| add_head(&mut nodes, head));
    let heads = heads.collect::<Result<_, _>>()?;
    let inputs = graph.inputs.iter().zip(&encodings);
    let inputs = inputs.map(|(input, encoding)| {
        let encoding = encoding.as_ref().ok_or_else(|| no_frontend(input))?;
        Ok(DraftInput {
            name: input.name.clone(),
            encoding: encoding.view,
            quant: encoding.quant,
        })
    });
    let Nodes { blobs, program, .. } = nodes;
    let draft = Draft {
        name: graph.name.clone(),
        inputs: inputs.collect::<Result<_, LowerError>>()?,
        heads,
        nodes: graph.nodes.iter().map(|node| node.name.clone()).collect(),
        fields,
        max_input: frontends.iter().map(largest_push).max().unwrap_or(0),
    };
    let constants = Constants {
        program,
        blobs,
        absents: encodings.iter().flatten().map(|e| e.absent).collect(),
    };
    draft.fit(constants, aim)
}

/// A network of ops that have neither their final form nor a place in memory, but for the ops themselves.
pub(crate) struct Draft {
    /// The model's name.
    pub name: String,
    /// Inputs by number.
    pub inputs: Vec<DraftInput>,
    /// Heads; the offset of their scores is the number of a value.
    pub heads: Vec<LoweredHead>,
    /// Names of the nodes that ops compute, by number, for errors.
    pub nodes: Vec<String>,
    /// Field records of all record inputs.
    pub fields: Vec<u8>,
    /// Bytes of the largest thing that is pushed at once.
    pub max_input: usize,
}

/// An input of a draft.
pub(crate) struct DraftInput {
    /// The input's name.
    pub name: String,
    /// The encoding; its offset is the number of a value.
    pub encoding: View,
    /// What the encoding's values stand for.
    pub quant: Quant,
}

impl Draft {
    /// Fits the ops to the target, and then plans.
    pub fn fit(&self, mut plain: Constants, aim: &ExportOptions) -> Result<Lowered, LowerError> {
        let aim = match aim.target {
            Target::Generic => &ExportOptions::GENERIC,
            _ => aim,
        };
        let Some(packing) = aim.target.packing() else {
            elide_copies::join(&mut plain.program);
            return self.plan(plain, aim);
        };
        let section = plain.blobs.so_far();
        pack::lookups_behind_pools(&mut plain.program, &section);
        elide_copies::join(&mut plain.program);
        let direct = plain.pack(packing, &BTreeSet::new());
        let lowered = self.plan(direct.clone(), aim)?;
        // Counted as if softmax's tables were at their longest, so that the choice is the same for all trained values.
        let mut longest = lowered.clone();
        let section = plain.longest().pack(packing, &BTreeSet::new()).blobs;
        longest.weights = section.finish();
        let budget = assemble(&longest).len() * usize::from(aim.flash_growth) / 100;
        let chosen = pack::choose(&plain, &direct, packing, budget);
        if chosen.is_empty() {
            return Ok(lowered);
        }
        self.plan(plain.pack(packing, &chosen), aim)
    }

    /// Gives every value its address.
    fn plan(&self, constants: Constants, aim: &ExportOptions) -> Result<Lowered, LowerError> {
        let Constants {
            mut program,
            blobs,
            absents,
        } = constants;
        let ops = program.parts.iter().map(|part| part.ops.len()).sum();
        if ops > MAX_OPS {
            return Err(LowerError::Ops { ops });
        }
        let name = |node: usize| self.nodes[node].clone();
        memory::reorder(&mut program, name)?;
        let memory = memory::plan_arena(&program, name)?;
        program.place(&memory.addresses);
        let placed = |view: View| View {
            offset: memory.addresses[view.offset as usize],
            ..view
        };
        let ops = program.parts.iter().flat_map(|part| &part.ops);
        let origins = ops.map(|(op, node)| (*node, op.name())).collect();
        let mut parts = program.parts.into_iter().map(|part| {
            let ops: Vec<Op> = part.ops.into_iter().map(|(op, _)| op).collect();
            (part.source, ops)
        });
        let mut inputs = Vec::new();
        for (input, absent) in self.inputs.iter().zip(absents) {
            let (source, step) = parts.next().unwrap_or_default();
            let (_, finish) = parts.next().unwrap_or_default();
            let source = source.ok_or_else(|| LowerError::Frontend {
                input: input.name.clone(),
            })?;
            inputs.push(LoweredInput {
                name: input.name.clone(),
                source,
                step,
                finish,
                encoding: placed(input.encoding),
                quant: input.quant,
                absent,
            });
        }
        let (_, trunk) = parts.next().unwrap_or_default();
        let head = |head: &LoweredHead| LoweredHead {
            scores: placed(head.scores),
            ..head.clone()
        };
        Ok(Lowered {
            name: self.name.clone(),
            model_version: 1,
            inputs,
            trunk,
            heads: self.heads.iter().map(head).collect(),
            fields: self.fields.clone(),
            weights: blobs.finish(),
            persistent_len: memory.persistent_len as u32,
            arena_len: memory.arena_len as u32,
            max_input: self.max_input as u32,
            aim: *aim,
            origins,
        })
    }
}

fn check_counts(
    graph: &Graph,
    frontends: &[Frontend],
    heads: &[&GraphHead],
) -> Result<(), LowerError> {
    let inputs = graph.inputs.len();
    let counts = (1..=MAX_INPUTS).contains(&inputs) && frontends.len() == inputs;
    if counts && (1..=255).contains(&heads.len()) {
        Ok(())
    } else {
        Err(LowerError::Count)
    }
}

/// Nodes that an exported head or an input's encoding needs; operands must come before their readers.
fn live(graph: &Graph, heads: &[&GraphHead]) -> Result<Vec<bool>, LowerError> {
    let mut live = vec![false; graph.nodes.len()];
    let inputs = graph.inputs.iter().flat_map(|i| [i.features, i.encoding]);
    for id in inputs.chain(heads.iter().map(|h| h.logits)) {
        *live.get_mut(id).ok_or(LowerError::Count)? = true;
    }
    for (id, node) in graph.nodes.iter().enumerate().rev() {
        if !live[id] {
            continue;
        }
        for &operand in &node.inputs {
            let before = operand < id;
            *live
                .get_mut(operand)
                .filter(|_| before)
                .ok_or_else(|| shape(node))? = true;
        }
    }
    Ok(live)
}

/// The frontend runs first in its input's step part.
fn add_source(
    nodes: &mut Nodes<'_>,
    number: usize,
    frontend: &Frontend,
    fields: &mut Vec<u8>,
) -> Result<(), LowerError> {
    let input = &nodes.graph.inputs[number];
    let made = match nodes.outputs[input.features] {
        Some(Output::Values(view)) => FrontendOutput::Features(view),
        Some(Output::Ids(ids)) => FrontendOutput::Ids(ids),
        _ => return Err(no_frontend(input)),
    };
    let streams = matches!(frontend, Frontend::Audio { .. } | Frontend::Sequence(_));
    let part = nodes.program.part(Segment::Step(number));
    let mut sources = Sources {
        blobs: &mut nodes.blobs,
        fields,
        program: &mut nodes.program,
    };
    let steps = nodes.graph.nodes[input.features].shape[0];
    let source = sources.add(frontend, made, steps, part);
    if source.is_none() || streams != input.streaming {
        return Err(no_frontend(input));
    }
    nodes.program.parts[part].source = source;
    Ok(())
}

struct Encoding {
    view: View,
    quant: Quant,
    absent: Blob,
}

/// The encoding is kept, and has a learned substitute.
fn add_encoding(nodes: &mut Nodes<'_>, input: &GraphInput) -> Result<Encoding, LowerError> {
    let node = &nodes.graph.nodes[input.encoding];
    let mut view = nodes.values(input.encoding, node)?;
    let quant = nodes.quants.stored[input.encoding];
    let (Some(quant), (1, 1)) = (quant, (view.h, view.w)) else {
        return Err(shape(node));
    };
    let features = match nodes.outputs[input.features] {
        Some(Output::Values(view)) => Some(view.offset),
        _ => None,
    };
    if features == Some(view.offset) {
        view = nodes.copy(input.encoding, view);
        nodes.outputs[input.encoding] = Some(Output::Values(view));
    }
    nodes.program.values[view.offset as usize].home = Home::Kept;
    let absent = nodes
        .params
        .get(&input.name, "absent", &[usize::from(view.c)])?;
    let absent: Vec<i8> = absent
        .iter()
        .map(|&x| crate::quant::store(x, quant))
        .collect();
    Ok(Encoding {
        view,
        quant,
        absent: nodes.blobs.own_weights(&absent),
    })
}

fn add_head(nodes: &mut Nodes<'_>, head: &GraphHead) -> Result<LoweredHead, LowerError> {
    let temperature = nodes.params.0.temperature(&head.name);
    let scores = nodes.scores(head.logits, temperature)?;
    let sound = |name: &String| !name.contains('\n');
    let fits = head.classes.len() == scores.len() && scores.len() >= 2;
    if fits && head.classes.iter().all(sound) {
        Ok(LoweredHead {
            name: head.name.clone(),
            answer: LoweredAnswer::Classes {
                classes: head.classes.clone(),
                defer_below: nodes.params.0.defer_below(head),
            },
            scores,
        })
    } else {
        Err(LowerError::Classes {
            head: head.name.clone(),
        })
    }
}

fn shape(node: &Node) -> LowerError {
    LowerError::Shape {
        node: node.name.clone(),
    }
}

fn no_frontend(input: &GraphInput) -> LowerError {
    LowerError::Frontend {
        input: input.name.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
