//! The reference: plain Rust, four channels at a time.

use crate::kernels::opaque;

/// See [`super::row_sums`].
pub(crate) fn row_sums(sums: &mut [i32], table: &[i8], rows: u16, ids: &[u16]) {
    let width = sums.len();
    let (fours, rest) = sums.as_chunks_mut::<4>();
    let mut first = 0;
    for four in fours {
        *four = four_channels(table.get(first..).unwrap_or(&[]), rows, width, ids);
        first += 4;
    }
    let table = table.get(first..).unwrap_or(&[]);
    each_channel(rest, table, rows, width, ids);
}

/// The sums of the first channels, one by one.
pub(super) fn each_channel(sums: &mut [i32], table: &[i8], rows: u16, width: usize, ids: &[u16]) {
    for (channel, sum) in sums.iter_mut().enumerate() {
        *sum = one_channel(table.get(channel..).unwrap_or(&[]), rows, width, ids);
    }
}

/// The sums of the first four channels. Each has a name, so that it has a register.
#[inline(never)]
fn four_channels(table: &[i8], rows: u16, width: usize, ids: &[u16]) -> [i32; 4] {
    let (mut a, mut b, mut c, mut d) = (0, 0, 0, 0);
    for &id in ids {
        if let Some(&[e, f, g, h]) = table
            .get(place(id, rows, width)..)
            .and_then(|row| row.first_chunk())
        {
            a += i32::from(e);
            b += i32::from(f);
            c += i32::from(g);
            d += i32::from(h);
        }
    }
    [a, b, c, d]
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
fn place(id: u16, rows: u16, width: usize) -> usize {
    let inside = opaque((i32::from(id) - i32::from(rows)) >> 31);
    (i32::from(id) & inside) as usize * width
}
