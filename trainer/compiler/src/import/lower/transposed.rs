//! TRANSPOSE_CONV.
//!
//! Outputs whose places are alike modulo the stride are those of a small convolution, with every so many of the taps: there is one of these
//! for each place within a stride, and what they make is interleaved. With a stride of 1 that is one convolution, its filters turned around.

use tillsense_core::model::records::{Rounding, View, Window};

use super::convs::{Parts, Place};
use super::mapping::Mapping;
use super::samples::Samples;
use super::weighted::Weights;
use super::{Lowering, refuse, sides};
use crate::import::error::ImportError;
use crate::import::net::{Activation, Operator, Padding, Steps};
use crate::lower::program::Home;

/// Rows or columns of a transposed convolution.
#[derive(Clone, Copy)]
struct Line {
    stride: usize,
    input: usize,
    output: usize,
    taps: usize,
    /// What is cut off in front of the first output.
    cut: usize,
}

/// The outputs of a line that are alike modulo the stride: the taps of their window, which has a stride of 1.
struct Phase {
    /// For each place of the window, the filter's tap; `None` where there is none.
    taps: Vec<Option<usize>>,
    before: u16,
    after: u16,
}

impl Lowering<'_, '_> {
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
        let channels = [large.c, small.c].map(usize::from);
        let kernel = match shape[..] {
            [oc, kh, kw, ic] if [oc, ic] == channels => [kh, kw],
            _ => {
                return Err(refuse(
                    operator,
                    format!(
                        "its filters of the shape {shape:?} do not make {} channels of {}",
                        large.c, small.c
                    ),
                ));
            }
        };
        let lines = [(small.h, large.h), (small.w, large.w)];
        let line = |at: usize| {
            let (input, output) = lines[at];
            let sides = [input.into(), output.into(), kernel[at]];
            Line::new(steps.padding, steps.stride[at], sides).ok_or_else(|| {
                refuse(
                    operator,
                    format!(
                        "makes {output} rows or columns of {input} with a window of {}",
                        kernel[at]
                    ),
                )
            })
        };
        let lines = [line(0)?, line(1)?];
        let values = self.weights(operator, filter)?;
        let per_filter = kernel[0] * kernel[1] * channels[1];
        let rows = values.chunks(per_filter).map(<[i8]>::to_vec).collect();
        // Its bias stands where a convolution has it.
        let as_conv = Operator {
            inputs: vec![
                Some(input),
                Some(filter),
                operator.inputs.get(3).copied().flatten(),
            ],
            ..operator.clone()
        };
        let parts = Parts {
            operator: &as_conv,
            ids: [input, filter, output],
            activation,
        };
        let weights = self.weighted(&as_conv, parts.ids, rows, activation, Rounding::Tflite)?;
        let view = self.phases(parts, (from, made), lines, &weights)?;
        self.views[output] = Some(View {
            offset: view.offset,
            ..to
        });
        Ok(())
    }

    /// Adds a convolution for each pair of phases, and what interleaves them; answers where all outputs lie.
    fn phases(
        &mut self,
        parts: Parts<'_>,
        (from, made): (Samples, Samples),
        [rows, columns]: [Line; 2],
        weights: &Weights,
    ) -> Result<View, ImportError> {
        let operator = parts.operator;
        let too_large = || refuse(operator, "makes more rows or columns than fit 16 bits");
        let (count, samples) = (rows.stride * columns.stride, made.count());
        let c = made.first().c;
        // What all phases make, one below the other; none of them has more rows.
        let all = sides(&[count, samples, rows.places(), columns.places(), c.into()]);
        let [h, w, _] = all.ok_or_else(too_large)?;
        let phase = made.with_sides([rows.places() as u16, w, c]);
        let whole = phase.whole();
        let all = View {
            offset: match count {
                1 => made.whole().offset,
                _ => self
                    .program
                    .add(count * whole.len(), 1, Home::Work(self.part)) as u32,
            },
            h,
            ..whole
        };
        for number in 0..count {
            let at = [number / columns.stride, number % columns.stride];
            let pair = [rows.phase(at[0]), columns.phase(at[1])];
            let [Some(down), Some(along)] = pair else {
                return Err(too_large());
            };
            let output = self.part_of(all, number * whole.len(), [whole.h, whole.w, whole.c]);
            let place = Place {
                from,
                to: phase.at(output.offset as usize),
                window: window(&down, &along),
            };
            let channels = usize::from(from.first().c);
            let weights = weights.taps(channels, &taps(&down, &along, columns.taps));
            self.laid(parts, place, &weights, false)?;
        }
        if count == 1 {
            return Ok(all);
        }
        let mapping = interleaved(&rows, &columns, [samples, c.into()]);
        let View { h, w, c, .. } = made.whole();
        self.mapped(operator, all, &mapping, ([h, w, c], 0))
    }
}

/// The filter's taps that the window of two phases has, row by row.
fn taps(down: &Phase, along: &Phase, width: usize) -> Vec<Option<usize>> {
    let row = |row: &Option<usize>| -> Vec<Option<usize>> {
        let columns = along.taps.iter();
        columns
            .map(|column| Some((*row)? * width + (*column)?))
            .collect()
    };
    down.taps.iter().flat_map(row).collect()
}

fn window(down: &Phase, along: &Phase) -> Window {
    Window {
        kernel: (down.taps.len() as u16, along.taps.len() as u16),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: (down.before, along.before),
        pad_after: (down.after, along.after),
    }
}

/// The outputs of all phases, which lie one phase after the other, in the order of places.
fn interleaved(rows: &Line, columns: &Line, [count, channels]: [usize; 2]) -> Mapping {
    let (h, w) = (rows.places(), columns.places());
    if rows.output == h * rows.stride && columns.output == w * columns.stride {
        let all = Mapping::of(&[rows.stride, columns.stride, count, h, w, channels]);
        return all.in_order([2, 3, 0, 4, 1, 5]);
    }
    // What is computed beyond the last output is left out: a place and its phase are one index.
    let index = |line: &Line, apart: usize| -> Vec<Option<usize>> {
        let one = |at: usize| Some(at / line.stride + at % line.stride * apart);
        (0..line.output).map(one).collect()
    };
    let pixel = Mapping::of(&[count, h, w, channels]);
    pixel
        .with(1, index(rows, columns.stride * count * h))
        .with(2, index(columns, count * h * w))
}

impl Line {
    /// For sides of the input and of the output, and the window's taps; `None` where they do not fit.
    fn new(padding: Padding, stride: usize, [input, output, taps]: [usize; 3]) -> Option<Self> {
        // The padding of the convolution that goes the other way.
        let steps = match padding {
            Padding::Same => output.div_ceil(stride),
            Padding::Valid => (output + stride).checked_sub(taps)? / stride,
        };
        let over = (steps.checked_sub(1)?.checked_mul(stride)? + taps).saturating_sub(output);
        let small = (1..=MOST).contains(&stride) && (1..=MOST).contains(&taps);
        small.then_some(Line {
            stride,
            input,
            output,
            taps,
            cut: over / 2,
        })
    }

    /// Outputs of a phase, those beyond the last place of the line among them.
    fn places(&self) -> usize {
        self.output.div_ceil(self.stride)
    }

    /// The window of the outputs `number`, `number + stride`, ...: output number `q` of them reads the inputs from `q + first` on.
    fn phase(&self, number: usize) -> Option<Phase> {
        let shifted = number + self.cut;
        let (near, offset) = (shifted / self.stride, shifted % self.stride);
        let count = self.taps.saturating_sub(offset).div_ceil(self.stride);
        // Inputs `q + near - count + 1` to `q + near` have taps, the last one the smallest.
        let beyond = self.input.saturating_sub(self.places());
        let last = near.max(beyond);
        let before = (count.max(1) - 1).saturating_sub(near);
        let tap = |place: usize| {
            let back = (near + before).checked_sub(place)?;
            (back < count).then_some(offset + back * self.stride)
        };
        let after = self.places() + last - self.input;
        Some(Phase {
            taps: (0..before + last + 1).map(tap).collect(),
            before: before.try_into().ok()?,
            after: after.try_into().ok()?,
        })
    }
}

/// The longest stride, and the largest window along an axis.
const MOST: usize = 255;
