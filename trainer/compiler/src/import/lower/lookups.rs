//! Operators that change each value by itself: a table of all 256 stored values, filled with TensorFlow Lite's own arithmetic.

use tillsense_core::model::records::{Lookup, Op as Record, Rounding, Scale};

use super::scales::{clamp, factor, quant, requantised};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Operator};

impl Lowering<'_, '_> {
    /// A change of scale (QUANTIZE of int8), with the bounds of an activation (RELU and its kin).
    pub(super) fn rescale(
        &mut self,
        operator: &Operator,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        let scale = factor(operator, f64::from(from.scale) / f64::from(to.scale))?;
        let bounds = clamp(operator, activation, to)?;
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
        if !(0.0..=1.0).contains(&alpha) {
            return Err(refuse(
                operator,
                format!("has an alpha of {alpha}; from 0 to 1 is supported"),
            ));
        }
        let (input, output) = self.single(operator)?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        let above = factor(operator, f64::from(from.scale / to.scale))?;
        let below = factor(operator, f64::from(from.scale * alpha / to.scale))?;
        self.lookup(operator, |stored| {
            let value = stored - i64::from(from.zero_point);
            let scale = if value >= 0 { above } else { below };
            rounded(value, scale) + i64::from(to.zero_point)
        })
    }

    /// Adds the table of a function of stored values; what lies beyond int8 is cut.
    fn lookup(
        &mut self,
        operator: &Operator,
        function: impl Fn(i64) -> i64,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
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

fn rounded(value: i64, scale: Scale) -> i64 {
    requantised(value, scale, Rounding::Tflite)
}
