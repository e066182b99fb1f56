//! What the checks of packed layers share.
//!
//! Every weight is read once: what fills up rows and depth must be zero, since kernels multiply it by whatever lies behind a
//! column; weights of -128 may not stand where an order's lanes cannot hold them; and no row's sum may leave its range,
//! which [`sums_fit`] says of the plain op too.

use crate::model::records::{Packed, Packing, Rounding};
use crate::num::requantise::{is_valid_multiplier, sums_fit};
use crate::ops::common::{OpError, check_i8s, ensure};
use crate::pack::{Factor, MAX_PAIR_SUM, MAX_SHIFT};
use crate::parts::Part;
use crate::size::Size;
use crate::tensor::Weights;

/// Largest left shift of sums, see [`Packed::left`].
const MAX_LEFT: u8 = 15;

/// Checks a matrix `[rows, depth]` whose inputs are any int8 values.
///
/// `in_one` says whether columns are summed without emptying the lanes of [`Packing::Pairs`] in between, as a panel's are.
#[inline(never)]
pub(super) fn check_matrix(
    matrix: &Packed,
    weights: &Weights<'_>,
    rows: usize,
    depth: usize,
    in_one: bool,
) -> Result<(), OpError> {
    check_layout(matrix, weights, matrix.packing.weights_len(rows, depth))?;
    let factors = Factors::Each(check_factors(matrix, weights, rows)?);
    check_rows(matrix, weights, (rows, depth), &factors, in_one)
}

/// As [`check_matrix`] for a column by itself, with a factor for each row or one for all of them.
pub(super) fn check_vector_matrix(
    matrix: &Packed,
    weights: &Weights<'_>,
    rows: usize,
    depth: usize,
) -> Result<(), OpError> {
    if !matrix.has_one_factor() {
        return check_matrix(matrix, weights, rows, depth, false);
    }
    let check = || check_one_factor(matrix, weights, rows, depth);
    Part::OneFactor
        .when(check)
        .unwrap_or(Err(OpError::LeftOut(Part::OneFactor)))
}

/// The same of a matrix with one factor for all rows.
fn check_one_factor(
    matrix: &Packed,
    weights: &Weights<'_>,
    rows: usize,
    depth: usize,
) -> Result<(), OpError> {
    check_layout(matrix, weights, matrix.packing.weights_len(rows, depth))?;
    let words = weights.i32s(matrix.factors);
    let (factor, biases) = words.split_first_chunk().ok_or(OpError::Weights)?;
    let complete = Packing::rows(rows).is(biases.len());
    ensure(
        complete && matrix.factors.offset.is_multiple_of(4),
        OpError::Weights,
    )?;
    check_rounding(matrix)?;
    let factors = Factors::One(*factor, biases);
    check_rows(matrix, weights, (rows, depth), &factors, false)
}

fn check_rows(
    matrix: &Packed,
    weights: &Weights<'_>,
    (rows, depth): (usize, usize),
    factors: &Factors<'_>,
    in_one: bool,
) -> Result<(), OpError> {
    let packing = matrix.packing;
    let (bytes, padded) = (weights.i8s(matrix.weights), packing.depth(depth));
    let all = All {
        rows,
        terms: depth,
        padded: (Packing::rows(rows).or_beyond(), padded),
        // Two neighbours share a lane.
        crowded: (packing == Packing::Squares).then_some(1),
        limited: in_one && packing == Packing::Pairs,
    };
    all.check(matrix, factors, &|row, k| {
        packing.weight(bytes, padded, row, k)
    })
}

/// Checks depthwise filters of `(rows, columns)` of taps.
pub(super) fn check_filters(
    matrix: &Packed,
    weights: &Weights<'_>,
    (rows, columns): (usize, usize),
    channels: usize,
) -> Result<(), OpError> {
    let (packing, taps) = (matrix.packing, rows * columns);
    let len = packing.depthwise_len(taps, channels);
    check_layout(matrix, weights, len)?;
    let bytes = weights.i8s(matrix.weights);
    let all = All {
        rows: channels,
        terms: taps,
        padded: (packing.depthwise_channels(channels).or_beyond(), taps),
        // Helium adds the products of two taps, each with one of its neighbours, in 16 bits.
        crowded: (packing == Packing::Vectors).then_some(0),
        limited: false,
    };
    let factors = Factors::Each(check_factors(matrix, weights, channels)?);
    all.check(matrix, &factors, &|channel, tap| {
        packing.filter_weight(bytes, (taps, columns), channel, tap)
    })
}

/// What turns sums into results.
enum Factors<'a> {
    /// For each row.
    Each(&'a [[i32; 4]]),
    /// Multiplier, addend and shift of all rows, and each row's bias.
    One([i32; 3], &'a [i32]),
}

impl Factors<'_> {
    /// The words of a row's factor.
    fn row(&self, row: usize) -> Option<[i32; 4]> {
        match self {
            Factors::Each(factors) => factors.get(row).copied(),
            Factors::One([multiplier, add, shift], biases) => {
                let bias = biases.get(row)?;
                Some([*bias, *multiplier, *add, *shift])
            }
        }
    }
}

/// The weights of a packed layer and what fills them up.
struct All {
    rows: usize,
    /// Weights of a row.
    terms: usize,
    /// Rows and weights of a row with those that fill them up.
    padded: (usize, usize),
    /// Where two neighbours of a row may not both be -128, since their products are added in 16 bits, and
    /// `2 * 128 * 128 = 2^15`: wherever this bit of the second one's place is set; 0 stands for any place.
    crowded: Option<usize>,
    /// Whether 256 times the sum of an odd row must fit 32 bits.
    limited: bool,
}

impl All {
    /// Checks every weight `weight(row, k)`, and every factor that is not checked yet.
    #[inline(never)]
    fn check(
        &self,
        matrix: &Packed,
        factors: &Factors<'_>,
        weight: &dyn Fn(usize, usize) -> i32,
    ) -> Result<(), OpError> {
        for row in 0..self.padded.0 {
            let magnitude = self.magnitude(row, weight).ok_or(OpError::Weights)?;
            let lanes = !self.limited || row % 2 == 0 || magnitude <= MAX_PAIR_SUM / 128;
            let words = factors.row(row);
            if Part::OneFactor.is_built()
                && let (Some(words), Factors::One(..)) = (words, factors)
            {
                ensure(is_in_range(matrix, words), OpError::Scale)?;
            }
            let fits = words.is_none_or(|words| row_fits(matrix, &words, magnitude, 0));
            ensure(lanes && fits, OpError::Overflow)?;
        }
        Ok(())
    }

    /// The sum of a row's magnitudes; `None` where its order cannot hold it, or what fills it up is not zero.
    fn magnitude(&self, row: usize, weight: &dyn Fn(usize, usize) -> i32) -> Option<u32> {
        let (mut sum, mut before) = (0u32, 0);
        for k in 0..self.padded.1 {
            let value = weight(row, k);
            let fills = row >= self.rows || k >= self.terms;
            let crowded = self.crowded.is_some_and(|bit| k & bit == bit) && value + before == -256;
            // 128 is what an odd row of pairs holds where -128 stood beside a negative weight.
            if value > 127 || crowded || (fills && value != 0) {
                return None;
            }
            sum = sum.saturating_add(value.unsigned_abs());
            before = value;
        }
        Some(sum)
    }
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

/// Factors in range; answers them.
pub(super) fn check_factors<'a>(
    matrix: &Packed,
    weights: &Weights<'a>,
    rows: usize,
) -> Result<&'a [[i32; 4]], OpError> {
    let words = weights.i32s(matrix.factors);
    let (factors, rest) = words.as_chunks::<4>();
    let complete = Packing::rows(rows).is(factors.len()) && rest.is_empty();
    ensure(
        complete && matrix.factors.offset.is_multiple_of(4),
        OpError::Weights,
    )?;
    check_rounding(matrix)?;
    let sound = factors.iter().all(|&words| is_in_range(matrix, words));
    ensure(sound, OpError::Scale)?;
    Ok(factors)
}

fn check_rounding(matrix: &Packed) -> Result<(), OpError> {
    ensure(
        matrix.left <= MAX_LEFT && (matrix.rounding == Rounding::Nearest || matrix.left == 0),
        OpError::Scale,
    )
}

/// Whether kernels can take a factor's words.
fn is_in_range(matrix: &Packed, words: [i32; 4]) -> bool {
    let Factor {
        bias,
        multiplier,
        add,
        shift,
    } = Factor::from_words(words);
    is_valid_multiplier(multiplier)
        && (1..=MAX_SHIFT).contains(&shift)
        // Nothing but a zero point in front of half of the last place, which kernels may take apart.
        && add & ((1 << shift) - 1) == 1 << (shift - 1)
        && i8::try_from(add >> shift).is_ok()
        // Kernels halve the doubled bias.
        && (matrix.rounding == Rounding::Nearest || bias % 2 == 0)
}

/// Whether a row's sums stay in range, with as many more `bits` as kernels shift them left on the way.
pub(super) fn row_fits(matrix: &Packed, words: &[i32; 4], magnitude: u32, bits: u8) -> bool {
    let [bias, ..] = *words;
    let bias = match matrix.rounding {
        Rounding::Nearest => bias,
        Rounding::Tflite => bias / 2,
    };
    sums_fit(bias.into(), magnitude, matrix.left + bits)
}
