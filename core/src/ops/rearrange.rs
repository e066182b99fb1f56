//! Values in another order, several times or not at all, with a fill between them.

use super::common::{OpError, check_views, ensure};
use crate::model::records::{Axis, FILL, MAX_AXES, Rearrange};
use crate::size::Size;
use crate::tensor::Weights;

/// Checks that the axes make the output's runs, and that each of them lies inside the input.
pub fn check(op: &Rearrange, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    let mut len = Size::of(op.run as usize);
    // The first and the last start of a run, each of at most seven numbers of 48 bits.
    let (mut least, mut most) = (i64::from(op.start), i64::from(op.start));
    for axis in &op.axes {
        len = len.times(axis.count.into());
        let (first, last) = ends(axis, weights)?;
        least += first.min(last);
        most += first.max(last);
    }
    ensure(len.is(op.output.len()), OpError::Shape)?;
    let room = op.input.len() as i64 - i64::from(op.run);
    ensure(least >= 0 && most <= room, OpError::Window)
}

/// The smallest and the largest index of an axis, times its step; nothing of what is filled.
fn ends(axis: &Axis, weights: &Weights<'_>) -> Result<(i64, i64), OpError> {
    let (least, most) = match axis.indices.len {
        0 => (0, axis.count.saturating_sub(1)),
        len => {
            let indices = weights.u16s(axis.indices);
            let whole = len == 2 * u32::from(axis.count) && indices.len() == axis.count.into();
            ensure(whole, OpError::Weights)?;
            let places = || indices.iter().copied().filter(|&index| index != FILL);
            let least = places().min().unwrap_or(0);
            (least, places().max().unwrap_or(least))
        }
    };
    let place = |index: u16| i64::from(index) * i64::from(axis.step);
    Ok((place(least), place(most)))
}

/// `output[i] = input[start + sum of index(i[k]) * step[k]]`, a run at a time, the last axis first.
pub fn rearrange(op: &Rearrange, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let run = (op.run as usize).max(1);
    let mut walk = Walk::new(op, weights);
    let (count, step, indices) = match op.axes.last() {
        Some(axis) => (axis.count.max(1), axis.step, weights.u16s(axis.indices)),
        None => (1, 0, &[][..]),
    };
    for row in output.chunks_mut(Size::of(run).times(count.into()).or_beyond().max(1)) {
        let at = walk.next();
        for (out, place) in row.chunks_mut(run.max(1)).zip(0u16..) {
            // Without a table, the place is the index.
            let index = indices.get(usize::from(place)).copied().unwrap_or(place);
            let filled = index == FILL && !indices.is_empty();
            match at.filter(|_| !filled) {
                Some(at) => copy(out, input, moved(at, index, step)),
                None => out.fill(op.fill),
            }
        }
    }
}

/// Where an index leads.
#[inline(always)]
fn moved(at: u32, index: u16, step: i32) -> u32 {
    at.wrapping_add(u32::from(index).wrapping_mul(step.cast_unsigned()))
}

#[inline(always)]
fn copy(out: &mut [i8], input: &[i8], at: u32) {
    let from = input.get(at as usize..).unwrap_or(&[]);
    for (out, &value) in out.iter_mut().zip(from) {
        *out = value;
    }
}

/// The places of all axes but the last, one after the other.
struct Walk<'a> {
    op: &'a Rearrange,
    weights: &'a Weights<'a>,
    places: [u16; MAX_AXES],
}

impl<'a> Walk<'a> {
    fn new(op: &'a Rearrange, weights: &'a Weights<'a>) -> Self {
        Walk {
            op,
            weights,
            places: [0; MAX_AXES],
        }
    }

    /// Where the runs of the next place start in the input; `None` where they are filled.
    fn next(&mut self) -> Option<u32> {
        let (mut start, mut carry) = (Some(self.op.start), true);
        let outer = self
            .op
            .axes
            .split_last()
            .map_or(&[][..], |(_, outer)| outer);
        for (axis, place) in outer.iter().zip(&mut self.places).rev() {
            let index = match axis.indices.len {
                0 => Some(*place),
                _ => {
                    let indices = self.weights.u16s(axis.indices);
                    let index = indices.get(usize::from(*place)).copied();
                    index.filter(|&index| index != FILL)
                }
            };
            start = start
                .zip(index)
                .map(|(start, index)| moved(start, index, axis.step));
            if carry {
                *place = place.wrapping_add(1);
                carry = *place >= axis.count;
                if carry {
                    *place = 0;
                }
            }
        }
        start
    }
}
