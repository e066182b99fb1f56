//! Products of values and weights that a network asks for.

use super::net::{Net, Op, Operator, TensorId};

/// Products of one inference; those of recurrent layers, whose steps no shape of a weight shows, are not among them.
pub fn macs(net: &Net<'_>) -> u64 {
    net.operators
        .iter()
        .map(|operator| of(net, operator))
        .fold(0, u64::saturating_add)
}

fn of(net: &Net<'_>, operator: &Operator) -> u64 {
    let len = |id: TensorId| net.tensors[id].len().map_or(u64::MAX, |len| len as u64);
    let (Some(&output), inputs) = (operator.outputs.first(), &operator.inputs) else {
        return 0;
    };
    let input = |place: usize| inputs.get(place).copied().flatten();
    // Each value is multiplied with a filter of all outputs, or each output is a sum over one filter.
    let (values, weights, shared) = match (&operator.op, input(0), input(1), input(2)) {
        (Op::Conv2d(..) | Op::FullyConnected { .. }, _, Some(filter), _) => {
            (output, filter, side(net, filter, 0))
        }
        (Op::DepthwiseConv2d { .. }, _, Some(filter), _) => (output, filter, side(net, filter, 3)),
        (Op::TransposeConv(..), _, Some(filter), Some(given)) => {
            (given, filter, side(net, filter, 3))
        }
        _ => return 0,
    };
    len(values).saturating_mul(len(weights) / shared.max(1))
}

fn side(net: &Net<'_>, tensor: TensorId, axis: usize) -> u64 {
    net.tensors[tensor]
        .shape
        .get(axis)
        .map_or(1, |&side| side as u64)
}
