//! The part of a convolution's input under one output pixel, gathered into one run.

use crate::kernels::matrix::gather;
use crate::model::records::{View, Window};
use crate::window::Axis;

/// Where the patches of an input lie.
pub(super) struct Patches {
    rows: Axis,
    columns: Axis,
    zero_point: i8,
    /// Values of a pixel.
    depth: usize,
    /// From pixel row to pixel row in the input.
    row_len: usize,
    /// Values of a patch.
    len: usize,
}

impl Patches {
    pub(super) fn new(window: &Window, input: &View) -> Self {
        let (rows, columns) = Axis::pair(window, input);
        let depth = usize::from(input.c);
        Patches {
            rows,
            columns,
            zero_point: input.zero_point,
            depth,
            row_len: usize::from(input.w) * depth,
            len: (rows.taps * columns.taps).saturating_mul(depth),
        }
    }

    /// Values of a patch, `kh * kw * ic`.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The range of outputs along a row whose taps all lie inside the input's columns, where row `y`'s do vertically.
    pub(super) fn inner(&self, y: usize, outputs: usize) -> core::ops::Range<usize> {
        let whole = |x: usize| self.columns.clip(x).count == self.columns.taps;
        if self.rows.clip(y).count < self.rows.taps {
            return 0..0;
        }
        let first = self.columns.before.div_ceil(self.columns.stride.max(1));
        let span = self.columns.span().unwrap_or(1);
        let room = (self.columns.input + self.columns.before).checked_sub(span);
        let end = room.map_or(0, |room| room / self.columns.stride.max(1) + 1);
        let range = first..end.min(outputs).max(first);
        debug_assert!(range.clone().all(whole));
        range
    }

    /// The input's index under the first tap of output (y, x), which must lie inside.
    pub(super) fn first(&self, y: usize, x: usize) -> usize {
        let (row, column) = (self.rows.clip(y).position, self.columns.clip(x).position);
        row * self.row_len + column * self.depth
    }

    /// Values between neighbouring outputs of a row, between tap rows, and between taps.
    pub(super) const fn steps(&self) -> (usize, usize, usize) {
        (
            self.columns.stride * self.depth,
            self.rows.dilation * self.row_len,
            self.columns.dilation * self.depth,
        )
    }

    /// Tap rows, and taps in each.
    pub(super) const fn taps(&self) -> (usize, usize) {
        (self.rows.taps, self.columns.taps)
    }

    /// Writes the patch of output (y, x), `[kh, kw, ic]`, to `place`; taps in the padding are real zero.
    pub(super) fn gather(&self, input: &[i8], y: usize, x: usize, place: &mut [i8]) {
        let (vertical, horizontal) = (self.rows.clip(y), self.columns.clip(x));
        let whole = vertical.count == self.rows.taps && horizontal.count == self.columns.taps;
        if !whole {
            if let Some(place) = place.get_mut(..self.len) {
                place.fill(self.zero_point);
            }
            if vertical.count == 0 || horizontal.count == 0 {
                return;
            }
        }
        let (_, row_step, tap_step) = self.steps();
        let tap_row = self.columns.taps * self.depth;
        let at = vertical.position * self.row_len + horizontal.position * self.depth;
        let to = vertical.first * tap_row + horizontal.first * self.depth;
        let (Some(input), Some(place)) = (input.get(at..), place.get_mut(to..)) else {
            return;
        };
        if self.columns.dilation == 1 {
            let run = horizontal.count * self.depth;
            gather(input, row_step, run, vertical.count, place, tap_row);
            return;
        }
        for row in 0..vertical.count {
            let (Some(input), Some(place)) =
                (input.get(row * row_step..), place.get_mut(row * tap_row..))
            else {
                return;
            };
            gather(
                input,
                tap_step,
                self.depth,
                horizontal.count,
                place,
                self.depth,
            );
        }
    }
}
