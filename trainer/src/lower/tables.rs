//! Tables of functions of one stored value, and softmax's fixed-point parameters.

use tillsense_core::model::records::Scale;

use crate::graph::{Activation, Quant};
use crate::quant;

/// The function's stored result for every stored argument from -128 to 127.
pub(super) fn table(from: Quant, to: Quant, function: impl Fn(f64) -> f64) -> [i8; 256] {
    std::array::from_fn(|index| {
        let argument = f64::from(from.scale) * (index as f64 - 128.0 - f64::from(from.zero_point));
        let steps = libm::round(function(argument) / f64::from(to.scale));
        (steps + f64::from(to.zero_point)).clamp(-128.0, 127.0) as i8
    })
}

/// The table of an activation that is applied after its node; `None` for those that are bounds of the node's output.
pub(super) fn activation(activation: Activation, from: Quant, to: Quant) -> Option<[i8; 256]> {
    match activation {
        Activation::Tanh => Some(table(from, to, libm::tanh)),
        Activation::Sigmoid => Some(table(from, to, |x| 1.0 / (1.0 + libm::exp(-x)))),
        Activation::Linear | Activation::Relu | Activation::Relu6 => None,
    }
}

/// Integer bits of softmax's scaled differences, as in TensorFlow Lite.
const INTEGER_BITS: i32 = 5;

/// Scale and lowest difference of softmax, as TensorFlow Lite's PreprocessSoftmaxScaling (beta 1) and CalculateInputRadius.
pub(super) fn softmax(input_scale: f32) -> (Scale, i32) {
    let steps = f64::from(input_scale) * f64::from(1 << (31 - INTEGER_BITS));
    let (multiplier, shift) = quant::multiplier(steps.min(f64::from(i32::MAX)));
    let largest = f64::from((1 << INTEGER_BITS) - 1) * f64::from(1 << (31 - INTEGER_BITS));
    let radius = libm::floor(largest / 2f64.powi(shift.into()));
    (Scale { multiplier, shift }, -(radius as i32))
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

    /// 2^22 is 0.5 * 2^23; 31 * 2^26 / 2^23 = 248.
    #[test]
    fn softmax_follows_tensorflow_lite() {
        let one_sixteenth = Scale {
            multiplier: 1 << 30,
            shift: 23,
        };
        assert_eq!(softmax(0.0625), (one_sixteenth, -248));
        let (scale, diff_min) = softmax(0.1);
        assert_eq!(
            (scale.multiplier, scale.shift, diff_min),
            (1_717_986_944, 23, -248)
        );
        let (scale, _) = softmax(100.0);
        assert_eq!((scale.multiplier, scale.shift), (i32::MAX, 31));
    }
}
