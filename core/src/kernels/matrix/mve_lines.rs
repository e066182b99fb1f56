//! Lines and strips with Helium: the bounds that its kernels rely on are checked here.

#![allow(
    unsafe_code,
    reason = "kernels are assembly over raw pointers, whose bounds are checked here"
)]

use super::arm_mve::{self as kernels, Line, Strip};
use super::call::vector;
use super::operands::{Columns, Matrix};
use crate::model::records::Rounding;

/// Most rows: results are stored at 16-bit places of two neighbouring pixels.
const MOST_ROWS: usize = 0xfff0;

/// See [`super::lay`]. Distances between taps inside an input, which do not overflow; places in the strip may.
pub(crate) fn lay(columns: &Columns<'_>, to: &mut [i8]) {
    let Columns {
        rows,
        row_step,
        columns: count,
        column_step,
        channels,
        taps,
        ..
    } = *columns;
    if rows == 0 || count == 0 || channels == 0 {
        return;
    }
    let last = (rows - 1) * row_step + (count - 1) * column_step;
    let laid = (count - 1).checked_mul(taps * channels);
    let fits = last + channels <= columns.from.len()
        && laid.is_some_and(|laid| laid <= to.len() && rows * channels <= to.len() - laid)
        && rows <= taps;
    if !fits {
        return;
    }
    let strip = Strip {
        from: columns.from.as_ptr(),
        to: to.as_mut_ptr(),
        row_step,
        rows,
        channels,
        columns: count,
        column_step,
        taps,
    };
    // Places of 16 values of a row in the strip, at most 15 * taps, have 8 bits.
    if column_step == channels && channels <= 8 && taps <= 17 {
        // SAFETY: `fits` shows that the last tap of the last column ends inside both slices, so all do, and that columns
        // do not run into each other; those of a row follow each other in `from`.
        unsafe { kernels::strip_narrow(&strip) }
    } else {
        // SAFETY: as above.
        unsafe { kernels::strip_wide(&strip) }
    }
}

/// See [`super::line`].
pub(crate) fn line(matrix: &Matrix<'_>, x: &[i8], step: usize, out: &mut [i8]) {
    let Some(pixels) = out.len().checked_div(matrix.rows) else {
        return;
    };
    let Some(last) = pixels
        .checked_sub(1)
        .and_then(|last| last.checked_mul(step))
    else {
        return;
    };
    let end = last.checked_add(matrix.depth);
    if end.is_none_or(|end| end > x.len()) || matrix.depth == 0 || matrix.rows > MOST_ROWS {
        return;
    }
    if pixels > 1 {
        let kernel = match matrix.rounding {
            Rounding::Nearest => kernels::line_nearest,
            Rounding::Tflite => kernels::line_tflite,
        };
        let line = Line {
            weights: matrix.weights.as_ptr(),
            x: x.as_ptr(),
            depth: matrix.depth,
            factors: matrix.factors.as_ptr(),
            out: bytemuck::cast_slice_mut::<i8, u8>(out).as_mut_ptr(),
            step,
            rows: matrix.rows,
            pairs: pixels / 2,
        };
        // SAFETY: the last column ends inside `x`, so all do; `out` holds a value of each row for every pixel, and
        // `Matrix::new` found weights and factors for whole blocks of rows and whole units of depth.
        unsafe { kernel(&line) }
    }
    if pixels % 2 == 1
        && let (Some(x), Some(out)) = (x.get(last..), out.get_mut((pixels - 1) * matrix.rows..))
    {
        vector(matrix, x, out);
    }
}
