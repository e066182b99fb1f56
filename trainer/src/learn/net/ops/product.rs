//! Matrix products on slices.
//!
//! They are for the shapes of small networks, where packing first is not worth it: weights are read as they lie. The
//! `gemm` crate, made for large matrices, spent two fifths of its time on packing the weights of `seed-digits` `[64, 5408]`
//! for sixteen samples; training that preset took 1.8 times as long with it.

use pulp::{Arch, Simd, WithSimd};

use super::vectors::{load, store};

/// Number of rows of the result that are computed side by side.
const ROWS: usize = 4;

/// A matrix of factors, stored row by row or column by column.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    values: &'a [f32],
    /// Shape `[rows, columns]`.
    shape: [usize; 2],
    /// Distance from one row, and from one column, to the next.
    strides: [usize; 2],
}

impl<'a> Factors<'a> {
    /// A matrix stored row by row, with `columns` values in each row.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        Factors {
            values,
            shape: [values.len() / columns, columns],
            strides: [columns, 1],
        }
    }

    /// The transpose, without moving a value.
    pub(super) fn transposed(self) -> Self {
        let ([rows, columns], [row, column]) = (self.shape, self.strides);
        Factors {
            shape: [columns, rows],
            strides: [column, row],
            ..self
        }
    }

    /// The values that [`ROWS`] rows side by side have in one column, column after column; zeros past the last row.
    fn side_by_side(&self) -> Vec<[f32; ROWS]> {
        let ([rows, columns], [row, column]) = (self.shape, self.strides);
        let mut all = Vec::with_capacity(rows.div_ceil(ROWS) * columns);
        for first in (0..rows).step_by(ROWS) {
            let count = ROWS.min(rows - first);
            for at in 0..columns {
                let mut side = [0.0; ROWS];
                for (number, side) in side.iter_mut().take(count).enumerate() {
                    *side = self.values[(first + number) * row + at * column];
                }
                all.push(side);
            }
        }
        all
    }
}

/// `out[r, :] += sum_j a[r, j] * b[j, :]`, rows of `n` values.
pub(super) fn combine(out: &mut [f32], a: Factors, b: &[f32], n: usize) {
    let [rows, inner] = a.shape;
    assert!(
        out.len() == rows * n && b.len() == inner * n,
        "sizes of a product"
    );
    if n > 16 {
        Arch::new().dispatch(Combine::<2>(out, a, b, n));
    } else {
        Arch::new().dispatch(Combine::<1>(out, a, b, n));
    }
}

/// The product of [`combine`] on its own: it starts from zeros.
pub(super) fn combined(a: Factors, b: &[f32], n: usize) -> Vec<f32> {
    let mut out = vec![0.0; a.shape[0] * n];
    combine(&mut out, a, b, n);
    out
}

/// `out[i, o] += sum_k a[i, k] * b[o, k]`, rows of `k` values.
pub(super) fn dots(out: &mut [f32], a: &[f32], b: &[f32], k: usize) {
    let [rows, columns] = [a.len() / k, b.len() / k];
    assert!(out.len() == rows * columns, "sizes of a product");
    Arch::new().dispatch(Dots(out, a, b, k));
}

/// Computes `B` vectors of a row at a time.
struct Combine<'a, const B: usize>(&'a mut [f32], Factors<'a>, &'a [f32], usize);

impl<const B: usize> WithSimd for Combine<'_, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Combine(out, a, b, n) = self;
        let (sides, inner) = (a.side_by_side(), a.shape[1]);
        for first in (0..n).step_by(B * S::F32_LANES) {
            let end = n.min(first + B * S::F32_LANES);
            let rows = out.chunks_mut(ROWS * n);
            for (out, sides) in rows.zip(sides.chunks_exact(inner)) {
                let mut sums = [[simd.splat_f32s(0.0); B]; ROWS];
                for (side, b) in sides.iter().zip(b.chunks_exact(n)) {
                    let b = load::<S, B>(simd, &b[first..end]);
                    for row in 0..ROWS {
                        let a = simd.splat_f32s(side[row]);
                        for part in 0..B {
                            sums[row][part] = simd.mul_add_f32s(a, b[part], sums[row][part]);
                        }
                    }
                }
                for (out, sums) in out.chunks_exact_mut(n).zip(sums) {
                    let out = &mut out[first..end];
                    let mut total = load::<S, B>(simd, out);
                    for part in 0..B {
                        total[part] = simd.add_f32s(total[part], sums[part]);
                    }
                    store(simd, out, total);
                }
            }
        }
    }
}

struct Dots<'a>(&'a mut [f32], &'a [f32], &'a [f32], usize);

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Dots(out, a, b, k) = self;
        let (rows, columns) = (a.len() / k, b.len() / k);
        for o in (0..columns).step_by(2) {
            let pair = [o, (o + 1).min(columns - 1)];
            let [b0, b1] = [row(b, pair[0], k), row(b, pair[1], k)];
            for i in (0..rows).step_by(ROWS) {
                // Rows past the last repeat it, and are not stored.
                let at = |number: usize| row(a, (i + number).min(rows - 1), k);
                let sums = Tile([at(0), at(1), at(2), at(3)], [b0, b1]).sums(simd);
                for (number, sums) in sums.iter().take(rows - i).enumerate() {
                    for (o, sum) in (o..columns).zip(sums) {
                        out[(i + number) * columns + o] += simd.reduce_sum_f32s(*sum);
                    }
                }
            }
        }
    }
}

/// Rows of both operands whose products are summed together.
struct Tile<'a>([&'a [f32]; ROWS], [&'a [f32]; 2]);

impl Tile<'_> {
    /// The sums of products, by lane.
    #[inline(always)]
    fn sums<S: Simd>(self, simd: S) -> [[S::f32s; 2]; ROWS] {
        let Tile([a0, a1, a2, a3], [b0, b1]) = self;
        let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
        let (a0, end0) = S::as_simd_f32s(a0);
        let (a1, end1) = S::as_simd_f32s(a1);
        let (a2, end2) = S::as_simd_f32s(a2);
        let (a3, end3) = S::as_simd_f32s(a3);
        let (b0, end4) = S::as_simd_f32s(b0);
        let (b1, end5) = S::as_simd_f32s(b1);
        let rows = a0.iter().zip(a1).zip(a2).zip(a3).zip(b0).zip(b1);
        for (((((a0, a1), a2), a3), b0), b1) in rows {
            add(simd, &mut sums, [*a0, *a1, *a2, *a3], [*b0, *b1]);
        }
        if !end0.is_empty() {
            let end = |values: &[f32]| simd.partial_load_f32s(values);
            let a = [end(end0), end(end1), end(end2), end(end3)];
            add(simd, &mut sums, a, [end(end4), end(end5)]);
        }
        sums
    }
}

#[inline(always)]
fn add<S: Simd>(simd: S, sums: &mut [[S::f32s; 2]; ROWS], a: [S::f32s; ROWS], b: [S::f32s; 2]) {
    for row in 0..ROWS {
        for column in 0..2 {
            sums[row][column] = simd.mul_add_f32s(a[row], b[column], sums[row][column]);
        }
    }
}

#[inline(always)]
fn row(values: &[f32], number: usize, len: usize) -> &[f32] {
    &values[number * len..][..len]
}
