//! Exports training's numbers as those that lowering reads.

use tillsense_compiler::network::graph::{NodeId, NodeOp, Trained};
use tillsense_compiler::network::{BN_EPSILON, Plan};

use super::running::Running;

/// Returns parameters by name with batch norm folded, and ranges by node name.
///
/// A range is given for every node whose quantisation is observed (all nodes of a group have the same), and for tanh
/// and sigmoid nodes: that of the sum before the table.
pub(super) fn export(plan: &Plan, values: &[Vec<f32>], running: &Running) -> Trained {
    let mut trained = Trained::default();
    for (spec, values) in plan.params.iter().zip(values) {
        if !spec.name.ends_with(".bn_scale") && !spec.name.ends_with(".bn_shift") {
            trained
                .params
                .insert(spec.name.clone(), (spec.shape.clone(), values.clone()));
        }
    }
    for (id, node) in plan.graph.nodes.iter().enumerate() {
        if matches!(
            node.op,
            NodeOp::Conv2d {
                batch_norm: true,
                ..
            } | NodeOp::DepthwiseConv2d {
                batch_norm: true,
                ..
            }
        ) {
            fold(plan, id, values, running, &mut trained);
        }
        if let Some(range) = plan.observed(id).and_then(|key| running.ranges[key]) {
            trained.ranges.insert(node.name.clone(), range);
        }
    }
    trained
}

/// Folds batch norm: `w' = w * scale / sqrt(var + e)`, `b' = shift - mean * scale / sqrt(var + e)`.
fn fold(plan: &Plan, id: NodeId, values: &[Vec<f32>], running: &Running, trained: &mut Trained) {
    let name = &plan.graph.nodes[id].name;
    let [scale, shift] = ["bn_scale", "bn_shift"].map(|p| &values[plan.param(id, p)]);
    let channels = scale.len();
    let (mean, var) = running.stats[id]
        .clone()
        .unwrap_or_else(|| (vec![0.0; channels], vec![1.0; channels]));
    let factor: Vec<f32> = scale
        .iter()
        .zip(&var)
        .map(|(s, v)| s / (v + BN_EPSILON).sqrt())
        .collect();
    let bias = shift
        .iter()
        .zip(&mean)
        .zip(&factor)
        .map(|((s, m), f)| s - m * f)
        .collect();
    let depthwise = matches!(plan.graph.nodes[id].op, NodeOp::DepthwiseConv2d { .. });
    if let Some((_, weight)) = trained.params.get_mut(&format!("{name}.weight")) {
        let row = weight.len() / channels;
        weight
            .iter_mut()
            .enumerate()
            .for_each(|(i, w)| *w *= factor[if depthwise { i % channels } else { i / row }]);
    }
    trained
        .params
        .insert(format!("{name}.bias"), (vec![channels], bias));
}
