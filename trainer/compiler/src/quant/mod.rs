//! From real ranges to stored integers: one definition, used by quantisation-aware training and by lowering.

pub mod int4;

use crate::network::graph::{Bits, Quant};

/// Scale and zero point of an int8 activation whose real values lie in `[min, max]`.
///
/// The range is widened to hold 0, which is then represented exactly (Jacob et al. 2018).
pub fn activation(min: f32, max: f32) -> Quant {
    let (min, max) = (min.min(0.0), max.max(0.0));
    let scale = ((max - min) / 255.0).max(1e-8);
    let zero_point = (-128.0 - min / scale).round().clamp(-128.0, 127.0) as i32;
    Quant { scale, zero_point }
}

/// Scale of symmetric weights for one output channel.
pub fn weight_scale(row: impl IntoIterator<Item = f32>, bits: Bits) -> f32 {
    let largest = row.into_iter().fold(0.0f32, |m, w| m.max(w.abs()));
    if largest == 0.0 {
        1.0
    } else {
        largest / bits.largest()
    }
}

/// The stored integer of one real weight.
pub fn weight(w: f32, scale: f32, bits: Bits) -> i8 {
    (w / scale).round().clamp(-bits.largest(), bits.largest()) as i8
}

/// The stored integer of one real activation.
pub fn store(x: f32, q: Quant) -> i8 {
    ((x / q.scale).round() + q.zero_point as f32).clamp(-128.0, 127.0) as i8
}

/// A positive real factor below 2^30 as `multiplier * 2^(shift - 31)`, multiplier in `[2^30, 2^31)`,
/// like TensorFlow Lite's QuantizeMultiplier.
pub fn multiplier(factor: f64) -> (i32, i8) {
    if factor == 0.0 {
        return (0, 0);
    }
    let (mantissa, mut exponent) = libm::frexp(factor);
    let mut fixed = libm::round(mantissa * (1i64 << 31) as f64) as i64;
    if fixed == 1 << 31 {
        fixed /= 2;
        exponent += 1;
    }
    if exponent < -31 {
        return (0, 0);
    }
    (fixed as i32, exponent as i8)
}
