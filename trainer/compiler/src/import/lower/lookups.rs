//! Operators that change each value by itself: a table of all 256 stored values, filled with TensorFlow Lite's own arithmetic.

use tillsense_core::model::records::{Clamp, Lookup, Op as Record};

use super::scales::{clamp, factor, quant, rounded, stored};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Op, Operator, TensorId};

impl Lowering<'_, '_> {
    /// A change of scale (QUANTIZE of int8), with the bounds of an activation (RELU and its kin).
    pub(super) fn rescale(
        &mut self,
        operator: &Operator,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        // QUANTIZE divides scales in double precision, activations in single precision.
        let real = match operator.op {
            Op::Quantize => f64::from(from.scale) / f64::from(to.scale),
            _ => f64::from(from.scale / to.scale),
        };
        let scale = factor(operator, real)?;
        let bounds = match operator.op {
            Op::Relu0To1 => Clamp {
                min: stored(0.0, to),
                max: stored(1.0, to),
            },
            _ => clamp(operator, activation, to)?,
        };
        self.lookup(operator, |stored| {
            let value = rounded(stored - i64::from(from.zero_point), scale);
            (value + i64::from(to.zero_point)).clamp(bounds.min.into(), bounds.max.into())
        })
    }

    /// LEAKY_RELU: values below zero have a factor of their own, of which `alpha` is a part in single precision.
    pub(super) fn leaky_relu(
        &mut self,
        operator: &Operator,
        alpha: f32,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        let above = factor(operator, f64::from(from.scale / to.scale))?;
        let real = from.scale * alpha / to.scale;
        let below = factor(operator, f64::from(real.abs()))?;
        self.lookup(operator, |stored| {
            let value = stored - i64::from(from.zero_point);
            let scaled = match value {
                0.. => rounded(value, above),
                _ if real < 0.0 => rounded(-value, below),
                _ => rounded(value, below),
            };
            scaled + i64::from(to.zero_point)
        })
    }

    /// Adds the table of a function of stored values; what lies beyond int8 is cut.
    pub(super) fn lookup(
        &mut self,
        operator: &Operator,
        function: impl Fn(i64) -> i64,
    ) -> Result<(), ImportError> {
        let (input, _) = self.single(operator)?;
        self.lookup_of(operator, input, function)
    }

    /// The same of one operand of several.
    pub(super) fn lookup_of(
        &mut self,
        operator: &Operator,
        input: TensorId,
        function: impl Fn(i64) -> i64,
    ) -> Result<(), ImportError> {
        let &[output] = &operator.outputs[..] else {
            return Err(refuse(operator, "lacks its output"));
        };
        let (from, to) = (self.view(input)?, self.new_view(output, self.part)?);
        if from.len() != to.len() {
            return Err(refuse(operator, "changes the number of values"));
        }
        let table: Vec<i8> = (-128..=127)
            .map(|stored| function(stored).clamp(-128, 127) as i8)
            .collect();
        let table = self.blobs.weights(&table);
        self.push(
            Record::Lookup(Lookup {
                input: from,
                output: to,
                table,
            }),
            output,
            to,
        );
        Ok(())
    }
}
