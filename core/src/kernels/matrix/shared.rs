//! A packed matrix whose rows share one factor.
//!
//! In the file that is 12 bytes, multiplier, addend and shift, and 4 bytes of bias a row behind them. Kernels that read a factor
//! for each row are given those of a few rows at a time.

use super::operands::Matrix;
#[cfg(not(kernels = "arm_dsp"))]
use super::vector;
use crate::model::records::{Packed, Packing};
use crate::tensor::Weights;

/// Rows whose factors are written out at a time, whole blocks.
#[cfg(not(kernels = "arm_dsp"))]
const ROWS: usize = 64;

/// A packed matrix with one factor for all rows.
pub(crate) struct Shared<'a> {
    /// Without factors.
    pub(crate) matrix: Matrix<'a>,
    /// Multiplier, addend and shift, see [`Factor`](crate::pack::Factor).
    pub(super) factor: [i32; 3],
    /// One for each row, and for those that fill up the last block.
    pub(super) biases: &'a [i32],
}

impl<'a> Shared<'a> {
    /// The matrix of a record; `None` where each row has a factor of its own, or none fits.
    pub(crate) fn new(
        record: &Packed,
        weights: &Weights<'a>,
        rows: usize,
        depth: usize,
    ) -> Option<Self> {
        let (&factor, biases) = weights.i32s(record.factors).split_first_chunk()?;
        let (bytes, packing) = (
            weights.i8s(record.weights),
            Packing::NATIVE.unwrap_or(record.packing),
        );
        let padded = packing.depth(depth);
        let fits = padded > 0
            && packing.weights_len(rows, depth).fits(bytes.len())
            && bytes.as_ptr().addr().is_multiple_of(4)
            && Packing::rows(rows).is(biases.len())
            && record.packing.runs_here();
        let matrix = Matrix {
            packing: record.packing,
            rounding: record.rounding,
            left: record.left.into(),
            rows,
            depth: padded,
            values: depth,
            weights: bytes,
            factors: &[],
        };
        fits.then_some(Shared {
            matrix,
            factor,
            biases,
        })
    }
}

/// See [`super::vector_shared`].
#[cfg(not(kernels = "arm_dsp"))]
pub(crate) fn vector_shared(shared: &Shared<'_>, x: &[i8], out: &mut [i8]) {
    let Shared { matrix, factor, .. } = shared;
    let [multiplier, add, shift] = *factor;
    let out = out.get_mut(..matrix.rows).unwrap_or(&mut []);
    let mut weights = matrix.weights;
    for (out, biases) in out.chunks_mut(ROWS).zip(shared.biases.chunks(ROWS)) {
        let mut factors = [[0; 4]; ROWS];
        for (words, &bias) in factors.iter_mut().zip(biases) {
            *words = [bias, multiplier, add, shift];
        }
        let part = Matrix {
            rows: out.len(),
            weights,
            factors: &factors,
            ..*matrix
        };
        vector(&part, x, out);
        weights = weights
            .get(ROWS.wrapping_mul(matrix.depth)..)
            .unwrap_or(&[]);
    }
}
