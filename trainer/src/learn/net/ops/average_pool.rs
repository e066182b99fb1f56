//! Average pool with a gradient.

use super::Op;
use super::window::Window;

/// The mean of each window by channel; taps in the padding do not count.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct AveragePool(pub Window);

impl Op<1> for AveragePool {
    type Saved = ();

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, ()) {
        let padded = self.0.pad(x, 0.0);
        let x = padded.as_deref().unwrap_or(x);
        let window = self.0.inside();
        let (offsets, channels) = (window.offsets(), window.input[3]);
        let mut y = vec![0.0; window.count() * channels];
        let rows = y.chunks_exact_mut(channels).zip(self.inverses());
        for (start, (y, inverse)) in window.starts().zip(rows) {
            for at in &offsets {
                let x = &x[start + at..][..channels];
                y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
            }
            y.iter_mut().for_each(|y| *y *= inverse);
        }
        (y, ())
    }

    fn backward(
        &self,
        _: [&[f32]; 1],
        (): &(),
        grad: &[f32],
        _: [bool; 1],
    ) -> [Option<Vec<f32>>; 1] {
        let window = self.0.inside();
        let (offsets, channels) = (window.offsets(), window.input[3]);
        let mut x = vec![0.0; window.input.iter().product()];
        let rows = grad.chunks_exact(channels).zip(self.inverses());
        for (start, (grad, inverse)) in window.starts().zip(rows) {
            for at in &offsets {
                let x = &mut x[start + at..][..channels];
                x.iter_mut().zip(grad).for_each(|(x, g)| *x += g * inverse);
            }
        }
        [Some(self.0.crop(x))]
    }
}

impl AveragePool {
    /// For each window, the inverse of the number of taps that lie in the picture.
    fn inverses(&self) -> impl Iterator<Item = f32> {
        let Window {
            input: [n, h, w, _],
            output: [oh, ow],
            kernel: [kh, kw],
            stride: [sy, sx],
            pads: [(top, _), (left, _)],
            ..
        } = self.0;
        let taps = |at: usize, stride: usize, kernel: usize, before: usize, len: usize| {
            let start = at * stride;
            (start + kernel).min(before + len) - start.max(before)
        };
        (0..n).flat_map(move |_| {
            (0..oh).flat_map(move |y| {
                let rows = taps(y, sy, kh, top, h);
                (0..ow).map(move |x| 1.0 / (rows * taps(x, sx, kw, left, w)) as f32)
            })
        })
    }
}
