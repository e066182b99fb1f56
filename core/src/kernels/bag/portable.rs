//! The reference: plain Rust, four channels at a time.

use super::few::{each_channel, place};

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
