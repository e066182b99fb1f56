//! Which parts of `core` a model needs.

use tillsense_core::engine::Model;
use tillsense_core::model::records::{Answer, Op};
use tillsense_core::parts::Part;

/// The parts that a model needs, in the order of [`Part::ALL`].
pub fn parts_of(model: &Model<'_>) -> Vec<Part> {
    let sources = model.inputs().map(|input| Part::of_source(&input.source));
    let steps = model.inputs().flat_map(|input| [input.step, input.finish]);
    let ops = steps
        .chain([model.trunk()])
        .flat_map(|part| model.ops(part));
    let ops = ops.flat_map(|(_, op)| {
        let stage = match &op {
            Op::PackedConv2d(conv) | Op::WinogradConv2d(conv) => conv.pool.as_ref(),
            _ => None,
        };
        let shared = matches!(&op, Op::PackedDense(dense) if dense.matrix.has_one_factor());
        [
            Some(Part::of_op(&op)),
            stage.map(|pool| pool.kind.part()),
            shared.then_some(Part::OneFactor),
        ]
    });
    let answers = model.heads().filter_map(|head| match head.answer {
        Answer::Classes { .. } => None,
        Answer::Tensor { .. } => Some(Part::Tensor),
    });
    let needed: Vec<_> = sources.chain(ops.flatten()).chain(answers).collect();
    let mut parts = Part::ALL.to_vec();
    parts.retain(|part| needed.contains(part));
    parts
}
