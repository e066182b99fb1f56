//! Arithmetic of two operands: of one shape, of several, and with constants.
//!
//! With one constant number it is a table of 256; other constants stay in the weights, where the op reads them, once for all places that
//! they stand for.

use tillsense_core::model::records::{Clamp, Op as Record, Pair, Pairwise, Scale, View};
use tillsense_core::num::fixed::{high_mul, one_over_one_plus};
use tillsense_core::num::requantise::rounding_divide_by_pot;

use super::reductions::grouped;
use super::scales::{clamp, factor, quant, rounded};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Op, Operator, TensorId};
use crate::network::graph::Quant;

/// A function of two stored values, with its factors.
#[derive(Clone, Copy)]
struct Arithmetic {
    kind: Pair,
    zero: [i32; 3],
    scales: [Scale; 3],
    clamp: Clamp,
}

/// No factor: of kinds that need none.
const NONE: Scale = Scale {
    multiplier: 0,
    shift: 0,
};

impl Lowering<'_, '_> {
    /// Arithmetic of two operands.
    pub(super) fn two(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let ([a, b], output) = self.pair(operator)?;
        let constant = |id: TensorId| self.tensor(id).data.is_some();
        let one = |id: TensorId| constant(id) && self.tensor(id).len() == Some(1);
        match (constant(a), constant(b)) {
            (true, true) => {
                return Err(refuse(
                    operator,
                    "has constant operands only; a converter folds such operators",
                ));
            }
            (true, false) if one(a) => return self.with_one(operator, a, b, true),
            (false, true) if one(b) => return self.with_one(operator, b, a, false),
            _ => {}
        }
        if let Op::Div(_) = operator.op {
            return Err(refuse(
                operator,
                "divides by several numbers, or by computed ones, which is not supported; multiply by their inverses",
            ));
        }
        let whole = self.tensor(output).shape.clone();
        let shapes = [a, b].map(|id| aligned(&self.tensor(id).shape, &whole));
        let [Some(a_shape), Some(b_shape)] = shapes else {
            return Err(refuse(operator, "has operands whose shapes do not fit"));
        };
        let mut sides = whole.iter().zip(a_shape.iter().zip(&b_shape));
        if !sides.all(|(side, (a, b))| a == side || b == side) {
            return Err(refuse(
                operator,
                "has a result larger than its operands make; convert anew",
            ));
        }
        let same = a_shape == whole && b_shape == whole;
        match operator.op {
            Op::Add(activation) if same && !constant(a) && !constant(b) => {
                self.add(operator, activation)
            }
            Op::Mul(activation) if same && !constant(a) && !constant(b) => {
                self.product(operator, activation)
            }
            _ => self.broadcast_pair(operator, [a, b], output),
        }
    }

    /// An operand that is one constant number makes a table.
    fn with_one(
        &mut self,
        operator: &Operator,
        constant: TensorId,
        other: TensorId,
        first: bool,
    ) -> Result<(), ImportError> {
        let &[output] = &operator.outputs[..] else {
            return Err(refuse(operator, "lacks its output"));
        };
        let data = self.tensor(constant).data.unwrap_or_default();
        let number = data
            .first()
            .map_or(0, |&byte| i64::from(byte.cast_signed()));
        let order = match first {
            true => [constant, other],
            false => [other, constant],
        };
        if let Op::Div(activation) = operator.op {
            return match first {
                true => Err(refuse(
                    operator,
                    "divides by computed values, which is not supported",
                )),
                false => self.divided(operator, order, output, number, activation),
            };
        }
        let arithmetic = self.arithmetic(operator, order, output)?;
        self.lookup_of(operator, other, |stored| match first {
            true => arithmetic.value(number, stored),
            false => arithmetic.value(stored, number),
        })
    }

    /// Operands of different shapes, or a constant of several numbers.
    fn broadcast_pair(
        &mut self,
        operator: &Operator,
        [a, b]: [TensorId; 2],
        output: TensorId,
    ) -> Result<(), ImportError> {
        let mut arithmetic = self.arithmetic(operator, [a, b], output)?;
        let (mut first, mut second) = (a, b);
        if self.tensor(a).data.is_some() {
            arithmetic = arithmetic
                .turned()
                .ok_or_else(|| refuse(operator, "bends a constant, which is not supported"))?;
            (first, second) = (b, a);
        }
        let whole = self.tensor(output).shape.clone();
        let to = self.new_view(output, self.part)?;
        let axes = whole.iter().enumerate().map(|(axis, &side)| {
            let repeated = |id: TensorId| {
                let shape = aligned(&self.tensor(id).shape, &whole);
                shape.is_none_or(|shape| shape[axis] != side)
            };
            (side, (repeated(first), repeated(second)))
        });
        let Some(groups) = grouped(axes, (false, false)) else {
            return self.repeated_pair(operator, arithmetic, [first, second], output);
        };
        let [h, w, c] = groups.map(|(side, _)| side);
        let a_sides = groups.map(|(side, (repeated, _))| if repeated { 1 } else { side });
        let b_sides = groups.map(|(side, (_, repeated))| if repeated { 1 } else { side });
        let data = self.tensor(second).data;
        let values = data.map(|data| {
            data.iter()
                .map(|byte| byte.cast_signed())
                .collect::<Vec<_>>()
        });
        let view = |at: View, [h, w, c]: [u16; 3], zero: i32| View {
            h,
            w,
            c,
            zero_point: zero as i8,
            ..at
        };
        let [za, zb, zo] = arithmetic.zero;
        let (a_view, b_view) = (
            self.view(first)?,
            match values {
                Some(_) => View { offset: 0, ..to },
                None => self.view(second)?,
            },
        );
        let [a_scale, b_scale, out_scale] = arithmetic.scales;
        let record = Pairwise {
            kind: arithmetic.kind,
            a: view(a_view, a_sides, za),
            b: view(b_view, b_sides, zb),
            values: values.map(|values| self.blobs.weights(&values)),
            output: view(to, [h, w, c], zo),
            a_scale,
            b_scale,
            out_scale,
            clamp: arithmetic.clamp,
        };
        self.push(Record::Pairwise(record), output, to);
        Ok(())
    }

    /// Operands that repeat along more axes than an op has: both are written in the output's shape before.
    fn repeated_pair(
        &mut self,
        operator: &Operator,
        arithmetic: Arithmetic,
        operands: [TensorId; 2],
        output: TensorId,
    ) -> Result<(), ImportError> {
        let whole = self.tensor(output).shape.clone();
        let [a, b] = [
            self.broadcast(operator, operands[0], &whole)?,
            self.broadcast(operator, operands[1], &whole)?,
        ];
        let to = self.new_view(output, self.part)?;
        let [za, zb, zo] = arithmetic.zero;
        let view = |at: View, zero: i32| View {
            offset: at.offset,
            zero_point: zero as i8,
            ..to
        };
        let [a_scale, b_scale, out_scale] = arithmetic.scales;
        let record = Pairwise {
            kind: arithmetic.kind,
            a: view(a, za),
            b: view(b, zb),
            values: None,
            output: view(to, zo),
            a_scale,
            b_scale,
            out_scale,
            clamp: arithmetic.clamp,
        };
        self.push(Record::Pairwise(record), output, to);
        Ok(())
    }

    /// The function that an operator computes, as its kernel prepares it.
    fn arithmetic(
        &self,
        operator: &Operator,
        [a, b]: [TensorId; 2],
        output: TensorId,
    ) -> Result<Arithmetic, ImportError> {
        let (a, b, to) = (
            quant(self.net, a)?,
            quant(self.net, b)?,
            quant(self.net, output)?,
        );
        let activation = match operator.op {
            Op::Add(activation) | Op::Sub(activation) | Op::Mul(activation) => activation,
            _ => Activation::None,
        };
        let kind = match operator.op {
            Op::Add(_) => Pair::Sum,
            Op::Sub(_) => Pair::Difference,
            Op::Mul(_) => Pair::Product,
            Op::SquaredDifference => Pair::SquaredDifference,
            Op::Maximum => Pair::Maximum,
            Op::Minimum => Pair::Minimum,
            _ => Pair::Prelu,
        };
        let zero = match kind {
            // Stored values are compared, whatever they stand for.
            Pair::Maximum | Pair::Minimum => [to.zero_point; 3],
            _ => [a.zero_point, b.zero_point, to.zero_point],
        };
        Ok(Arithmetic {
            kind,
            zero,
            scales: factors(operator, kind, a, b, to)?,
            clamp: clamp(operator, activation, to)?,
        })
    }

    /// DIV by one constant number: the product with its inverse.
    fn divided(
        &mut self,
        operator: &Operator,
        [a, b]: [TensorId; 2],
        output: TensorId,
        number: i64,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let (from, by, to) = (
            quant(self.net, a)?,
            quant(self.net, b)?,
            quant(self.net, output)?,
        );
        let divisor = number as i32 - by.zero_point;
        if divisor == 0 {
            return Err(refuse(operator, "divides by zero"));
        }
        let scale = factor(operator, f64::from(from.scale / (by.scale * to.scale)))?;
        let bounds = clamp(operator, activation, to)?;
        let quotient = |stored: i64| -> Option<i64> {
            let value = (stored as i32 - from.zero_point) * divisor.signum();
            quotient(value, divisor.unsigned_abs(), scale).map(i64::from)
        };
        if (-128..=127).any(|stored| quotient(stored).is_none()) {
            return Err(refuse(
                operator,
                "its scales are too far apart for its kernel",
            ));
        }
        self.lookup_of(operator, a, |stored| {
            let value = quotient(stored).unwrap_or(0) + i64::from(to.zero_point);
            value.clamp(bounds.min.into(), bounds.max.into())
        })
    }
}

impl Arithmetic {
    /// The same with its operands in the other order; `None` where that is another function.
    fn turned(self) -> Option<Self> {
        let kind = match self.kind {
            Pair::Difference => Pair::Reverse,
            Pair::Reverse => Pair::Difference,
            Pair::Prelu => return None,
            kind => kind,
        };
        let ([za, zb, zo], [a, b, out]) = (self.zero, self.scales);
        Some(Arithmetic {
            kind,
            zero: [zb, za, zo],
            scales: [b, a, out],
            clamp: self.clamp,
        })
    }

    /// The stored result of two stored values.
    fn value(&self, a: i64, b: i64) -> i64 {
        let [za, zb, zo] = self.zero.map(i64::from);
        let (x, y) = (a - za, b - zb);
        let [a_scale, b_scale, out] = self.scales;
        let sum = |x: i64, y: i64| {
            let sum = rounded(x << 20, a_scale) + rounded(y << 20, b_scale);
            rounded(sum, out)
        };
        let value = match self.kind {
            Pair::Sum => sum(x, y),
            Pair::Difference => sum(x, -y),
            Pair::Reverse => sum(-x, y),
            Pair::Product => rounded(x * y, out),
            Pair::SquaredDifference => {
                let difference = rounded(x << 7, a_scale) - rounded(y << 7, b_scale);
                rounded(difference * difference, out)
            }
            Pair::Maximum => x.max(y),
            Pair::Minimum => x.min(y),
            Pair::Prelu if x >= 0 => rounded(x, a_scale),
            Pair::Prelu => rounded(x * y, out),
        };
        (value + zo).clamp(self.clamp.min.into(), self.clamp.max.into())
    }
}

/// An operand's shape with sides of 1 in front, as many as the output's; `None` where a side is neither 1 nor the output's.
fn aligned(own: &[usize], whole: &[usize]) -> Option<Vec<usize>> {
    let missing = whole.len().checked_sub(own.len())?;
    let shape = [&vec![1; missing], own].concat();
    let fits = shape
        .iter()
        .zip(whole)
        .all(|(&side, &wanted)| side == wanted || side == 1);
    fits.then_some(shape)
}

/// The three factors of a function: sums bring both operands to twice the larger scale, products are divided in single precision.
fn factors(
    operator: &Operator,
    kind: Pair,
    a: Quant,
    b: Quant,
    to: Quant,
) -> Result<[Scale; 3], ImportError> {
    let (a_real, b_real, out) = (f64::from(a.scale), f64::from(b.scale), f64::from(to.scale));
    let twice = 2.0 * a_real.max(b_real);
    let of = |real: f64| factor(operator, real);
    let common = || Ok::<_, ImportError>((of(a_real / twice)?, of(b_real / twice)?));
    Ok(match kind {
        Pair::Sum | Pair::Difference | Pair::Reverse => {
            let (a, b) = common()?;
            [a, b, of(twice / (f64::from(1 << 20) * out))?]
        }
        Pair::SquaredDifference => {
            let (a, b) = common()?;
            [a, b, of(twice * twice / (f64::from(1 << 14) * out))?]
        }
        Pair::Product => [NONE, NONE, of((a.scale * b.scale / to.scale).into())?],
        Pair::Prelu => [
            of((a.scale / to.scale).into())?,
            NONE,
            of((a.scale * b.scale / to.scale).into())?,
        ],
        Pair::Maximum | Pair::Minimum => [NONE; 3],
    })
}

/// A quotient as the kernel of DIV computes it; `None` where it would shift further than 32 bits.
fn quotient(value: i32, divisor: u32, scale: Scale) -> Option<i32> {
    let zeros = divisor.leading_zeros();
    let fraction = (divisor << zeros).wrapping_sub(1 << 31).cast_signed();
    let inverse = one_over_one_plus(fraction);
    let headroom = (value ^ (value >> 31)).leading_zeros() - 1;
    let unscaled = high_mul(value.wrapping_shl(headroom), inverse);
    let shift = i32::from(scale.shift) - (31 - zeros as i32) - headroom as i32;
    match (value, u32::try_from(-shift)) {
        (0, _) => Some(0),
        (_, Ok(right)) if right <= 31 => Some(rounding_divide_by_pot(
            high_mul(unscaled, scale.multiplier),
            right,
        )),
        _ => None,
    }
}
