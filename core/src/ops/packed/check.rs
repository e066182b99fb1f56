//! What the checks of packed layers share.

use crate::model::records::{Packed, Packing, Rounding};
use crate::num::ACC_LIMIT;
use crate::ops::common::{OpError, check_i8s, ensure};
use crate::pack::{BLOCK, Factor, MAX_PAIR_SUM, MAX_SHIFT};
use crate::size::Size;
use crate::tensor::Weights;

/// Largest left shift of sums, see [`Packed::left`].
const MAX_LEFT: u8 = 15;

/// Depth up to which no sum of an odd row of pairs can exceed [`MAX_PAIR_SUM`].
const PAIR_DEPTH: usize = MAX_PAIR_SUM as usize / (127 * 128);

/// Checks a matrix `[rows, depth]` whose inputs are any int8 values.
pub(super) fn check_matrix(
    matrix: &Packed,
    weights: &Weights<'_>,
    rows: usize,
    depth: usize,
) -> Result<(), OpError> {
    let len = matrix.packing.weights_len(rows, depth);
    check_layout(matrix, weights, len)?;
    if matrix.packing == Packing::Squares {
        // The sum of two products fits a lane only where no weight is -128, which a raised 0 stands for.
        let fits = weights
            .i8s(matrix.weights)
            .iter()
            .all(|&raised| raised != 0);
        ensure(fits, OpError::Weights)?;
    }
    check_factors(matrix, weights, rows, depth)
}

/// Checks that a panel's columns can be summed without emptying the lanes of [`Packing::Pairs`] in between.
pub(super) fn check_lanes(
    matrix: &Packed,
    weights: &Weights<'_>,
    depth: usize,
) -> Result<(), OpError> {
    if matrix.packing != Packing::Pairs || depth <= PAIR_DEPTH {
        return Ok(());
    }
    let padded = matrix.packing.depth(depth);
    let bytes = weights.i8s(matrix.weights);
    let fits = bytes.chunks_exact((BLOCK * padded).max(1)).all(|block| {
        // Words of the first pair and of the second take turns, two by two.
        let sums = block.as_chunks::<8>().0.iter().enumerate();
        let mut odd = [0u32; 2];
        for (word, lanes) in sums {
            for lane in lanes.as_chunks::<2>().0 {
                let both = i32::from(i16::from_le_bytes(lane.map(i8::cast_unsigned)));
                let weight = (both - i32::from(lane[0])) >> 8;
                odd[word % 2] = odd[word % 2].saturating_add(weight.unsigned_abs());
            }
        }
        odd.iter()
            .all(|sum| sum.saturating_mul(128) <= MAX_PAIR_SUM)
    });
    ensure(fits, OpError::Overflow)
}

/// Checks depthwise filters `[taps, channels]`.
pub(super) fn check_filters(
    matrix: &Packed,
    weights: &Weights<'_>,
    taps: usize,
    channels: usize,
) -> Result<(), OpError> {
    let len = matrix.packing.depthwise_len(taps, channels);
    check_layout(matrix, weights, len)?;
    if matrix.packing == Packing::Pairs {
        let lanes = weights.i16s(matrix.weights);
        let small = lanes.iter().all(|lane| (-128..128).contains(lane));
        ensure(small && len.is(lanes.len() * 2), OpError::Weights)?;
    }
    check_factors(matrix, weights, channels, taps)
}

/// The packing is this build's, and the weights have `len` bytes.
pub(super) fn check_layout(
    matrix: &Packed,
    weights: &Weights<'_>,
    len: Size,
) -> Result<(), OpError> {
    ensure(matrix.packing.runs_here(), OpError::Packing)?;
    check_i8s(weights, matrix.weights, len)?;
    // Kernels load words and vectors.
    ensure(matrix.weights.offset.is_multiple_of(16), OpError::Weights)
}

/// Factors in range, and no sum of `terms` products can overflow.
pub(super) fn check_factors(
    matrix: &Packed,
    weights: &Weights<'_>,
    rows: usize,
    terms: usize,
) -> Result<(), OpError> {
    let words = weights.i32s(matrix.factors);
    let (factors, rest) = words.as_chunks::<4>();
    let complete = Packing::rows(rows).is(factors.len()) && rest.is_empty();
    ensure(
        complete && matrix.factors.offset.is_multiple_of(4),
        OpError::Weights,
    )?;
    ensure(
        matrix.left <= MAX_LEFT && (matrix.rounding == Rounding::Nearest || matrix.left == 0),
        OpError::Scale,
    )?;
    // Less than 2^32 terms of 2^14, a bias of 32 bits, and at most 15 places to the left.
    let largest_product = terms as u64 * (128 * 128);
    for &words in factors {
        let Factor {
            bias,
            multiplier,
            add,
            shift,
        } = Factor::from_words(words);
        let in_range = (multiplier == 0 || multiplier >= 1 << 30)
            && (1..=MAX_SHIFT).contains(&shift)
            // Nothing but a zero point in front of half of the last place, which kernels may take apart.
            && add & ((1 << shift) - 1) == 1 << (shift - 1)
            && i8::try_from(add >> shift).is_ok()
            // Kernels halve the doubled bias.
            && (matrix.rounding == Rounding::Nearest || bias % 2 == 0);
        ensure(in_range, OpError::Scale)?;
        let bias = match matrix.rounding {
            Rounding::Nearest => u64::from(bias.unsigned_abs()),
            Rounding::Tflite => u64::from(bias.unsigned_abs()) / 2,
        };
        let largest = (largest_product + bias) << matrix.left;
        ensure(largest < ACC_LIMIT as u64, OpError::Overflow)?;
    }
    Ok(())
}
