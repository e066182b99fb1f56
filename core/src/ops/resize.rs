//! Pictures of another size, interpolated between rows and columns as TensorFlow Lite's int8 RESIZE_BILINEAR does.

use super::common::{OpError, check_views, ensure};
use crate::model::records::{Resize, Spread, View};
use crate::num::clamp;
use crate::size::Size;

/// Parts of the way between two places.
const ONE: i32 = 1 << 10;

/// Places beyond this are those of no input.
const FARTHEST: i64 = 1 << 27;

/// Checks that channels are the same, and that places of rows and columns stay far from where 32 bits end.
pub fn check(op: &Resize) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(op.input.c == op.output.c, OpError::Shape)?;
    check_spread(&op.rows, op.output.h)?;
    check_spread(&op.columns, op.output.w)
}

fn check_spread(spread: &Spread, count: u16) -> Result<(), OpError> {
    let last = i64::from(spread.first) + i64::from(spread.step) * i64::from(count);
    let sound = spread.first >= -ONE && spread.step >= 0 && last <= FARTHEST;
    ensure(sound, OpError::Window)
}

/// `output[y, x] = sum of the four values around its place, each weighted by how near it is`, rounded half away from zero.
pub fn resize(op: &Resize, input: &[i8], output: &mut [i8]) {
    let (channels, width) = (usize::from(op.output.c).max(1), usize::from(op.output.w));
    let row = Size::of(channels).times(width);
    let mut down = op.rows.first;
    for line in output.chunks_mut(row.or_beyond().max(1)) {
        let rows = Place::at(down, op.input.h);
        down = down.wrapping_add(op.rows.step);
        let mut along = op.columns.first;
        for pixel in line.chunks_mut(channels) {
            let columns = Place::at(along, op.input.w);
            along = along.wrapping_add(op.columns.step);
            blend(&op.input, input, (rows, columns), pixel);
        }
    }
}

/// Two neighbours, and how far the place is from the first one.
#[derive(Clone, Copy)]
struct Place {
    first: u32,
    second: u32,
    beyond: i32,
}

impl Place {
    #[inline(always)]
    fn at(place: i32, side: u16) -> Self {
        let last = i32::from(side).wrapping_sub(1);
        let first = clamp(place >> 10, 0, last);
        let second = clamp(place.wrapping_add(ONE - 1) >> 10, 0, last);
        Place {
            first: first.cast_unsigned(),
            second: second.cast_unsigned(),
            // Where both are the same, nothing lies between.
            beyond: if first == second {
                0
            } else {
                place & (ONE - 1)
            },
        }
    }
}

#[inline(always)]
fn blend(view: &View, input: &[i8], (rows, columns): (Place, Place), pixel: &mut [i8]) {
    let from = |row: u32, column: u32| {
        let at = row.wrapping_mul(view.w.into()).wrapping_add(column);
        let at = at.wrapping_mul(view.c.into());
        input.get(at as usize..).unwrap_or(&[])
    };
    let upper = from(rows.first, columns.first)
        .iter()
        .zip(from(rows.first, columns.second));
    let lower = from(rows.second, columns.first)
        .iter()
        .zip(from(rows.second, columns.second));
    let between = |a: i32, b: i32, beyond: i32| {
        // Values of at most 27 bits.
        a.wrapping_mul(ONE - beyond)
            .wrapping_add(b.wrapping_mul(beyond))
    };
    for (out, ((&a, &b), (&c, &d))) in pixel.iter_mut().zip(upper.zip(lower)) {
        let above = between(a.into(), b.into(), columns.beyond);
        let below = between(c.into(), d.into(), columns.beyond);
        let sum = between(above, below, rows.beyond);
        let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
        *out = (sum.wrapping_add(half) / (1 << 20)) as i8;
    }
}
