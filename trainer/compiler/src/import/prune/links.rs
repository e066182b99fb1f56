//! Which channels of an operator's tensors belong together.

use super::range::Facts;
use super::sums::Sums;
use crate::import::net::{Element, Net, Op, Operator, TensorId};

/// What an operator does to channels.
#[derive(Clone, Debug)]
pub enum Link<'n> {
    /// Rows of weighted sums.
    Sums(Sums<'n>),
    /// Each channel of the result is made of the same channel of these computed operands.
    Same(Vec<TensorId>),
    /// The channels of the result are those of these operands, one behind the other.
    Joined(Vec<TensorId>),
    /// Nothing that is known: it needs all of its operands, and all of its results stay.
    Whole,
}

/// What an operator does to channels, if `computed` are the tensors that are given or results, of which `facts` is known.
pub fn link<'n>(
    net: &'n Net<'_>,
    operator: &Operator,
    (computed, facts): (&[bool], &[Facts]),
) -> Link<'n> {
    let linked = match &operator.op {
        Op::Conv2d(..) | Op::DepthwiseConv2d { .. } | Op::FullyConnected { .. } => {
            Sums::of(net, operator, facts).map(Link::Sums)
        }
        Op::Concatenation { axis, .. } => joined(net, operator, *axis),
        op if is_reshape(op) => operand(operator).map(|input| Link::Same(vec![input])),
        op if is_of_each(op) => single(net, operator).map(|input| Link::Same(vec![input])),
        op if is_of_two(op) => pair(net, operator, computed).map(Link::Same),
        _ => None,
    };
    let all_computed = match &linked {
        Some(Link::Sums(sums)) => computed[sums.input],
        Some(Link::Same(operands) | Link::Joined(operands)) => {
            operands.iter().all(|&operand| computed[operand])
        }
        Some(Link::Whole) | None => false,
    };
    let plain = all_computed && operator.outputs.len() == 1;
    linked.filter(|_| plain).unwrap_or(Link::Whole)
}

/// Whether values stay where they are.
pub fn is_reshape(op: &Op) -> bool {
    matches!(op, Op::Reshape { .. } | Op::Squeeze { .. } | Op::ExpandDims)
}

/// Whether each channel of the result is made of one operand's channel alone, whatever the others are.
fn is_of_each(op: &Op) -> bool {
    match op {
        Op::Relu | Op::Relu6 | Op::ReluN1To1 | Op::LeakyRelu { .. } | Op::Elu => true,
        Op::HardSwish | Op::Gelu { .. } | Op::Logistic | Op::Tanh => true,
        Op::Abs | Op::Neg | Op::Exp | Op::Rsqrt | Op::Quantize => true,
        Op::MaxPool2d(_) | Op::AveragePool2d(_) => true,
        Op::ResizeNearestNeighbor { .. } | Op::ResizeBilinear { .. } => true,
        _ => false,
    }
}

/// Whether values of two operands are combined one by one.
fn is_of_two(op: &Op) -> bool {
    match op {
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_) => true,
        Op::Maximum | Op::Minimum | Op::SquaredDifference | Op::Prelu => true,
        _ => false,
    }
}

fn operand(operator: &Operator) -> Option<TensorId> {
    operator.inputs.first().copied().flatten()
}

fn channels(net: &Net<'_>, tensor: TensorId) -> Option<usize> {
    net.tensors[tensor].shape.last().copied()
}

/// The operand of an operator that keeps the number of channels.
fn single(net: &Net<'_>, operator: &Operator) -> Option<TensorId> {
    let input = operand(operator)?;
    let same = channels(net, input)? == channels(net, *operator.outputs.first()?)?;
    same.then_some(input)
}

/// The computed ones of two operands that have as many channels as the result; a constant may have one for all.
fn pair(net: &Net<'_>, operator: &Operator, computed: &[bool]) -> Option<Vec<TensorId>> {
    let all = channels(net, *operator.outputs.first()?)?;
    let mut operands = Vec::new();
    for &operand in operator.inputs.iter().flatten() {
        if computed[operand] {
            (channels(net, operand)? == all).then(|| operands.push(operand))?;
        } else if net.tensors[operand].len() != Some(1) {
            divisible(net, operand, all)?;
        }
    }
    Some(operands)
}

/// Finds that channels can be taken out of a constant.
fn divisible(net: &Net<'_>, constant: TensorId, all: usize) -> Option<()> {
    let tensor = &net.tensors[constant];
    let whole = tensor.element != Element::Int4;
    let one = tensor
        .quant
        .as_ref()
        .is_none_or(|quant| quant.scales.len() == 1);
    let fits = channels(net, constant) == Some(all) && tensor.data.is_some();
    (whole && one && fits).then_some(())
}

/// Operands that are joined, along the channels or along another axis.
fn joined<'n>(net: &Net<'_>, operator: &Operator, axis: i64) -> Option<Link<'n>> {
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let rank = net.tensors[output].shape.len() as i64;
    let all = channels(net, output)?;
    let operands: Vec<TensorId> = operator.inputs.iter().copied().collect::<Option<_>>()?;
    let sizes: Option<Vec<usize>> = operands.iter().map(|&id| channels(net, id)).collect();
    let sizes = sizes?;
    if axis == rank - 1 || axis == -1 {
        let sum = sizes
            .iter()
            .try_fold(0usize, |sum, &size| sum.checked_add(size));
        return (sum == Some(all)).then_some(Link::Joined(operands));
    }
    sizes
        .iter()
        .all(|&size| size == all)
        .then_some(Link::Same(operands))
}
