//! Which nodes share a quantisation, and where it comes from.
//!
//! Some quantisations are fixed by definition (features, recurrent states, tanh, sigmoid), some follow from a table of
//! weights, and the others come from the range observed in training. Pooling, reshaping and concatenation hand on the
//! quantisation of their operands, so those nodes are in one group with them.

use crate::network::graph::{Activation, Node, NodeId, NodeOp, Quant};

/// Quantisation of recurrent states and of tanh: `[-1, 1)`.
pub const UNIT: Quant = Quant {
    scale: 1.0 / 128.0,
    zero_point: 0,
};
/// Quantisation of sigmoid: `[0, 1)`.
pub const SIGMOID: Quant = Quant {
    scale: 1.0 / 256.0,
    zero_point: -128,
};

/// Where the quantisation of a node's output comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QuantSource {
    /// The op's definition fixes it.
    Fixed(Quant),
    /// The table of this embedding node gives the scale; the zero point is 0.
    Table(NodeId),
    /// The range is observed for the group of nodes with this number, which is the smallest node id of the group.
    Observed(NodeId),
    /// The output has no quantisation: it is ids.
    None,
}

/// The source of each node's quantisation.
///
/// An observed group with a member of fixed quantisation is fixed;
/// [`crate::network::builder`] makes no group with two different ones.
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

/// The activation fused into a node; `Linear` where the op has none.
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
