//! Depthwise convolution with a gradient.

use super::Op;
use super::conv::{sums, transposed};
use super::window::Window;

/// `y[p, o] = bias[o] + sum_t x[window p, t, o / multiplier] * weight[o, t]`; inputs x `[n, h, w, c]`, weight
/// `[oc, kh * kw]` and bias `[oc]`.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct Depthwise {
    pub window: Window,
    /// Number of output channels for each input channel.
    pub multiplier: usize,
}

impl Op<3> for Depthwise {
    type Saved = ();

    fn forward(&self, [x, weight, bias]: [&[f32]; 3]) -> (Vec<f32>, ()) {
        let padded = self.window.pad(x, 0.0);
        let x = self.spread(padded.as_deref().unwrap_or(x));
        let window = self.wide();
        let (offsets, weight) = (window.offsets(), transposed(weight, window.taps()));
        let channels = bias.len();
        let mut y = bias.repeat(window.count());
        for (start, y) in window.starts().zip(y.chunks_exact_mut(channels)) {
            for (at, weight) in offsets.iter().zip(weight.chunks_exact(channels)) {
                let x = &x[start + at..][..channels];
                for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
                    *y += x * w;
                }
            }
        }
        (y, ())
    }

    fn backward(
        &self,
        [x, weight, bias]: [&[f32]; 3],
        (): &(),
        grad: &[f32],
        wanted: [bool; 3],
    ) -> [Option<Vec<f32>>; 3] {
        let padded = self.window.pad(x, 0.0);
        let x = self.spread(padded.as_deref().unwrap_or(x));
        let window = self.wide();
        let (offsets, taps) = (window.offsets(), window.taps());
        let (weight, channels) = (transposed(weight, taps), bias.len());
        let mut to_x = vec![0.0; x.len()];
        let mut to_weight = vec![0.0; weight.len()];
        for (start, grad) in window.starts().zip(grad.chunks_exact(channels)) {
            for (tap, at) in offsets.iter().enumerate() {
                let (line, here) = (tap * channels, start + at);
                let (x, weight) = (&x[here..][..channels], &weight[line..][..channels]);
                let to_weight = &mut to_weight[line..][..channels];
                for ((to, x), g) in to_weight.iter_mut().zip(x).zip(grad) {
                    *to += x * g;
                }
                let to_x = &mut to_x[here..][..channels];
                for ((to, w), g) in to_x.iter_mut().zip(weight).zip(grad) {
                    *to += w * g;
                }
            }
        }
        [
            wanted[0].then(|| self.window.crop(self.gather(to_x))),
            wanted[1].then(|| transposed(&to_weight, channels)),
            wanted[2].then(|| sums(grad, channels)),
        ]
    }
}

impl Depthwise {
    /// Windows over padded pictures with as many channels as the output.
    fn wide(&self) -> Window {
        let mut window = self.window.inside();
        window.input[3] *= self.multiplier;
        window
    }

    /// Pictures in which each channel is repeated as often as it is read.
    fn spread(&self, x: &[f32]) -> Vec<f32> {
        let copies = |&v: &f32| std::iter::repeat_n(v, self.multiplier);
        x.iter().flat_map(copies).collect()
    }

    /// The backward pass of [`Depthwise::spread`].
    fn gather(&self, x: Vec<f32>) -> Vec<f32> {
        if self.multiplier == 1 {
            return x;
        }
        x.chunks_exact(self.multiplier)
            .map(|copies| copies.iter().sum())
            .collect()
    }
}
