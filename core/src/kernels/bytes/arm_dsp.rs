//! Armv7E-M: four values a word, at any address (`ldr` and `str` take any; `ldrd` and `ldm` would not).
//!
//! Runs of channels that are not a multiple of four end with one word more, which covers some values a second time:
//! a maximum does not mind.

#![allow(
    unsafe_code,
    reason = "the parallel instructions have no safe form on stable Rust, and loops of them need their registers chosen"
)]

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
        grid.step - grid.channels.min(grid.step),
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

/// Limits every value to `[low, high]`.
pub(crate) fn limit(values: &mut [i8], low: i8, high: i8) {
    if values.len() < WORD {
        return few::limit(values, low, high);
    }
    let four = |value: i8| u32::from_le_bytes([value as u8; 4]);
    // SAFETY: the pointer and the length are those of `values`, at least a word.
    unsafe { limit_words(values.as_mut_ptr(), values.len(), four(low), four(high)) }
}

/// `sums[c] = sum over the patch's taps of input[tap + c]`, for the first `channels`; at most 255 taps.
pub(crate) fn tap_sums(sums: &mut [i16; LANES], input: &[i8], patch: Patch, channels: usize) {
    let channels = channels.min(LANES);
    if channels < WORD || !patch.fits(channels, input.len()) {
        return few::tap_sums(sums, input, patch, channels);
    }
    let skip = patch.row_step.wrapping_sub(patch.taps * patch.step);
    let mut first = 0;
    while first < channels {
        // The last word may cover some channels again.
        first = first.min(channels - WORD);
        let at = input.as_ptr().wrapping_add(patch.at + first);
        // SAFETY: `fits` says that there are taps and that from each of them, `channels` values lie in `input`.
        let pairs = unsafe { sums_of_word(at, patch.taps, patch.step, patch.rows, skip) };
        let (even, odd) = (pairs as u32, (pairs >> 32) as u32);
        let four = [even, odd, even >> 16, odd >> 16].map(|sum| sum as i16);
        for (sum, value) in sums.iter_mut().skip(first).zip(four) {
            *sum = value;
        }
        first += WORD;
    }
}

/// What [`largest_of_four`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Run {
    out: *mut i8,
    taps: [*const i8; 4],
    /// From the last channel of a pixel to the first of the next, for the first tap and for the others.
    first_skip: usize,
    skip: usize,
    /// Whole words of a pixel.
    words: usize,
    /// How far back the last word starts where channels are left over, else 0.
    back: usize,
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

/// The maxima of four taps for all pixels: 13 instructions a word, 8 a pixel.
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
    dsp_asm!(
        "push {{r4-r11, lr}}",
        // r1 out, r2 to r5 taps, r6 and r7 skips, r8 words, r9 back, r10 pixels.
        "ldm r0, {{r1-r10}}",
        "2:",
        "mov r11, r8",
        "3:",
        "ldr r12, [r2], #4",
        "ldr lr, [r3], #4",
        "ssub8 r0, r12, lr",
        "sel r12, r12, lr",
        "ldr lr, [r4], #4",
        "ssub8 r0, r12, lr",
        "sel r12, r12, lr",
        "ldr lr, [r5], #4",
        "ssub8 r0, r12, lr",
        "sel r12, r12, lr",
        "str r12, [r1], #4",
        "subs r11, r11, #1",
        "bgt 3b",
        // Below 0 after the word that closes a pixel.
        "blt 4f",
        "cmp r9, #0",
        "beq 4f",
        "sub r1, r1, r9",
        "sub r2, r2, r9",
        "sub r3, r3, r9",
        "sub r4, r4, r9",
        "sub r5, r5, r9",
        "b 3b",
        "4:",
        "add r2, r2, r6",
        "add r3, r3, r7",
        "add r4, r4, r7",
        "add r5, r5, r7",
        "subs r10, r10, #1",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}

/// Limits `len` values, at least four: 6 instructions a word.
///
/// # Safety
///
/// `len` values may be read and written at `values`.
#[unsafe(naked)]
unsafe extern "C" fn limit_words(values: *mut i8, len: usize, low: u32, high: u32) {
    dsp_asm!(
        "push {{r4, lr}}",
        "lsr r12, r1, #2",
        "rsb r1, r1, #0",
        "and r1, r1, #3",
        "2:",
        "ldr r4, [r0]",
        "ssub8 lr, r4, r2",
        "sel r4, r4, r2",
        "ssub8 lr, r4, r3",
        "sel r4, r3, r4",
        "str r4, [r0], #4",
        "subs r12, r12, #1",
        "bgt 2b",
        "blt 3f",
        "cmp r1, #0",
        "beq 3f",
        "sub r0, r0, r1",
        "b 2b",
        "3:",
        "pop {{r4, pc}}",
    )
}

/// The sums of four channels over rows of taps: the even ones in the low word, the odd ones in the high, int16 each.
/// 9 instructions for two taps.
///
/// ```text
/// for each tap row:
///     for each tap: even += sxtb16(w), odd += sxtb16(w >> 8)   // w the word at the tap, two lanes of 16 bits each
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
    dsp_asm!(
        "push {{r4-r8, lr}}",
        "ldr r8, [sp, #24]",
        "movs r4, #0",
        "movs r5, #0",
        "2:",
        "lsrs r12, r1, #1",
        "lsls r6, r1, #31",
        "beq 3f",
        "ldr r6, [r0]",
        "add r0, r0, r2",
        "sxtab16 r4, r4, r6",
        "sxtab16 r5, r5, r6, ror #8",
        "3:",
        "cmp r12, #0",
        "beq 5f",
        "4:",
        "ldr r6, [r0]",
        "ldr r7, [r0, r2]",
        "add r0, r0, r2, lsl #1",
        "sxtab16 r4, r4, r6",
        "sxtab16 r5, r5, r6, ror #8",
        "sxtab16 r4, r4, r7",
        "sxtab16 r5, r5, r7, ror #8",
        "subs r12, r12, #1",
        "bne 4b",
        "5:",
        "add r0, r0, r8",
        "subs r3, r3, #1",
        "bne 2b",
        "mov r0, r4",
        "mov r1, r5",
        "pop {{r4-r8, pc}}",
    )
}
