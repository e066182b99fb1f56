//! Armv6-M: four values a word, where all runs lie on word boundaries; else the reference, value by value.

#![allow(
    unsafe_code,
    reason = "with eight registers for most instructions, loops need theirs chosen"
)]

use core::arch::naked_asm;

pub(crate) use super::words::limit;
use super::{Grid, LANES, Patch, few};

/// Values of a word.
const WORD: usize = 4;

/// `out[x, c] = max over t of input[taps[t] + x * step + c]`.
pub(crate) fn largest(out: &mut [i8], input: &[i8], taps: [usize; 4], grid: Grid) {
    let fits = grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len()));
    let (start, [first, others @ ..]) = (input.as_ptr(), taps);
    let run = Run {
        out: out.as_mut_ptr(),
        first: start.wrapping_add(first),
        taps: others.map(|tap| start.wrapping_add(tap)),
        len: grid.channels,
        first_skip: grid.step.wrapping_sub(grid.channels),
        skip: grid.step.wrapping_sub(grid.channels),
        pixels: grid.pixels,
    };
    if fits && run.is_whole() {
        // SAFETY: `fits` says that every pixel of every tap lies in `input` and all pixels together are `out`; there is at
        // least one, and `is_whole` that all of it are whole words.
        unsafe { largest_of_four(&run) }
    } else {
        few::largest(out, input, &taps, grid, false);
    }
}

/// `out[x, c] = max(out[x, c], max over t of input[taps[t] + x * step + c])`.
pub(crate) fn raise(out: &mut [i8], input: &[i8], taps: [usize; 3], grid: Grid) {
    let fits = grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len()));
    let (start, best) = (input.as_ptr(), out.as_mut_ptr());
    let run = Run {
        out: best,
        first: best,
        taps: taps.map(|tap| start.wrapping_add(tap)),
        len: grid.channels,
        first_skip: 0,
        skip: grid.step.wrapping_sub(grid.channels),
        pixels: grid.pixels,
    };
    if fits && run.is_whole() {
        // SAFETY: as in `largest`; the first tap is `out` itself, pixel after pixel, each word read before it is written.
        unsafe { largest_of_four(&run) }
    } else {
        few::largest(out, input, &taps, grid, true);
    }
}

/// `sums[c] = sum over the patch's taps of input[tap + c]`, for the first `channels`; at most 255 taps.
pub(crate) fn tap_sums(sums: &mut [i16; LANES], input: &[i8], patch: Patch, channels: usize) {
    let channels = channels.min(LANES);
    let at = input.as_ptr().wrapping_add(patch.at);
    let places = at.addr() | channels | patch.row_step | patch.step;
    if !places.is_multiple_of(WORD) || !patch.fits(channels, input.len()) {
        return few::tap_sums(sums, input, patch, channels);
    }
    let skip = patch
        .row_step
        .wrapping_sub(patch.taps.wrapping_mul(patch.step));
    let raised = (patch.rows * patch.taps) as u16 * 128;
    let fours = sums.as_chunks_mut::<WORD>().0.iter_mut();
    for (i, sums) in fours.take(channels / WORD).enumerate() {
        let at = at.wrapping_add(i * WORD);
        // SAFETY: `fits` says that there are taps and that from each of them, `channels` values lie in `input`, whole
        // words on word boundaries.
        let pairs = unsafe { sums_of_word(at, patch.taps, patch.step, patch.rows, skip) };
        let (even, odd) = (pairs as u32, (pairs >> 32) as u32);
        *sums =
            [even, odd, even >> 16, odd >> 16].map(|sum| (sum as u16).wrapping_sub(raised) as i16);
    }
}

/// What [`largest_of_four`] loads.
#[repr(C)]
struct Run {
    /// 0.
    out: *mut i8,
    /// 4: the first tap.
    first: *const i8,
    /// 8: the others, which move on together.
    taps: [*const i8; 3],
    /// 20: values of a pixel.
    len: usize,
    /// 24, 28: from the last channel of a pixel to the first of the next, for the first tap and for the others.
    first_skip: usize,
    skip: usize,
    /// 32.
    pixels: usize,
}

impl Run {
    /// Whether all of it are whole words on word boundaries.
    fn is_whole(&self) -> bool {
        let places = self.out.addr() | self.first.addr() | self.len | self.first_skip | self.skip;
        let places = self.taps.iter().fold(places, |all, tap| all | tap.addr());
        places.is_multiple_of(WORD)
    }
}

/// The larger of each of the four values of r4 and r5; r7 holds the sign bits. Loses r0 and r6. See `words::is_greater`.
macro_rules! larger {
    () => {
        "mov r6, r4
        eors r6, r5
        bics r4, r5
        lsrs r0, r6, #1
        orrs r0, r7
        mvns r0, r0
        adds r4, r4, r0
        eors r4, r6
        ands r4, r7
        lsrs r0, r4, #7
        lsls r4, r4, #1
        subs r4, r4, r0
        ands r4, r6
        eors r4, r5
        "
    };
}

/// The maxima of four taps for all pixels: 52 instructions a word.
///
/// r1 out, r2 first tap, r3 second tap, r8 and r9 from there to the third and fourth, r10 end of the pixel, r11 pixels left,
/// r12 the run.
///
/// ```text
/// for each pixel:
///     for each word of its channels:
///         out = max(max(max(a, b), c), d)   // a to d the taps' values, which move on alike
///     each tap += its skip
/// ```
///
/// # Safety
///
/// `pixels` and `len` are at least 1, all places whole words. Each tap, moved on by `len` values and its skip from pixel
/// to pixel, may be read, and `out` be written likewise without a skip.
#[unsafe(naked)]
unsafe extern "C" fn largest_of_four(run: &Run) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "mov r12, r0",
        "ldr r4, [r0, #32]",
        "mov r11, r4",
        "ldm r0!, {{r1-r5}}",
        "subs r4, r4, r3",
        "mov r8, r4",
        "subs r5, r5, r3",
        "mov r9, r5",
        "mov r10, r1",
        "ldr r7, 5f",
        "2:",
        "mov r0, r12",
        "ldr r0, [r0, #20]",
        "add r10, r0",
        "3:",
        "ldm r2!, {{r4}}",
        "ldr r5, [r3]",
        larger!(),
        "mov r0, r8",
        "ldr r5, [r3, r0]",
        larger!(),
        "mov r0, r9",
        "ldr r5, [r3, r0]",
        larger!(),
        "stm r1!, {{r4}}",
        "adds r3, #4",
        "cmp r1, r10",
        "bne 3b",
        "mov r0, r12",
        "ldr r4, [r0, #24]",
        "adds r2, r2, r4",
        "ldr r4, [r0, #28]",
        "adds r3, r3, r4",
        "mov r0, r11",
        "subs r0, #1",
        "mov r11, r0",
        "bne 2b",
        "pop {{r0-r3}}",
        "mov r8, r0",
        "mov r9, r1",
        "mov r10, r2",
        "mov r11, r3",
        "pop {{r4-r7, pc}}",
        ".p2align 2",
        "5: .word 0x80808080",
    )
}

/// The sums of four channels over rows of taps, each value raised by 128: the even ones in the low word, the odd ones in
/// the high, 16 bits each. 12 instructions a tap.
///
/// ```text
/// for each tap row:
///     for each tap: even += w & 0x00ff00ff, odd += w >> 8 & 0x00ff00ff   // w the word at the tap, ^ 0x80808080
///     at += skip
/// ```
///
/// # Safety
///
/// `taps` and `rows` are at least 1. An aligned word may be read at every tap: `taps` of them, `step` apart, then `skip`
/// more to the next row.
#[unsafe(naked)]
unsafe extern "C" fn sums_of_word(
    at: *const i8,
    taps: usize,
    step: usize,
    rows: usize,
    skip: usize,
) -> u64 {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "push {{r4, r5}}",
        "mov r8, r3",
        "mov r9, r1",
        "ldr r7, [sp, #28]",
        "mov r12, r7",
        "movs r4, #0",
        "movs r5, #0",
        "ldr r3, 5f",
        "ldr r7, 6f",
        "2:",
        "mov r1, r9",
        "3:",
        "ldr r6, [r0]",
        "eors r6, r7",
        "adds r0, r0, r2",
        "mov lr, r6",
        "ands r6, r3",
        "adds r4, r4, r6",
        "mov r6, lr",
        "lsrs r6, r6, #8",
        "ands r6, r3",
        "adds r5, r5, r6",
        "subs r1, #1",
        "bne 3b",
        "add r0, r12",
        "mov r6, r8",
        "subs r6, #1",
        "mov r8, r6",
        "bne 2b",
        "mov r0, r4",
        "mov r1, r5",
        "pop {{r4, r5}}",
        "mov r8, r4",
        "mov r9, r5",
        "pop {{r4-r7, pc}}",
        ".p2align 2",
        "5: .word 0x00ff00ff",
        "6: .word 0x80808080",
    )
}
