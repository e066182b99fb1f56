//! Convolution with a gradient: windows as rows of a matrix, times the weights.

use super::Op;
use super::product::{Factors, combine, combined};
use super::window::Window;

/// `y[p, o] = bias[o] + sum_k x[window p, k] * weight[o, k]`; inputs x `[n, h, w, c]`, weight `[oc, kh * kw * c]` and
/// bias `[oc]`.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct Conv {
    pub window: Window,
    /// Number of output channels.
    pub channels: usize,
}

impl Op<3> for Conv {
    /// All windows, `[windows, kh * kw * c]`.
    type Saved = Vec<f32>;

    fn forward(&self, [x, weight, bias]: [&[f32]; 3]) -> (Vec<f32>, Vec<f32>) {
        let columns = columns(&self.window, x);
        let mut y = bias.repeat(self.window.count());
        let factors = Factors::new(&columns, self.window.len());
        let by_tap = transposed(weight, self.window.len());
        combine(&mut y, factors, &by_tap, self.channels);
        (y, columns)
    }

    fn backward(
        &self,
        [_, weight, _]: [&[f32]; 3],
        columns: &Vec<f32>,
        grad: &[f32],
        wanted: [bool; 3],
    ) -> [Option<Vec<f32>>; 3] {
        let len = self.window.len();
        let grads = Factors::new(grad, self.channels);
        [
            wanted[0].then(|| scatter(&self.window, &combined(grads, weight, len))),
            wanted[1].then(|| combined(grads.transposed(), columns, len)),
            wanted[2].then(|| sums(grad, self.channels)),
        ]
    }
}

/// The transpose of `[rows, columns]`, which is `[columns, rows]`.
pub(super) fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|c| values.iter().skip(c).step_by(columns).copied())
        .collect()
}

/// The sum of all rows.
pub(super) fn sums(grad: &[f32], channels: usize) -> Vec<f32> {
    let mut sums = vec![0.0; channels];
    for row in grad.chunks_exact(channels) {
        sums.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
    }
    sums
}

/// The matrix whose rows are the windows.
fn columns(window: &Window, x: &[f32]) -> Vec<f32> {
    let padded = window.pad(x, 0.0);
    let x = padded.as_deref().unwrap_or(x);
    let window = window.inside();
    let (runs, run) = window.runs();
    let mut columns = Vec::with_capacity(window.count() * window.len());
    for start in window.starts() {
        for at in &runs {
            columns.extend_from_slice(&x[start + at..][..run]);
        }
    }
    columns
}

/// The backward pass of [`columns`]: every value is added where it came from.
fn scatter(window: &Window, columns: &[f32]) -> Vec<f32> {
    let inside = window.inside();
    let (runs, run) = inside.runs();
    let mut x = vec![0.0; inside.input.iter().product()];
    for (start, row) in inside.starts().zip(columns.chunks_exact(inside.len())) {
        for (at, values) in runs.iter().zip(row.chunks_exact(run)) {
            let to = &mut x[start + at..][..run];
            to.iter_mut().zip(values).for_each(|(to, v)| *to += v);
        }
    }
    window.crop(x)
}
