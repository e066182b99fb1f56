//! The inner loops of the sound frontend: window, Fourier transform, power, bands. See [`crate::frontend::fft`] for the
//! transform and its headroom.
//!
//! `portable` defines every result and is what Armv6-M, Armv7-M and RISC-V run. Points are pairs of real and imaginary part,
//! twiddles pairs `(cos, -sin)` in Q15. No component of a point reaches 2^30 in magnitude, and no twiddle is longer than 1 by
//! more than its rounding.

#[cfg(kernels = "arm_dsp")]
mod arm_dsp;
#[cfg(kernels = "arm_mve")]
mod arm_mve;
#[cfg_attr(
    any(kernels = "arm_dsp", kernels = "arm_mve"),
    allow(dead_code, reason = "these need it for a part only")
)]
mod portable;

#[cfg(kernels = "arm_dsp")]
use arm_dsp as chosen;
#[cfg(kernels = "arm_mve")]
use arm_mve as chosen;
#[cfg(not(any(kernels = "arm_dsp", kernels = "arm_mve")))]
use portable as chosen;

/// A complex number: real part, imaginary part.
pub(crate) type Complex = [i32; 2];

/// Sample pairs in bit-reversed order: `points[reversed(i)]` holds `(samples[k] * window[k] + half) >> shift` for k = 2 i and
/// 2 i + 1, `half = 2^(shift - 1)`, zeros where there are no more samples.
///
/// The number of points is a power of two; shift in `[1, 15]`.
pub(crate) fn window(points: &mut [Complex], samples: &[i16], window: &[u16], shift: u32) {
    chosen::window(points, samples, window, shift);
}

/// Joins points in bit-reversed order, a power of two, to their transform; twiddle `k` is that of `k / (2 * points)`.
pub(crate) fn transform(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    chosen::transform(points, twiddles);
}

/// Parts the even from the odd spectrum, and makes powers of it: two words each.
pub(crate) fn part(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    chosen::part(points, twiddles);
}

/// `sum of powers[i] * weights[i]` over the shorter length, modulo 2^64.
pub(crate) fn band(powers: &[Complex], weights: &[u16]) -> u64 {
    chosen::band(powers, weights)
}
