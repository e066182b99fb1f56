//! What both kinds of pooling share: which rows and columns of the input lie under an output.

use core::ops::Range;

use crate::kernels::bytes;
use crate::model::records::{Clamp, Pool};
use crate::window::{Axis, Taps};

/// A pool's geometry, worked out once a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    rows: Axis,
    columns: Axis,
    /// Channels of a pixel.
    pub(super) channels: usize,
    /// Pixels of an output row.
    pub(super) width: usize,
    /// The first and one past the last pixel of an output row whose whole window lies inside the input.
    inner: (usize, usize),
    clamp: Clamp,
}

impl Geometry {
    pub(super) fn new(op: &Pool) -> Self {
        let (rows, columns) = Axis::pair(&op.window, &op.input);
        let (width, stride) = (usize::from(op.output.w), columns.stride.max(1));
        let first = columns.before.div_ceil(stride).min(width);
        let room = (columns.input + columns.before).checked_sub(columns.taps);
        let end = room.map_or(0, |room| room / stride + 1).clamp(first, width);
        Geometry {
            rows,
            columns,
            channels: op.output.c.max(1).into(),
            width,
            inner: (first, end),
            clamp: op.clamp,
        }
    }

    /// Values of an output row.
    pub(super) fn line_len(&self) -> usize {
        self.width * self.channels
    }

    /// Values of an input row.
    pub(super) fn row_len(&self) -> usize {
        self.columns.input * self.channels
    }

    /// The input rows under output row `y`.
    pub(super) fn rows_under(&self, y: usize) -> Taps {
        under(&self.rows, y)
    }

    /// The values of some rows of the input.
    pub(super) fn values<'a>(&self, rows: Taps, input: &'a [i8]) -> &'a [i8] {
        let len = self.row_len();
        input
            .get(rows.position.wrapping_mul(len)..)
            .and_then(|rest| rest.get(..rows.count.wrapping_mul(len)))
            .unwrap_or(&[])
    }

    /// Values between the windows of two pixels.
    pub(super) fn step(&self) -> usize {
        self.columns.stride * self.channels
    }

    /// The runs of pixels with equally many taps, each with the first input column and the number of columns under its
    /// first pixel: pixels near the padding by themselves, all others in one run.
    pub(super) fn runs(&self) -> impl Iterator<Item = (Range<usize>, Taps)> {
        let (columns, (first, end), width) = (self.columns, self.inner, self.width);
        let mut next = 0;
        core::iter::from_fn(move || {
            let start = next;
            let is_inner = first <= start && start < end;
            next = if is_inner { end } else { start + 1 };
            (start < width).then(|| (start..next, under(&columns, start)))
        })
    }

    /// Applies the output bounds, where there are any.
    pub(super) fn limit(&self, line: &mut [i8]) {
        if (self.clamp.min, self.clamp.max) != (i8::MIN, i8::MAX) {
            bytes::limit(line, self.clamp.min, self.clamp.max);
        }
    }
}

/// [`Axis::clip`] without dilation, which pooling has not, and without its divisions.
fn under(axis: &Axis, index: usize) -> Taps {
    let start = index.wrapping_mul(axis.stride);
    let first = axis.before.saturating_sub(start);
    let end = (axis.input + axis.before)
        .saturating_sub(start)
        .min(axis.taps);
    Taps {
        first,
        position: (start + first).saturating_sub(axis.before),
        count: end.saturating_sub(first),
    }
}
