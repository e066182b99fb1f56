//! Multiply-accumulates that a network asks for.

use super::net::{Net, Op, Operator, TensorId};

/// Those of an operator, products of values among them; 0 beyond what a number holds.
pub fn macs_of(net: &Net<'_>, operator: &Operator) -> u64 {
    counted(net, operator).unwrap_or(0)
}

/// `None` beyond what a number holds.
fn counted(net: &Net<'_>, operator: &Operator) -> Option<u64> {
    let sides = |id: TensorId| &net.tensors[id].shape[..];
    let operand = |place: usize| operator.inputs.get(place).copied().flatten();
    let results = operator.outputs.first().map_or(&[][..], |&id| sides(id));
    let weights = operand(1).map_or(&[][..], sides);
    let product = |sides: &[usize]| {
        let mut sides = sides.iter();
        sides.try_fold(1u64, |all, &side| all.checked_mul(side as u64))
    };
    let terms = match &operator.op {
        // One sum over all but the first side of the weights a result.
        Op::Conv2d(..) | Op::FullyConnected { .. } => product(weights.get(1..)?)?,
        Op::DepthwiseConv2d { .. } => product(weights.get(1..3)?)?,
        Op::TransposeConv(..) => {
            let given = operand(2).map_or(&[][..], sides);
            return product(given)?.checked_mul(product(weights.get(..3)?)?);
        }
        Op::BatchMatmul { transpose_a, .. } => {
            let given = operand(0).map_or(&[][..], sides);
            let place = given.len().checked_sub(if *transpose_a { 2 } else { 1 })?;
            *given.get(place)? as u64
        }
        Op::Mul(_) => 1,
        Op::UnidirectionalSequenceLstm { .. } => {
            let mut all = (1..9).filter_map(operand).map(sides);
            let once = all.try_fold(0u64, |all, one| all.checked_add(product(one)?))?;
            let steps = operand(0).map_or(&[][..], sides);
            return product(steps.get(..2)?)?.checked_mul(once);
        }
        _ => return Some(0),
    };
    product(results)?.checked_mul(terms)
}
