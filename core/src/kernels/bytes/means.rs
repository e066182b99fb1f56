//! Means of a patch's taps from their sums.

use super::{LANES, Patch, tap_sums};
use crate::num::{Divider, clamp};

/// `out[c]` = the mean over the patch's taps of `input[tap + c]`, rounded half away from zero and limited to `bounds`,
/// for at most [`LANES`] channels; at most 255 taps, whose number is the divisor.
pub(crate) fn means(
    out: &mut [i8],
    input: &[i8],
    patch: Patch,
    divider: Divider,
    bounds: (i8, i8),
) {
    let mut sums = [0i16; LANES];
    tap_sums(&mut sums, input, patch, out.len());
    let (low, high) = (bounds.0.into(), bounds.1.into());
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = clamp(divider.nearest_away(sum.into()), low, high) as i8;
    }
}
