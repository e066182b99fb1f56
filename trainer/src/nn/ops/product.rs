//! Matrix products on slices.

use gemm::Parallelism;

/// A matrix that lies in a slice.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    /// `[rows, columns]`.
    shape: [usize; 2],
    /// Distance in the slice from one row, and from one column, to the next.
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// Row by row, `columns` values each.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        Matrix {
            values,
            shape: [values.len() / columns, columns],
            strides: [columns, 1],
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.shape[0]
    }

    /// Rows and columns exchanged, without moving a value.
    pub(super) fn transposed(self) -> Self {
        let ([rows, columns], [row, column]) = (self.shape, self.strides);
        Matrix {
            shape: [columns, rows],
            strides: [column, row],
            ..self
        }
    }
}

/// `a * b`, `[m, k] x [k, n]`, row by row.
pub(super) fn product(a: Matrix, b: Matrix) -> Vec<f32> {
    let mut out = vec![0.0; a.shape[0] * b.shape[1]];
    product_into(&mut out, a, b, false);
    out
}

/// As [`product`], added to what `out` holds if `add` is set.
pub(super) fn product_into(out: &mut [f32], a: Matrix, b: Matrix, add: bool) {
    let ([m, k], [inner, n]) = (a.shape, b.shape);
    assert!(k == inner && out.len() == m * n, "sizes of a product");
    assert!(a.values.len() == m * k && b.values.len() == k * n);
    let stride = |x: usize| x as isize;
    // SAFETY: the slices hold `m * n`, `m * k` and `k * n` values, as asserted, and the strides of [`Matrix`] are a
    // row-major order of them or its transpose, so every index is inside. `out` is borrowed mutably, so nothing
    // overlaps it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            stride(n),
            add,
            a.values.as_ptr(),
            stride(a.strides[1]),
            stride(a.strides[0]),
            b.values.as_ptr(),
            stride(b.strides[1]),
            stride(b.strides[0]),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
