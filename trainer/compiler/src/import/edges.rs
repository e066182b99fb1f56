//! The ends of a network, where values change their form: what a caller gives and gets is int8.
//!
//! A converter may leave floats or uint8 at the ends, with QUANTIZE behind an input and DEQUANTIZE or QUANTIZE in front of an output. Nothing
//! between them changes, so the int8 tensor becomes the end itself: a float is quantised by whoever gives it (its scale and zero point are in
//! the model file), and an unsigned value is the int8 value plus 128.
//!
//! The number of the largest of many values (ARG_MAX) at an end is left to the caller, who gets the values: it is the first of the largest.

use super::net::{Element, Net, Op, Operator, Tensor, TensorId};

/// Values of which the number of the largest one is an int8 value.
pub const MOST_NUMBERED: usize = 128;

/// Takes the int8 tensors at the ends of a network, and the operators between them and the old ends away; answers the numbers of
/// those that the caller computes.
pub fn cut_off(net: &mut Net<'_>) -> Vec<usize> {
    let mut gone = vec![false; net.operators.len()];
    let mut left = Vec::new();
    for place in 0..net.inputs.len() {
        let input = net.inputs[place];
        let mut readers = net.operators.iter().enumerate();
        let mut readers = readers
            .by_ref()
            .filter(|(_, operator)| operator.inputs.contains(&Some(input)));
        let (first, others) = (readers.next(), readers.next());
        if let (Some((at, operator)), None) = (first, others)
            && !net.outputs.contains(&input)
            && let Some(inner) = other_end(operator, input)
            && changes_form_only(net, operator, (input, inner))
        {
            gone[at] = true;
            net.inputs[place] = inner;
        }
    }
    for place in 0..net.outputs.len() {
        let output = net.outputs[place];
        let made = net.operators.iter().enumerate();
        let mut made = made.filter(|(_, operator)| operator.outputs == [output]);
        let used = net
            .operators
            .iter()
            .any(|operator| operator.inputs.contains(&Some(output)));
        if let Some((at, operator)) = made.next()
            && !used
            && let Some(&Some(inner)) = operator.inputs.first()
            && !net.inputs.contains(&inner)
            && (changes_form_only(net, operator, (output, inner))
                || is_choice(net, operator, inner))
        {
            if operator.op == Op::ArgMax {
                left.push(operator.number);
            }
            gone[at] = true;
            net.outputs[place] = inner;
        }
    }
    let mut gone = gone.into_iter();
    net.operators.retain(|_| !gone.next().unwrap_or(false));
    left
}

/// Whether an operator only says which of int8 values is the largest, and of so many that an int8 value cannot.
fn is_choice(net: &Net<'_>, operator: &Operator, inner: TensorId) -> bool {
    let tensor = &net.tensors[inner];
    let many = tensor
        .shape
        .last()
        .is_some_and(|&side| side > MOST_NUMBERED);
    operator.op == Op::ArgMax && tensor.element == Element::Int8 && many
}

/// The result of an operator that reads this tensor alone.
fn other_end(operator: &Operator, input: TensorId) -> Option<TensorId> {
    match (&operator.inputs[..], &operator.outputs[..]) {
        ([Some(only)], [output]) if *only == input => Some(*output),
        _ => None,
    }
}

/// Whether an operator only makes int8 values of another form, or another form of int8 values.
fn changes_form_only(
    net: &Net<'_>,
    operator: &Operator,
    (end, inner): (TensorId, TensorId),
) -> bool {
    let (end, inner) = (&net.tensors[end], &net.tensors[inner]);
    let form = matches!(operator.op, Op::Quantize | Op::Dequantize);
    let same = match end.element {
        Element::Float32 => true,
        Element::Uint8 => is_offset(end, inner),
        _ => false,
    };
    form && same && inner.element == Element::Int8 && end.shape == inner.shape
}

/// Whether unsigned values are int8 values plus 128.
fn is_offset(end: &Tensor<'_>, inner: &Tensor<'_>) -> bool {
    match (end.whole(), inner.whole()) {
        (Some((scale, zero)), Some((other, inner_zero))) => {
            scale.to_bits() == other.to_bits() && zero == inner_zero + 128
        }
        _ => false,
    }
}
