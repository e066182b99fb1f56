//! The reference: plain Rust, value by value.

use super::SUM_BITS;
use crate::num::{max, min};

/// See [`super::top`].
pub(crate) fn top(values: &[i8]) -> i32 {
    let lowest = i32::from(i8::MIN);
    values.iter().fold(lowest, |top, &x| max(top, x.into()))
}

/// See [`super::sum`].
pub(crate) fn sum(table: &[i32], top: i32, values: &[i8]) -> u32 {
    let Some(table) = Table::new(table) else {
        return 0;
    };
    values.iter().fold(0u32, |sum, &x| {
        let half = 1 << (SUM_BITS - 1);
        sum.wrapping_add(table.exponential(top, x).wrapping_add(half) >> SUM_BITS)
    })
}

/// See [`super::shares`].
pub(crate) fn shares(
    table: &[i32],
    top: i32,
    values: &[i8],
    (reciprocal, places): (i32, u32),
    out: &mut [i8],
) {
    let Some(table) = Table::new(table) else {
        return;
    };
    // The first 32 of 31 places and as many more are the upper word's; the last one is left for rounding.
    let rest = min(places as i32 - 2, 31) as u32 & 31;
    for (out, &x) in out.iter_mut().zip(values) {
        let product = u64::from(reciprocal as u32) * u64::from(table.exponential(top, x));
        let twice = (product.wrapping_add(1 << 30) >> 32) as u32 >> rest;
        let share = twice.wrapping_add(1) >> 1;
        // 256 has no place: 255 stands for it.
        *out = (share.wrapping_sub(share >> 8) as i8).wrapping_add(i8::MIN);
    }
}

/// The exponentials.
#[derive(Clone, Copy)]
struct Table<'a> {
    entries: &'a [i32],
    /// The last entry's place: that of all larger differences.
    last: i32,
}

impl<'a> Table<'a> {
    fn new(entries: &'a [i32]) -> Option<Self> {
        let last = entries.len().checked_sub(1)?;
        Some(Table {
            entries,
            last: last as i32,
        })
    }

    /// Of the difference between `top` and `x`, which is not larger.
    #[inline(always)]
    fn exponential(self, top: i32, x: i8) -> u32 {
        let place = min(top - i32::from(x), self.last);
        self.entries
            .get(place as usize)
            .map_or(0, |&entry| entry as u32)
    }
}
