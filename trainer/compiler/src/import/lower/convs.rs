//! Convolutions: plain and depthwise, of groups of channels, of batches, with a padding in front of them.

use tillsense_core::model::records::{Conv, Op as Record, Rounding, View, Window};

use super::mapping::Mapping;
use super::plain::window;
use super::samples::Samples;
use super::weighted::Weights;
use super::{Lowering, refuse};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Op, Operator, Steps, TensorId};
use crate::lower::program::Home;

/// Bytes of zero weights for each group of channels up to which they cost less than taking the channels apart.
const FEW_ZEROS: usize = 256;

/// A tensor that is never made: what pads it lies in the windows that read it.
#[derive(Clone, Copy, Debug)]
pub struct Padded {
    /// What is padded.
    pub source: TensorId,
    /// Rows and columns in front.
    pub before: [usize; 2],
    /// Rows and columns behind.
    pub after: [usize; 2],
}

/// Where a convolution reads and writes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub from: Samples,
    pub to: Samples,
    pub window: Window,
}

/// What a convolution is made of.
#[derive(Clone, Copy)]
pub(super) struct Parts<'o> {
    pub operator: &'o Operator,
    /// Input, weights, output.
    pub ids: [TensorId; 3],
    pub activation: Activation,
}

impl Lowering<'_, '_> {
    pub(super) fn conv(
        &mut self,
        operator: &Operator,
        steps: Steps,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let ids = self.operands(operator)?;
        let shape = self.tensor(ids[1]).shape.clone();
        let &[oc, kh, kw, ic] = &shape[..] else {
            return Err(refuse(
                operator,
                format!(
                    "its filters of the shape {shape:?} are not [output channels, rows, columns, input channels]"
                ),
            ));
        };
        let (place, to) = self.place_of(operator, ids, steps, [kh, kw])?;
        let [channels, made] = [place.from, place.to].map(|of| usize::from(of.first().c));
        let groups = match ic {
            0 => 0,
            ic => channels / ic,
        };
        if groups == 0 || groups * ic != channels || oc != made || !oc.is_multiple_of(groups) {
            return Err(refuse(
                operator,
                format!(
                    "its filters of the shape {shape:?} do not make {made} channels of {channels}"
                ),
            ));
        }
        let values = self.weights(operator, ids[1])?;
        let rows = values.chunks(kh * kw * ic).map(<[i8]>::to_vec).collect();
        let parts = Parts {
            operator,
            ids,
            activation,
        };
        match (groups, ic) {
            (1, _) => self.filtered(parts, place, rows, false)?,
            (_, 1) => self.filtered(parts, place, rows, true)?,
            _ => self.grouped(parts, place, rows, groups)?,
        }
        self.views[ids[2]] = Some(to);
        Ok(())
    }

    pub(super) fn depthwise(
        &mut self,
        operator: &Operator,
        steps: Steps,
        multiplier: usize,
        activation: Activation,
    ) -> Result<(), ImportError> {
        let ids = self.operands(operator)?;
        let shape = self.tensor(ids[1]).shape.clone();
        let &[1, kh, kw, oc] = &shape[..] else {
            return Err(refuse(
                operator,
                format!("its filters of the shape {shape:?} are not [1, rows, columns, channels]"),
            ));
        };
        let (place, to) = self.place_of(operator, ids, steps, [kh, kw])?;
        let [channels, made] = [place.from, place.to].map(|of| usize::from(of.first().c));
        // 0 leaves it to the shapes.
        let multiplier = match multiplier {
            0 => oc / channels,
            multiplier => multiplier,
        };
        if oc != made || multiplier.checked_mul(channels) != Some(oc) {
            return Err(refuse(
                operator,
                format!("{channels} channels and a multiplier of {multiplier} do not make {oc}"),
            ));
        }
        let values = self.weights(operator, ids[1])?;
        let row = |channel: usize| values.iter().skip(channel).step_by(oc).copied().collect();
        let rows = (0..oc).map(row).collect();
        let parts = Parts {
            operator,
            ids,
            activation,
        };
        self.filtered(parts, place, rows, true)?;
        self.views[ids[2]] = Some(to);
        Ok(())
    }

    /// The samples, and the window with what is padded in front of it; and the view of the output.
    fn place_of(
        &mut self,
        operator: &Operator,
        [input, _, output]: [TensorId; 3],
        steps: Steps,
        kernel: [usize; 2],
    ) -> Result<(Place, View), ImportError> {
        let padded = self.padded.get(&input).copied().unwrap_or(Padded {
            source: input,
            before: [0; 2],
            after: [0; 2],
        });
        let view = self.operand(padded.source)?;
        let from = self.samples(operator, padded.source, view)?;
        let to = self.new_view(output, self.part)?;
        let made = self.samples(operator, output, to)?;
        let mut seen = from.first();
        let more = |side: u16, at: usize| side + (padded.before[at] + padded.after[at]) as u16;
        (seen.h, seen.w) = (more(seen.h, 0), more(seen.w, 1));
        let mut window = window(operator, steps, kernel, seen, made.first())?;
        let add = |pads: &mut (u16, u16), more: [usize; 2]| {
            pads.0 += more[0] as u16;
            pads.1 += more[1] as u16;
        };
        add(&mut window.pad_before, padded.before);
        add(&mut window.pad_after, padded.after);
        let place = Place {
            from,
            to: made,
            window,
        };
        Ok((place, to))
    }

    /// Adds the ops of a convolution, depthwise where `by_channel`.
    pub(super) fn filtered(
        &mut self,
        parts: Parts<'_>,
        place: Place,
        rows: Vec<Vec<i8>>,
        by_channel: bool,
    ) -> Result<(), ImportError> {
        let Parts {
            operator,
            ids,
            activation,
        } = parts;
        let weights = self.weighted(operator, ids, rows, activation, Rounding::Tflite)?;
        self.laid(parts, place, &weights, by_channel)
    }

    /// Adds the ops of a convolution with these weights.
    pub(super) fn laid(
        &mut self,
        parts: Parts<'_>,
        place: Place,
        weights: &Weights,
        by_channel: bool,
    ) -> Result<(), ImportError> {
        let (from, to) = (place.from.first(), place.to.first());
        let at = (from, to, place.window);
        let record = self.filters(
            parts.operator,
            (parts.ids[2], parts.activation),
            at,
            weights,
            by_channel,
        )?;
        self.each_sample(parts.operator, (place.from, place.to), |input, output| {
            let conv = Conv {
                input,
                output,
                ..record
            };
            match by_channel {
                true => Record::DepthwiseConv2d(conv),
                false => Record::Conv2d(conv),
            }
        })
    }

    /// Groups of channels, each with filters of its own: as one convolution with zeros for all other channels where these are few, else one
    /// by one.
    fn grouped(
        &mut self,
        parts: Parts<'_>,
        place: Place,
        rows: Vec<Vec<i8>>,
        groups: usize,
    ) -> Result<(), ImportError> {
        let (ic, each) = (
            usize::from(place.from.first().c) / groups,
            rows.len() / groups,
        );
        let zeros = rows.iter().map(Vec::len).sum::<usize>() * (groups - 1);
        if zeros <= FEW_ZEROS * groups {
            let wide = |(number, row): (usize, &Vec<i8>)| -> Vec<i8> {
                let (before, after) = (number / each * ic, (groups - 1 - number / each) * ic);
                let tap = |tap: &[i8]| [&vec![0; before], tap, &vec![0; after]].concat();
                row.chunks(ic).flat_map(tap).collect()
            };
            let rows = rows.iter().enumerate().map(wide).collect();
            return self.filtered(parts, place, rows, false);
        }
        let Parts {
            operator,
            ids,
            activation,
        } = parts;
        let all = self.weighted(operator, ids, rows, activation, Rounding::Tflite)?;
        let mut made = Vec::new();
        for group in 0..groups {
            let from = self.channels(operator, place.from, group * ic..(group + 1) * ic)?;
            let to = place.to.with_channels(each as u16);
            let value = self.program.add(to.whole().len(), 1, Home::Work(self.part));
            let to = to.at(value);
            let weights = all.rows(group * each..(group + 1) * each);
            let place = Place { from, to, ..place };
            self.laid(parts, place, &weights, false)?;
            made.push(to.whole());
        }
        let whole = place.to.whole();
        let pixels = whole.len() / usize::from(whole.c);
        self.interleave(operator, made, pixels, whole)
    }

    /// Some channels of all samples.
    fn channels(
        &mut self,
        operator: &Operator,
        from: Samples,
        channels: std::ops::Range<usize>,
    ) -> Result<Samples, ImportError> {
        let whole = from.whole();
        let c = usize::from(whole.c);
        let mapping =
            Mapping::of(&[whole.len() / c, c]).with(1, channels.clone().map(Some).collect());
        let some = from.with_channels(channels.len() as u16);
        let View { h, w, c, .. } = some.whole();
        let view = self.mapped(operator, whole, &mapping, ([h, w, c], 0))?;
        Ok(some.at(view.offset as usize))
    }

    /// What an operator pads in front of convolutions that read nothing else of it: `None` where that is not all it does.
    pub(super) fn padding_of_windows(
        &self,
        operator: &Operator,
        paddings: &[[usize; 2]],
    ) -> Option<Padded> {
        let (&[output], Some(&Some(source))) = (&operator.outputs[..], operator.inputs.first())
        else {
            return None;
        };
        let &[[0, 0], [top, bottom], [left, right], [0, 0]] = paddings else {
            return None;
        };
        let reads = |other: &&Operator| other.inputs.contains(&Some(output));
        let by_window = |other: &Operator| {
            let windows = matches!(other.op, Op::Conv2d(..) | Op::DepthwiseConv2d { .. });
            windows
                && other
                    .inputs
                    .iter()
                    .filter(|&&id| id == Some(output))
                    .count()
                    == 1
                && other.inputs[0] == Some(output)
        };
        let only_windows = self.net.operators.iter().filter(reads).all(by_window);
        let shown = self.net.outputs.contains(&output);
        let small = self
            .tensor(output)
            .shape
            .iter()
            .all(|&side| side <= usize::from(u16::MAX));
        let padded = Padded {
            source,
            before: [top, left],
            after: [bottom, right],
        };
        let any = top + bottom + left + right > 0;
        (only_windows && !shown && any && small).then_some(padded)
    }
}
