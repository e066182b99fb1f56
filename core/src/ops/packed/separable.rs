//! Depthwise separable convolution: a pointwise convolution over each row of a depthwise one as it comes, so that the
//! depthwise output never exists as a whole (Howard et al. 2017, MobileNets, have the block).

use super::conv::{Convolution, check as check_conv};
use super::depthwise::{Filtering, check as check_depthwise};
use super::{aligned, clamp_all};
use crate::model::records::{PackedConv, PackedSeparable, View};
use crate::ops::common::{OpError, ensure};
use crate::parts::Part;
use crate::tensor::Weights;

impl PackedSeparable {
    /// The row of the depthwise output that there is, `[1, ow, c]`.
    pub const fn row(&self) -> View {
        View {
            h: 1,
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
            ..op.pointwise.output
        },
        ..op.pointwise
    };
    let (filters, conv) = (
        Filtering::new(&op.depthwise, weights),
        Convolution::new(&strip, weights),
    );
    let (taps, panel) = (bytemuck::cast_slice_mut(taps), aligned(panel));
    for (y, line) in output
        .chunks_exact_mut(strip.output.len().max(1))
        .enumerate()
    {
        filters.row(y, input, row, taps);
        clamp_all(row, &op.depthwise.clamp);
        // The second part cannot be left out of a model that was checked.
        Part::Conv.when(|| conv.rows(row, 0, line, panel));
    }
    clamp_all(output, &op.pointwise.clamp);
}
