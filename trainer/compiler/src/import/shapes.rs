//! Shapes of results, worked out forward from the inputs: where a batch is open, the file states placeholders.

use super::lower::blocks::Blocks;
use super::lower::mapping::Mapping;
use super::lower::moves::mappings;
use super::net::{Op, Operator, Padding, Steps, TensorId};

/// What is known of tensors.
pub struct Known<'m> {
    /// The shape of each tensor.
    pub shape: &'m dyn Fn(TensorId) -> &'m [usize],
    /// The values of those that hold known integers.
    pub numbers: &'m dyn Fn(TensorId) -> Option<Vec<i64>>,
}

/// The shapes of an operator's results; `None` where they are those that the file states, or nobody knows better.
pub fn shapes<'m>(known: &'m Known<'m>, operator: &'m Operator) -> Option<Vec<Vec<usize>>> {
    if let Some(mappings) = mappings(known.shape, known.numbers, operator) {
        let results = mappings.ok()?;
        let results = results.iter().zip(&operator.outputs);
        return results
            .map(|(mapping, &output)| known.moved(operator, mapping, output))
            .collect();
    }
    Some(vec![known.made(operator)?])
}

impl Known<'_> {
    /// The shape of what a mapping chooses.
    fn moved(
        &self,
        operator: &Operator,
        mapping: &Mapping,
        output: TensorId,
    ) -> Option<Vec<usize>> {
        let axes = mapping.axes.iter();
        let mut sides: Vec<usize> = axes.map(|along| along.indices.len()).collect();
        if let Op::Unpack { axis, .. } = operator.op {
            sides.remove(counted(axis, sides.len())?);
        }
        // Axes that go, or that are several of the result, do not depend on a batch.
        (sides.len() == (self.shape)(output).len()).then_some(sides)
    }

    fn operand(&self, operator: &Operator, place: usize) -> Option<&[usize]> {
        Some((self.shape)((*operator.inputs.get(place)?)?))
    }

    fn integers(&self, operator: &Operator, place: usize) -> Option<Vec<i64>> {
        (self.numbers)((*operator.inputs.get(place)?)?)
    }

    fn made(&self, operator: &Operator) -> Option<Vec<usize>> {
        let first = self.operand(operator, 0)?;
        match &operator.op {
            Op::Conv2d(steps, _) => {
                let filters = self.operand(operator, 1)?;
                slid(first, *steps, filters.get(1..3)?, *filters.first()?)
            }
            Op::DepthwiseConv2d { steps, .. } => {
                let filters = self.operand(operator, 1)?;
                slid(first, *steps, filters.get(1..3)?, *filters.get(3)?)
            }
            Op::MaxPool2d(pool) | Op::AveragePool2d(pool) => {
                let steps = Steps {
                    padding: pool.padding,
                    stride: pool.stride,
                    dilation: [1, 1],
                };
                slid(first, steps, &pool.kernel, *first.get(3)?)
            }
            Op::FullyConnected { keep_dims, .. } => {
                let &[outputs, depth] = self.operand(operator, 1)? else {
                    return None;
                };
                let (_, outer) = first.split_last()?;
                match keep_dims {
                    true => Some([outer, &[outputs]].concat()),
                    false => Some(vec![product(first)?.checked_div(depth)?, outputs]),
                }
            }
            Op::BatchMatmul {
                transpose_a,
                transpose_b,
            } => multiplied(
                (first, *transpose_a),
                (self.operand(operator, 1)?, *transpose_b),
            ),
            Op::Mean { keep_dims }
            | Op::Sum { keep_dims }
            | Op::ReduceMax { keep_dims }
            | Op::ReduceMin { keep_dims } => {
                reduced(first, &self.integers(operator, 1)?, *keep_dims)
            }
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div(_)
            | Op::Maximum
            | Op::Minimum
            | Op::SquaredDifference
            | Op::Prelu => repeated(first, self.operand(operator, 1)?),
            Op::SpaceToBatch | Op::BatchToSpace => {
                let (block, edges) = (self.integers(operator, 1)?, self.integers(operator, 2)?);
                let blocks = Blocks::of(first, &block, &edges, operator.op == Op::SpaceToBatch);
                Some(blocks.ok()?.shape)
            }
            Op::ResizeBilinear { .. } => {
                let (&[batch, _, _, channels], &[rows, columns]) =
                    (first, &self.integers(operator, 1)?[..])
                else {
                    return None;
                };
                let [rows, columns] = [rows, columns].map(|side| usize::try_from(side).ok());
                Some(vec![batch, rows?, columns?, channels])
            }
            _ => self.joined(operator, first),
        }
    }

    fn joined(&self, operator: &Operator, first: &[usize]) -> Option<Vec<usize>> {
        let mut sides = first.to_vec();
        match operator.op {
            Op::Concatenation { axis, .. } => {
                let axis = counted(axis, sides.len())?;
                sides[axis] = 0;
                for place in 0..operator.inputs.len() {
                    let side = *self.operand(operator, place)?.get(axis)?;
                    sides[axis] = sides[axis].checked_add(side)?;
                }
                Some(sides)
            }
            Op::Pack { axis } => {
                sides.insert(counted(axis, sides.len() + 1)?, operator.inputs.len());
                Some(sides)
            }
            Op::ExpandDims => {
                let &[axis] = &self.integers(operator, 1)?[..] else {
                    return None;
                };
                sides.insert(counted(axis, sides.len() + 1)?, 1);
                Some(sides)
            }
            // What is left changes each value, or each row, and keeps its place.
            Op::Softmax { .. }
            | Op::LogSoftmax
            | Op::L2Normalization(_)
            | Op::Quantize
            | Op::Dequantize
            | Op::Relu
            | Op::Relu6
            | Op::ReluN1To1
            | Op::Relu0To1
            | Op::LeakyRelu { .. }
            | Op::Logistic
            | Op::Tanh
            | Op::Elu
            | Op::HardSwish
            | Op::Gelu { .. }
            | Op::Abs
            | Op::Neg
            | Op::Exp
            | Op::Log
            | Op::Sqrt
            | Op::Rsqrt => Some(sides),
            _ => None,
        }
    }
}

/// An axis, counted from the end where it is negative.
fn counted(axis: i64, rank: usize) -> Option<usize> {
    let counted = if axis < 0 {
        axis.checked_add(rank as i64)?
    } else {
        axis
    };
    usize::try_from(counted).ok().filter(|&axis| axis < rank)
}

fn product(sides: &[usize]) -> Option<usize> {
    sides
        .iter()
        .try_fold(1usize, |product, &side| product.checked_mul(side))
}

/// The shape that a window makes so many channels of.
fn slid(input: &[usize], steps: Steps, kernel: &[usize], channels: usize) -> Option<Vec<usize>> {
    let (&[batch, h, w, _], &[rows, columns]) = (input, kernel) else {
        return None;
    };
    let side = |side: usize, kernel: usize, at: usize| {
        let stride = steps.stride[at];
        if steps.padding == Padding::Same {
            return (stride > 0).then(|| side.div_ceil(stride));
        }
        let reach = kernel.checked_sub(1)?.checked_mul(steps.dilation[at])?;
        let places = side.checked_sub(reach.checked_add(1)?)?;
        Some(places.checked_div(stride)? + 1)
    };
    Some(vec![
        batch,
        side(h, rows, 0)?,
        side(w, columns, 1)?,
        channels,
    ])
}

/// The shape of two operands whose shapes are aligned at their last sides.
fn repeated(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let side = |of: &[usize], at: usize| match (at + of.len()).checked_sub(rank) {
        Some(at) => of[at],
        None => 1,
    };
    let both = |at: usize| match (side(a, at), side(b, at)) {
        (1, other) | (other, 1) => Some(other),
        (one, other) => (one == other).then_some(one),
    };
    (0..rank).map(both).collect()
}

/// The shape of products of matrices, each perhaps transposed.
fn multiplied(
    (a, turned_a): (&[usize], bool),
    (b, turned_b): (&[usize], bool),
) -> Option<Vec<usize>> {
    let (outer_a, inner_a) = a.split_last_chunk::<2>()?;
    let (outer_b, inner_b) = b.split_last_chunk::<2>()?;
    let mut sides = repeated(outer_a, outer_b)?;
    sides.push(inner_a[usize::from(turned_a)]);
    sides.push(inner_b[usize::from(!turned_b)]);
    Some(sides)
}

/// The shape that is left along other axes.
fn reduced(sides: &[usize], axes: &[i64], keep_dims: bool) -> Option<Vec<usize>> {
    let mut gone = vec![false; sides.len()];
    for &axis in axes {
        gone[counted(axis, sides.len())?] = true;
    }
    let left = sides.iter().zip(gone);
    let left = left.filter_map(|(&side, gone)| match (gone, keep_dims) {
        (false, _) => Some(side),
        (true, true) => Some(1),
        (true, false) => None,
    });
    Some(left.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_make_as_many_rows_as_their_padding_says() {
        let steps = |padding| Steps {
            padding,
            stride: [2, 1],
            dilation: [1, 2],
        };
        let given = [4, 9, 8, 3];
        assert_eq!(
            slid(&given, steps(Padding::Same), &[3, 3], 5),
            Some(vec![4, 5, 8, 5])
        );
        assert_eq!(
            slid(&given, steps(Padding::Valid), &[3, 3], 5),
            Some(vec![4, 4, 4, 5])
        );
        assert_eq!(slid(&given, steps(Padding::Valid), &[10, 3], 5), None);
    }

    #[test]
    fn products_reductions_and_repeated_operands_have_their_shapes() {
        let (a, b) = ([2, 3, 4, 5], [3, 6, 5]);
        assert_eq!(multiplied((&a, false), (&b, true)), Some(vec![2, 3, 4, 6]));
        assert_eq!(repeated(&[4, 1], &[3, 1, 5]), Some(vec![3, 4, 5]));
        assert_eq!(repeated(&[4, 2], &[3]), None);
        assert_eq!(reduced(&a, &[-1, 1], false), Some(vec![2, 4]));
        assert_eq!(reduced(&a, &[-1, 1], true), Some(vec![2, 1, 4, 1]));
    }
}
