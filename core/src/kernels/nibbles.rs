//! Sums of rows of four-bit values, each row times a factor. Plain Rust for all cores: two 16-bit lanes a word.

use core::ops::Range;

use crate::num::opaque;

/// Rows whose sums fit a lane: `17 * 15 * 255 < 2^16`.
const MOST: usize = 17;

/// One nibble of each lane.
const LANES: u32 = 0x000f_000f;

/// Rows of four-bit values and what each is multiplied by.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// `[rows, width]`, eight values a word, the first in the lowest bits, each stored as value + 8.
    pub words: &'a [i32],
    /// Words of a row.
    pub width: usize,
    /// One a row, stored as factor - 128.
    pub factors: &'a [i8],
    /// Which rows; those past the end are read as row 0. All of them, in order, where there is none.
    pub ids: Option<&'a [u16]>,
}

/// Hands `sum over rows of factor[row] * value[row][c]` to `put` with c, for all channels of a row, those that pad it among them.
///
/// Sums are taken modulo 2^32; the ops' checks prove that none overflows.
#[inline(never)]
pub(crate) fn nibble_sums(rows: &Rows<'_>, put: &mut dyn FnMut(usize, i32)) {
    let count = rows.ids.map_or(rows.factors.len(), <[u16]>::len);
    for block in 0..rows.width {
        let (mut sums, mut weight, mut next) = ([0i32; 8], 0i32, 0);
        while next < count {
            let end = count.min(next + MOST);
            weight = add_rows(rows, block, next..end, &mut sums).wrapping_add(weight);
            next = end;
        }
        for (channel, sum) in (8 * block..).zip(&sums) {
            put(channel, sum.wrapping_sub(weight.wrapping_mul(8)));
        }
    }
}

/// Adds the eight channels of one word of each row, 8 too large each, to the sums; answers the sum of the factors.
///
/// Lanes of `word >> 4 k` hold the channels k and k + 4. Each has a name, so that it has a register.
#[inline(always)]
fn add_rows(rows: &Rows<'_>, block: usize, range: Range<usize>, sums: &mut [i32; 8]) -> i32 {
    let (mut a, mut b, mut c, mut d, mut weight) = (0u32, 0u32, 0u32, 0u32, 0);
    for next in range {
        let row = match rows.ids {
            Some(ids) => place(ids.get(next), rows.factors.len()),
            None => next,
        };
        let (Some(&factor), Some(&word)) = (
            rows.factors.get(row),
            rows.words
                .get(row.wrapping_mul(rows.width).wrapping_add(block)),
        ) else {
            break;
        };
        let (factor, word) = (i32::from(factor) + 128, word as u32);
        weight += factor;
        a += (word & LANES) * factor as u32;
        b += (word >> 4 & LANES) * factor as u32;
        c += (word >> 8 & LANES) * factor as u32;
        d += (word >> 12 & LANES) * factor as u32;
    }
    let (low, high) = sums.split_at_mut(4);
    for ((low, high), lane) in low.iter_mut().zip(high).zip(&[a, b, c, d]) {
        *low = low.wrapping_add((lane & 0xffff) as i32);
        *high = high.wrapping_add((lane >> 16) as i32);
    }
    weight
}

/// The row that an id names.
#[inline(always)]
fn place(id: Option<&u16>, rows: usize) -> usize {
    let id = id.map_or(0, |&id| i32::from(id));
    let inside = opaque((id - rows as i32) >> 31);
    (id & inside) as usize
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn extremes_over_many_rows() {
        for (word, factor, value) in [(0u32, 127, -8 * 255), (!0, 127, 7 * 255), (!0, -128, 0)] {
            let (words, factors) = ([word as i32; 2 * 300], [factor; 300]);
            let ids: Vec<u16> = (0..32_767u16).map(|n| n.wrapping_mul(2)).collect();
            for ids in [
                None,
                Some(&ids[..]),
                Some(&ids[..17]),
                Some(&ids[..18]),
                Some(&[]),
            ] {
                let rows = Rows {
                    words: &words,
                    width: 2,
                    factors: &factors,
                    ids,
                };
                let count = ids.map_or(300, <[u16]>::len) as i32;
                let mut seen = Vec::new();
                nibble_sums(&rows, &mut |channel, sum| seen.push((channel, sum)));
                let wanted: Vec<_> = (0..16).map(|channel| (channel, value * count)).collect();
                assert_eq!(seen, wanted);
            }
        }
    }

    #[test]
    fn nibbles_lie_in_order_and_ids_past_the_end_read_row_0() {
        let rows = Rows {
            words: &[0x7654_3210, 0xfedc_ba98u32 as i32],
            width: 1,
            factors: &[-127, -126],
            ids: Some(&[1, 2, 65_535, 0]),
        };
        let mut seen = Vec::new();
        nibble_sums(&rows, &mut |_, sum| seen.push(sum));
        let wanted: Vec<i32> = (0..8).map(|n| 3 * (n - 8) + 2 * n).collect();
        assert_eq!(seen, wanted);
    }
}
