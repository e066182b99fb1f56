//! Four values in a word, on cores without instructions for that.

use super::few;

/// The sign bit of each of four values.
pub(super) const SIGNS: u32 = 0x8080_8080;

/// Limits every value to `[low, high]`.
pub(crate) fn limit(values: &mut [i8], low: i8, high: i8) {
    let four = |value: i8| u32::from_le_bytes([value as u8; 4]);
    let (lows, highs) = (four(low), four(high));
    let (before, words, after) = bytemuck::pod_align_to_mut::<i8, u32>(values);
    for word in words {
        *word = min4(max4(*word, lows), highs);
    }
    few::limit(before, low, high);
    few::limit(after, low, high);
}

/// The larger of four pairs of values.
#[inline(always)]
pub(super) fn max4(a: u32, b: u32) -> u32 {
    b ^ ((a ^ b) & is_greater(a, b))
}

/// The smaller of four pairs of values.
#[inline(always)]
fn min4(a: u32, b: u32) -> u32 {
    a ^ ((a ^ b) & is_greater(a, b))
}

/// 0xff at each of four values where that of `a` is greater.
///
/// Without signs, `a > b` is the carry of `a + (255 - b)`, the top bit of the mean of both: `(a & !b) + ((a ^ !b) >> 1)`.
/// Where signs differ it is the other way round.
#[inline(always)]
fn is_greater(a: u32, b: u32) -> u32 {
    let differ = a ^ b;
    let mean = (a & !b).wrapping_add(!SIGNS & !(differ >> 1));
    let greater = (mean ^ differ) & SIGNS;
    (greater << 1).wrapping_sub(greater >> 7)
}
