//! The reference: plain Rust, four values a word where addresses allow it.

#[cfg(not(kernels = "riscv"))]
use super::Grid;
#[cfg(not(kernels = "riscv"))]
use super::few::max1;
use super::few::{self, patch_values};
use super::words::SIGNS;
pub(crate) use super::words::limit;
#[cfg(not(kernels = "riscv"))]
use super::words::max4;
use super::{LANES, Patch};

/// `out[x, c] = max over t of input[taps[t] + x * step + c]`.
#[cfg(not(kernels = "riscv"))]
pub(crate) fn largest(out: &mut [i8], input: &[i8], taps: [usize; 4], grid: Grid) {
    let words = words_of(input);
    match (bytemuck::try_cast_slice_mut(out), in_words(taps, grid)) {
        (Ok(out), Some((taps, grid))) if !words.is_empty() => {
            each(out, words, taps, grid, |_, [a, b, c, d]| {
                max4(max4(a, b), max4(c, d))
            });
        }
        _ => each(out, input, taps, grid, |_, [a, b, c, d]| {
            max1(max1(a, b), max1(c, d))
        }),
    }
}

/// `out[x, c] = max(out[x, c], max over t of input[taps[t] + x * step + c])`.
#[cfg(not(kernels = "riscv"))]
pub(crate) fn raise(out: &mut [i8], input: &[i8], taps: [usize; 3], grid: Grid) {
    let words = words_of(input);
    match (bytemuck::try_cast_slice_mut(out), in_words(taps, grid)) {
        (Ok(out), Some((taps, grid))) if !words.is_empty() => {
            each(out, words, taps, grid, |best, [a, b, c]| {
                max4(max4(best, a), max4(b, c))
            });
        }
        _ => each(out, input, taps, grid, |best, [a, b, c]| {
            max1(max1(best, a), max1(b, c))
        }),
    }
}

/// `sums[c] = sum over the patch's taps of input[tap + c]`, for the first `channels`; at most 255 taps.
pub(crate) fn tap_sums(sums: &mut [i16; LANES], input: &[i8], patch: Patch, channels: usize) {
    let words = words_of(input);
    let places = [patch.at, patch.row_step, patch.step, channels];
    if !words.is_empty() && places.iter().all(|place| place.is_multiple_of(4)) {
        let patch = Patch {
            at: patch.at / 4,
            row_step: patch.row_step / 4,
            step: patch.step / 4,
            ..patch
        };
        for (i, sums) in sums
            .as_chunks_mut()
            .0
            .iter_mut()
            .take(channels / 4)
            .enumerate()
        {
            *sums = sums_of_words(words, patch, i);
        }
    } else {
        few::tap_sums(sums, input, patch, channels);
    }
}

/// The sums of four channels, the `i`-th four: two to a word, each value raised by 128 so that none borrows from the other.
fn sums_of_words(words: &[u32], patch: Patch, i: usize) -> [i16; 4] {
    const EVEN: u32 = 0x00ff_00ff;
    let (even, odd) = patch_values(words, patch, i).fold((0u32, 0u32), |(even, odd), &word| {
        let word = word ^ SIGNS;
        (
            even.wrapping_add(word & EVEN),
            odd.wrapping_add(word >> 8 & EVEN),
        )
    });
    let raised = (patch.rows * patch.taps) as u16 * 128;
    [even, odd, even >> 16, odd >> 16].map(|sum| (sum as u16).wrapping_sub(raised) as i16)
}

/// Sets every value of every pixel from what it was and what its taps hold.
#[cfg(not(kernels = "riscv"))]
#[inline(always)]
fn each<T: Copy, const N: usize>(
    out: &mut [T],
    input: &[T],
    taps: [usize; N],
    grid: Grid,
    value: impl Fn(T, [T; N]) -> T,
) {
    let channels = grid.channels.max(1);
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate().take(grid.pixels) {
        let mut runs: [&[T]; N] = [&[]; N];
        for (run, tap) in runs.iter_mut().zip(taps) {
            let found = input
                .get(tap.wrapping_add(x.wrapping_mul(grid.step))..)
                .and_then(|rest| rest.get(..pixel.len()));
            let Some(found) = found else { return };
            *run = found;
        }
        for (c, out) in pixel.iter_mut().enumerate() {
            let mut values = [*out; N];
            for (value, run) in values.iter_mut().zip(runs) {
                if let Some(&found) = run.get(c) {
                    *value = found;
                }
            }
            *out = value(*out, values);
        }
    }
}

/// The values as words; empty where they do not start on a word boundary.
fn words_of(values: &[i8]) -> &[u32] {
    let whole = values.get(..values.len() & !3).unwrap_or(&[]);
    bytemuck::try_cast_slice(whole).unwrap_or(&[])
}

/// Places counted in words, where all are multiples of a word.
#[cfg(not(kernels = "riscv"))]
fn in_words<const N: usize>(taps: [usize; N], grid: Grid) -> Option<([usize; N], Grid)> {
    let grid_fits = grid.channels.is_multiple_of(4) && grid.step.is_multiple_of(4);
    let taps_fit = taps.iter().all(|tap| tap.is_multiple_of(4));
    (grid_fits && taps_fit).then(|| {
        let grid = Grid {
            channels: grid.channels / 4,
            step: grid.step / 4,
            ..grid
        };
        (taps.map(|tap| tap / 4), grid)
    })
}
