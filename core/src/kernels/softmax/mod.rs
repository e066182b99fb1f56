//! The loops of a softmax: the largest value, the sum of exponentials, and the shares.
//!
//! `portable` defines every result. An exponential is that of the difference between the largest value and another:
//! `table[min(top - x, table.len() - 1)]`, Q0.31, none negative.

#[cfg(kernels = "arm_mve")]
mod arm_mve;
#[cfg_attr(
    kernels = "arm_mve",
    allow(dead_code, reason = "Helium needs it for a part only")
)]
mod portable;

#[cfg(kernels = "arm_mve")]
use arm_mve as chosen;
#[cfg(not(kernels = "arm_mve"))]
use portable as chosen;

/// Bits between the exponentials, Q0.31, and those that are summed, Q12.19.
pub(crate) const SUM_BITS: u32 = 12;

/// The largest value; -128 where there is none.
pub(crate) fn top(values: &[i8]) -> i32 {
    chosen::top(values)
}

/// The sum of all exponentials, each rounded half up to [`SUM_BITS`] fewer bits.
pub(crate) fn sum(table: &[i32], top: i32, values: &[i8]) -> u32 {
    chosen::sum(table, top, values)
}

/// `out[i] = s - s / 256 - 128`, `s` the share `(reciprocal * exponential + 2^30) >> 31` rounded half up after `places`
/// more bits; reciprocal not negative, places in `[2, 34]`.
pub(crate) fn shares(
    table: &[i32],
    top: i32,
    values: &[i8],
    (reciprocal, places): (i32, u32),
    out: &mut [i8],
) {
    chosen::shares(table, top, values, (reciprocal, places), out);
}
