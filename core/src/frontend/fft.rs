//! Power spectrum of real samples in exact integer arithmetic.
//!
//! A real FFT of `n = 2^b` points is a complex FFT of `m = n / 2` points over pairs of samples, then one step that
//! parts the even from the odd spectrum. The complex FFT is radix 2, decimation in time (Cooley & Tukey 1965), on i32
//! pairs with Q15 twiddles; products are i64, rounded half up to i32.
//!
//! Headroom: nothing is scaled down on the way. Samples in `+-2^29 / n` give `|X[k]| <= 2^29` (the sum of n magnitudes),
//! the pairs grow to at most `sqrt(2) * m * 2^29 / n = 2^28.5`, and the last step holds `2 X[k]`, at most 2^30. Every
//! component therefore fits in an i32 with a bit to spare for the roundings. [`headroom`] is the shift of an i16 sample that uses this range.

use crate::kernels::spectrum as kernels;

/// Points of the smallest and the largest transform.
pub const LENGTHS: core::ops::RangeInclusive<usize> = 64..=1024;

/// Left shift of an i16 sample before a transform of `len` points, a power of two: `len << (headroom + 15) = 2^29`.
pub const fn headroom(len: usize) -> u32 {
    14u32.saturating_sub(len.trailing_zeros())
}

/// Power spectrum in place: `work` holds `n` samples and then, as pairs (low word, high word) read by [`power_at`],
/// `|X[k]|^2 >> 10` for k = 0 to n / 2 - 1. The Nyquist bin has no place.
///
/// `twiddles` holds `n / 2` pairs `(cos, -sin)(2 pi k / n)` in Q15.
pub fn power_spectrum(work: &mut [i32], twiddles: &[i16]) {
    permute(work.as_chunks_mut::<2>().0);
    spectrum(work, twiddles);
}

/// As [`power_spectrum`], of windowed samples: `(sample * window + half) >> (15 - headroom)`, rounded, then zeros.
pub(crate) fn windowed_power_spectrum(
    work: &mut [i32],
    samples: &[i16],
    window: &[u16],
    twiddles: &[i16],
) {
    let shift = 15 - headroom(work.len()).min(14);
    kernels::window(work.as_chunks_mut::<2>().0, samples, window, shift);
    spectrum(work, twiddles);
}

/// Reads bin `k` after [`power_spectrum`]; at most 2^48.
pub const fn power_at(pair: [i32; 2]) -> u64 {
    pair[0] as u32 as u64 | (pair[1] as u32 as u64) << 32
}

/// From pairs of samples in bit-reversed order to powers.
fn spectrum(work: &mut [i32], twiddles: &[i16]) {
    let points = work.as_chunks_mut::<2>().0;
    let twiddles = twiddles.as_chunks::<2>().0;
    kernels::transform(points, twiddles);
    kernels::part(points, twiddles);
}

/// Bit-reversed order.
fn permute(points: &mut [[i32; 2]]) {
    let len = points.len();
    let drop = len.leading_zeros() + 1;
    for i in 1..len {
        let j = i.reverse_bits().checked_shr(drop).unwrap_or(0);
        // Each pair once: which i swap depends on the length only.
        if i < j && j < len {
            points.swap(i, j);
        }
    }
}
