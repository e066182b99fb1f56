//! The reference: reads every packing, in plain Rust. Sums are taken modulo 2^32; the ops' checks prove that none overflows.

use super::operands::{Corner, Matrix, Run, Runs};
use crate::model::records::Packing;
use crate::num::{saturate_i8, saturate_i16};
use crate::pack::{BLOCK, RAISE};

/// One column at a time.
pub(crate) const COLUMNS: usize = 1;

/// Columns lie one after the other.
pub(crate) fn column(column: usize) -> usize {
    column
}

/// See [`super::take`].
pub(crate) fn take(matrix: &Matrix<'_>, panel: &mut [i8], column: usize, runs: &Runs<'_>) {
    gather(runs, matrix.column(panel, column), runs.len);
}

/// See [`super::take_all`].
pub(crate) fn take_all(matrix: &Matrix<'_>, panel: &mut [i8], runs: &Runs<'_>, _: usize) {
    take(matrix, panel, 0, runs);
}

/// See [`super::gather`].
pub(crate) fn gather(runs: &Runs<'_>, to: &mut [i8], to_step: usize) {
    for number in 0..runs.count {
        let from = runs.from.get(number.wrapping_mul(runs.step)..);
        let from = from.and_then(|from| from.get(..runs.len));
        let to = to.get_mut(number.wrapping_mul(to_step)..);
        let to = to.and_then(|to| to.get_mut(..runs.len));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
    }
}

/// Columns are read where they lie.
pub(crate) fn stage(_: &Matrix<'_>, _: &mut [i8], _: usize) {}

/// See [`super::panel`].
pub(crate) fn panel(matrix: &Matrix<'_>, panel: &[i8], out: &mut [i8]) {
    vector(matrix, panel, out);
}

/// See [`super::vector`].
pub(crate) fn vector(matrix: &Matrix<'_>, x: &[i8], out: &mut [i8]) {
    each_row(matrix, x, |row, sum| {
        if let Some(out) = out.get_mut(row) {
            *out = saturate_i8(matrix.factor(row).apply(matrix.rounding, 0, sum));
        }
    });
}

/// See [`super::vector_i16`].
pub(crate) fn vector_i16(matrix: &Matrix<'_>, x: &[i8], out: &mut [i16]) {
    each_row(matrix, x, |row, sum| {
        if let Some(out) = out.get_mut(row) {
            let value = matrix.factor(row).apply(matrix.rounding, matrix.left, sum);
            *out = saturate_i16(value);
        }
    });
}

/// See [`super::depthwise`].
pub(crate) fn depthwise(matrix: &Matrix<'_>, run: &Run<'_>, out: &mut [i8]) {
    for (pixel, out) in out.chunks_exact_mut(matrix.rows.max(1)).enumerate() {
        filter(matrix, run.taps.1, out, |i, j| {
            let at = (pixel.wrapping_mul(run.steps.pixel))
                .wrapping_add(i.wrapping_mul(run.steps.row))
                .wrapping_add(j.wrapping_mul(run.steps.tap));
            run.x.get(at..).unwrap_or(&[])
        });
    }
}

/// See [`super::corner`].
pub(crate) fn corner(matrix: &Matrix<'_>, corner: &Corner<'_>, out: &mut [i8]) {
    filter(matrix, 3, out, |i, j| {
        if !corner.rows.contains(&i) || !corner.columns.contains(&j) {
            return corner.zeros;
        }
        let at = (i
            .wrapping_sub(corner.rows.start)
            .wrapping_mul(corner.steps.0))
        .wrapping_add(
            j.wrapping_sub(corner.columns.start)
                .wrapping_mul(corner.steps.1),
        );
        corner.x.get(at..).unwrap_or(&[])
    });
}

/// One output pixel of depthwise filters with `columns` taps in a row; `x(i, j)` is what lies under a tap.
#[inline(always)]
fn filter<'x>(
    matrix: &Matrix<'_>,
    columns: usize,
    out: &mut [i8],
    x: impl Fn(usize, usize) -> &'x [i8],
) {
    let columns = columns.max(1);
    for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
        let mut sums = [0i32; BLOCK];
        for tap in 0..matrix.depth.max(1) {
            let x = x(tap / columns, tap % columns);
            let x = x.get(block * BLOCK..).unwrap_or(&[]);
            let filters = filters(matrix, columns, block, tap);
            for ((sum, &x), w) in sums.iter_mut().zip(x).zip(filters) {
                *sum = sum.wrapping_add(i32::from(x).wrapping_mul(w));
            }
        }
        for (r, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
            let factor = matrix.factor(block * BLOCK + r);
            *out = saturate_i8(factor.apply(matrix.rounding, 0, sum));
        }
    }
}

/// The four weights of one tap, of `columns` in a row.
#[inline(always)]
fn filters(matrix: &Matrix<'_>, columns: usize, block: usize, tap: usize) -> [i32; BLOCK] {
    if matrix.packing == Packing::Pairs {
        let start = block * matrix.depth * BLOCK;
        let lanes = matrix.weights.as_chunks::<2>().0.get(start..);
        let lanes = lanes.unwrap_or(&[]);
        core::array::from_fn(|c| {
            let place = Packing::paired_tap(columns.max(1), tap, c);
            lanes.get(place).map_or(0, |&[low, _]| low.into())
        })
    } else {
        let index = matrix.packing.filter(matrix.depth, block, tap);
        let bytes = matrix.weights.as_chunks::<BLOCK>().0.get(index);
        bytes.unwrap_or(&[0; BLOCK]).map(i32::from)
    }
}

/// Each row's sum.
#[inline(always)]
fn each_row(matrix: &Matrix<'_>, x: &[i8], mut put: impl FnMut(usize, i32)) {
    let x = x.get(..matrix.depth).unwrap_or(x);
    let blocks = matrix.weights.chunks_exact((BLOCK * matrix.depth).max(1));
    for (block, weights) in blocks.enumerate() {
        let sums = match matrix.packing {
            Packing::Pairs => pairs(weights, x),
            Packing::Quads => quads(weights, x),
            Packing::Vectors => vectors(weights, x),
            Packing::Squares => squares(weights, x),
        };
        for (r, sum) in sums.into_iter().enumerate() {
            if block * BLOCK + r < matrix.rows {
                put(block * BLOCK + r, sum);
            }
        }
    }
}

fn pairs(weights: &[i8], x: &[i8]) -> [i32; BLOCK] {
    let mut sums = [0i32; BLOCK];
    for (unit, x) in weights.as_chunks::<16>().0.iter().zip(x.as_chunks::<4>().0) {
        for (pair, words) in unit.as_chunks::<8>().0.iter().enumerate() {
            // Lanes of depth 0, 2, 1, 3.
            for (lane, k) in words.as_chunks::<2>().0.iter().zip([0, 2, 1, 3]) {
                let both = i16::from_le_bytes(lane.map(i8::cast_unsigned));
                let even = i32::from(lane[0]);
                let odd = (i32::from(both) - even) >> 8;
                let x = i32::from(x[k]);
                sums[2 * pair] = sums[2 * pair].wrapping_add(even * x);
                sums[2 * pair + 1] = sums[2 * pair + 1].wrapping_add(odd * x);
            }
        }
    }
    sums
}

fn quads(weights: &[i8], x: &[i8]) -> [i32; BLOCK] {
    let mut sums = [0i32; BLOCK];
    for (rows, &x) in weights.as_chunks::<BLOCK>().0.iter().zip(x) {
        for (sum, &w) in sums.iter_mut().zip(rows) {
            *sum = sum.wrapping_add(i32::from(w) * i32::from(x));
        }
    }
    sums
}

fn vectors(weights: &[i8], x: &[i8]) -> [i32; BLOCK] {
    let mut sums = [0i32; BLOCK];
    for (rows, x) in weights
        .as_chunks::<64>()
        .0
        .iter()
        .zip(x.as_chunks::<16>().0)
    {
        for (sum, row) in sums.iter_mut().zip(rows.as_chunks::<16>().0) {
            let products = row
                .iter()
                .zip(x)
                .map(|(&w, &x)| i32::from(w) * i32::from(x));
            *sum = sum.wrapping_add(products.sum());
        }
    }
    sums
}

fn squares(weights: &[i8], x: &[i8]) -> [i32; BLOCK] {
    let mut sums = [0i32; BLOCK];
    for (rows, x) in weights.as_chunks::<8>().0.iter().zip(x.as_chunks::<2>().0) {
        for (sum, row) in sums.iter_mut().zip(rows.as_chunks::<2>().0) {
            for (&w, &x) in row.iter().zip(x) {
                *sum = sum.wrapping_add(i32::from(w ^ RAISE) * i32::from(x));
            }
        }
    }
    sums
}
