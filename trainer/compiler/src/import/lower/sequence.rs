//! UNIDIRECTIONAL_SEQUENCE_LSTM of int8 with an int16 cell.
//!
//! TensorFlow Lite keeps the states from one invocation to the next until somebody resets them; here each inference begins where a
//! reset leaves them, the hidden state at real zero and the cell at 0, which is what the layer means in Keras.

use tillsense_core::model::records::{Op as Record, Scale, SequenceLstm, Span, View};
use tillsense_core::num::sums_fit;
use tillsense_core::ops::sequence_lstm::scratch_len;

use super::scales::{factor, quant};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Element, Operator, TensorId};
use crate::lower::program::Home;
use crate::network::graph::Quant;

/// Places of operands, the first of a kind where there is one for each gate.
const X_WEIGHTS: usize = 1;
const H_WEIGHTS: usize = 5;
const PEEPHOLES: [usize; 3] = [9, 10, 11];
const BIASES: usize = 12;
const PROJECTION: [usize; 2] = [16, 17];
const HIDDEN: usize = 18;
const CELL: usize = 19;
const NORMALISATION: [usize; 4] = [20, 21, 22, 23];
/// The place among the intermediates of what becomes the hidden state.
const INTERMEDIATE: usize = 4;

/// The fraction of what goes into a gate's function.
const GATE_SCALE: f32 = 1.0 / 4096.0;

/// Settings of the layer.
pub(super) struct Settings<'o> {
    pub(super) activation: Activation,
    pub(super) cell_clip: f32,
    pub(super) time_major: bool,
    pub(super) intermediates: &'o [TensorId],
}

/// One of both products of all gates.
struct Product {
    weights: Vec<i8>,
    scales: [Scale; 4],
    /// Biases, and the width of a row.
    bias: Vec<i32>,
    width: usize,
    zero_point: i32,
}

impl Lowering<'_, '_> {
    pub(super) fn sequence_lstm(
        &mut self,
        operator: &Operator,
        settings: &Settings<'_>,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        self.plain_layer(operator, settings, input)?;
        let (from, to) = (self.view(input)?, self.new_view(output, self.part)?);
        let before = quant(self.net, input)?;
        let (state, made) = self.hidden(operator, settings)?;
        if from.h != to.h || from.w != 1 || to.w != 1 {
            return Err(refuse(operator, "changes the number of steps"));
        }
        let units = to.c;
        let x = self.gate_product(operator, X_WEIGHTS, (from.c, before, units), true)?;
        let h = self.gate_product(operator, H_WEIGHTS, (units, state, units), false)?;
        let (cell_bits, cell_clip) = self.cell(operator, settings.cell_clip)?;
        let real = 2f64.powi(-15) / f64::from(made.scale) * 2f64.powi(-15);
        let len = scratch_len(units);
        let scratch = self.program.add(len, 4, Home::Work(self.part));
        let record = SequenceLstm {
            input: from,
            output: View {
                zero_point: made.zero_point as i8,
                ..to
            },
            x_weights: self.blobs.own_weights(&x.weights),
            x_bias: self.blobs.own_i32s(&x.bias),
            x_scales: x.scales,
            h_zero_point: state.zero_point as i8,
            h_weights: self.blobs.own_weights(&h.weights),
            h_scales: h.scales,
            cell_bits,
            cell_clip,
            // In single precision, as all of its factors.
            scale: factor(operator, f64::from(real as f32))?,
            scratch: Span {
                offset: scratch as u32,
                len: len as u32,
            },
        };
        self.push(Record::SequenceLstm(record), output, to);
        Ok(())
    }

    /// What the hidden state stands for where a step reads it, and where a step makes it, which converters observe by themselves. The values
    /// that a layer puts out are those of the state, also where the file says that its output has another scale (a join of several tensors
    /// gives all the same).
    fn hidden(
        &self,
        operator: &Operator,
        settings: &Settings<'_>,
    ) -> Result<(Quant, Quant), ImportError> {
        let state = quant(self.net, operand(operator, HIDDEN)?)?;
        let Some(&made) = settings.intermediates.get(INTERMEDIATE) else {
            return Err(refuse(operator, "lacks what becomes its hidden state"));
        };
        Ok((state, quant(self.net, made)?))
    }

    /// Refuses what Keras does not write, and several samples.
    fn plain_layer(
        &self,
        operator: &Operator,
        settings: &Settings<'_>,
        input: TensorId,
    ) -> Result<(), ImportError> {
        let has = |places: &[usize]| {
            let mut places = places.iter();
            places.any(|&place| matches!(operator.inputs.get(place), Some(Some(_))))
        };
        let absent = |place: usize| !has(&[place]);
        let kind = match () {
            () if has(&PEEPHOLES) => Some("peepholes"),
            () if has(&PROJECTION) => Some("a projection"),
            () if has(&NORMALISATION) => Some("a normalisation of its gates"),
            () if absent(X_WEIGHTS) || absent(H_WEIGHTS) || absent(BIASES) => {
                Some("an input gate coupled with its forget gate")
            }
            () if settings.activation != Activation::Tanh => Some("another activation than tanh"),
            () => None,
        };
        if let Some(kind) = kind {
            return Err(refuse(
                operator,
                format!("has {kind}, which is not supported; Keras writes a plain LSTM"),
            ));
        }
        let shape = &self.tensor(input).shape;
        let batch = usize::from(settings.time_major);
        match shape.len() == 3 && shape[batch] == 1 {
            true => Ok(()),
            false => Err(refuse(
                operator,
                format!("reads {shape:?}; it must be one sequence, convert for a batch of 1"),
            )),
        }
    }

    /// Weights of all gates for one of both products, with what a sum of theirs is worth.
    fn gate_product(
        &self,
        operator: &Operator,
        first: usize,
        (width, from, units): (u16, Quant, u16),
        biased: bool,
    ) -> Result<Product, ImportError> {
        let (width, units) = (usize::from(width), usize::from(units));
        let mut all = Product {
            weights: Vec::new(),
            scales: [Scale {
                multiplier: 0,
                shift: 0,
            }; 4],
            bias: Vec::new(),
            width,
            zero_point: from.zero_point,
        };
        for gate in 0..4 {
            let filter = operand(operator, first + gate)?;
            if self.tensor(filter).shape != [units, width] {
                return Err(refuse(
                    operator,
                    format!(
                        "its weights of the shape {:?} are not [{units}, {width}]",
                        self.tensor(filter).shape
                    ),
                ));
            }
            all.weights.extend(self.weights(operator, filter)?);
            let scale = match self.tensor(filter).whole() {
                Some((scale, 0)) => scale,
                _ => return Err(refuse(operator, "its weights have no scale, or several")),
            };
            all.scales[gate] = factor(operator, (scale * from.scale / GATE_SCALE).into())?;
            match biased {
                true => all.bias.extend(self.gate_bias(operator, gate, units)?),
                false => all.bias.extend(vec![0; units]),
            }
        }
        all.fits(operator)?;
        Ok(all)
    }

    fn gate_bias(
        &self,
        operator: &Operator,
        gate: usize,
        units: usize,
    ) -> Result<Vec<i32>, ImportError> {
        let bias = self.tensor(operand(operator, BIASES + gate)?);
        match (bias.element, bias.data) {
            (Element::Int32, Some(data)) if data.len() == 4 * units => {
                let (words, _) = data.as_chunks::<4>();
                Ok(words.iter().map(|&word| i32::from_le_bytes(word)).collect())
            }
            _ => Err(refuse(
                operator,
                format!("a bias of its gates is no constant of {units} int32 values"),
            )),
        }
    }

    /// Integer bits of the cell, and its bound.
    fn cell(&self, operator: &Operator, clip: f32) -> Result<(u8, u16), ImportError> {
        let cell = self.tensor(operand(operator, CELL)?);
        let bits = match cell.whole() {
            Some((scale, 0)) if cell.element == Element::Int16 => {
                let bits = (15.0 + scale.log2()).round();
                let same = 2f32.powi(bits as i32 - 15).to_bits() == scale.to_bits();
                ((0.0..=6.0).contains(&bits) && same).then_some(bits as u8)
            }
            _ => None,
        };
        let bits = bits.ok_or_else(|| {
            let scale = cell.whole().map_or(0.0, |(scale, _)| scale);
            refuse(
                operator,
                format!(
                    "its cell has a scale of {scale}; TensorFlow Lite computes a tanh of int16 cells with scales of 2^-15 to 2^-9 only, so quantise with samples that move the cell beyond 1/2"
                ),
            )
        })?;
        let scale = 2f32.powi(i32::from(bits) - 15);
        let clip = match clip > 0.0 {
            true => (clip / scale).min(32_767.0) as u16,
            false => 0,
        };
        Ok((bits, clip))
    }
}

impl Product {
    /// Refuses sums that do not fit, also those that do not once they are shifted for their factor.
    fn fits(&self, operator: &Operator) -> Result<(), ImportError> {
        let units = self.bias.len() / 4;
        let rows = self.weights.chunks(self.width).zip(&self.bias);
        for (number, (row, &bias)) in rows.enumerate() {
            let sum: i64 = row.iter().map(|&w| i64::from(w)).sum();
            let magnitude: u32 = row.iter().map(|&w| u32::from(w.unsigned_abs())).sum();
            let left = self.scales[number / units].shift.max(0).cast_unsigned();
            let folded = i64::from(bias) - i64::from(self.zero_point) * sum;
            if !sums_fit(folded, magnitude, left) {
                return Err(refuse(
                    operator,
                    format!(
                        "unit {} could add up to more than 2^30, which is not held in 32 bits on every processor; train with smaller biases, or fewer terms",
                        number % units
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn operand(operator: &Operator, place: usize) -> Result<TensorId, ImportError> {
    match operator.inputs.get(place) {
        Some(&Some(tensor)) => Ok(tensor),
        _ => Err(refuse(operator, format!("lacks its operand {place}"))),
    }
}
