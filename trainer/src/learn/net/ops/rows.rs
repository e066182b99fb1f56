//! Moves weights to the grid of their row.

use pulp::{Arch, Simd, WithSimd};

use super::Op;

/// Moves each row to multiples of its largest magnitude over `largest`, halves rounded up. The gradient passes unchanged.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct Rows {
    /// Number of values in a row.
    pub columns: usize,
    /// Largest stored integer.
    pub largest: f32,
}

impl Op<1> for Rows {
    type Saved = ();

    fn forward(&self, [w]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        let mut grid = vec![0.0; w.len()];
        let rows = w.chunks_exact(self.columns);
        for (row, grid) in rows.zip(grid.chunks_exact_mut(self.columns)) {
            Arch::new().dispatch(Row(row, grid, self.largest));
        }
        (grid, ())
    }

    fn backward(
        &self,
        _: [&[f32]; 1],
        (): &(),
        grad: &[f32],
        _: [bool; 1],
    ) -> [Option<Vec<f32>>; 1] {
        [Some(grad.to_vec())]
    }
}

struct Row<'a>(&'a [f32], &'a mut [f32], f32);

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Row(row, grid, largest) = self;
        let (vectors, rest) = S::as_simd_f32s(row);
        let mut most = simd.splat_f32s(0.0);
        for vector in vectors {
            most = simd.max_f32s(most, simd.abs_f32s(*vector));
        }
        let most = rest
            .iter()
            .fold(simd.reduce_max_f32s(most), |most, w| w.abs().max(most));
        // The bound keeps a row of zeros at zero.
        let scale = (most / largest).max(1e-12);
        for (grid, w) in grid.iter_mut().zip(row) {
            *grid = (w / scale + 0.5).floor() * scale;
        }
    }
}
