//! The part of a convolution's input under one output pixel, gathered into one run.
//!
//! A record may have changed since it was checked, so places are worked out modulo 2^32 and looked up. What kernels rely on
//! holds for any record: taps that [`Axis::clip`] and [`Patches::inner`] give lie inside the input, which is as long as its
//! view says, and a matrix that fits its weights has patches no longer than these. So no distance between taps that are
//! inside overflows.

use core::ops::Range;

#[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
use crate::kernels::matrix::Corner;
use crate::kernels::matrix::{Runs, gather};
use crate::model::records::{View, Window};
use crate::window::{Axis, Taps};

/// Channels from which on only what is padding is filled.
const WIDE: usize = 32;

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
            len: window.values(input.c).or_beyond(),
        }
    }

    /// Values of a patch, `kh * kw * ic`.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The outputs along a row whose taps all lie inside the input's columns.
    pub(super) fn inner(&self, outputs: usize) -> Range<usize> {
        let stride = self.columns.stride.max(1);
        let first = self.columns.before.div_ceil(stride);
        let room = (self.columns.input + self.columns.before)
            .checked_sub(self.columns.span().unwrap_or(1));
        let end = room.map_or(0, |room| room / stride + 1).min(outputs);
        first.min(end)..end
    }

    /// The patches of output row `y`.
    pub(super) fn line(&self, y: usize) -> Line {
        let vertical = self.rows.clip(y);
        Line {
            at: vertical.position.wrapping_mul(self.row_len),
            rows: vertical.count,
            is_whole: vertical.count == self.rows.taps,
            #[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
            first: vertical.first,
            to: vertical.first.wrapping_mul(self.tap_row()),
        }
    }

    /// Values between neighbouring outputs of a row, between tap rows, and between taps.
    pub(super) const fn steps(&self) -> (usize, usize, usize) {
        (
            self.columns.stride * self.depth,
            self.rows.dilation.wrapping_mul(self.row_len),
            self.columns.dilation * self.depth,
        )
    }

    /// Tap rows, and taps in each.
    pub(super) const fn taps(&self) -> (usize, usize) {
        (self.rows.taps, self.columns.taps)
    }

    /// The input's index under the first tap of output `x` of a row, which must be one of the [`Patches::inner`] ones.
    #[inline(always)]
    pub(super) fn first(&self, line: &Line, x: usize) -> usize {
        let column = x.wrapping_mul(self.columns.stride);
        let column = column.wrapping_sub(self.columns.before);
        line.at.wrapping_add(column.wrapping_mul(self.depth))
    }

    /// The rows of a whole patch, from [`Patches::first`] on; `None` where taps are dilated, which makes runs of each tap.
    #[inline(always)]
    pub(super) fn runs<'a>(&self, line: &Line, x: usize, input: &'a [i8]) -> Option<Runs<'a>> {
        Some(Runs {
            from: input.get(self.first(line, x)..)?,
            step: self.rows.dilation.wrapping_mul(self.row_len),
            len: self.tap_row(),
            count: self.rows.taps,
        })
        .filter(|_| self.columns.dilation == 1)
    }

    /// Writes the patch of any output of a row, `[kh, kw, ic]`, to `place`; taps in the padding are real zero.
    pub(super) fn gather(&self, line: &Line, x: usize, input: &[i8], place: &mut [i8]) {
        let horizontal = self.columns.clip(x);
        if !line.is_whole || horizontal.count < self.columns.taps {
            self.pad(line, &horizontal, place);
        }
        if line.rows == 0 || horizontal.count == 0 {
            return;
        }
        let at = (line.at).wrapping_add(horizontal.position.wrapping_mul(self.depth));
        let to = (line.to).wrapping_add(horizontal.first.wrapping_mul(self.depth));
        let (Some(from), Some(place)) = (input.get(at..), place.get_mut(to..)) else {
            return;
        };
        let (_, row_step, tap_step) = self.steps();
        if self.columns.dilation == 1 {
            let runs = Runs {
                from,
                step: row_step,
                len: horizontal.count * self.depth,
                count: line.rows,
            };
            gather(&runs, place, self.tap_row());
            return;
        }
        for row in 0..line.rows {
            let from = from.get(row.wrapping_mul(row_step)..);
            let place = place.get_mut(row.wrapping_mul(self.tap_row())..);
            if let (Some(from), Some(place)) = (from, place) {
                let taps = Runs {
                    from,
                    step: tap_step,
                    len: self.depth,
                    count: horizontal.count,
                };
                gather(&taps, place, self.depth);
            }
        }
    }

    /// The taps of any output of a row, with a pixel of the padding.
    #[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
    pub(super) fn corner<'a>(
        &self,
        line: &Line,
        x: usize,
        input: &'a [i8],
        zeros: &'a [i8],
    ) -> Corner<'a> {
        let horizontal = self.columns.clip(x);
        let at = (line.at).wrapping_add(horizontal.position.wrapping_mul(self.depth));
        let (_, row_step, tap_step) = self.steps();
        Corner {
            x: input.get(at..).unwrap_or(&[]),
            steps: (row_step, tap_step),
            rows: line.first..line.first + line.rows,
            columns: horizontal.first..horizontal.first + horizontal.count,
            zeros,
        }
    }

    /// Copies the input rows under an output row into `copy`, `[kh, w with padding, ic]`; gives the length of its rows.
    pub(super) fn copy_rows(&self, line: &Line, input: &[i8], copy: &mut [i8]) -> usize {
        let columns = &self.columns;
        let row = (columns.before + columns.input + columns.after).wrapping_mul(self.depth);
        let to = (line.to / self.tap_row().max(1)).wrapping_mul(row);
        let to = to.wrapping_add(columns.before * self.depth);
        if let (Some(from), Some(copy)) = (input.get(line.at..), copy.get_mut(to..)) {
            let rows = Runs {
                from,
                step: self.rows.dilation.wrapping_mul(self.row_len),
                len: self.row_len,
                count: line.rows,
            };
            gather(&rows, copy, row);
        }
        row
    }

    /// What stands for real zero.
    pub(super) const fn zero_point(&self) -> i8 {
        self.zero_point
    }

    /// Writes real zero where no tap lies inside, and wherever that is less work.
    fn pad(&self, line: &Line, horizontal: &Taps, place: &mut [i8]) {
        let zero = self.zero_point;
        let fill = |place: Option<&mut [i8]>| {
            if let Some(place) = place {
                place.fill(zero);
            }
        };
        let (row, end) = (self.tap_row(), self.len.min(place.len()));
        let (left, inside) = (horizontal.first * self.depth, horizontal.count * self.depth);
        // A few short runs cost more than all of a small patch.
        if self.depth < WIDE || inside == 0 || line.rows == 0 {
            fill(place.get_mut(..end));
            return;
        }
        let below = line.to.wrapping_add(line.rows.wrapping_mul(row));
        fill(place.get_mut(..line.to));
        fill(place.get_mut(below..end));
        for start in (line.to..below).step_by(row.max(1)) {
            let right = start.wrapping_add(left).wrapping_add(inside);
            fill(place.get_mut(start..start.wrapping_add(left)));
            fill(place.get_mut(right..start.wrapping_add(row)));
        }
    }

    /// Values of a copy of all rows with their padding; more than there can be where such a row does not hold all columns of so
    /// many outputs.
    pub(super) fn copy_len(&self, outputs: usize) -> usize {
        let columns = &self.columns;
        let row = columns.before + columns.input + columns.after;
        let last = outputs.saturating_sub(1) * columns.stride;
        let reach = columns.span().and_then(|span| span.checked_add(last));
        let all = row.checked_mul(self.depth * self.rows.taps.max(1));
        match reach {
            Some(reach) if reach <= row => all.unwrap_or(usize::MAX),
            _ => usize::MAX,
        }
    }

    /// Values of one row of a patch.
    const fn tap_row(&self) -> usize {
        self.columns.taps * self.depth
    }
}

/// What the patches of one output row share.
pub(super) struct Line {
    /// First value of the first tap row inside the input.
    at: usize,
    /// Tap rows inside.
    rows: usize,
    /// Whether they are all.
    pub(super) is_whole: bool,
    /// The first of them.
    #[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
    first: usize,
    /// Where the first of them lies in a patch.
    to: usize,
}
