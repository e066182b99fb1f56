//! One channel at a time: what is left of four or eight.

use crate::num::opaque;

/// The sums of the first channels, one by one.
pub(super) fn each_channel(sums: &mut [i32], table: &[i8], rows: u16, width: usize, ids: &[u16]) {
    for (channel, sum) in sums.iter_mut().enumerate() {
        *sum = one_channel(table.get(channel..).unwrap_or(&[]), rows, width, ids);
    }
}

/// The sum of the first channel.
#[inline(never)]
fn one_channel(table: &[i8], rows: u16, width: usize, ids: &[u16]) -> i32 {
    ids.iter().fold(0, |sum, &id| {
        sum + table
            .get(place(id, rows, width))
            .map_or(0, |&value| value.into())
    })
}

/// Where a row lies; that of an id past the table is row 0.
#[inline(always)]
pub(super) fn place(id: u16, rows: u16, width: usize) -> usize {
    let inside = opaque((i32::from(id) - i32::from(rows)) >> 31);
    (i32::from(id) & inside) as usize * width
}
