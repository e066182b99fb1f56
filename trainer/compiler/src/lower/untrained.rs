//! Placeholder numbers in place of trained ones: they tell before training what a network takes, and
//! whether a model file can be made of it at all.

use anyhow::Result;

use super::file::make;
use crate::frontend::Frontend;
use crate::network::graph::{Activation, Graph, NodeId, NodeOp, Trained};
use crate::network::quants::activation;
use crate::network::{Init, ParamSpec, Plan, without_batch_norm};
use crate::scatter::scatter;
use crate::target::ExportOptions;

/// Refuses a network of which no training could make a model file, before an epoch is spent on it: too many ops, dimensions or
/// lengths beyond the file format, more than a terminal loads. What can be refused later depends on trained values: numbers that
/// are not finite, and sums of one channel's own weights that leave 32 bits.
pub fn require_exportable(
    graph: &Graph,
    frontends: &[Frontend],
    aim: &ExportOptions,
) -> Result<()> {
    let mut trained = untrained(graph);
    make(graph, &trained, frontends, 1, aim)?;
    // Inputs that begin at 0 are stored from -128 on: with such ranges the same weights have the largest sums.
    for range in trained.ranges.values_mut() {
        range.0 = 0.0;
    }
    make(graph, &trained, frontends, 1, &ExportOptions::GENERIC)?;
    Ok(())
}

/// Numbers as training might leave them: initial values, and ranges in which softmax's tables are at their longest.
/// No two constants are equal by chance.
pub fn untrained(graph: &Graph) -> Trained {
    let plan = Plan::new(&without_batch_norm(graph));
    let mut trained = Trained::default();
    for (index, (spec, values)) in plan.params.iter().zip(plan.init(1)).enumerate() {
        let values = match spec.init {
            Init::Constant(_) | Init::Forget(_) => placeholder_values(index, spec),
            Init::Uniform(_) | Init::Orthogonal(_) => values,
        };
        trained
            .params
            .insert(spec.name.clone(), (spec.shape.clone(), values));
    }
    for (id, node) in plan.graph.nodes.iter().enumerate() {
        if let Some(key) = plan.observed(id) {
            let high = 1.0 + key as f32 / 256.0;
            let low = if never_negative(&plan, key) {
                0.0
            } else {
                -high
            };
            trained.ranges.insert(node.name.clone(), (low, high));
        }
    }
    trained
}

/// Whether every value stored in the quantisation with this key has passed a ReLU. If so, the results need no lower bound;
/// in a mixed group they do, which costs a pass over them.
fn never_negative(plan: &Plan, key: NodeId) -> bool {
    let mut members = (0..plan.graph.nodes.len()).filter(|&id| plan.observed(id) == Some(key));
    members.all(|id| {
        let op = &plan.graph.nodes[id].op;
        let hands_on = matches!(
            op,
            NodeOp::MaxPool { .. } | NodeOp::AveragePool { .. } | NodeOp::Reshape | NodeOp::Concat
        );
        hands_on || matches!(activation(op), Activation::Relu | Activation::Relu6)
    })
}

/// Values within 1/8, different for each parameter.
fn placeholder_values(index: usize, spec: &ParamSpec) -> Vec<f32> {
    let value = |place: usize| {
        let hash = scatter(((index as u64) << 32) + place as u64 + 1);
        ((hash >> 40) as f32 / (1 << 24) as f32 - 0.5) / 4.0
    };
    (0..spec.len()).map(value).collect()
}
