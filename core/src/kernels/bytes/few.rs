//! Value by value, in little code: what words and vectors are too wide for.

#[cfg(any(test, kernels = "arm_dsp", kernels = "arm_v6m", kernels = "arm_v7m"))]
use super::Grid;
use super::{LANES, Patch};
use crate::num;

/// `out[x, c] = max over t of input[taps[t] + x * step + c]` and, where `out` holds values already, of those.
#[cfg(any(test, kernels = "arm_dsp", kernels = "arm_v6m", kernels = "arm_v7m"))]
#[inline(never)]
pub(super) fn largest(
    out: &mut [i8],
    input: &[i8],
    taps: &[usize],
    grid: Grid,
    holds_values: bool,
) {
    let pixels = out.chunks_exact_mut(grid.channels.max(1)).enumerate();
    for (x, pixel) in pixels.take(grid.pixels) {
        for (c, out) in pixel.iter_mut().enumerate() {
            let start = if holds_values { *out } else { i8::MIN };
            *out = taps.iter().fold(start, |best, tap| {
                let at = tap.wrapping_add(x.wrapping_mul(grid.step));
                let value = input.get(at.wrapping_add(c));
                max1(best, value.copied().unwrap_or(i8::MIN))
            });
        }
    }
}

/// Limits every value to `[low, high]`.
#[inline(never)]
pub(super) fn limit(values: &mut [i8], low: i8, high: i8) {
    for value in values {
        *value = num::clamp((*value).into(), low.into(), high.into()) as i8;
    }
}

/// `sums[c] = sum over the patch's taps of input[tap + c]`, for the first `channels`; at most 255 taps.
#[inline(never)]
pub(super) fn tap_sums(sums: &mut [i16; LANES], input: &[i8], patch: Patch, channels: usize) {
    for (c, sum) in sums.iter_mut().take(channels).enumerate() {
        *sum = patch_values(input, patch, c).fold(0, |sum, &v| sum.wrapping_add(v.into()));
    }
}

/// The `c`-th value of every tap.
pub(super) fn patch_values<T>(input: &[T], patch: Patch, c: usize) -> impl Iterator<Item = &T> {
    (0..patch.rows).flat_map(move |row| {
        let at = patch.at.wrapping_add(row.wrapping_mul(patch.row_step));
        input
            .get(at.wrapping_add(c)..)
            .unwrap_or(&[])
            .iter()
            .step_by(patch.step.max(1))
            .take(patch.taps)
    })
}

#[cfg(not(kernels = "riscv"))]
pub(super) fn max1(a: i8, b: i8) -> i8 {
    num::max(a.into(), b.into()) as i8
}
