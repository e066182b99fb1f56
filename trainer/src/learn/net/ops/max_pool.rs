//! Max pool with a gradient.

use super::Op;
use super::window::Window;

/// The highest value of each window by channel, the first among equal ones; taps in the padding do not count.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct MaxPool(pub Window);

impl Op<1> for MaxPool {
    /// The tap that each value came from.
    type Saved = Vec<u16>;

    fn forward(&self, [x]: [&[f32]; 1]) -> (Vec<f32>, Vec<u16>) {
        let padded = self.0.pad(x, f32::NEG_INFINITY);
        let x = padded.as_deref().unwrap_or(x);
        let window = self.0.inside();
        let (offsets, channels) = (window.offsets(), window.input[3]);
        let mut y = vec![f32::NEG_INFINITY; window.count() * channels];
        let mut from = vec![0u16; y.len()];
        let rows = y
            .chunks_exact_mut(channels)
            .zip(from.chunks_exact_mut(channels));
        for (start, (y, from)) in window.starts().zip(rows) {
            for (tap, at) in offsets.iter().enumerate() {
                let x = &x[start + at..][..channels];
                for ((y, from), &x) in y.iter_mut().zip(from.iter_mut()).zip(x) {
                    // A sum that is NaN must come through.
                    let higher = x > *y || x.is_nan();
                    *y = if higher { x } else { *y };
                    *from = if higher { tap as u16 } else { *from };
                }
            }
        }
        (y, from)
    }

    fn backward(
        &self,
        _: [&[f32]; 1],
        from: &Vec<u16>,
        grad: &[f32],
        _: [bool; 1],
    ) -> [Option<Vec<f32>>; 1] {
        let window = self.0.inside();
        let (offsets, channels) = (window.offsets(), window.input[3]);
        let mut x = vec![0.0; window.input.iter().product()];
        let rows = grad.chunks_exact(channels).zip(from.chunks_exact(channels));
        for (start, (grad, from)) in window.starts().zip(rows) {
            for (channel, (g, &tap)) in grad.iter().zip(from).enumerate() {
                x[start + offsets[usize::from(tap)] + channel] += g;
            }
        }
        [Some(self.0.crop(x))]
    }
}
