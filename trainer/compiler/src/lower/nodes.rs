//! Lowers one node after the other to ops.

use tillsense_core::model::records::{Clamp, Concat, Ids, Lookup, Op, Scale, Softmax, Span, View};

use super::blobs::Blobs;
use super::params::Params;
use super::program::{Home, PartId, Program};
use super::quants::Quants;
use super::requantise::factor;
use super::{LowerError, tables};
use crate::network::graph::{Activation, Bits, Graph, Node, NodeId, NodeOp, Quant, Segment};
use crate::network::quants::{SIGMOID, activation};

/// The int8 range.
pub(super) const FULL: Clamp = Clamp {
    min: i8::MIN,
    max: i8::MAX,
};
/// The place of a node's output in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    /// int8 values.
    Values(View),
    /// Ids of a text.
    Ids(Ids),
    /// A recurrent layer: its state, and its output where a node other than a reader of the state wants it.
    Layer { state: Span, output: Option<View> },
}

/// Lowered nodes with the program and constants so far.
pub(super) struct Nodes<'a> {
    pub graph: &'a Graph,
    pub params: Params<'a>,
    pub quants: &'a Quants,
    pub live: &'a [bool],
    pub blobs: Blobs,
    pub program: Program,
    /// Outputs by node number; `None` for nodes that are not lowered.
    pub outputs: Vec<Option<Output>>,
}

impl Nodes<'_> {
    /// Adds the ops of a node whose operands are lowered.
    pub(super) fn add(&mut self, id: NodeId) -> Result<(), LowerError> {
        let graph = self.graph;
        let node = &graph.nodes[id];
        let part = self.program.part(node.segment);
        let output = match &node.op {
            NodeOp::Ids => self.ids(node, part)?,
            NodeOp::Features(_) => Output::Values(self.new_view(id, part)?),
            NodeOp::Reshape => self.reshape(id)?,
            NodeOp::Rnn { .. } => self.rnn(id, part)?,
            NodeOp::RnnRead { mode } => {
                let output = self.new_view(id, part)?;
                self.rnn_read(node, *mode, output, id, part)?;
                Output::Values(output)
            }
            _ => Output::Values(self.computed(id, part)?),
        };
        self.outputs[id] = Some(output);
        Ok(())
    }

    /// Adds softmax behind the logits of a head and returns its scores. Dividing the logits by a temperature costs nothing: it is
    /// a change of their scale, from which softmax's table is made.
    pub(super) fn scores(&mut self, logits: NodeId, temperature: f32) -> Result<View, LowerError> {
        let node = &self.graph.nodes[logits];
        let input = self.values(logits, node)?;
        let part = self.program.parts.len() - 1;
        let value = self.program.add(input.len(), 1, Home::Work(part));
        self.program.scores.push(value);
        let output = View {
            offset: value as u32,
            zero_point: SIGMOID.zero_point as i8,
            ..input
        };
        let scale = self.scale(logits, node)? / temperature;
        let table = tables::softmax(scale).ok_or(LowerError::Factor {
            node: node.name.clone(),
        })?;
        let table = self.blobs.own_i32s(&table);
        self.push(
            part,
            logits,
            Op::Softmax(Softmax {
                input,
                output,
                table,
            }),
        );
        Ok(output)
    }

    /// Copies an encoding that a frontend writes itself into the persistent part.
    pub(super) fn copy(&mut self, node: NodeId, input: View) -> View {
        let part = self.program.part(self.graph.nodes[node].segment);
        let output = View {
            offset: self.program.add(input.len(), 1, Home::Work(part)) as u32,
            ..input
        };
        let mut whole = Concat {
            parts: Default::default(),
            output,
        };
        whole.parts.extend([input]);
        self.push(part, node, Op::Concat(whole));
        output
    }

    /// The view of an operand; an operand that is not int8 values is an error of `reader`.
    pub(super) fn values(&self, id: NodeId, reader: &Node) -> Result<View, LowerError> {
        match self.outputs.get(id) {
            Some(Some(Output::Values(view))) => Ok(*view),
            Some(Some(Output::Layer {
                output: Some(view), ..
            })) => Ok(*view),
            _ => Err(shape(reader)),
        }
    }

    /// Adds the op of a node with weights, a table or a window, and the lookup of its activation.
    fn computed(&mut self, id: NodeId, part: PartId) -> Result<View, LowerError> {
        let node = &self.graph.nodes[id];
        let stored = self.new_view(id, part)?;
        let summed = self.quant(self.quants.summed[id], node)?;
        let output = View {
            zero_point: summed.zero_point as i8,
            ..stored
        };
        let op = self.op(id, output)?;
        self.push(part, id, op);
        let target = self.quant(self.quants.stored[id], node)?;
        if let Some(table) = tables::activation(activation(&node.op), summed, target) {
            let table = self.blobs.weights(&table);
            self.push(
                part,
                id,
                Op::Lookup(Lookup {
                    input: output,
                    output: stored,
                    table,
                }),
            );
        }
        Ok(stored)
    }

    fn op(&mut self, id: NodeId, output: View) -> Result<Op, LowerError> {
        let node = &self.graph.nodes[id];
        Ok(match &node.op {
            NodeOp::Conv2d { .. } => Op::Conv2d(self.conv(id, output, false)?),
            NodeOp::DepthwiseConv2d { .. } => Op::DepthwiseConv2d(self.conv(id, output, true)?),
            NodeOp::MaxPool { .. } => Op::MaxPool(self.pool(id, output)?),
            NodeOp::AveragePool { .. } => Op::AveragePool(self.pool(id, output)?),
            NodeOp::Dense {
                bits: Bits::Four, ..
            } => Op::Dense4(self.dense(id, output)?),
            NodeOp::Dense { .. } => Op::Dense(self.dense(id, output)?),
            NodeOp::Embedding {
                rows,
                bits: Bits::Four,
            }
            | NodeOp::EmbeddingBag {
                rows,
                bits: Bits::Four,
                ..
            } => Op::Embedding4(self.embedding_4(id, *rows, output)?),
            NodeOp::Embedding { rows, .. } => Op::Embedding(self.embedding(id, *rows, output)?),
            NodeOp::EmbeddingBag { rows, .. } => Op::EmbeddingBag(self.bag(id, *rows, output)?),
            NodeOp::Add { .. } => Op::Add(self.sum(id, output)?),
            NodeOp::Product { .. } => Op::Product(self.product(id, output)?),
            NodeOp::Concat => Op::Concat(self.concat(node, output)?),
            NodeOp::Gate => Op::Gate(self.gate(id, output)?),
            NodeOp::Rescale => Op::Lookup(self.by_table(id, output, |x| x)?),
            NodeOp::Features(_)
            | NodeOp::Ids
            | NodeOp::Reshape
            | NodeOp::Rnn { .. }
            | NodeOp::RnnRead { .. } => return Err(shape(node)),
        })
    }

    fn ids(&mut self, node: &Node, part: PartId) -> Result<Output, LowerError> {
        let max = u16::try_from(node.shape[0]).map_err(|_| size(node))?;
        let value = self.program.add(2 * usize::from(max), 2, Home::Work(part));
        Ok(Output::Ids(Ids {
            offset: value as u32,
            max,
        }))
    }

    fn reshape(&mut self, id: NodeId) -> Result<Output, LowerError> {
        let node = &self.graph.nodes[id];
        let input = self.operand(node, 0)?;
        let view = View {
            offset: input.offset,
            ..self.view(id)?
        };
        if view.len() != input.len() {
            return Err(shape(node));
        }
        Ok(Output::Values(view))
    }

    pub(super) fn push(&mut self, part: PartId, node: NodeId, op: Op) {
        self.program.parts[part].ops.push((op, node));
    }

    pub(super) fn words(&mut self, len: usize, home: Home) -> Span {
        Span {
            offset: self.program.add(len, 4, home) as u32,
            len: len as u32,
        }
    }

    /// Adds a new value to the workspace and returns its view, with the node's shape and stored zero point.
    pub(super) fn new_view(&mut self, id: NodeId, part: PartId) -> Result<View, LowerError> {
        let view = self.view(id)?;
        let offset = self.program.add(view.len(), 1, Home::Work(part)) as u32;
        Ok(View { offset, ..view })
    }

    /// The view of a node in the plan: the steps of a stream come one at a time.
    pub(super) fn view(&self, id: NodeId) -> Result<View, LowerError> {
        let node = &self.graph.nodes[id];
        let [h, w, c] = node.shape;
        let h = if self.streams(node) { 1 } else { h };
        let dimension = |n: usize| match u16::try_from(n) {
            Ok(n) if n > 0 => Ok(n),
            _ => Err(size(node)),
        };
        let zero_point = self.quant(self.quants.stored[id], node)?.zero_point as i8;
        let view = View {
            offset: 0,
            h: dimension(h)?,
            w: dimension(w)?,
            c: dimension(c)?,
            zero_point,
        };
        // The limit keeps lengths within u32; no arena comes near it.
        if view.len() > 1 << 28 {
            return Err(size(node));
        }
        Ok(view)
    }

    pub(super) fn streams(&self, node: &Node) -> bool {
        matches!(node.segment, Segment::Step(input) if self.graph.inputs[input].streaming)
    }

    pub(super) fn operand(&self, node: &Node, number: usize) -> Result<View, LowerError> {
        let id = node.inputs.get(number).ok_or_else(|| shape(node))?;
        self.values(*id, node)
    }

    pub(super) fn operand_scale(&self, node: &Node, number: usize) -> Result<f32, LowerError> {
        let id = *node.inputs.get(number).ok_or_else(|| shape(node))?;
        self.scale(id, node)
    }

    pub(super) fn scale(&self, id: NodeId, reader: &Node) -> Result<f32, LowerError> {
        Ok(self.quant(self.quants.stored[id], reader)?.scale)
    }

    pub(super) fn quant(&self, quant: Option<Quant>, node: &Node) -> Result<Quant, LowerError> {
        quant.ok_or_else(|| shape(node))
    }

    /// The bounds of a fused activation, as stored values.
    pub(super) fn clamp(&self, id: NodeId) -> Result<Clamp, LowerError> {
        let node = &self.graph.nodes[id];
        let quant = self.quant(self.quants.stored[id], node)?;
        let steps = |x: f32| crate::quant::store(x, quant);
        Ok(match activation(&node.op) {
            Activation::Relu => Clamp {
                min: steps(0.0),
                max: i8::MAX,
            },
            Activation::Relu6 => Clamp {
                min: steps(0.0),
                max: steps(6.0),
            },
            _ => FULL,
        })
    }
}

pub(super) fn ratio(numerator: f32, denominator: f32) -> f64 {
    f64::from(numerator) / f64::from(denominator)
}

pub(super) fn scale(node: &Node, real: f64) -> Result<Scale, LowerError> {
    let (multiplier, shift) = factor(&node.name, real)?;
    Ok(Scale { multiplier, shift })
}

pub(super) fn shape(node: &Node) -> LowerError {
    LowerError::Shape {
        node: node.name.clone(),
    }
}

pub(super) fn size(node: &Node) -> LowerError {
    LowerError::Size {
        node: node.name.clone(),
    }
}
