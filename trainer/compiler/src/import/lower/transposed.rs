//! TRANSPOSE_CONV.

use tillsense_core::model::records::{View, Window};

use super::convs::{Parts, Place};
use super::mapping::Mapping;
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Operator, Padding, Steps};

impl Lowering<'_, '_> {
    /// TRANSPOSE_CONV: the filters turned around, over the input with gaps between its values.
    pub(super) fn transposed_conv(
        &mut self,
        operator: &Operator,
        steps: Steps,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let (&[_, Some(filter), Some(input), ..], &[output]) =
            (&operator.inputs[..], &operator.outputs[..])
        else {
            return Err(refuse(
                operator,
                "lacks its weights, its input or its output",
            ));
        };
        let shape = self.tensor(filter).shape.clone();
        let view = self.operand(input)?;
        let from = self.samples(operator, input, view)?;
        let to = self.new_view(output, self.part)?;
        let made = self.samples(operator, output, to)?;
        let (small, large) = (from.first(), made.first());
        let &[oc, kh, kw, ic] = &shape[..] else {
            return Err(refuse(
                operator,
                format!(
                    "its filters of the shape {shape:?} are not [output channels, rows, columns, input channels]"
                ),
            ));
        };
        if ic != usize::from(small.c) || oc != usize::from(large.c) {
            return Err(refuse(
                operator,
                format!(
                    "its filters of the shape {shape:?} do not make {} channels of {}",
                    large.c, small.c
                ),
            ));
        }
        let sides = [(small.h, large.h, kh), (small.w, large.w, kw)];
        let mut axes = Vec::new();
        for (at, (input, output, taps)) in sides.into_iter().enumerate() {
            let gaps = Gaps::new(
                steps.padding,
                steps.stride[at],
                [input.into(), output.into(), taps],
            );
            axes.push(gaps.ok_or_else(|| {
                refuse(
                    operator,
                    format!("makes {output} rows or columns of {input}, with a window of {taps}"),
                )
            })?);
        }
        let [rows, columns] = &axes[..] else {
            return Ok(());
        };
        let spread = from.with_sides([
            rows.indices.len() as u16,
            columns.indices.len() as u16,
            small.c,
        ]);
        let mapping = Mapping::of(&self.tensor(input).shape)
            .with(1, rows.indices.clone())
            .with(2, columns.indices.clone());
        let View { h, w, c, .. } = spread.whole();
        if mapping.len() != spread.whole().len() {
            return Err(refuse(
                operator,
                "spreads its input over more than 65,535 rows",
            ));
        }
        let zero = small.zero_point;
        let view = self.mapped(operator, view, &mapping, ([h, w, c], zero))?;
        let place = Place {
            from: spread.at(view.offset as usize),
            to: made,
            window: Window {
                kernel: (kh as u16, kw as u16),
                stride: (1, 1),
                dilation: (1, 1),
                pad_before: (rows.before, columns.before),
                pad_after: (rows.after, columns.after),
            },
        };
        let values = self.weights(operator, filter)?;
        let turned = |row: &[i8]| row.chunks(ic).rev().flatten().copied().collect();
        let rows = values.chunks(kh * kw * ic).map(turned).collect();
        // Its bias stands where a convolution has it.
        let operands = [
            Some(input),
            Some(filter),
            operator.inputs.get(3).copied().flatten(),
        ];
        let as_conv = Operator {
            inputs: operands.to_vec(),
            ..operator.clone()
        };
        let parts = Parts {
            operator: &as_conv,
            ids: [input, filter, output],
            activation,
        };
        self.filtered(parts, place, rows, false)?;
        self.views[output] = Some(to);
        Ok(())
    }
}

/// Along one axis of a transposed convolution: the places of the input that a window of stride 1 moves over, with gaps between them.
struct Gaps {
    indices: Vec<Option<usize>>,
    before: u16,
    after: u16,
}

impl Gaps {
    /// For sides of the input and of the output, and the window's taps; `None` where they do not fit.
    fn new(padding: Padding, stride: usize, [input, output, taps]: [usize; 3]) -> Option<Self> {
        let steps = match padding {
            Padding::Same => output.div_ceil(stride),
            Padding::Valid => (output + stride).checked_sub(taps)? / stride,
        };
        let over = (steps.checked_sub(1)? * stride + taps).saturating_sub(output);
        let before = (taps.checked_sub(1)?).checked_sub(over / 2)?;
        let reach = output + over / 2;
        let len = ((input - 1).checked_mul(stride)? + 1).min(reach);
        let index = |at: usize| at.is_multiple_of(stride).then_some(at / stride);
        u16::try_from(len).ok()?;
        Some(Gaps {
            indices: (0..len).map(index).collect(),
            before: before.try_into().ok()?,
            after: (reach - len).try_into().ok()?,
        })
    }
}
