//! The quantisation of every node's output.

use super::LowerError;
use super::params::Params;
use crate::network::graph::{Activation, Graph, Node, NodeId, NodeOp, Quant, Trained};
use crate::network::quants::{QuantSource, SIGMOID, UNIT, activation, kinds};
use crate::quant;

/// Quantisations by node number; `None` for ids and for nodes that are not lowered.
#[derive(Clone, Debug)]
pub(super) struct Quants {
    /// Quantisation of the stored output.
    pub stored: Vec<Option<Quant>>,
    /// Quantisation of the sum that the table of tanh or sigmoid reads; for other nodes that of the stored output.
    pub summed: Vec<Option<Quant>>,
}

/// Resolves the quantisation of all live nodes.
///
/// A group of nodes that share one takes the union of the ranges observed for its members.
pub(super) fn resolve(
    graph: &Graph,
    trained: &Trained,
    params: &Params<'_>,
    live: &[bool],
) -> Result<Quants, LowerError> {
    let kinds = kinds(&graph.nodes);
    let count = graph.nodes.len();
    let mut quants = Quants {
        stored: vec![None; count],
        summed: vec![None; count],
    };
    for (id, node) in graph.nodes.iter().enumerate().filter(|(id, _)| live[*id]) {
        let stored = match kinds[id] {
            QuantSource::None => None,
            QuantSource::Fixed(quant) => Some(quant),
            QuantSource::Table(table) => Some(params.table_quant(&graph.nodes[table])?),
            QuantSource::Observed(group) => {
                let members = (0..count).filter(|&m| kinds[m] == QuantSource::Observed(group));
                let ranges = members.filter_map(|m| trained.ranges.get(&graph.nodes[m].name));
                Some(observed(node, ranges)?)
            }
        };
        if let (Some(wanted), Some(got)) = (by_definition(node, params)?, stored)
            && wanted != got
        {
            return Err(LowerError::Quantisation {
                node: node.name.clone(),
            });
        }
        quants.stored[id] = stored;
        quants.summed[id] = match activation(&node.op) {
            Activation::Tanh | Activation::Sigmoid => Some(before_table(node, trained)?),
            _ => stored,
        };
    }
    check_shared(graph, live, &quants)?;
    Ok(quants)
}

/// The range of the sum that tanh or sigmoid reads: `<node>.pre`, or the node's own name, which has no other use.
fn before_table(node: &Node, trained: &Trained) -> Result<Quant, LowerError> {
    let pre = trained.ranges.get(&format!("{}.pre", node.name));
    observed(
        node,
        pre.or_else(|| trained.ranges.get(&node.name)).into_iter(),
    )
}

fn observed<'a>(
    node: &Node,
    ranges: impl Iterator<Item = &'a (f32, f32)>,
) -> Result<Quant, LowerError> {
    let mut union: Option<(f32, f32)> = None;
    for &(low, high) in ranges {
        let sound = low.is_finite() && high.is_finite() && low <= high;
        if !sound {
            return Err(LowerError::Range {
                node: node.name.clone(),
            });
        }
        let (l, h) = union.unwrap_or((low, high));
        union = Some((l.min(low), h.max(high)));
    }
    let (low, high) = union.ok_or_else(|| LowerError::NoRange {
        node: node.name.clone(),
    })?;
    Ok(quant::activation(low, high))
}

/// The quantisation that the op itself writes, whatever its neighbours share.
fn by_definition(node: &Node, params: &Params<'_>) -> Result<Option<Quant>, LowerError> {
    Ok(match node.op {
        NodeOp::Features(quant) => Some(quant),
        NodeOp::Rnn { .. } | NodeOp::RnnRead { .. } => Some(UNIT),
        NodeOp::Embedding { .. } => Some(params.table_quant(node)?),
        _ => match activation(&node.op) {
            Activation::Tanh => Some(UNIT),
            Activation::Sigmoid => Some(SIGMOID),
            _ => None,
        },
    })
}

/// Checks that ops which hand bytes on have the quantisation of all their operands, and that gates are sigmoid outputs.
fn check_shared(graph: &Graph, live: &[bool], quants: &Quants) -> Result<(), LowerError> {
    let nodes = graph.nodes.iter().enumerate();
    for (id, node) in nodes.filter(|(id, _)| live[*id]) {
        let of = |operand: &NodeId| quants.stored[*operand];
        let sound = match node.op {
            NodeOp::MaxPool { .. }
            | NodeOp::AveragePool { .. }
            | NodeOp::Reshape
            | NodeOp::Concat => node.inputs.iter().all(|i| of(i) == quants.stored[id]),
            NodeOp::Gate => node.inputs.first().and_then(of) == Some(SIGMOID),
            _ => true,
        };
        if !sound {
            return Err(LowerError::Quantisation {
                node: node.name.clone(),
            });
        }
    }
    Ok(())
}
