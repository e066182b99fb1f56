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
        op if is_reshape(op) => operand(operator).map(one),
        Op::Pad | Op::PadV2 | Op::MirrorPad { .. } => padded(net, operator),
        op if is_reduction(op) => reduced(net, operator),
        op if is_of_each(op) => single(net, operator).map(one),
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

/// Whether each value of the result is a function of one value.
pub fn is_of_one_value(op: &Op) -> bool {
    matches!(
        op,
        Op::Relu
            | Op::Relu6
            | Op::ReluN1To1
            | Op::Relu0To1
            | Op::LeakyRelu { .. }
            | Op::Elu
            | Op::HardSwish
            | Op::Gelu { .. }
            | Op::Logistic
            | Op::Tanh
            | Op::Abs
            | Op::Neg
            | Op::Exp
            | Op::Log
            | Op::Sqrt
            | Op::Rsqrt
            | Op::Quantize
    )
}

/// Whether an operator takes axes away.
pub fn is_reduction(op: &Op) -> bool {
    matches!(
        op,
        Op::Mean { .. } | Op::Sum { .. } | Op::ReduceMax { .. } | Op::ReduceMin { .. }
    )
}

/// Whether each channel of the result is made of one operand's channel alone, if the channels stay at all.
fn is_of_each(op: &Op) -> bool {
    match op {
        Op::MaxPool2d(_) | Op::AveragePool2d(_) => true,
        Op::ResizeNearestNeighbor { .. } | Op::ResizeBilinear { .. } => true,
        op => is_of_one_value(op),
    }
}

/// Whether values of two operands are combined one by one.
pub fn is_of_two(op: &Op) -> bool {
    matches!(
        op,
        Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div(_)
            | Op::Maximum
            | Op::Minimum
            | Op::SquaredDifference
            | Op::Prelu
    )
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

/// An operator that pads, but not the channels.
fn padded<'n>(net: &Net<'_>, operator: &Operator) -> Option<Link<'n>> {
    let widths = whole_numbers(net, operator, 1)?;
    let around = widths.last_chunk::<2>()?;
    let input = single(net, operator)?;
    (*around == [0, 0]).then(|| one(input))
}

/// A reduction over axes before the channels.
fn reduced<'n>(net: &Net<'_>, operator: &Operator) -> Option<Link<'n>> {
    let input = single(net, operator)?;
    let last = net.tensors[input].shape.len() as i64 - 1;
    let axes = whole_numbers(net, operator, 1)?;
    let before = axes
        .iter()
        .all(|&axis| axis != -1 && i64::from(axis) != last);
    before.then(|| one(input))
}

/// The int32 values of a constant operand.
fn whole_numbers(net: &Net<'_>, operator: &Operator, place: usize) -> Option<Vec<i32>> {
    let tensor = &net.tensors[operator.inputs.get(place).copied().flatten()?];
    let (words, _) = tensor.data?.as_chunks::<4>();
    let values = words.iter().map(|&word| i32::from_le_bytes(word));
    (tensor.element == Element::Int32).then(|| values.collect())
}

fn one<'n>(operand: TensorId) -> Link<'n> {
    Link::Same(vec![operand])
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
