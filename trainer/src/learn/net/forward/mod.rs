//! The forward pass: a batch goes through the graph.

mod activate;
mod conv;
mod encoding;
mod given;
mod layers;

use burn::tensor::{Device, Tensor};
use tillsense_compiler::network::Plan;
use tillsense_compiler::network::graph::{Node, NodeId, NodeOp};
use tillsense_compiler::network::quants::UNIT;
use tillsense_core::model::records::{Cell, Direction, ReadMode};

use super::ops::Rnn;
use super::value::Value;
use super::{Batch, Net, bag, fake, rnn, to_vec};

/// How a pass is computed.
#[derive(Clone, Copy, Debug)]
pub struct Mode<'a> {
    /// Ranges for fake quantisation, by the node that observes them; `None` computes in float.
    pub ranges: Option<&'a [Option<(f32, f32)>]>,
    /// Whether the range of every node is observed.
    pub observe: bool,
    /// Statistics that batch norm uses.
    pub batch_norm: BatchNorm<'a>,
    /// Dropout rate of each input's encoding, and the seed of its choices; `None` drops nothing.
    pub dropout: Option<(&'a [f32], u64)>,
}

/// Statistics of batch norm.
#[derive(Clone, Copy, Debug)]
pub enum BatchNorm<'a> {
    /// Statistics of this batch, which are also returned.
    Batch,
    /// Running mean and variance by node, folded into the weights.
    Running(&'a [Option<(Vec<f32>, Vec<f32>)>]),
}

/// Result of a pass.
pub struct Output {
    /// Logits `[n, classes]` of each head.
    pub logits: Vec<Tensor<2>>,
    /// Observed ranges, by the node that observes them.
    pub seen: Vec<Option<(f32, f32)>>,
    /// Mean and variance of the batch, by node with batch norm.
    pub stats: Vec<Option<(Vec<f32>, Vec<f32>)>>,
}

/// Runs a batch through the graph on the device that holds the net.
pub fn forward(plan: &Plan, net: &Net, batch: &Batch, mode: Mode) -> Output {
    let run = Run::new(plan, net, batch, mode);
    let logits = plan
        .graph
        .heads
        .iter()
        .map(|h| run.value(h.logits).vector())
        .collect();
    Output {
        logits,
        seen: run.seen,
        stats: run.stats,
    }
}

/// The output of every node: all valid samples and steps one after the other; empty for ids.
pub fn node_values(plan: &Plan, net: &Net, batch: &Batch, mode: Mode) -> Vec<Vec<f32>> {
    let plan = &plan.without_fused_pools();
    let run = Run::new(plan, net, batch, mode);
    (0..plan.graph.nodes.len())
        .map(|id| run.plain(id))
        .collect()
}

struct Run<'a> {
    plan: &'a Plan,
    net: &'a Net,
    batch: &'a Batch,
    mode: Mode<'a>,
    device: Device,
    values: Vec<Option<Value>>,
    seen: Vec<Option<(f32, f32)>>,
    stats: Vec<Option<(Vec<f32>, Vec<f32>)>>,
}

impl<'a> Run<'a> {
    /// Computes all nodes.
    fn new(plan: &'a Plan, net: &'a Net, batch: &'a Batch, mode: Mode<'a>) -> Self {
        let device = net.value(0).device();
        let count = plan.graph.nodes.len();
        let mut run = Run {
            plan,
            net,
            batch,
            mode,
            device,
            values: vec![None; count],
            seen: vec![None; count],
            stats: vec![None; count],
        };
        for id in 0..count {
            let value = run.node(id);
            let value = match plan.encodes[id] {
                Some(input) => Value::Vector(run.encoding(input, value.vector())),
                None => value,
            };
            run.values[id] = Some(value);
        }
        run
    }
}

impl Run<'_> {
    fn value(&self, id: NodeId) -> Value {
        self.values[id].clone().expect("operands come before")
    }

    fn operand(&self, node: &Node, number: usize) -> Value {
        self.value(node.inputs[number])
    }

    /// A node's values in plain numbers, without steps that a sample does not have.
    fn plain(&self, id: NodeId) -> Vec<f32> {
        let steps = match self.value(id) {
            Value::Ids => return Vec::new(),
            Value::Map(x) => return to_vec(x),
            Value::Vector(x) => return to_vec(x),
            steps => steps.steps(),
        };
        let counts = self.counts(id);
        let width = steps.dims()[1];
        let values = to_vec(steps);
        let rows = values.chunks_exact(width).enumerate();
        let there = rows.filter(|(row, _)| row / counts.len() < counts[row % counts.len()]);
        there.flat_map(|(_, row)| row).copied().collect()
    }

    fn quantised(&self) -> bool {
        self.mode.ranges.is_some()
    }

    /// Computes one node from its operands.
    fn node(&mut self, id: NodeId) -> Value {
        let plan = self.plan;
        let node = &plan.graph.nodes[id];
        match node.op {
            NodeOp::Features(_) => self.features(id),
            NodeOp::Ids => Value::Ids,
            NodeOp::Conv2d { .. } | NodeOp::DepthwiseConv2d { .. } => self.conv(id),
            NodeOp::MaxPool { .. } => self.max_pool(id),
            NodeOp::AveragePool { .. } => self.average_pool(id),
            NodeOp::Reshape => Value::Vector(self.operand(node, 0).vector()),
            NodeOp::Dense { .. } => self.dense(id),
            NodeOp::Embedding { .. } => {
                Value::Steps(bag::steps(self.table(id), self.ids(id), &self.device))
            }
            NodeOp::EmbeddingBag { mode, .. } => {
                let x = bag::bag(self.table(id), self.ids(id), mode, &self.device);
                Value::Vector(self.activate(id, x))
            }
            NodeOp::Add { .. } => self.pair(id, |a, b| a + b),
            NodeOp::Product { .. } => self.pair(id, |a, b| a * b),
            NodeOp::Concat => self.concat(node),
            NodeOp::Gate => self.gate(id),
            NodeOp::Rescale => self.each(id, node.inputs[0], |x| x),
            NodeOp::Rnn {
                cell,
                direction,
                hidden,
            } => self.rnn(id, cell, direction, hidden),
            NodeOp::RnnRead { mode } => self.rnn_read(id, mode),
        }
    }

    /// Runs a recurrent layer over all steps.
    fn rnn(&self, id: NodeId, cell: Cell, direction: Direction, hidden: usize) -> Value {
        let plan = self.plan;
        let weights = rnn::Weights {
            x: self.rows(id, "x_weight"),
            x_bias: self.net.value(plan.param(id, "x_bias")),
            h: self.rows(id, "h_weight"),
            h_bias: self.net.value(plan.param(id, "h_bias")),
        };
        let layer = Rnn {
            cell,
            direction,
            hidden,
            counts: self.counts(id),
            quantised: self.quantised(),
        };
        let steps = self.operand(&plan.graph.nodes[id], 0).steps();
        rnn::run(layer, steps, weights)
    }

    /// Reads one vector of the hidden states of a recurrent layer.
    fn rnn_read(&self, id: NodeId, mode: ReadMode) -> Value {
        let nodes = &self.plan.graph.nodes;
        let node = &nodes[id];
        let direction = match nodes[node.inputs[0]].op {
            NodeOp::Rnn { direction, .. } => direction,
            _ => Direction::Forward,
        };
        let states = self.operand(node, 0);
        let (width, counts) = (node.shape[2], self.counts(id));
        let x = rnn::read(states, direction, mode, width, counts, &self.device);
        Value::Vector(match self.quantised() {
            true => fake::activation(x, UNIT),
            false => x,
        })
    }
}
