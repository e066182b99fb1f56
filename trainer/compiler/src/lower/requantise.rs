//! Weighted sums: real weights and biases become int8, int32 and factors.

use tillsense_core::num::{ACC_LIMIT, sums_fit};

use super::LowerError;
use crate::network::graph::Bits;
use crate::quant;

/// The trained numbers of a matrix or of filters, with the scales around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Real<'a> {
    /// Name of the node, for errors.
    pub node: &'a str,
    /// All weights; channels are rows, or columns where `channel_last`.
    pub weights: &'a [f32],
    /// Bias of each channel.
    pub bias: &'a [f32],
    /// Bits of a stored weight.
    pub bits: Bits,
    /// Whether neighbouring weights belong to different channels.
    pub channel_last: bool,
    /// Real value of one step of the input.
    pub input_scale: f32,
    /// Stored value of real zero in the input.
    pub zero_point: i8,
    /// Largest magnitude of a stored input less its zero point.
    pub largest_input: i64,
    /// Real value of one step of the output.
    pub output_scale: f64,
}

/// The numbers as the model file stores them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// Weights, in the order of the real ones.
    pub weights: Vec<i8>,
    /// Bias of each channel, in steps of input scale * weight scale.
    pub bias: Vec<i32>,
    /// Multiplier of each channel's factor.
    pub multipliers: Vec<i32>,
    /// Shift of each channel's factor.
    pub shifts: Vec<i8>,
}

/// Steps by which the bias of a channel without weights is stored.
const LONE_BIAS: f64 = (1 << 20) as f64;

/// Smallest part of the accumulator that a bias may use, whatever the number of terms.
const LEAST_ROOM: i64 = ACC_LIMIT as i64 / 8;

/// Smallest factor from sums to stored values. Kernels of packed layers shift right by 21 at most, and one channel with a smaller
/// factor would leave its whole layer to the plain op. Rounding weights to steps of this size changes an output by less than
/// 255 / 2^21 of a step for each weight.
const LEAST_FACTOR: f64 = 1.0 / (1 << 20) as f64;

impl Real<'_> {
    /// Quantises the weights: `weight = round(w / s_w)`, `bias = round(b / (s_in * s_w))`, `factor = s_in * s_w / s_out`, with
    /// `s_w = max |w| / 127`, or 7 for four bits, for each channel.
    ///
    /// Where a bias is so large beside the weights of its channel that the sum could leave 32 bits, `s_w` is made larger: such a
    /// channel is all but constant, and its weights may be coarse. `s_w` is also made larger for a channel that is all but dead,
    /// whose weights are far below a step of the output, see [`LEAST_FACTOR`].
    ///
    /// The error is what the core would refuse: a channel whose own weights and bias could add up to more than [`sums_fit`]
    /// takes, in the plain op as in every packed one.
    pub(super) fn store(&self) -> Result<Stored, LowerError> {
        let channels = self.bias.len();
        let terms = self.weights.len() / channels;
        // The room that the longest possible sum leaves to the bias; many terms are seldom all as large as they could be.
        let room = i64::from(ACC_LIMIT) - 1 - terms as i64 * self.largest_input * 128;
        let room = room.max(LEAST_ROOM);
        let mut stored = Stored {
            weights: vec![0; self.weights.len()],
            bias: Vec::with_capacity(channels),
            multipliers: Vec::with_capacity(channels),
            shifts: Vec::with_capacity(channels),
        };
        for (channel, &bias) in self.bias.iter().enumerate() {
            let places: Vec<usize> = (0..terms)
                .map(|i| match self.channel_last {
                    true => i * channels + channel,
                    false => channel * terms + i,
                })
                .collect();
            let scale = self.weight_scale(&places, bias, room as f64);
            for &place in &places {
                stored.weights[place] = quant::weight(self.weights[place], scale, self.bits);
            }
            let step = f64::from(self.input_scale) * f64::from(scale);
            let steps = libm::round(f64::from(bias) / step);
            stored.bias.push((steps as i64).clamp(-room, room) as i32);
            self.check(&stored, &places)?;
            let (multiplier, shift) = factor(self.node, step / self.output_scale)?;
            stored.multipliers.push(multiplier);
            stored.shifts.push(shift);
        }
        Ok(stored)
    }

    /// Checks the sums of the channel that was stored last.
    fn check(&self, stored: &Stored, places: &[usize]) -> Result<(), LowerError> {
        let weights = places.iter().map(|&place| i64::from(stored.weights[place]));
        let (sum, magnitude) = weights.fold((0, 0), |(sum, magnitude), weight| {
            (sum + weight, magnitude + weight.unsigned_abs())
        });
        let bias = stored.bias.last().copied().unwrap_or(0);
        let folded = i64::from(bias) - i64::from(self.zero_point) * sum;
        let magnitude = u32::try_from(magnitude).unwrap_or(u32::MAX);
        match sums_fit(folded, magnitude, 0) {
            true => Ok(()),
            false => Err(LowerError::Sums {
                node: self.node.to_owned(),
            }),
        }
    }

    fn weight_scale(&self, places: &[usize], bias: f32, room: f64) -> f32 {
        let scale = quant::weight_scale(places.iter().map(|&p| self.weights[p]), self.bits);
        let bias = f64::from(bias.abs()) / f64::from(self.input_scale);
        let lone = places.iter().all(|&p| self.weights[p] == 0.0) && bias > 0.0;
        if lone {
            (bias / LONE_BIAS) as f32
        } else {
            // A little above the bound, so that rounding to f32 does not fall below it.
            let least = LEAST_FACTOR * self.output_scale / f64::from(self.input_scale);
            scale.max((bias / room * 1.001).max(least) as f32)
        }
    }
}

/// A factor as multiplier and shift; an error where the core does not take it.
pub(super) fn factor(node: &str, factor: f64) -> Result<(i32, i8), LowerError> {
    // Below 2^30, with room for the mantissa to be rounded up.
    if !factor.is_finite() || factor < 0.0 || factor >= (1 << 29) as f64 {
        return Err(LowerError::Factor {
            node: node.to_owned(),
        });
    }
    Ok(quant::multiplier(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: Real<'static> = Real {
        node: "n",
        weights: &[0.5, -1.0, 0.0, 0.0, 1e-9, 0.0],
        bias: &[0.25, 3.0, -100.0],
        bits: Bits::Eight,
        channel_last: false,
        input_scale: 0.01,
        zero_point: -128,
        largest_input: 255,
        output_scale: 0.02,
    };

    fn real_bias(real: &Real<'_>, stored: &Stored, channel: usize) -> f64 {
        let factor = f64::from(stored.multipliers[channel])
            * 2f64.powi(i32::from(stored.shifts[channel]) - 31);
        f64::from(stored.bias[channel]) * factor * real.output_scale
    }

    #[test]
    fn rows_and_columns() {
        let stored = REAL.store().unwrap();
        assert_eq!(stored.weights[..4], [64, -127, 0, 0]);
        let columns = Real {
            weights: &[0.5, 0.0, 1e-9, -1.0, 0.0, 0.0],
            channel_last: true,
            ..REAL
        };
        let by_column = columns.store().unwrap();
        assert_eq!(by_column.weights, [64, 0, 0, -127, 0, 0]);
        assert_eq!(
            (by_column.bias, by_column.multipliers),
            (stored.bias, stored.multipliers)
        );
    }

    #[test]
    fn biases_survive_without_weights_and_beside_tiny_ones() {
        let stored = REAL.store().unwrap();
        for (channel, &bias) in REAL.bias.iter().enumerate() {
            let got = real_bias(&REAL, &stored, channel);
            assert!(
                (got / f64::from(bias) - 1.0).abs() < 1e-4,
                "{channel}: {got}"
            );
            let largest = i64::from(stored.bias[channel]).abs() + 2 * 255 * 128;
            assert!(largest < i64::from(ACC_LIMIT));
        }
    }

    #[test]
    fn too_many_terms_and_absurd_scales_are_refused() {
        // Each weight is stored as 127: with the zero point, the bound is 2^30 / (127 * 256) = 33,026 weights.
        for (count, fits) in [(33_026, true), (33_027, false)] {
            let weights = vec![1.0; count];
            let long = Real {
                weights: &weights,
                bias: &[0.0],
                ..REAL
            };
            let stored = long.store();
            assert_eq!(stored.is_ok(), fits, "{count}");
            assert!(fits || matches!(stored, Err(LowerError::Sums { .. })));
        }
        // As many terms again, but small ones.
        let mut weights = vec![0.1; 700_000];
        weights[0] = 1.0;
        let long = Real {
            weights: &weights,
            bias: &[0.0],
            zero_point: 0,
            ..REAL
        };
        assert!(matches!(long.store(), Err(LowerError::Sums { .. })));
        let weights = &weights[..600_000];
        assert!(Real { weights, ..long }.store().is_ok());
        let tiny = Real {
            output_scale: 1e-30,
            ..REAL
        };
        assert!(matches!(tiny.store(), Err(LowerError::Factor { .. })));
    }
}
