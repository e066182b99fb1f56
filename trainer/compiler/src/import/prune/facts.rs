//! What the results of an operator may be.
//!
//! Most operators are no smaller for larger operands, or no larger: then the ends of an interval are what they answer to the ends of their
//! operands' intervals, and `probe` asks them.

use super::links::{Link, is_of_one_value, is_reduction, is_reshape};
use super::probe::{Given, probe};
use super::range::{Facts, Range};
use crate::import::lower::scales::{clamp, quant};
use crate::import::net::{Activation, Net, Op, Operator, TensorId};

/// Most values that an operator is asked about at once.
const MOST_VALUES: usize = 1 << 20;

/// The intervals of an operator's only result, those of all tensors before it being known.
pub fn facts_of(net: &Net<'_>, operator: &Operator, linked: &Link<'_>, facts: &[Facts]) -> Facts {
    let known = match linked {
        Link::Sums(sums) => Some((0..sums.rows).map(|row| sums.results(row)).collect()),
        Link::Joined(operands) => joined(net, operator, operands, facts),
        Link::Same(operands) => same(net, operator, operands, facts),
        Link::Whole if is_reshape(&operator.op) => {
            let input = operator.inputs.first().copied().flatten();
            input.and_then(|input| same(net, operator, &[input], facts))
        }
        Link::Whole => None,
    };
    known.unwrap_or_else(Facts::unknown)
}

/// Of operands one behind the other.
fn joined(
    net: &Net<'_>,
    operator: &Operator,
    operands: &[TensorId],
    facts: &[Facts],
) -> Option<Facts> {
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let plain = matches!(
        operator.op,
        Op::Concatenation {
            activation: Activation::None,
            ..
        }
    );
    if !plain || !operands.iter().all(|&id| same_quant(net, id, output)) {
        return None;
    }
    let parts = operands.iter().flat_map(|&id| {
        let given = of_channels(net, id, facts);
        let channels = net.tensors[id].shape.last().copied().unwrap_or(1);
        (0..channels).map(move |channel| given.of(channel))
    });
    Some(parts.collect())
}

/// Of values that are each made of values of the same channel.
fn same(
    net: &Net<'_>,
    operator: &Operator,
    operands: &[TensorId],
    facts: &[Facts],
) -> Option<Facts> {
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let &first = operands.first()?;
    // A reshape may have left intervals that go with places and not with channels, and values move from here on.
    let given = match is_reshape(&operator.op) || is_of_one_value(&operator.op) {
        true => &facts[first],
        false => &of_channels(net, first, facts),
    };
    let kept = same_quant(net, first, output);
    match &operator.op {
        op if is_reshape(op) => {
            let len = |id: TensorId| net.tensors[id].len();
            (kept && len(first) == len(output)).then(|| given.clone())
        }
        Op::ResizeNearestNeighbor { .. } | Op::MirrorPad { .. } => kept.then(|| given.clone()),
        // What is in the padding is zero.
        Op::Pad => {
            let zero = quant(net, output).ok()?.zero_point as i8;
            kept.then(|| given.each(|range| range.hull(Range::only(zero))))
        }
        // Neither the largest of several values nor their mean, rounded, lies beyond them.
        Op::MaxPool2d(pool) | Op::AveragePool2d(pool) if kept => {
            let bounds = clamp(operator, pool.activation, quant(net, output).ok()?).ok()?;
            let bounds = Range {
                low: bounds.min,
                high: bounds.max,
            };
            Some(given.each(|range| range.clamped(bounds)))
        }
        Op::Concatenation { .. } => None,
        op if is_reduction(op) => reduced(net, operator, first, given),
        op if is_of_one_value(op) => by_table(net, operator, first, given),
        _ => combined(net, operator, operands, facts),
    }
}

/// Of a function of one value: all values are asked.
fn by_table(net: &Net<'_>, operator: &Operator, input: TensorId, given: &Facts) -> Option<Facts> {
    let all: Vec<i8> = (i8::MIN..=i8::MAX).collect();
    let shape = vec![1, all.len()];
    let asked = Given {
        tensor: input,
        shape: shape.clone(),
        samples: vec![all],
    };
    let answers = probe(net, operator, &[asked], shape)?;
    let table = answers.first()?;
    Some(given.each(|range| {
        let [low, high] = range.ends().map(|end| (end + 128) as usize);
        let made = table[low..=high].iter().copied().map(Range::only);
        made.reduce(Range::hull).unwrap_or(Range::FULL)
    }))
}

/// Of a mean, a sum, a maximum or a minimum over places: it is no smaller for larger values.
fn reduced(net: &Net<'_>, operator: &Operator, input: TensorId, given: &Facts) -> Option<Facts> {
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let (from, to) = (&net.tensors[input], &net.tensors[output]);
    let len = from.len().filter(|&len| len <= MOST_VALUES)?;
    let channels = *to.shape.last()?;
    let end = |end: fn(Range) -> i8| (0..len).map(|place| end(given.of(place))).collect();
    let asked = Given {
        tensor: input,
        shape: from.shape.clone(),
        samples: vec![end(|range| range.low), end(|range| range.high)],
    };
    let answers = probe(net, operator, &[asked], to.shape.clone())?;
    let [low, high] = &answers[..] else {
        return None;
    };
    let ends = low.iter().zip(high).take(channels);
    Some(ends.map(|(&low, &high)| Range { low, high }).collect())
}

/// Of a function of two values that grows or falls with each of them, one of which may be a constant: all four corners are asked.
fn combined(
    net: &Net<'_>,
    operator: &Operator,
    operands: &[TensorId],
    facts: &[Facts],
) -> Option<Facts> {
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let monotone = matches!(
        operator.op,
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Maximum | Op::Minimum
    );
    let channels = net.tensors[output].shape.last().copied()?;
    let plain = |id: &TensorId| net.tensors[*id].len() == Some(channels);
    let constants = operator
        .inputs
        .iter()
        .flatten()
        .filter(|id| !operands.contains(id));
    let one = |id: &TensorId| net.tensors[*id].len() == Some(1);
    let fits = constants.into_iter().all(|id| plain(id) || one(id));
    if !monotone || !fits || channels > MOST_VALUES {
        return None;
    }
    if let &[one, other] = operands
        && one == other
    {
        return by_table(net, operator, one, &facts[one]);
    }
    let shape = vec![1, 1, 1, channels];
    let asked = operands.iter().enumerate().map(|(place, &id)| {
        let given = of_channels(net, id, facts);
        let sample = |corner: usize| {
            let end = |channel| {
                let range = given.of(channel);
                if corner >> place & 1 == 0 {
                    range.low
                } else {
                    range.high
                }
            };
            (0..channels).map(end).collect()
        };
        Given {
            tensor: id,
            shape: shape.clone(),
            samples: (0..1 << operands.len()).map(sample).collect(),
        }
    });
    let answers = probe(net, operator, &asked.collect::<Vec<_>>(), shape.clone())?;
    let of = |channel: usize| {
        let corners = answers.iter().map(|answer| Range::only(answer[channel]));
        corners.reduce(Range::hull).unwrap_or(Range::FULL)
    };
    Some((0..channels).map(of).collect())
}

/// The intervals of a tensor's channels.
fn of_channels(net: &Net<'_>, tensor: TensorId, facts: &[Facts]) -> Facts {
    let channels = net.tensors[tensor].shape.last().copied();
    facts[tensor].over(channels.unwrap_or(1))
}

fn same_quant(net: &Net<'_>, one: TensorId, other: TensorId) -> bool {
    match (quant(net, one), quant(net, other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
