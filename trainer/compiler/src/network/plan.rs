//! What the forward pass needs to know of a graph, worked out once.

use std::collections::HashMap;

use super::init;
use super::params::{ParamSpec, table};
use super::quants::{QuantSource, activation, kinds};
use crate::network::graph::{Activation, Graph, NodeId, NodeOp, Trained};

/// Added to the variance in batch norm.
pub const BN_EPSILON: f32 = 1e-3;

/// A graph with its parameter table and its quantisation groups.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The network.
    pub graph: Graph,
    /// All parameters.
    pub params: Vec<ParamSpec>,
    /// Where each node's quantisation comes from.
    pub kinds: Vec<QuantSource>,
    /// For each node, the input whose encoding it is.
    pub encodes: Vec<Option<usize>>,
    /// For each convolution that a max pool alone reads, that pool. It is computed with the convolution and before
    /// the activation: both are monotone, so the result is the same from a quarter of the values.
    pub pools: Vec<Option<NodeId>>,
    index: HashMap<String, usize>,
}

impl Plan {
    /// Works out the plan.
    pub fn new(graph: &Graph) -> Self {
        let params = table(graph);
        let index = params
            .iter()
            .enumerate()
            .map(|(i, p)| (p.name.clone(), i))
            .collect();
        let mut encodes = vec![None; graph.nodes.len()];
        for (number, input) in graph.inputs.iter().enumerate() {
            encodes[input.encoding] = Some(number);
        }
        let pools = (0..graph.nodes.len())
            .map(|id| pool(graph, id, &encodes))
            .collect();
        Plan {
            graph: graph.clone(),
            params,
            kinds: kinds(&graph.nodes),
            encodes,
            pools,
            index,
        }
    }

    /// The same network without the short cut of [`Plan::pools`], so that every node's value is what it would be by itself.
    pub fn without_fused_pools(&self) -> Self {
        Plan {
            pools: vec![None; self.graph.nodes.len()],
            ..self.clone()
        }
    }

    /// Number of a parameter; the name must be one of the graph's.
    pub fn param(&self, node: NodeId, name: &str) -> usize {
        self.named(&format!("{}.{name}", self.graph.nodes[node].name))
    }

    /// Number of a parameter by its full name.
    pub fn named(&self, name: &str) -> usize {
        self.index[name]
    }

    /// First values of all parameters.
    pub fn init(&self, seed: u64) -> Vec<Vec<f32>> {
        init::init(&self.params, seed)
    }

    /// Nodes that observe a range: one for each group, and tanh and sigmoid nodes, whose sum is stored before the table.
    pub fn observed(&self, id: NodeId) -> Option<NodeId> {
        match (activation(&self.graph.nodes[id].op), self.kinds[id]) {
            (Activation::Tanh | Activation::Sigmoid, _) => Some(id),
            (_, QuantSource::Observed(group)) => Some(group),
            _ => None,
        }
    }

    /// The values of trained numbers in this plan's order; the first missing or wrong one is the error.
    pub fn values(&self, trained: &Trained) -> Result<Vec<Vec<f32>>, String> {
        let get = |spec: &ParamSpec| match trained.params.get(&spec.name) {
            Some((shape, values)) if *shape == spec.shape && values.len() == spec.len() => {
                Ok(values.clone())
            }
            Some((shape, _)) => Err(format!(
                "parameter {} has shape {shape:?} where the graph has {:?}",
                spec.name, spec.shape
            )),
            None => Err(format!("parameter {} is missing", spec.name)),
        };
        self.params.iter().map(get).collect()
    }
}

/// The graph with batch norm folded into its convolutions, as [`Trained`] holds them.
pub fn without_batch_norm(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    for node in &mut graph.nodes {
        if let NodeOp::Conv2d { batch_norm, .. } | NodeOp::DepthwiseConv2d { batch_norm, .. } =
            &mut node.op
        {
            *batch_norm = false;
        }
    }
    graph
}

fn pool(graph: &Graph, id: NodeId, encodes: &[Option<usize>]) -> Option<NodeId> {
    let op = &graph.nodes[id].op;
    let smooth = matches!(activation(op), Activation::Tanh | Activation::Sigmoid);
    let conv = matches!(op, NodeOp::Conv2d { .. } | NodeOp::DepthwiseConv2d { .. });
    let mut readers = (0..graph.nodes.len()).filter(|&n| graph.nodes[n].inputs.contains(&id));
    let reader = readers.next()?;
    let pooled = matches!(graph.nodes[reader].op, NodeOp::MaxPool { .. });
    let alone = readers.next().is_none() && encodes[id].is_none();
    (conv && !smooth && pooled && alone).then_some(reader)
}
