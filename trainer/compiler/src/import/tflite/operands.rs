//! How many operands and results an operator has.

use std::ops::RangeInclusive;

use super::error::OperatorFault;
use crate::import::net::{Op, TensorId};

/// Operands of a recurrent layer that normalises nothing.
const LSTM: usize = 20;
/// And of one that does.
const NORMALISED_LSTM: usize = 24;
/// Operands that it can do without: the input gate, peepholes, projection, and factors of normalisation.
const OPTIONAL_OF_LSTM: [usize; 12] = [1, 5, 9, 10, 11, 12, 16, 17, 20, 21, 22, 23];
/// The bias of a rank decomposition's layer.
const BIAS_OF_SVDF: usize = 3;

/// Checks that an operator has the operands and results that it asks for. Those of operators that nobody here knows may be any.
pub(super) fn check(
    op: &Op,
    inputs: &[Option<TensorId>],
    outputs: &[TensorId],
) -> Result<(), OperatorFault> {
    let counts = operands(op);
    let least = *counts.start();
    if !counts.contains(&inputs.len()) {
        return Err(OperatorFault::Operands {
            found: inputs.len(),
            least,
        });
    }
    let missing =
        |(place, input): (usize, &Option<TensorId>)| input.is_none() && needs(op, place, least);
    if let Some(place) = inputs.iter().enumerate().position(missing) {
        return Err(OperatorFault::Absent { place });
    }
    match results(op) {
        Some(expected) if outputs.len() != expected => Err(OperatorFault::Results {
            found: outputs.len(),
            expected,
        }),
        _ => Ok(()),
    }
}

/// Whether the operand at this place must be there.
fn needs(op: &Op, place: usize, least: usize) -> bool {
    match op {
        Op::Other(_) | Op::Custom(_) => false,
        Op::Concatenation { .. } | Op::Pack { .. } => true,
        Op::UnidirectionalSequenceLstm { .. } => !OPTIONAL_OF_LSTM.contains(&place),
        Op::Svdf { .. } => place != BIAS_OF_SVDF,
        _ => place < least,
    }
}

/// How many operands there may be.
fn operands(op: &Op) -> RangeInclusive<usize> {
    match op {
        Op::Other(_) | Op::Custom(_) => 0..=usize::MAX,
        Op::Concatenation { .. } | Op::Pack { .. } => 1..=usize::MAX,
        Op::Conv2d(..) | Op::DepthwiseConv2d { .. } | Op::FullyConnected { .. } => 2..=3,
        Op::TransposeConv(..) => 3..=4,
        Op::Reshape { .. } => 1..=2,
        Op::UnidirectionalSequenceLstm { .. } => LSTM..=NORMALISED_LSTM,
        Op::Svdf { .. } => 5..=5,
        Op::StridedSlice { .. } => 4..=4,
        Op::Slice | Op::SplitV { .. } | Op::PadV2 | Op::SpaceToBatch | Op::BatchToSpace => 3..=3,
        Op::BatchMatmul { .. }
        | Op::Add(_)
        | Op::Sub(_)
        | Op::Mul(_)
        | Op::Div(_)
        | Op::Maximum
        | Op::Minimum
        | Op::SquaredDifference
        | Op::Split { .. }
        | Op::Pad
        | Op::MirrorPad { .. }
        | Op::Mean { .. }
        | Op::Sum { .. }
        | Op::ReduceMax { .. }
        | Op::ReduceMin { .. }
        | Op::ExpandDims
        | Op::Transpose
        | Op::Tile
        | Op::BroadcastTo
        | Op::Reverse
        | Op::Prelu
        | Op::ResizeNearestNeighbor { .. }
        | Op::ResizeBilinear { .. }
        | Op::Gather { .. }
        | Op::ArgMax => 2..=2,
        _ => 1..=1,
    }
}

/// How many results there are; `None` where that is open.
fn results(op: &Op) -> Option<usize> {
    match op {
        Op::Other(_) | Op::Custom(_) | Op::FullyConnected { plain: false, .. } => None,
        Op::Split { parts } | Op::SplitV { parts } | Op::Unpack { parts, .. } => Some(*parts),
        _ => Some(1),
    }
}
