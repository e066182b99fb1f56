//! What the forward pass needs to know of a graph, worked out once.

use std::collections::HashMap;

use super::init;
use super::params::{ParamSpec, table};
use super::quants::{QuantSource, activation, kinds};
use crate::network::graph::{Activation, Graph, NodeId, NodeOp, Trained};

/// Constant that batch norm adds to the variance.
pub const BN_EPSILON: f32 = 1e-3;

/// A graph with its parameter table and its groups of nodes that share a quantisation.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The network.
    pub graph: Graph,
    /// The parameters in the order of [`super::params::table`].
    pub params: Vec<ParamSpec>,
    /// For each node, the source of its quantisation.
    pub kinds: Vec<QuantSource>,
    /// For each node, the number of the input whose encoding it computes.
    pub encodes: Vec<Option<usize>>,
    /// For each convolution whose only reader is a max pool, that pool. Convolution and pool are computed together and before the
    /// activation: pool and activation are monotone, so the result is the same, and the activation sees only the pooled values.
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

    /// The same network without the short cut of [`Plan::pools`], so that each convolution's own output is computed.
    pub fn without_fused_pools(&self) -> Self {
        Plan {
            pools: vec![None; self.graph.nodes.len()],
            ..self.clone()
        }
    }

    /// Number of a node's parameter `name`. Panics where the node has no such parameter.
    pub fn param(&self, node: NodeId, name: &str) -> usize {
        self.named(&format!("{}.{name}", self.graph.nodes[node].name))
    }

    /// Number of the parameter with this full name. Panics where the graph has none.
    pub fn named(&self, name: &str) -> usize {
        self.index[name]
    }

    /// Initial values of all parameters, drawn from `seed`.
    pub fn init(&self, seed: u64) -> Vec<Vec<f32>> {
        init::init(&self.params, seed)
    }

    /// The node under which the range of node `id` is observed: the first of its group, or the node itself where tanh or sigmoid
    /// is looked up, as then the sum before the table is observed. `None` where the quantisation is not observed.
    pub fn observed(&self, id: NodeId) -> Option<NodeId> {
        match (activation(&self.graph.nodes[id].op), self.kinds[id]) {
            (Activation::Tanh | Activation::Sigmoid, _) => Some(id),
            (_, QuantSource::Observed(group)) => Some(group),
            _ => None,
        }
    }

    /// The values of all parameters in this plan's order. The error names the first parameter
    /// that is missing or has another shape.
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
