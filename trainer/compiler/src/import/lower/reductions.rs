//! Operators over axes and rows: means, sums, maxima and minima; softmax and its logarithm, division by the length.

use tillsense_core::model::records::{
    ArgMax, L2Normalise, LogSoftmax, Op as Record, Reduce, Reduction, Scale, Softmax, View,
};

use super::scales::{clamp, factor, quant};
use super::{Lowering, refuse};
use crate::import::edges::MOST_NUMBERED;
use crate::import::error::ImportError;
use crate::import::net::{Activation, Element, Op, Operator, TensorId};
use crate::lower::softmax_of;
use crate::network::graph::Quant;

/// Most values of a row of a softmax.
const MOST_CLASSES: u16 = 4095;

impl Lowering<'_, '_> {
    /// MEAN, SUM, REDUCE_MAX, REDUCE_MIN.
    pub(super) fn reduction(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let ([input, along], output) = self.pair(operator)?;
        let (from, to) = (quant(self.net, input)?, quant(self.net, output)?);
        let gone = self.reduced(operator, input, along)?;
        let shape = self.tensor(input).shape.clone();
        let at = self.view(input)?;
        let to_view = self.new_view(output, self.part)?;
        let sides = shape.iter().copied().zip(gone);
        let groups = grouped(sides, false).ok_or_else(|| {
            refuse(
                operator,
                "takes axes away from between others that are left, more than an op can; transpose before it",
            )
        })?;
        let whole = groups.map(|(side, _)| side);
        let left = groups.map(|(side, gone)| if gone { 1 } else { side });
        let view = |at: View, [h, w, c]: [u16; 3]| View { h, w, c, ..at };
        let record = Reduce {
            kind: match operator.op {
                Op::ReduceMax { .. } => Reduction::Max,
                Op::ReduceMin { .. } => Reduction::Min,
                Op::Sum { .. } => Reduction::Bytes,
                _ => Reduction::Sum,
            },
            input: view(at, whole),
            output: view(to_view, left),
            scale: reduced_scale(operator, (from, to), at.len() / to_view.len().max(1))?,
            clamp: clamp(operator, Activation::None, to)?,
        };
        if record.output.len() != to_view.len() {
            return Err(refuse(
                operator,
                "its output's shape is not what its axes leave",
            ));
        }
        self.push(Record::Reduce(record), output, to_view);
        Ok(())
    }

    /// Which axes are reduced.
    fn reduced(
        &self,
        operator: &Operator,
        input: TensorId,
        along: TensorId,
    ) -> Result<Vec<bool>, ImportError> {
        let rank = self.tensor(input).shape.len();
        let axes = self.tensor(along);
        let data = axes.data.unwrap_or_default();
        let given: Vec<i64> = match (axes.element, axes.data) {
            (Element::Int32, Some(_)) => {
                let words = data.as_chunks::<4>().0.iter();
                words.map(|&word| i32::from_le_bytes(word).into()).collect()
            }
            (Element::Int64, Some(_)) => {
                let words = data.as_chunks::<8>().0.iter();
                words.map(|&word| i64::from_le_bytes(word)).collect()
            }
            _ => return Err(refuse(operator, "its axes are no constant whole numbers")),
        };
        let mut gone = vec![false; rank];
        for axis in given {
            let from_front = if axis < 0 {
                axis.saturating_add(rank as i64)
            } else {
                axis
            };
            match usize::try_from(from_front).ok().filter(|&axis| axis < rank) {
                Some(axis) => gone[axis] = true,
                None => return Err(refuse(operator, format!("has no axis {axis}"))),
            }
        }
        Ok(gone)
    }

    pub(super) fn softmax(&mut self, operator: &Operator, beta: f32) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let to = quant(self.net, output)?;
        if to.scale.to_bits() != (1.0f32 / 256.0).to_bits() || to.zero_point != -128 {
            return Err(refuse(
                operator,
                "its output is not in steps of 1/256 from -128 on",
            ));
        }
        let ([from, to], _, table) = self.logits(operator, [input, output], beta)?;
        let table = self.blobs.own_i32s(&table);
        let record = Softmax {
            input: from,
            output: to,
            table,
        };
        let record = match usize::from(from.c) == from.len() {
            true => Record::Softmax(record),
            false => Record::SoftmaxRows(record),
        };
        self.push(record, output, to);
        Ok(())
    }

    pub(super) fn log_softmax(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let to = quant(self.net, output)?;
        if to.scale.to_bits() != (1.0f32 / 16.0).to_bits() || to.zero_point != 127 {
            return Err(refuse(
                operator,
                "its output is not in steps of 1/16 up to 127",
            ));
        }
        let ([from, to], scale, table) = self.logits(operator, [input, output], 1.0)?;
        let table = self.blobs.own_i32s(&table);
        let record = LogSoftmax {
            input: from,
            output: to,
            table,
            scale,
        };
        self.push(Record::LogSoftmax(record), output, to);
        Ok(())
    }

    /// The views of rows of logits and of what becomes of them, the logits' scale, and the table of exponentials.
    fn logits(
        &mut self,
        operator: &Operator,
        [input, output]: [TensorId; 2],
        beta: f32,
    ) -> Result<([View; 2], Scale, Vec<i32>), ImportError> {
        let views = self.rows(operator, input, output)?;
        if views[0].c > MOST_CLASSES {
            return Err(refuse(
                operator,
                format!(
                    "has rows of {} values; {MOST_CLASSES} are supported",
                    views[0].c
                ),
            ));
        }
        let before = quant(self.net, input)?;
        let (scale, table) = softmax_of(f64::from(beta) * f64::from(before.scale))
            .ok_or_else(|| refuse(operator, "the scale of its input is too small for it"))?;
        Ok((views, scale, table))
    }

    pub(super) fn l2_normalise(
        &mut self,
        operator: &Operator,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let to = quant(self.net, output)?;
        if to.scale.to_bits() != (1.0f32 / 128.0).to_bits() || to.zero_point != 0 {
            return Err(refuse(
                operator,
                "its output is not in steps of 1/128 around 0",
            ));
        }
        if activation != Activation::None {
            return Err(refuse(
                operator,
                "ends with an activation, which its kernel refuses",
            ));
        }
        let [from, to] = self.rows(operator, input, output)?;
        if from.c > 33_025 {
            return Err(refuse(
                operator,
                "has rows of more than 33,025 values, whose squares add up to more than 32 bits hold",
            ));
        }
        let record = L2Normalise {
            input: from,
            output: to,
        };
        self.push(Record::L2Normalise(record), output, to);
        Ok(())
    }

    /// ARG_MAX over the last axis: its numbers are int8 values here, in steps of 1.
    pub(super) fn arg_max(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let ([input, along], output) = self.pair(operator)?;
        quant(self.net, input)?;
        let gone = self.reduced(operator, input, along)?;
        let inner = gone.iter().rev().skip(1).any(|&gone| gone);
        if inner || gone.last() != Some(&true) {
            return Err(refuse(
                operator,
                "is along another axis than the last, which is not supported",
            ));
        }
        let from = self.view(input)?;
        if usize::from(from.c) > MOST_NUMBERED {
            return Err(refuse(
                operator,
                format!(
                    "chooses of {} values; {MOST_NUMBERED} are supported, more if the network ends before it and its reader chooses",
                    from.c
                ),
            ));
        }
        let to = self.new_room(output, self.part, 0)?;
        let record = ArgMax {
            input: from,
            output: to,
        };
        self.push(Record::ArgMax(record), output, to);
        Ok(())
    }

    /// The views of an operand and a result of one shape.
    fn rows(
        &mut self,
        operator: &Operator,
        input: TensorId,
        output: TensorId,
    ) -> Result<[View; 2], ImportError> {
        let (from, to) = (self.view(input)?, self.new_view(output, self.part)?);
        if (from.h, from.w, from.c) != (to.h, to.w, to.c) {
            return Err(refuse(operator, "changes the shape"));
        }
        Ok([from, to])
    }
}

/// The axes of a shape as rows, columns and channels: sides of 1 do not count, and neighbours of one kind may be one axis. `None` where
/// there are more than three, or a side of more than 65,535.
pub fn grouped<K: Copy + PartialEq>(
    axes: impl Iterator<Item = (usize, K)>,
    none: K,
) -> Option<[(u16, K); 3]> {
    let mut groups: Vec<(usize, K)> = axes.filter(|&(side, _)| side != 1).collect();
    while groups.len() > 3 {
        let joins = |pair: &[(usize, K)]| {
            let together = pair[0].0.saturating_mul(pair[1].0);
            pair[0].1 == pair[1].1 && together <= usize::from(u16::MAX)
        };
        let at = groups.windows(2).position(joins)?;
        let (side, _) = groups.remove(at + 1);
        groups[at].0 *= side;
    }
    while groups.len() < 3 {
        groups.insert(0, (1, none));
    }
    let narrow = |at: usize| Some((u16::try_from(groups[at].0).ok()?, groups[at].1));
    Some([narrow(0)?, narrow(1)?, narrow(2)?])
}

/// From a sum of so many values to the output. A mean divides the multiplier of the change of scale and does not normalise it.
fn reduced_scale(
    operator: &Operator,
    (from, to): (Quant, Quant),
    values: usize,
) -> Result<Scale, ImportError> {
    match operator.op {
        Op::ReduceMax { .. } | Op::ReduceMin { .. } => {
            if from != to {
                return Err(refuse(
                    operator,
                    "changes the scale, which its kernel refuses",
                ));
            }
            return Ok(Scale {
                multiplier: 0,
                shift: 0,
            });
        }
        _ => {}
    }
    let scale = factor(operator, f64::from(from.scale) / f64::from(to.scale))?;
    if let Op::Sum { .. } = operator.op {
        return Ok(scale);
    }
    let values = (values as i64).max(1);
    let bits = i64::from(values.ilog2());
    let room = 31 + i64::from(scale.shift);
    if bits > room {
        return Err(refuse(
            operator,
            "its output's scale is too large for its input's",
        ));
    }
    Ok(Scale {
        multiplier: ((i64::from(scale.multiplier) << bits) / values) as i32,
        shift: scale.shift - bits as i8,
    })
}
