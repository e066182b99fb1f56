//! Builds a [`Graph`] from a description and the facts of its data.
//!
//! Rules that lowering relies on:
//!
//! - Nodes of a streaming input (audio, sequence) up to and including its last recurrent layer are in
//!   [`Segment::Step`] and have shape `[max steps, 1, c]`: they run on one step at a time, a dense node on the `c`
//!   values of that step. What follows is in [`Segment::Finish`].
//! - All other encoder nodes are in [`Segment::Step`]; fusion and heads are in [`Segment::Trunk`].
//! - The encoding of every input is a vector `[1, 1, c]`.
//! - All operands of a concatenation share one quantisation: where some are fixed by definition and are not all
//!   the same, each of the fixed ones passes through a [`NodeOp::Rescale`] node.

mod encoder;
mod fusion;
mod geometry;
mod limits;

use std::collections::BTreeMap;
use std::fmt;

pub use geometry::{Pads, pads};
pub use limits::{MOST_PARAMETERS, MOST_VALUES};

use crate::network::description::Spec;
use crate::network::graph::{Graph, GraphInput, Node, NodeId, NodeOp, Quant, Segment};
use crate::words::meant;

/// Facts that the data set tells about a task: widths of inputs and names of classes.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Facts of each input, by input name.
    pub inputs: BTreeMap<String, InputFacts>,
    /// Class names by head name; auxiliary heads are included.
    pub heads: BTreeMap<String, Vec<String>>,
}

/// Facts that data and frontend tell about one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputFacts {
    /// Number of stored values in one piece: a picture, a step, or a record; 0 for a text.
    pub width: usize,
    /// Quantisation of the features; without meaning for a text.
    pub quant: Quant,
}

/// Why a description and its data make no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// Path of the field in the description.
    pub field: String,
    /// The fault and its remedy, for a person to read.
    pub problem: String,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for BuildError {}

/// Builds the network of a description; the error names the field of the first fault.
pub fn build(spec: &Spec, facts: &Facts) -> Result<Graph, BuildError> {
    let mut builder = Builder { nodes: Vec::new() };
    let mut inputs = Vec::new();
    for (index, input) in spec.inputs.iter().enumerate() {
        let known = facts.inputs.get(&input.name).ok_or_else(|| {
            let problem = format!(
                "{} has no such input; it has {}{}",
                spec.data.origin.words(),
                list(facts.inputs.keys()),
                meant(&input.name, facts.inputs.keys().map(String::as_str))
            );
            BuildError {
                field: format!("inputs.{}", input.name),
                problem,
            }
        })?;
        let (features, encoding) = encoder::encoder(&mut builder, index, input, known)?;
        inputs.push(GraphInput {
            name: input.name.clone(),
            features,
            encoding,
            streaming: input.source.streaming(),
        });
    }
    let trunk = fusion::fusion(&mut builder, &spec.fusion, &inputs);
    let heads = fusion::heads(&mut builder, spec, &inputs, trunk, facts)?;
    let graph = Graph {
        name: spec.name.clone(),
        inputs,
        nodes: builder.nodes,
        heads,
    };
    limits::check(&graph, spec.train.batch)?;
    Ok(graph)
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A graph under construction.
struct Builder {
    nodes: Vec<Node>,
}

impl Builder {
    fn push(
        &mut self,
        name: String,
        op: NodeOp,
        inputs: Vec<NodeId>,
        shape: [usize; 3],
        segment: Segment,
    ) -> NodeId {
        debug_assert!(self.nodes.iter().all(|n| n.name != name), "{name} exists");
        self.nodes.push(Node {
            name,
            op,
            inputs,
            shape,
            segment,
        });
        self.nodes.len() - 1
    }

    fn shape(&self, id: NodeId) -> [usize; 3] {
        self.nodes[id].shape
    }

    /// Number of values of a node's output.
    fn len(&self, id: NodeId) -> usize {
        self.shape(id).iter().product()
    }
}

#[cfg(test)]
mod tests;
