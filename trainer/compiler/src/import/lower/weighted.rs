//! Operators with weights.

use std::ops::Range;

use tillsense_core::model::records::{
    Blob, Conv, Dense, Op as Record, Requant, Rounding, Scale, View, Window,
};
use tillsense_core::num::sums_fit;

use super::scales::{Stored, clamp, factor, quant, sum_ends};
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Element, Operator, TensorId};
use crate::network::graph::Quant;

/// The numbers of an operator's weighted sums: rows are output channels.
pub(super) struct Weights {
    /// In the order of rows.
    rows: Vec<Vec<i8>>,
    bias: Vec<i32>,
    factors: Vec<Scale>,
    rounding: Rounding,
}

impl Weights {
    /// Those of some channels.
    pub(super) fn rows(&self, channels: Range<usize>) -> Self {
        Weights {
            rows: self.rows[channels.clone()].to_vec(),
            bias: self.bias[channels.clone()].to_vec(),
            factors: self.factors[channels].to_vec(),
            rounding: self.rounding,
        }
    }

    /// Those of some taps, of so many values each, zeros where there is none.
    pub(super) fn taps(&self, values: usize, taps: &[Option<usize>]) -> Self {
        let zeros = vec![0; values];
        let row = |row: &Vec<i8>| -> Vec<i8> {
            let tap = |tap: &Option<usize>| match tap {
                Some(tap) => &row[tap * values..(tap + 1) * values],
                None => &zeros[..],
            };
            taps.iter().flat_map(tap).copied().collect()
        };
        Weights {
            rows: self.rows.iter().map(row).collect(),
            bias: self.bias.clone(),
            factors: self.factors.clone(),
            rounding: self.rounding,
        }
    }
}

impl Lowering<'_, '_> {
    /// The sums of a fully connected layer go through 64 bits in TensorFlow Lite, and are rounded once.
    pub(super) fn dense(
        &mut self,
        operator: &Operator,
        activation: Activation,
        plain: bool,
    ) -> Result<(), ImportError> {
        if !plain {
            return Err(refuse(
                operator,
                "its weights are shuffled, an order of one processor; convert anew",
            ));
        }
        let [input, filter, output] = self.operands(operator)?;
        if self.tensor(filter).data.is_none() {
            return self.dense_of_computed(operator, activation);
        }
        let shape = self.tensor(filter).shape.clone();
        let (from, to) = (self.operand(input)?, self.new_view(output, self.part)?);
        let &[outputs, depth] = &shape[..] else {
            return Err(refuse(
                operator,
                format!("its weights of the shape {shape:?} are not [outputs, inputs]"),
            ));
        };
        let samples = from.len() / depth.max(1);
        if depth == 0 || samples * depth != from.len() || samples * outputs != to.len() {
            return Err(refuse(
                operator,
                format!(
                    "{} values and weights of the shape {shape:?} do not make {} values",
                    from.len(),
                    to.len()
                ),
            ));
        }
        let (rows, from) = self.dense_rows(operator, filter, (samples, depth), from)?;
        let depth = from.len() / samples;
        let weights = self.weighted(
            operator,
            [input, filter, output],
            rows,
            activation,
            Rounding::Nearest,
        )?;
        let flat = weights.rows.concat();
        let (weights_blob, bias, requant) = self.place(&weights, &flat);
        let clamp = clamp(operator, activation, quant(self.net, output)?)?;
        let dense = Dense {
            input: from,
            output: to,
            weights: weights_blob,
            bias,
            requant,
            clamp,
        };
        let record = match samples {
            1 => Record::Dense(dense),
            _ => Record::Conv2d(by_sample(operator, dense, [samples, depth, outputs])?),
        };
        self.push(record, output, to);
        Ok(())
    }

    /// Input, weights and output.
    pub(super) fn operands(&self, operator: &Operator) -> Result<[TensorId; 3], ImportError> {
        match (&operator.inputs[..], &operator.outputs[..]) {
            ([Some(input), Some(filter), ..], [output]) => Ok([*input, *filter, *output]),
            _ => Err(refuse(
                operator,
                "lacks its input, its weights or its output",
            )),
        }
    }

    /// The values of constant int8 or int4 weights.
    pub(super) fn weights(
        &self,
        operator: &Operator,
        filter: TensorId,
    ) -> Result<Vec<i8>, ImportError> {
        let tensor = self.tensor(filter);
        let zero = tensor.quant.iter().flat_map(|quant| &quant.zero_points);
        if zero.into_iter().any(|&zero| zero != 0) {
            return Err(refuse(
                operator,
                "its weights have a zero point, which TensorFlow Lite has for fully connected layers alone, with one scale for all weights; convert with symmetric weights",
            ));
        }
        self.stored_weights(operator, filter)
    }

    /// The values of constant int8 or int4 weights, whatever their zero point.
    pub(super) fn stored_weights(
        &self,
        operator: &Operator,
        filter: TensorId,
    ) -> Result<Vec<i8>, ImportError> {
        let tensor = self.tensor(filter);
        let Some(data) = tensor.data else {
            return Err(refuse(
                operator,
                "its weights are computed, which is not supported; they must be constants",
            ));
        };
        match tensor.element {
            Element::Int8 => Ok(data.iter().map(|byte| byte.cast_signed()).collect()),
            Element::Int4 => {
                let halves = data.iter().flat_map(|byte| [byte << 4, byte & 0xf0]);
                let values = halves.map(|high| high.cast_signed() >> 4);
                Ok(values.take(tensor.len().unwrap_or(0)).collect())
            }
            other => Err(refuse(
                operator,
                format!("its weights are of {other}; int8 and int4 are read"),
            )),
        }
    }

    /// Rows with bias and factors. A row whose result is always the same becomes one without weights.
    pub(super) fn weighted(
        &self,
        operator: &Operator,
        [input, filter, output]: [TensorId; 3],
        rows: Vec<Vec<i8>>,
        activation: Activation,
        rounding: Rounding,
    ) -> Result<Weights, ImportError> {
        let bias = self.bias(operator, rows.len())?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        let bounds = clamp(operator, activation, to)?;
        let mut weights = Weights {
            factors: self.factors(operator, (from, filter, to), rows.len())?,
            rows,
            bias,
            rounding,
        };
        for channel in 0..weights.bias.len() {
            let (row, bias) = (&weights.rows[channel], weights.bias[channel]);
            let stored = Stored {
                factor: weights.factors[channel],
                rounding: weights.rounding,
                zero_point: to.zero_point,
                bounds: [bounds.min.into(), bounds.max.into()],
            };
            let ends = [-128, 127].map(|end| end - i64::from(from.zero_point));
            if let Some(value) = stored.single(sum_ends(bias, row.iter().map(|&w| (w, ends)))) {
                weights.rows[channel].fill(0);
                weights.bias[channel] = (i32::from(value) - to.zero_point) << 8;
                weights.factors[channel] = CONSTANT;
                continue;
            }
            let sum: i64 = row.iter().map(|&w| i64::from(w)).sum();
            let magnitude: u64 = row.iter().map(|&w| u64::from(w.unsigned_abs())).sum();
            let magnitude = u32::try_from(magnitude).unwrap_or(u32::MAX);
            if !sums_fit(
                i64::from(bias) - i64::from(from.zero_point) * sum,
                magnitude,
                0,
            ) {
                return Err(refuse(
                    operator,
                    format!(
                        "channel {channel} could add up to more than 2^30, which is not held in 32 bits on every processor; train with smaller biases, or fewer terms"
                    ),
                ));
            }
        }
        Ok(weights)
    }

    /// The constant bias; zeros where there is none.
    fn bias(&self, operator: &Operator, channels: usize) -> Result<Vec<i32>, ImportError> {
        let Some(Some(bias)) = operator.inputs.get(2) else {
            return Ok(vec![0; channels]);
        };
        let tensor = self.tensor(*bias);
        match (tensor.element, tensor.data) {
            (Element::Int32, Some(data)) if data.len() == 4 * channels => {
                let (words, _) = data.as_chunks::<4>();
                Ok(words.iter().map(|&word| i32::from_le_bytes(word)).collect())
            }
            _ => Err(refuse(
                operator,
                format!("its bias is no constant of {channels} int32 values"),
            )),
        }
    }

    /// From sums to stored values, a factor for each channel.
    fn factors(
        &self,
        operator: &Operator,
        (from, filter, to): (Quant, TensorId, Quant),
        channels: usize,
    ) -> Result<Vec<Scale>, ImportError> {
        let quant = self.tensor(filter).quant.as_ref();
        let scales = quant.map_or(&[][..], |quant| &quant.scales);
        // In double precision, of convolutions as of fully connected layers.
        let of = |scale: f32| {
            let real = f64::from(from.scale) * f64::from(scale);
            factor(operator, real / f64::from(to.scale))
        };
        match scales {
            [one] => Ok(vec![of(*one)?; channels]),
            many if many.len() == channels => many.iter().map(|&scale| of(scale)).collect(),
            many => Err(refuse(
                operator,
                format!(
                    "its weights have {} scales for {channels} channels",
                    many.len()
                ),
            )),
        }
    }

    /// The record of a convolution. Neighbouring weights are those of a row, or of different rows where `row_last`.
    pub(super) fn filters(
        &mut self,
        operator: &Operator,
        (result, activation): (TensorId, Activation),
        (input, output, window): (View, View, Window),
        weights: &Weights,
        row_last: bool,
    ) -> Result<Conv, ImportError> {
        let rows = &weights.rows;
        let flat: Vec<i8> = match row_last {
            false => rows.concat(),
            true => (0..rows[0].len())
                .flat_map(|tap| rows.iter().map(move |row| row[tap]))
                .collect(),
        };
        let clamp = clamp(operator, activation, quant(self.net, result)?)?;
        let (weights, bias, requant) = self.place(weights, &flat);
        Ok(Conv {
            input,
            output,
            window,
            weights,
            bias,
            requant,
            clamp,
        })
    }

    /// Stores weights in this order, with their biases and factors: one factor where all are the same.
    fn place(&mut self, weights: &Weights, flat: &[i8]) -> (Blob, Blob, Requant) {
        let same = weights.factors.windows(2).all(|pair| pair[0] == pair[1]);
        let kept = if same {
            &weights.factors[..1]
        } else {
            &weights.factors[..]
        };
        let multipliers: Vec<i32> = kept.iter().map(|factor| factor.multiplier).collect();
        let shifts: Vec<u8> = kept
            .iter()
            .map(|factor| factor.shift.cast_unsigned())
            .collect();
        let requant = Requant {
            rounding: weights.rounding,
            multipliers: self.blobs.own_i32s(&multipliers),
            shifts: self.blobs.own(&shifts, 1),
        };
        let bias = self.blobs.own_i32s(&weights.bias);
        (self.blobs.own_weights(flat), bias, requant)
    }
}

/// A layer over each of several samples by itself: a window of one tap over all of them.
fn by_sample(
    operator: &Operator,
    dense: Dense,
    [samples, depth, outputs]: [usize; 3],
) -> Result<Conv, ImportError> {
    let sides = [samples, depth, outputs].map(u16::try_from);
    let [Ok(samples), Ok(depth), Ok(outputs)] = sides else {
        return Err(refuse(operator, "has more than 65,535 rows or columns"));
    };
    let column = |c: u16, view: View| View {
        h: samples,
        w: 1,
        c,
        ..view
    };
    Ok(Conv {
        input: column(depth, dense.input),
        output: column(outputs, dense.output),
        window: ONE,
        weights: dense.weights,
        bias: dense.bias,
        requant: dense.requant,
        clamp: dense.clamp,
    })
}

/// The factor of a row without weights, whose bias is its result times 256.
const CONSTANT: Scale = Scale {
    multiplier: 1 << 30,
    shift: -7,
};

/// A window of one tap.
const ONE: Window = Window {
    kernel: (1, 1),
    stride: (1, 1),
    dilation: (1, 1),
    pad_before: (0, 0),
    pad_after: (0, 0),
};
