//! Depthwise separable convolution: a pointwise convolution over each row of a depthwise one as it comes, so that the
//! depthwise output never exists as a whole (Howard et al. 2017, MobileNets, have the block).

use core::mem;

use super::conv::{Convolution, check as check_conv};
use super::depthwise::{Filtering, check as check_depthwise};
use super::{aligned, clamp_all};
use crate::model::records::{PackedConv, PackedSeparable, View};
use crate::ops::common::{OpError, ensure};
use crate::parts::Part;
use crate::tensor::Weights;

impl PackedSeparable {
    /// What there is of the depthwise output, `[1, pixels, c]`: a row, and before it the pixels of the row before that were
    /// too few for a product of several columns.
    pub const fn row(&self) -> View {
        let waiting = self.pointwise.matrix.packing.columns() as u16 - 1;
        View {
            h: 1,
            w: self.depthwise.output.w.saturating_add(waiting),
            ..self.depthwise.output
        }
    }
}

/// Checks both convolutions; the second has a 1x1 window, reads what the first writes, and has no pooling stage.
pub fn check(op: &PackedSeparable, weights: &Weights<'_>) -> Result<(), OpError> {
    check_depthwise(&op.depthwise, weights)?;
    let conv = &op.pointwise;
    let checked = Part::Conv.when(|| check_conv(conv, weights));
    checked.unwrap_or(Err(OpError::LeftOut(Part::Conv)))?;
    let w = &conv.window;
    let is_pointwise = (w.kernel, w.stride) == ((1, 1), (1, 1))
        && (w.pad_before, w.pad_after) == ((0, 0), (0, 0))
        && conv.pool.is_none();
    ensure(is_pointwise, OpError::Window)?;
    ensure(conv.input == op.depthwise.output, OpError::Shape)
}

/// As [`packed_depthwise`](crate::ops::packed_depthwise), then as [`packed_conv2d`](crate::ops::packed_conv2d).
///
/// Input `[h, w, c]`, output `[oh, ow, oc]`; `row` holds [`PackedSeparable::row`]; each convolution has its own scratch.
/// Columns of the second product are pixels one after the other, whatever row they are of: those left over wait for the next row.
#[inline(never)]
pub fn packed_separable(
    op: &PackedSeparable,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    row: &mut [i8],
    [taps, panel]: [&mut [u8]; 2],
) {
    let strip = PackedConv {
        input: op.row(),
        output: View {
            h: 1,
            w: op.row().w,
            ..op.pointwise.output
        },
        ..op.pointwise
    };
    let (filters, conv) = (
        Filtering::new(&op.depthwise, weights),
        Convolution::new(&strip, weights),
    );
    let (taps, panel) = (bytemuck::cast_slice_mut(taps), aligned(panel));
    // Known at compile time on a device.
    let columns = op.pointwise.matrix.packing.columns();
    let shape = &op.depthwise.output;
    let (width, channels) = (usize::from(shape.w), usize::from(shape.c));
    let (mut rest, mut waiting) = (&mut *output, 0);
    for y in 0..usize::from(shape.h) {
        let end = waiting + width;
        let place = waiting * channels..end.wrapping_mul(channels);
        let Some(line) = row.get_mut(place) else {
            return;
        };
        filters.row(y, input, line, taps);
        clamp_all(line, &op.depthwise.clamp);
        waiting = match y + 1 < usize::from(shape.h) {
            true => end % columns,
            false => 0,
        };
        let whole = end - waiting;
        let len = whole.wrapping_mul(strip.output.c.into());
        let Some((line, after)) = mem::take(&mut rest).split_at_mut_checked(len) else {
            return;
        };
        // The second part cannot be left out of a model that was checked.
        Part::Conv.when(|| conv.rows(row, 0, line, panel));
        rest = after;
        if waiting > 0 && whole > 0 {
            to_front(row, whole * channels, waiting * channels);
        }
    }
    clamp_all(output, &op.pointwise.clamp);
}

/// Brings `len` values to the front from a place behind as many.
fn to_front(row: &mut [i8], from: usize, len: usize) {
    if let Some((front, back)) = row.split_at_mut_checked(from)
        && let (Some(front), Some(back)) = (front.get_mut(..len), back.get(..len))
    {
        front.copy_from_slice(back);
    }
}
