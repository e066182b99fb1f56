//! Tables of functions of one stored value, and softmax's fixed-point parameters.

use tillsense_core::model::records::Scale;
use tillsense_core::ops::softmax_table;

use crate::network::graph::{Activation, Quant};
use crate::quant;

/// The stored result of `function` for every stored argument from -128 to 127.
pub(super) fn table(from: Quant, to: Quant, function: impl Fn(f64) -> f64) -> [i8; 256] {
    std::array::from_fn(|index| {
        let argument = f64::from(from.scale) * (index as f64 - 128.0 - f64::from(from.zero_point));
        let steps = libm::round(function(argument) / f64::from(to.scale));
        (steps + f64::from(to.zero_point)).clamp(-128.0, 127.0) as i8
    })
}

/// The table of an activation that is looked up after its node; `None` for activations that are bounds of the node's output.
pub(super) fn activation(activation: Activation, from: Quant, to: Quant) -> Option<[i8; 256]> {
    match activation {
        Activation::Tanh => Some(table(from, to, libm::tanh)),
        Activation::Sigmoid => Some(table(from, to, |x| 1.0 / (1.0 + libm::exp(-x)))),
        Activation::Linear | Activation::Relu | Activation::Relu6 => None,
    }
}

/// Integer bits of softmax's scaled differences, as in TensorFlow Lite.
const INTEGER_BITS: i32 = 5;

/// The table of a softmax of logits with this scale; `None` where the scale is too small for one.
pub fn softmax(input_scale: f32) -> Option<Vec<i32>> {
    softmax_of(input_scale.into()).map(|(_, table)| table)
}

/// The same of a scale in double precision, which may be a product with TensorFlow Lite's beta, and the scale as multiplier and left
/// shift.
pub fn softmax_of(input_scale: f64) -> Option<(Scale, Vec<i32>)> {
    let scale = softmax_scale(input_scale);
    let table = softmax_table(scale).ok()?;
    Some((scale, table.to_vec()))
}

/// Scale of softmax, like TensorFlow Lite's PreprocessSoftmaxScaling.
fn softmax_scale(input_scale: f64) -> Scale {
    let steps = input_scale * f64::from(1 << (31 - INTEGER_BITS));
    let (multiplier, shift) = quant::multiplier(steps.min(f64::from(i32::MAX)));
    Scale { multiplier, shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_scale_keeps_real_values() {
        let (from, to) = (quant::activation(-1.0, 3.0), quant::activation(-2.0, 4.0));
        let table = table(from, to, |x| x);
        for stored in -128..=127i32 {
            let real = from.scale * (stored - from.zero_point) as f32;
            let got = to.scale * (i32::from(table[(stored + 128) as usize]) - to.zero_point) as f32;
            assert!((real - got).abs() <= to.scale * 0.5001, "{stored}");
        }
    }

    /// 2^22 is 0.5 * 2^23.
    #[test]
    fn softmax_follows_tensorflow_lite() {
        let one_sixteenth = Scale {
            multiplier: 1 << 30,
            shift: 23,
        };
        assert_eq!(softmax_scale(0.0625), one_sixteenth);
        let scale = softmax_scale(0.1f32.into());
        assert_eq!((scale.multiplier, scale.shift), (1_717_986_944, 23));
        let scale = softmax_scale(100.0);
        assert_eq!((scale.multiplier, scale.shift), (i32::MAX, 31));
    }

    #[test]
    fn every_scale_of_a_trained_layer_has_a_table() {
        assert_eq!(softmax(0.1).map(|table| table.len()), Some(140));
        for exponent in -26..8 {
            let scale = 1.37 * 2f32.powi(exponent);
            let table = softmax(scale).unwrap_or_default();
            let last = table.last().copied();
            assert!(table.len() == 256 || last == Some(0), "{scale}");
        }
        assert_eq!(softmax(1e-9), None);
    }
}
