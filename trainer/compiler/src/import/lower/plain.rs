//! Operators without weights.

use tillsense_core::model::records::{
    Add, Op as Record, Pool as PoolRecord, Product, Rounding, View, Window,
};

use super::scales::{clamp, factor, quant};
use super::{Lowering, dimensions, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Operator, Padding, Pool, Steps, TensorId};
use crate::network::builder::pads;
use crate::network::graph;

impl Lowering<'_, '_> {
    pub(super) fn add(
        &mut self,
        operator: &Operator,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let ([a, b], output) = self.pair(operator)?;
        let [a_scale, b_scale, out] =
            [a, b, output].map(|id| quant(self.net, id).map(|q| f64::from(q.scale)));
        let (a_scale, b_scale, out) = (a_scale?, b_scale?, out?);
        let twice = 2.0 * a_scale.max(b_scale);
        let to = self.new_view(output, self.part)?;
        let record = Add {
            a: like(self.view(a)?, to),
            b: like(self.view(b)?, to),
            output: to,
            a_scale: factor(operator, a_scale / twice)?,
            b_scale: factor(operator, b_scale / twice)?,
            out_scale: factor(operator, twice / (f64::from(1 << 20) * out))?,
            clamp: clamp(operator, activation, quant(self.net, output)?)?,
        };
        self.push(Record::Add(record), output, to);
        Ok(())
    }

    pub(super) fn product(
        &mut self,
        operator: &Operator,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let ([a, b], output) = self.pair(operator)?;
        let (a_quant, b_quant, out) = (
            quant(self.net, a)?,
            quant(self.net, b)?,
            quant(self.net, output)?,
        );
        let to = self.new_view(output, self.part)?;
        let record = Product {
            a: like(self.view(a)?, to),
            b: like(self.view(b)?, to),
            output: to,
            // In single precision, as MUL prepares it.
            scale: factor(
                operator,
                f64::from(a_quant.scale * b_quant.scale / out.scale),
            )?,
            rounding: Rounding::Tflite,
            clamp: clamp(operator, activation, out)?,
        };
        self.push(Record::Product(record), output, to);
        Ok(())
    }

    pub(super) fn pool(
        &mut self,
        operator: &Operator,
        pool: Pool,
        largest: bool,
    ) -> Result<(), ImportError> {
        let (input, output) = self.single(operator)?;
        let (view, to) = (self.operand(input)?, self.new_view(output, self.part)?);
        let samples = (
            self.samples(operator, input, view)?,
            self.samples(operator, output, to)?,
        );
        let (from, made) = (samples.0.first(), samples.1.first());
        let (before, after) = (quant(self.net, input)?, quant(self.net, output)?);
        if before != after || from.c != made.c {
            return Err(refuse(
                operator,
                "changes scale or channels, which pooling cannot",
            ));
        }
        let steps = Steps {
            padding: pool.padding,
            stride: pool.stride,
            dilation: [1, 1],
        };
        let record = PoolRecord {
            input: from,
            output: made,
            window: window(operator, steps, pool.kernel, from, made)?,
            clamp: clamp(operator, pool.activation, after)?,
        };
        self.each_sample(operator, samples, |input, output| {
            let record = PoolRecord {
                input,
                output,
                ..record
            };
            match largest {
                true => Record::MaxPool(record),
                false => Record::AveragePool(record),
            }
        })?;
        self.views[output] = Some(to);
        Ok(())
    }

    /// The same values in another shape; TensorFlow Lite, too, takes the bytes as they are.
    pub(super) fn alias(&mut self, operator: &Operator) -> Result<(), ImportError> {
        let (Some(&Some(input)), &[output]) = (operator.inputs.first(), &operator.outputs[..])
        else {
            return Err(refuse(operator, "lacks its input or its output"));
        };
        let [h, w, c] = dimensions(self.net, output)?;
        let from = self.operand(input)?;
        let view = View {
            h,
            w,
            c,
            zero_point: quant(self.net, output)?.zero_point as i8,
            ..from
        };
        if view.len() != from.len() {
            return Err(refuse(
                operator,
                format!(
                    "makes {} values of {}; convert the network with fixed shapes",
                    view.len(),
                    from.len()
                ),
            ));
        }
        self.views[output] = Some(view);
        Ok(())
    }

    /// One operand and one result.
    pub(super) fn single(&self, operator: &Operator) -> Result<(TensorId, TensorId), ImportError> {
        match (&operator.inputs[..], &operator.outputs[..]) {
            ([Some(input), ..], [output]) => Ok((*input, *output)),
            _ => Err(refuse(operator, "lacks its input or its output")),
        }
    }

    /// Two operands and one result.
    pub(super) fn pair(
        &self,
        operator: &Operator,
    ) -> Result<([TensorId; 2], TensorId), ImportError> {
        match (&operator.inputs[..], &operator.outputs[..]) {
            ([Some(a), Some(b), ..], [output]) => Ok(([*a, *b], *output)),
            _ => Err(refuse(operator, "lacks an operand or its output")),
        }
    }
}

/// An operand of a result's shape, however the file writes it.
fn like(operand: View, output: View) -> View {
    View {
        h: output.h,
        w: output.w,
        c: output.c,
        ..operand
    }
}

/// The geometry of a window, checked against what the file says of its output.
pub fn window(
    operator: &Operator,
    steps: Steps,
    kernel: [usize; 2],
    input: View,
    output: View,
) -> Result<Window, ImportError> {
    let padding = match steps.padding {
        Padding::Same => graph::Padding::Same,
        Padding::Valid => graph::Padding::Valid,
    };
    let sizes = [kernel, steps.stride, steps.dilation].concat();
    if sizes.iter().any(|&n| n == 0 || n > usize::from(u16::MAX)) {
        return Err(refuse(
            operator,
            "has a window, stride or dilation of 0, or of more than 65,535",
        ));
    }
    let given = [input.h, input.w].map(usize::from);
    let made = pads(given, kernel, steps.stride, steps.dilation, padding);
    let Some((made, [(top, bottom), (left, right)])) = made else {
        return Err(refuse(operator, "has a window larger than its input"));
    };
    if made != [output.h, output.w].map(usize::from) {
        return Err(refuse(
            operator,
            format!(
                "makes {made:?} rows and columns, and the file says {:?}",
                [output.h, output.w]
            ),
        ));
    }
    let two = |pair: [usize; 2]| (pair[0] as u16, pair[1] as u16);
    Ok(Window {
        kernel: two(kernel),
        stride: two(steps.stride),
        dilation: two(steps.dilation),
        pad_before: two([top, left]),
        pad_after: two([bottom, right]),
    })
}
