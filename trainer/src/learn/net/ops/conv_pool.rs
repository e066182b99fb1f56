//! Convolution and the 2x2 max pool that reads it, in one pass.
//!
//! The four sums of a pool's window stay in registers and only the highest is stored, so the convolution's own
//! output, four times as large, is never written. On the way back only a quarter of the windows have a gradient.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::Op;
use super::conv::sums;
use super::vectors::{load, store};
use super::window::Window;

/// Number of places in a pool's window.
const PLACES: usize = 4;
/// Number of channels that fit one vector of AVX-512.
const NARROW: usize = 16;

/// A convolution ([`super::Conv`]) with a 2x2 max pool of stride 2 without padding; the inputs are those of the convolution.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct ConvPool {
    /// Windows of the convolution.
    pub window: Window,
    /// Size of the pool's output, `[h, w]`.
    pub pooled: [usize; 2],
    /// Number of output channels.
    pub channels: usize,
}

impl Op<3> for ConvPool {
    /// For each value, the place in its window that it came from, 0 to 3; and the pictures with their padding.
    type Saved = (Vec<f32>, Option<Vec<f32>>);

    fn forward(&self, [x, weight, bias]: [&[f32]; 3]) -> (Vec<f32>, Self::Saved) {
        let padded = self.window.pad(x, 0.0);
        let x = padded.as_deref().unwrap_or(x);
        let places = self.places();
        let (y, from) = match self.channels > NARROW {
            true => Arch::new().dispatch(Forward::<2>(&places, x, weight, bias)),
            false => Arch::new().dispatch(Forward::<1>(&places, x, weight, bias)),
        };
        (y, (from, padded))
    }

    fn backward(
        &self,
        [x, weight, _]: [&[f32]; 3],
        (from, padded): &Self::Saved,
        grad: &[f32],
        wanted: [bool; 3],
    ) -> [Option<Vec<f32>>; 3] {
        let x = padded.as_deref().unwrap_or(x);
        let places = self.places();
        let to_weight = || match self.channels > NARROW {
            true => Arch::new().dispatch(ToWeight::<2>(&places, x, from, grad)),
            false => Arch::new().dispatch(ToWeight::<1>(&places, x, from, grad)),
        };
        let to_x = || Arch::new().dispatch(ToInput(&places, weight, from, grad));
        [
            wanted[0].then(|| self.window.crop(to_x())),
            wanted[1].then(to_weight),
            wanted[2].then(|| sums(grad, self.channels)),
        ]
    }
}

impl ConvPool {
    fn places(&self) -> Places {
        let window = self.window.inside();
        let pools = Window {
            output: self.pooled,
            stride: window.stride.map(|s| 2 * s),
            ..window
        };
        let ([_, _, w, c], [sy, sx]) = (window.input, window.stride);
        let (runs, run) = window.runs();
        Places {
            starts: pools.starts().collect(),
            four: [0, sx * c, sy * w * c, (sy * w + sx) * c],
            runs,
            run,
            len: window.input.iter().product(),
            channels: self.channels,
        }
    }
}

/// Positions of windows in the flat pictures.
struct Places {
    /// The first window of each pool's window.
    starts: Vec<usize>,
    /// Distance of the four windows from the first.
    four: [usize; PLACES],
    /// Distance of each run of values from the start of a window.
    runs: Vec<usize>,
    /// Length of a run in values.
    run: usize,
    /// Number of values of all pictures.
    len: usize,
    channels: usize,
}

impl Places {
    /// Number of values of a window.
    fn taps(&self) -> usize {
        self.runs.len() * self.run
    }

    /// The four windows' values in one run.
    #[inline(always)]
    fn values<'a>(&self, x: &'a [f32], start: usize, at: usize) -> [&'a [f32]; PLACES] {
        let [a, b, c, d] = self.four;
        let run = |place: usize| &x[start + place + at..][..self.run];
        [run(a), run(b), run(c), run(d)]
    }
}

/// Forward pass over `B` vectors of channels at a time.
struct Forward<'a, const B: usize>(&'a Places, &'a [f32], &'a [f32], &'a [f32]);

impl<const B: usize> WithSimd for Forward<'_, B> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Forward(places, x, weight, bias) = self;
        let channels = places.channels;
        let mut y = vec![0.0; places.starts.len() * channels];
        let mut from = vec![0.0; y.len()];
        for first in (0..channels).step_by(B * S::F32_LANES) {
            let end = channels.min(first + B * S::F32_LANES);
            let weight = block::<S, B>(simd, weight, places.taps(), first..end);
            let bias = load::<S, B>(simd, &bias[first..end]);
            for (pool, &start) in places.starts.iter().enumerate() {
                let mut sums = [bias; PLACES];
                for (&at, weight) in places.runs.iter().zip(weight.chunks_exact(places.run)) {
                    let [a, b, c, d] = places.values(x, start, at);
                    for ((((weight, a), b), c), d) in weight.iter().zip(a).zip(b).zip(c).zip(d) {
                        let x = [*a, *b, *c, *d];
                        for place in 0..PLACES {
                            let x = simd.splat_f32s(x[place]);
                            for part in 0..B {
                                let sum = &mut sums[place][part];
                                *sum = simd.mul_add_f32s(x, weight[part], *sum);
                            }
                        }
                    }
                }
                let (mut best, mut came) = (sums[0], [simd.splat_f32s(0.0); B]);
                for (place, sums) in sums.iter().enumerate().skip(1) {
                    let number = simd.splat_f32s(place as f32);
                    for part in 0..B {
                        // A sum that is NaN must come through.
                        let (new, old) = (sums[part], best[part]);
                        let keep = simd.less_than_or_equal_f32s(new, old);
                        best[part] = simd.select_f32s(keep, old, new);
                        came[part] = simd.select_f32s(keep, came[part], number);
                    }
                }
                let here = pool * channels + first..pool * channels + end;
                store(simd, &mut y[here.clone()], best);
                store(simd, &mut from[here], came);
            }
        }
        (y, from)
    }
}

/// Gradient of the weights, over `B` vectors of channels at a time.
struct ToWeight<'a, const B: usize>(&'a Places, &'a [f32], &'a [f32], &'a [f32]);

impl<const B: usize> WithSimd for ToWeight<'_, B> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let ToWeight(places, x, from, grad) = self;
        let (channels, taps) = (places.channels, places.taps());
        let zero = [simd.splat_f32s(0.0); B];
        let mut all = vec![0.0; channels * taps];
        for first in (0..channels).step_by(B * S::F32_LANES) {
            let end = channels.min(first + B * S::F32_LANES);
            let mut weight = vec![zero; taps];
            for (pool, &start) in places.starts.iter().enumerate() {
                let here = pool * channels + first..pool * channels + end;
                let grad = load::<S, B>(simd, &grad[here.clone()]);
                let came = load::<S, B>(simd, &from[here]);
                // Each place has a part of the gradients of its own.
                let mut own = [zero; PLACES];
                for (place, own) in own.iter_mut().enumerate() {
                    let number = simd.splat_f32s(place as f32);
                    for part in 0..B {
                        let here = simd.equal_f32s(came[part], number);
                        own[part] = simd.select_f32s(here, grad[part], zero[part]);
                    }
                }
                for (&at, weight) in places.runs.iter().zip(weight.chunks_exact_mut(places.run)) {
                    let [a, b, c, d] = places.values(x, start, at);
                    for ((((weight, a), b), c), d) in weight.iter_mut().zip(a).zip(b).zip(c).zip(d)
                    {
                        let (x, mut sum) = ([*a, *b, *c, *d], *weight);
                        for place in 0..PLACES {
                            let x = simd.splat_f32s(x[place]);
                            for part in 0..B {
                                sum[part] = simd.mul_add_f32s(x, own[place][part], sum[part]);
                            }
                        }
                        *weight = sum;
                    }
                }
            }
            let mut line = vec![0.0; end - first];
            for (tap, weight) in weight.into_iter().enumerate() {
                store(simd, &mut line, weight);
                for (channel, w) in line.iter().enumerate() {
                    all[(first + channel) * taps + tap] = *w;
                }
            }
        }
        all
    }
}

struct ToInput<'a>(&'a Places, &'a [f32], &'a [f32], &'a [f32]);

impl WithSimd for ToInput<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let ToInput(places, weight, from, grad) = self;
        let (channels, taps) = (places.channels, places.taps());
        let mut x = vec![0.0; places.len];
        let rows = grad.chunks_exact(channels).zip(from.chunks_exact(channels));
        for (&start, (grad, from)) in places.starts.iter().zip(rows) {
            for ((&g, &place), weight) in grad.iter().zip(from).zip(weight.chunks_exact(taps)) {
                // ReLU stops about half of the gradients.
                if g == 0.0 {
                    continue;
                }
                let start = start + places.four[place as usize];
                for (at, weight) in places.runs.iter().zip(weight.chunks_exact(places.run)) {
                    let to = &mut x[start + at..][..places.run];
                    for (to, w) in to.iter_mut().zip(weight) {
                        *to = g.mul_add(*w, *to);
                    }
                }
            }
        }
        x
    }
}

/// Weights of some channels, tap by tap.
#[inline(always)]
fn block<S: Simd, const B: usize>(
    simd: S,
    weight: &[f32],
    taps: usize,
    channels: Range<usize>,
) -> Vec<[S::f32s; B]> {
    let mut block = Vec::with_capacity(taps);
    let mut line = vec![0.0; channels.len()];
    for tap in 0..taps {
        for (to, channel) in line.iter_mut().zip(channels.clone()) {
            *to = weight[channel * taps + tap];
        }
        block.push(load(simd, &line));
    }
    block
}
