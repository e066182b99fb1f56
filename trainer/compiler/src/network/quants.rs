//! Which nodes share a quantisation, and where it comes from.
//!
//! Some are fixed by definition (features, recurrent states, tanh, sigmoid), some follow from a table of weights,
//! the rest from the range observed in training. Pooling, reshaping and concatenation hand the quantisation of
//! their operands on, so those nodes are in one group with them.

use crate::network::graph::{Activation, Node, NodeId, NodeOp, Quant};

/// The quantisation of a recurrent state and of tanh.
pub const UNIT: Quant = Quant {
    scale: 1.0 / 128.0,
    zero_point: 0,
};
/// The quantisation of sigmoid.
pub const SIGMOID: Quant = Quant {
    scale: 1.0 / 256.0,
    zero_point: -128,
};

/// Where a node's output quantisation comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QuantSource {
    /// By definition.
    Fixed(Quant),
    /// Scale of the table of this embedding node, zero point 0.
    Table(NodeId),
    /// From the range observed for all nodes with this number; it is the smallest of their ids.
    Observed(NodeId),
    /// Ids have none.
    None,
}

/// One kind for each node.
///
/// An observed group that contains a fixed member is fixed; [`crate::network::builder`] makes no group with two different ones.
pub fn kinds(nodes: &[Node]) -> Vec<QuantSource> {
    let mut group: Vec<NodeId> = (0..nodes.len()).collect();
    for (id, node) in nodes.iter().enumerate() {
        let shared = match node.op {
            NodeOp::MaxPool { .. }
            | NodeOp::AveragePool { .. }
            | NodeOp::Reshape
            | NodeOp::Concat => &node.inputs[..],
            _ => &[],
        };
        for &other in shared {
            let (a, b) = (group[id], group[other]);
            let (low, high) = (a.min(b), a.max(b));
            group
                .iter_mut()
                .filter(|g| **g == high)
                .for_each(|g| *g = low);
        }
    }
    let own: Vec<QuantSource> = nodes
        .iter()
        .enumerate()
        .map(|(id, node)| own(id, node))
        .collect();
    (0..nodes.len())
        .map(|id| {
            let members = (0..nodes.len()).filter(|&m| group[m] == group[id]);
            let given = members
                .map(|m| own[m])
                .find(|k| !matches!(k, QuantSource::Observed(_)));
            given.unwrap_or(QuantSource::Observed(group[id]))
        })
        .collect()
}

fn own(id: NodeId, node: &Node) -> QuantSource {
    match &node.op {
        NodeOp::Features(quant) => QuantSource::Fixed(*quant),
        NodeOp::Ids => QuantSource::None,
        NodeOp::Embedding { .. } => QuantSource::Table(id),
        NodeOp::Rnn { .. } | NodeOp::RnnRead { .. } => QuantSource::Fixed(UNIT),
        op => match activation(op) {
            Activation::Tanh => QuantSource::Fixed(UNIT),
            Activation::Sigmoid => QuantSource::Fixed(SIGMOID),
            Activation::Linear | Activation::Relu | Activation::Relu6 => QuantSource::Observed(id),
        },
    }
}

/// The activation fused into a node.
pub const fn activation(op: &NodeOp) -> Activation {
    match op {
        NodeOp::Conv2d { activation, .. }
        | NodeOp::DepthwiseConv2d { activation, .. }
        | NodeOp::Dense { activation, .. }
        | NodeOp::Add { activation }
        | NodeOp::Product { activation } => *activation,
        _ => Activation::Linear,
    }
}
