//! Lines and strips by the single column, for builds whose own packing has no use for them.

#[cfg(not(kernels = "portable"))]
use super::call::{gather, vector};
use super::operands::{Columns, Matrix, Runs};
#[cfg(kernels = "portable")]
use super::portable::{gather, vector};

/// See [`super::lay`].
pub(crate) fn lay(columns: &Columns<'_>, to: &mut [i8]) {
    for row in 0..columns.rows {
        let from = columns.from.get(row.wrapping_mul(columns.row_step)..);
        let to = to.get_mut(row.wrapping_mul(columns.channels)..);
        if let (Some(from), Some(to)) = (from, to) {
            let taps = Runs {
                from,
                step: columns.column_step,
                len: columns.channels,
                count: columns.columns,
            };
            gather(&taps, to, columns.taps.wrapping_mul(columns.channels));
        }
    }
}

/// See [`super::line`].
pub(crate) fn line(matrix: &Matrix<'_>, x: &[i8], step: usize, out: &mut [i8]) {
    for (pixel, out) in out.chunks_exact_mut(matrix.rows.max(1)).enumerate() {
        vector(
            matrix,
            x.get(pixel.wrapping_mul(step)..).unwrap_or(&[]),
            out,
        );
    }
}
