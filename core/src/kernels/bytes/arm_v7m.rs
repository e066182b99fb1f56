//! Armv7-M without the DSP extension: four values a word, at any address (`ldr` and `str` take any; `ldm` would not).
//!
//! Runs of channels that are not a multiple of four end with one word more, which covers some values a second time:
//! a maximum does not mind.

#![allow(
    unsafe_code,
    reason = "loops over words at any address have no safe form that keeps everything in registers"
)]

use core::arch::naked_asm;

pub(crate) use super::words::limit;
use super::{Grid, LANES, Patch, few};

/// Values of a word.
const WORD: usize = 4;

/// `out[x, c] = max over t of input[taps[t] + x * step + c]`.
pub(crate) fn largest(out: &mut [i8], input: &[i8], taps: [usize; 4], grid: Grid) {
    let fits = grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len()));
    if grid.channels < WORD || !fits {
        return few::largest(out, input, &taps, grid, false);
    }
    let start = input.as_ptr();
    let run = Run::new(
        out.as_mut_ptr(),
        taps.map(|tap| start.wrapping_add(tap)),
        grid.step.wrapping_sub(grid.channels),
        grid,
    );
    // SAFETY: `fits` says that every pixel of every tap lies in `input` and all pixels together are `out`; there is at
    // least one, of at least a word.
    unsafe { largest_of_four(&run) }
}

/// `out[x, c] = max(out[x, c], max over t of input[taps[t] + x * step + c])`.
pub(crate) fn raise(out: &mut [i8], input: &[i8], taps: [usize; 3], grid: Grid) {
    let fits = grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len()));
    if grid.channels < WORD || !fits {
        return few::largest(out, input, &taps, grid, true);
    }
    let (start, [a, b, c], best) = (input.as_ptr(), taps, out.as_mut_ptr());
    let taps = [
        best.cast_const(),
        start.wrapping_add(a),
        start.wrapping_add(b),
        start.wrapping_add(c),
    ];
    let run = Run::new(best, taps, 0, grid);
    // SAFETY: as in `largest`; the first tap is `out` itself, pixel after pixel, each word read before it is written.
    unsafe { largest_of_four(&run) }
}

/// `sums[c] = sum over the patch's taps of input[tap + c]`, for the first `channels`; at most 255 taps.
pub(crate) fn tap_sums(sums: &mut [i16; LANES], input: &[i8], patch: Patch, channels: usize) {
    let channels = channels.min(LANES);
    if channels < WORD || !patch.fits(channels, input.len()) {
        return few::tap_sums(sums, input, patch, channels);
    }
    let skip = patch
        .row_step
        .wrapping_sub(patch.taps.wrapping_mul(patch.step));
    let raised = (patch.rows * patch.taps) as u16 * 128;
    let mut first = 0;
    while first < channels {
        // The last word may cover some channels again.
        first = first.min(channels - WORD);
        let at = input.as_ptr().wrapping_add(patch.at + first);
        // SAFETY: `fits` says that there are taps and that from each of them, `channels` values lie in `input`.
        let pairs = unsafe { sums_of_word(at, patch.taps, patch.step, patch.rows, skip) };
        let (even, odd) = (pairs as u32, (pairs >> 32) as u32);
        let four = [even, odd, even >> 16, odd >> 16];
        for (sum, value) in sums.iter_mut().skip(first).zip(four) {
            *sum = (value as u16).wrapping_sub(raised) as i16;
        }
        first += WORD;
    }
}

/// What [`largest_of_four`] loads.
#[repr(C)]
struct Run {
    /// 0, 4.
    out: *mut i8,
    taps: [*const i8; 4],
    /// 20, 24: from the last channel of a pixel to the first of the next, for the first tap and for the others.
    first_skip: usize,
    skip: usize,
    /// 28: whole words of a pixel.
    words: usize,
    /// 32: how far back the last word starts where channels are left over, else 0.
    back: usize,
    /// 36.
    pixels: usize,
}

impl Run {
    fn new(out: *mut i8, taps: [*const i8; 4], first_skip: usize, grid: Grid) -> Self {
        Run {
            out,
            taps,
            first_skip,
            skip: grid.step.wrapping_sub(grid.channels),
            words: grid.channels / WORD,
            back: grid.channels.wrapping_neg() % WORD,
            pixels: grid.pixels,
        }
    }
}

/// The larger of each of the four values of r6 and of the word at the tap, which moves on; see `words::is_greater`.
macro_rules! larger {
    ($tap:literal) => {
        concat!(
            "ldr r7, [",
            $tap,
            "], #4
            eor r8, r6, r7
            bic r6, r6, r7
            bic r9, r10, r8, lsr #1
            add r6, r6, r9
            eor r6, r6, r8
            and r6, r6, #0x80808080
            lsr r9, r6, #7
            rsb r6, r9, r6, lsl #1
            and r6, r6, r8
            eor r6, r6, r7
            "
        )
    };
}

/// The maxima of four taps for all pixels: 37 instructions a word.
///
/// ```text
/// for each pixel:
///     for each word of its channels:
///         out = max(max(max(a, b), c), d)   // a to d the taps' values, which move on alike
///     if channels are left over: step back to the word that ends with the last one, and do that too
///     each tap += its skip
/// ```
///
/// # Safety
///
/// `pixels` and `words` are at least 1. Each tap, moved on by `4 * words + (4 - back) % 4` values and its skip from
/// pixel to pixel, may be read, and `out` be written likewise without a skip.
#[unsafe(naked)]
unsafe extern "C" fn largest_of_four(run: &Run) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "mov lr, r0",
        "ldm r0, {{r1-r5}}",
        "ldr r12, [lr, #36]",
        "mov r10, #0x7f7f7f7f",
        "2:",
        "ldr r11, [lr, #28]",
        "3:",
        "ldr r6, [r2], #4",
        larger!("r3"),
        larger!("r4"),
        larger!("r5"),
        "str r6, [r1], #4",
        "subs r11, r11, #1",
        "bgt 3b",
        // Below 0 after the word that closes a pixel.
        "blt 4f",
        "ldr r0, [lr, #32]",
        "cbz r0, 4f",
        "sub r1, r1, r0",
        "sub r2, r2, r0",
        "sub r3, r3, r0",
        "sub r4, r4, r0",
        "sub r5, r5, r0",
        "b 3b",
        "4:",
        "ldrd r0, r6, [lr, #20]",
        "add r2, r2, r0",
        "add r3, r3, r6",
        "add r4, r4, r6",
        "add r5, r5, r6",
        "subs r12, r12, #1",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}

/// The sums of four channels over rows of taps, each value raised by 128: the even ones in the low word, the odd ones in
/// the high, 16 bits each. 9 instructions a tap.
///
/// ```text
/// for each tap row:
///     for each tap: even += w & 0x00ff00ff, odd += w >> 8 & 0x00ff00ff   // w the word at the tap, ^ 0x80808080
///     at += skip
/// ```
///
/// # Safety
///
/// `taps` and `rows` are at least 1. Four values may be read at every tap: `taps` of them, `step` apart, then `skip` more to the next row.
#[unsafe(naked)]
unsafe extern "C" fn sums_of_word(
    at: *const i8,
    taps: usize,
    step: usize,
    rows: usize,
    skip: usize,
) -> u64 {
    naked_asm!(
        "push {{r4-r8, lr}}",
        "ldr r8, [sp, #24]",
        "mov r4, #0",
        "mov r5, #0",
        "mov lr, #0x00ff00ff",
        "2:",
        "mov r12, r1",
        "3:",
        "ldr r6, [r0]",
        "add r0, r0, r2",
        "subs r12, r12, #1",
        "eor r6, r6, #0x80808080",
        "and r7, r6, lr",
        "and r6, lr, r6, lsr #8",
        "add r4, r4, r7",
        "add r5, r5, r6",
        "bne 3b",
        "add r0, r0, r8",
        "subs r3, r3, #1",
        "bne 2b",
        "mov r0, r4",
        "mov r1, r5",
        "pop {{r4-r8, pc}}",
    )
}
