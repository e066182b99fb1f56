//! Dilated convolutions that a converter writes as SPACE_TO_BATCH_ND, a convolution without dilation, and BATCH_TO_SPACE_ND: they become
//! one convolution again, with a PAD in front of it whose paddings are those of the blocks less what is cropped behind.
//!
//! A layer of one axis has a RESHAPE or EXPAND_DIMS in front of its convolution, and a RESHAPE or SQUEEZE behind it.

use super::integers::integers;
use super::net::{Element, Net, Op, Operator, Padding, Steps, Tensor, TensorId};

/// The convolutions of a network that are dilated.
#[derive(Clone, Debug, Default)]
pub struct Dilated {
    found: Vec<Found>,
}

#[derive(Clone, Debug)]
struct Found {
    /// Places of the operators: blocks become samples, the convolution, samples become blocks.
    ends: [usize; 2],
    conv: usize,
    /// Places of the operators that add an axis and take it away.
    axis: Option<[usize; 2]>,
    dilation: [usize; 2],
    /// Before and behind rows and columns.
    pads: [[usize; 2]; 2],
    /// The paddings of four axes, as a constant.
    bytes: Vec<u8>,
}

/// Finds them, in a network whose shapes are known.
pub fn find(net: &Net<'_>) -> Dilated {
    let places = 0..net.operators.len();
    Dilated {
        found: places.filter_map(|at| found(net, at)).collect(),
    }
}

impl Dilated {
    /// The network with them.
    pub fn put<'a>(&'a self, mut net: Net<'a>) -> Net<'a> {
        let mut gone = vec![false; net.operators.len()];
        for found in &self.found {
            found.put(&mut net);
            gone[found.ends[1]] = true;
        }
        let mut gone = gone.into_iter();
        net.operators.retain(|_| !gone.next().unwrap_or(false));
        net
    }
}

/// What begins with the operator at this place.
fn found(net: &Net<'_>, first: usize) -> Option<Found> {
    let begin = &net.operators[first];
    if begin.op != Op::SpaceToBatch {
        return None;
    }
    let given = (*begin.inputs.first()?)?;
    let apart = *begin.outputs.first()?;
    let (next, wide, added) = past_axis(net, apart)?;
    let conv = &net.operators[next];
    let constant = |place: usize| {
        let id = conv.inputs.get(place).copied().flatten();
        id.is_none_or(|id| net.tensors[id].data.is_some())
    };
    if !is_plain(&conv.op)
        || conv.inputs.first() != Some(&Some(wide))
        || !constant(1)
        || !constant(2)
    {
        return None;
    }
    let (last, made, taken) = past_axis(net, *conv.outputs.first()?)?;
    let end = &net.operators[last];
    let same = |a: TensorId, b: TensorId| net.tensors[a].quant == net.tensors[b].quant;
    let whole = end.op == Op::BatchToSpace
        && end.inputs.first() == Some(&Some(made))
        && added.is_some() == taken.is_some()
        && same(given, wide)
        && same(*conv.outputs.first()?, *end.outputs.first()?);
    if !whole {
        return None;
    }
    let [block, paddings] = numbers(net, begin)?;
    let [other, crops] = numbers(net, end)?;
    let rank = net.tensors[given].shape.len();
    let dilation = match (&block[..], added) {
        (&[rows, columns], None) if rank == 4 => [rows, columns],
        (&[columns], Some(_)) if rank == 3 => [1, columns],
        _ => return None,
    };
    let left = paddings.iter().zip(&crops);
    let left: Vec<usize> = left
        .map(|(padding, crop)| padding.checked_sub(*crop))
        .collect::<Option<_>>()?;
    let pads = match left[..] {
        [top, bottom, front, back] => [[top, bottom], [front, back]],
        [front, back] => [[0, 0], [front, back]],
        _ => return None,
    };
    if block != other || paddings.len() != crops.len() {
        return None;
    }
    let all = [[0, 0], pads[0], pads[1], [0, 0]];
    let words = all.as_flattened().iter();
    let words: Vec<i32> = words
        .map(|&pad| i32::try_from(pad).ok())
        .collect::<Option<_>>()?;
    Some(Found {
        ends: [first, last],
        conv: next,
        axis: added.zip(taken).map(|(added, taken)| [added, taken]),
        dilation,
        pads,
        bytes: words.into_iter().flat_map(i32::to_le_bytes).collect(),
    })
}

/// Blocks and edges of an operator.
fn numbers(net: &Net<'_>, operator: &Operator) -> Option<[Vec<usize>; 2]> {
    let numbers = |place: usize| -> Option<Vec<usize>> {
        let found = integers(&net.tensors[(*operator.inputs.get(place)?)?])?;
        let small = |&number: &i64| u16::try_from(number).ok().map(usize::from);
        found.iter().map(small).collect()
    };
    Some([numbers(1)?, numbers(2)?])
}

/// Whether an operator is a convolution of every place, without padding.
fn is_plain(op: &Op) -> bool {
    let (Op::Conv2d(steps, _) | Op::DepthwiseConv2d { steps, .. }) = op else {
        return false;
    };
    let plain = Steps {
        padding: Padding::Valid,
        stride: [1, 1],
        dilation: [1, 1],
    };
    *steps == plain
}

/// The one operator that reads a tensor, or that which reads it with an axis more or less: its place, what it reads, and the place of the
/// operator that changes the axes.
fn past_axis(net: &Net<'_>, tensor: TensorId) -> Option<(usize, TensorId, Option<usize>)> {
    let at = reader(net, tensor)?;
    let operator = &net.operators[at];
    let &[output] = &operator.outputs[..] else {
        return None;
    };
    let [from, to] = [tensor, output].map(|id| &net.tensors[id].shape[..]);
    let same = match (from, to) {
        (&[n, w, c], &[m, 1, v, d]) | (&[n, 1, w, c], &[m, v, d]) => [n, w, c] == [m, v, d],
        _ => false,
    };
    let alike = net.tensors[tensor].quant == net.tensors[output].quant;
    let moves = matches!(
        operator.op,
        Op::Reshape { .. } | Op::ExpandDims | Op::Squeeze { .. }
    );
    match moves && same && alike && operator.inputs.first() == Some(&Some(tensor)) {
        true => Some((reader(net, output)?, output, Some(at))),
        false => Some((at, tensor, None)),
    }
}

/// The one operator that reads a tensor that is no output.
fn reader(net: &Net<'_>, tensor: TensorId) -> Option<usize> {
    let reads = |operator: &Operator| operator.inputs.contains(&Some(tensor));
    let mut readers = net.operators.iter().enumerate();
    let mut readers = readers
        .by_ref()
        .filter(|(_, operator)| reads(operator))
        .map(|(at, _)| at);
    match (readers.next(), readers.next()) {
        (Some(only), None) if !net.outputs.contains(&tensor) => Some(only),
        _ => None,
    }
}

impl Found {
    fn put<'a>(&'a self, net: &mut Net<'a>) {
        let [first, last] = self.ends;
        let paddings = net.tensors.len();
        net.tensors.push(Tensor {
            name: String::new(),
            shape: vec![4, 2],
            element: Element::Int32,
            quant: None,
            data: Some(&self.bytes),
            variable: false,
        });
        let (given, apart) = (
            net.operators[first].inputs[0],
            net.operators[first].outputs[0],
        );
        let shape =
            |net: &Net<'_>, id: Option<TensorId>| id.map(|id| net.tensors[id].shape.clone());
        let mut sides = shape(net, given).unwrap_or_default();
        let end = net.operators[last].outputs[0];
        let mut pad = Operator {
            op: Op::Pad,
            inputs: vec![given, Some(paddings)],
            ..net.operators[first].clone()
        };
        let conv = net.operators[self.conv].outputs[0];
        match self.axis {
            None => net.operators[self.conv].outputs = vec![end],
            Some([added, taken]) => {
                // The axis is added first, so that the padding is one of rows and columns.
                sides.insert(1, 1);
                net.tensors[apart].shape.clone_from(&sides);
                let wide = net.operators[added].outputs[0];
                (pad.inputs[0], pad.outputs) = (Some(apart), vec![wide]);
                let mut made = net.tensors[end].shape.clone();
                made.insert(1, 1);
                net.tensors[conv].shape = made;
                let narrow = &mut net.operators[taken];
                (narrow.op, narrow.inputs) = (Op::Reshape { shape: None }, vec![Some(conv)]);
                narrow.outputs = vec![end];
            }
        }
        for (side, pads) in sides[1..].iter_mut().zip(self.pads) {
            *side += pads[0] + pads[1];
        }
        net.tensors[pad.outputs[0]].shape = sides;
        match self.axis {
            None => net.operators[first] = pad,
            Some([added, _]) => {
                let number = net.operators[added].number;
                net.operators[first] = Operator {
                    number,
                    op: Op::Reshape { shape: None },
                    inputs: vec![given],
                    outputs: vec![apart],
                };
                net.operators[added] = pad;
            }
        }
        if let Op::Conv2d(steps, _) | Op::DepthwiseConv2d { steps, .. } =
            &mut net.operators[self.conv].op
        {
            steps.dilation = self.dilation;
        }
    }
}
