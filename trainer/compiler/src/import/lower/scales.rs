//! Quantisation as TensorFlow Lite computes with it.

use tillsense_core::model::records::{Clamp, Rounding, Scale};

use super::{refuse, wrong};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Element, Net, Operator, TensorId};
use crate::network::graph::Quant;
use crate::quant::multiplier;

/// Scale and zero point of an int8 tensor that has one of both.
pub fn quant(net: &Net<'_>, tensor: TensorId) -> Result<Quant, ImportError> {
    let found = &net.tensors[tensor];
    if found.element != Element::Int8 {
        return Err(wrong(net, tensor, not_int8(net, tensor)));
    }
    match found.whole() {
        Some((scale, zero_point))
            if scale.is_finite() && scale > 0.0 && (-128..=127).contains(&zero_point) =>
        {
            Ok(Quant {
                scale,
                zero_point: zero_point as i32,
            })
        }
        Some((scale, zero_point)) => Err(wrong(
            net,
            tensor,
            format!(
                "has a scale of {scale} and a zero point of {zero_point}, which int8 values cannot have"
            ),
        )),
        None => Err(wrong(
            net,
            tensor,
            "has no scale, or several; convert with full integer quantisation",
        )),
    }
}

/// Why a tensor cannot be taken whose values are not int8, and what to do.
fn not_int8(net: &Net<'_>, tensor: TensorId) -> String {
    let element = net.tensors[tensor].element;
    let is = match net.inputs.contains(&tensor) {
        true => format!("is an input of {element}, and inputs must be int8"),
        false => format!("is of {element}, and values in between must be int8"),
    };
    // Float ends of such a network are quantised to int16.
    let mut computed = net.operators.iter().flat_map(|operator| &operator.outputs);
    let int16 = computed.any(|&result| net.tensors[result].element == Element::Int16);
    let advice = match element {
        Element::Float32 | Element::Int16 if int16 => {
            "quantisation with int16 values (16x8) is not supported; convert with target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
        }
        Element::Float32 => {
            "the network is not quantised, or only its weights are; convert with optimizations = [tf.lite.Optimize.DEFAULT], a representative_dataset and target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
        }
        Element::Int32 | Element::Int64 | Element::Bool | Element::Other(_) => {
            "ids, counts, truth values and strings are not quantised; cut the network behind what reads them, and let the application compute that"
        }
        Element::Int8 | Element::Uint8 | Element::Int16 | Element::Int4 => {
            "convert with target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
        }
    };
    format!("{is}: {advice}")
}

/// A single-precision scale as a model file keeps it; `None` of one that it has no place for.
pub fn stored_scale(scale: f32) -> Option<Scale> {
    let (multiplier, shift) = multiplier(scale.into());
    (multiplier != 0 && shift <= 30).then_some(Scale { multiplier, shift })
}

/// A factor as multiplier and shift (TensorFlow Lite's QuantizeMultiplier).
pub fn factor(operator: &Operator, real: f64) -> Result<Scale, ImportError> {
    if !real.is_finite() || real < 0.0 || real >= f64::from(1 << 29) {
        return Err(refuse(
            operator,
            format!("its scales give a factor of {real}, out of range"),
        ));
    }
    let (multiplier, shift) = multiplier(real);
    Ok(Scale { multiplier, shift })
}

/// The bounds of an activation (CalculateActivationRangeQuantized).
pub fn clamp(
    operator: &Operator,
    activation: Activation,
    output: Quant,
) -> Result<Clamp, ImportError> {
    let stored = |real| stored(real, output);
    let (min, max) = match activation {
        Activation::None => (i8::MIN, i8::MAX),
        Activation::Relu => (stored(0.0), i8::MAX),
        Activation::Relu6 => (stored(0.0), stored(6.0)),
        Activation::ReluN1To1 => (stored(-1.0), stored(1.0)),
        Activation::Tanh | Activation::SignBit => {
            return Err(refuse(
                operator,
                "ends with tanh or the sign bit, which int8 kernels do not have",
            ));
        }
    };
    Ok(Clamp { min, max })
}

/// The stored value that stands for a bound of an activation.
pub fn stored(real: f32, output: Quant) -> i8 {
    let steps = (real / output.scale).round() + output.zero_point as f32;
    steps.clamp(-128.0, 127.0) as i8
}

/// A value times a factor, rounded twice, as most kernels round.
pub fn rounded(value: i64, scale: Scale) -> i64 {
    requantised(value, scale, Rounding::Tflite)
}

/// The least and the largest of a bias and products: of each weight with a number between two, the smaller one first.
pub fn sum_ends(bias: i32, terms: impl Iterator<Item = (i8, [i64; 2])>) -> [i64; 2] {
    terms.fold(
        [i64::from(bias); 2],
        |[least, most], (weight, [low, high])| {
            let [one, other] = [low, high].map(|end| i64::from(weight) * end);
            [least + one.min(other), most + one.max(other)]
        },
    )
}

/// From sums to stored values.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// What sums are multiplied by.
    pub factor: Scale,
    /// How the products are rounded.
    pub rounding: Rounding,
    /// The stored zero.
    pub zero_point: i32,
    /// The least and the largest value.
    pub bounds: [i64; 2],
}

impl Stored {
    /// The stored value of a sum, which is no smaller for a larger sum; `None` where 32 bits do not hold the sum, or its product with a
    /// power of two that comes first: then nobody knows what TensorFlow Lite answers.
    pub fn of(&self, sum: i64) -> Option<i8> {
        let held = i32::try_from(sum).ok()?;
        i32::try_from(i64::from(held) << self.factor.shift.clamp(0, 31)).ok()?;
        let value = requantised(sum, self.factor, self.rounding);
        let [low, high] = self.bounds;
        Some(
            value
                .saturating_add(self.zero_point.into())
                .clamp(low, high) as i8,
        )
    }

    /// The stored value of all sums between two, where there is one.
    pub fn single(&self, [least, most]: [i64; 2]) -> Option<i8> {
        self.of(least).filter(|&value| self.of(most) == Some(value))
    }
}

/// A sum times a factor, rounded by either rule, of any sum: TensorFlow Lite's `MultiplyByQuantizedMultiplier` of 32 bits rounds twice (a
/// doubling high product, then a division that rounds half away from zero), that of 64 bits once, half up.
pub fn requantised(sum: i64, scale: Scale, rounding: Rounding) -> i64 {
    let shift = i32::from(scale.shift);
    let rounded = match rounding {
        Rounding::Nearest => {
            let total = 31 - shift;
            let product = i128::from(sum) * i128::from(scale.multiplier);
            (product + (1i128 << total >> 1)) >> total
        }
        Rounding::Tflite => {
            let (left, right) = (shift.max(0), (-shift).max(0));
            let product = (i128::from(sum) << left) * i128::from(scale.multiplier);
            let high = (product + (1 << 30)) >> 31;
            let half = 1i128 << right >> 1;
            match high < 0 {
                true => -((-high + half) >> right),
                false => (high + half) >> right,
            }
        }
    };
    rounded.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
