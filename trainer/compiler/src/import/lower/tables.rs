//! Functions of one value: TensorFlow Lite's own tables and fixed-point formulas, evaluated for all 256 stored values.
//!
//! Its tables are filled in single precision. What a C library computes there in its own way (exponential, hyperbolic tangent, error
//! function, logarithm) is computed here in double precision and rounded once, the same on every machine; all the rest is the same
//! sequence of single operations.

use tillsense_core::num::inverse_square_root;

use super::scales::{factor, quant, rounded};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Op, Operator};
use crate::network::graph::Quant;

/// Bits by which TensorFlow Lite raises an inverse square root, to keep it an integer.
const ROOT_BITS: i8 = 20;

impl Lowering<'_, '_> {
    /// An operator that changes each value by itself, without settings that change its range.
    pub(super) fn function(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        match operator.op {
            Op::Logistic if to.scale.to_bits() != (1.0f32 / 256.0).to_bits() => {
                return Err(refuse(
                    operator,
                    "its output is not in steps of 1/256, which its kernel requires",
                ));
            }
            Op::Abs => return self.magnitude(operator, from, to),
            Op::Neg => {
                return self.lookup(
                    operator,
                    |stored| if stored == -128 { -128 } else { -stored },
                );
            }
            Op::HardSwish => return self.hard_swish(operator, from, to),
            Op::Rsqrt => return self.inverse_root(operator, from, to),
            Op::Sqrt => return self.root(operator, from, to),
            _ => {}
        }
        let lowest = (-128 - to.zero_point) as f32 * to.scale;
        let function = move |op: &Op, x: f32| match op {
            Op::Logistic => 1.0 / (1.0 + exp(-x)),
            Op::Tanh => libm::tanh(x.into()) as f32,
            Op::Elu => elu(x),
            Op::Gelu { approximate: true } => gelu_by_tanh(x),
            Op::Gelu { .. } => gelu(x),
            Op::Exp => exp(x),
            Op::Log if x <= 0.0 => lowest,
            Op::Log => libm::log(x.into()) as f32,
            _ => x,
        };
        let op = operator.op.clone();
        let inverse = 1.0 / to.scale;
        self.lookup(operator, |stored| {
            let steps = (function(&op, real(from, stored)) * inverse).round();
            (steps + to.zero_point as f32) as i64
        })
    }

    fn magnitude(
        &mut self,
        operator: &Operator,
        from: Quant,
        to: Quant,
    ) -> Result<(), ImportError> {
        let scale = factor(operator, f64::from(from.scale / to.scale))?;
        let same = from.scale.to_bits() == to.scale.to_bits();
        self.lookup(operator, |stored| {
            let value = (stored - i64::from(from.zero_point)).abs();
            let value = if same { value } else { rounded(value, scale) };
            value + i64::from(to.zero_point)
        })
    }

    /// RSQRT. The kernel stops at values below zero; here they count as zero, whose result is the largest one.
    fn inverse_root(
        &mut self,
        operator: &Operator,
        from: Quant,
        to: Quant,
    ) -> Result<(), ImportError> {
        let scale = factor(operator, 1.0 / f64::from(from.scale.sqrt() * to.scale))?;
        let mut down = scale;
        down.shift = down.shift.saturating_sub(ROOT_BITS);
        self.lookup(operator, |stored| {
            let value = stored - i64::from(from.zero_point);
            if value <= 0 {
                return 127;
            }
            let mut root = inverse_square_root(value as u32);
            root.shift += ROOT_BITS;
            rounded(rounded(1, root), down) + i64::from(to.zero_point)
        })
    }

    /// SQRT, whose result is cut, not rounded. The kernel stops at values below zero; here they count as zero.
    fn root(&mut self, operator: &Operator, from: Quant, to: Quant) -> Result<(), ImportError> {
        self.lookup(operator, |stored| {
            let steps = real(from, stored).max(0.0).sqrt() / to.scale;
            steps as i64 + i64::from(to.zero_point)
        })
    }

    /// HARD_SWISH, `x * relu6(x + 3) / 6` in 16 bits.
    fn hard_swish(
        &mut self,
        operator: &Operator,
        from: Quant,
        to: Quant,
    ) -> Result<(), ImportError> {
        let fine = (1.0f32 / 128.0) * from.scale;
        let to_output = factor(operator, f64::from(fine / to.scale))?;
        let to_unit = factor(operator, f64::from(fine / (3.0f32 / 32768.0)))?;
        if to_output.shift > 0 {
            return Err(refuse(
                operator,
                "its output's scale is so small that its kernel refuses it",
            ));
        }
        let (out_multiplier, unit_multiplier) =
            (short(to_output.multiplier), short(to_unit.multiplier));
        let left = u32::from(to_unit.shift.max(0).unsigned_abs());
        let right = u32::from(to_unit.shift.min(0).unsigned_abs());
        let down = u32::from(to_output.shift.unsigned_abs());
        self.lookup(operator, |stored| {
            let value = (stored - i64::from(from.zero_point)) << 7;
            let value = i64::from(value as i16);
            let on_output = high_product(value, out_multiplier);
            let mut share = value;
            if left > 0 {
                share = saturated(share << (left - 1).min(32));
            }
            share = high_product(share, unit_multiplier);
            if left > 0 {
                share = saturated(share << 1);
            }
            share = divided(share, right);
            share = (share + (1 << 15)) >> 1;
            // Toward zero, unlike the products before.
            let product = share * on_output / (1 << 15);
            divided(product, down) + i64::from(to.zero_point)
        })
    }
}

/// What a stored value stands for.
fn real(from: Quant, stored: i64) -> f32 {
    from.scale * (stored - i64::from(from.zero_point)) as f32
}

/// The exponential, rounded once.
pub fn exp(x: f32) -> f32 {
    libm::exp(x.into()) as f32
}

/// The exponential less 1 below zero, the value itself above.
pub fn elu(x: f32) -> f32 {
    if x < 0.0 {
        libm::expm1(x.into()) as f32
    } else {
        x
    }
}

/// Half of the value times the error function's complement.
pub fn gelu(x: f32) -> f32 {
    let ends = libm::erfc(f64::from(x * -std::f32::consts::FRAC_1_SQRT_2)) as f32;
    0.5 * x * ends
}

/// The same with the hyperbolic tangent in the error function's place.
pub fn gelu_by_tanh(x: f32) -> f32 {
    let root = (std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2) as f32;
    let inner = root * (x + 0.044715 * x * x * x);
    0.5 * x * (1.0 + libm::tanh(inner.into()) as f32)
}

/// The upper half of a multiplier, rounded.
fn short(multiplier: i32) -> i64 {
    ((i64::from(multiplier) + (1 << 15)) >> 16).min(i64::from(i16::MAX))
}

/// The upper half of twice a product of 16-bit values, rounded half up.
fn high_product(a: i64, b: i64) -> i64 {
    (a * b + (1 << 14)) >> 15
}

fn saturated(x: i64) -> i64 {
    x.clamp(i16::MIN.into(), i16::MAX.into())
}

/// `x / 2^exponent`, rounded half away from zero, as gemmlowp divides 16-bit values: with an exponent from 16 on, all that is left of its
/// mask is -1, and the result 1 or -1.
fn divided(x: i64, exponent: u32) -> i64 {
    let mask = ((1i64 << exponent) - 1) as i16;
    let threshold = (mask >> 1) + i16::from(x < 0);
    (x >> exponent) + i64::from((x as i16 & mask) > threshold)
}
