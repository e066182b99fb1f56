//! Helium: sixteen values a vector, at any address, the last ones under tail predication.
//!
//! `.cpu` in each function, because the assembler of naked functions does not learn of `-Ctarget-cpu` by itself.

#![allow(
    unsafe_code,
    reason = "Helium has no safe form on stable Rust, and its loops need their registers chosen"
)]

use core::arch::naked_asm;

use super::{Grid, LANES, MAX_TAPS, Patch};
use crate::num::Divider;

/// Values of a vector.
const VECTOR: usize = 16;

/// `out[x, c] = max over t of input[taps[t] + x * step + c]`.
pub(crate) fn largest(out: &mut [i8], input: &[i8], taps: [usize; 4], grid: Grid) {
    let fits = grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len()));
    if grid.channels == 0 || !fits {
        return;
    }
    let start = input.as_ptr();
    let taps = taps.map(|tap| start.wrapping_add(tap));
    let run = Run::new(out.as_mut_ptr(), taps, grid.step, grid);
    // SAFETY: `fits` says that every pixel of every tap lies in `input` and all pixels together are `out`; there is at
    // least one, of at least one channel.
    unsafe { largest_of_four(&run) }
}

/// `out[x, c] = max(out[x, c], max over t of input[taps[t] + x * step + c])`.
pub(crate) fn raise(out: &mut [i8], input: &[i8], taps: [usize; 3], grid: Grid) {
    let fits = grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len()));
    if grid.channels == 0 || !fits {
        return;
    }
    let (start, [a, b, c], best) = (input.as_ptr(), taps, out.as_mut_ptr());
    let taps = [
        best.cast_const(),
        start.wrapping_add(a),
        start.wrapping_add(b),
        start.wrapping_add(c),
    ];
    let run = Run::new(best, taps, grid.channels, grid);
    // SAFETY: as in `largest`; the first tap is `out` itself, pixel after pixel, each vector read before it is written.
    unsafe { largest_of_four(&run) }
}

/// Limits every value to `[low, high]`.
pub(crate) fn limit(values: &mut [i8], low: i8, high: i8) {
    // SAFETY: the pointer and the length are those of `values`; the loop takes no length of 0 amiss.
    unsafe { limit_vectors(values.as_mut_ptr(), values.len(), low, high) }
}

/// `sums[c] = sum over the patch's taps of input[tap + c]`, for the first `channels`; at most 255 taps.
pub(crate) fn tap_sums(sums: &mut [i16; LANES], input: &[i8], patch: Patch, channels: usize) {
    let channels = channels.min(LANES);
    if channels == 0 || !patch.fits(channels, input.len()) {
        return;
    }
    // SAFETY: `fits` says that there are taps and that from each of them, `channels` values lie in `input`.
    unsafe { sums_of_vector(&Walk::new(input, patch, channels), sums) }
}

/// See [`super::means::means`].
pub(crate) fn means(
    out: &mut [i8],
    input: &[i8],
    patch: Patch,
    divider: Divider,
    bounds: (i8, i8),
) {
    let (taps, channels) = (patch.rows * patch.taps, out.len());
    let fits = patch.fits(channels, input.len()) && (1..=LANES).contains(&channels);
    // The reciprocal of 1 has more than 32 bits.
    if !fits || !(2..=MAX_TAPS).contains(&taps) {
        return super::means::means(out, input, patch, divider, bounds);
    }
    let mean = Mean {
        walk: Walk::new(input, patch, channels),
        out: out.as_mut_ptr(),
        half: taps >> 1,
        reciprocal: u32::MAX / taps as u32 + 1,
        low: bounds.0.into(),
        high: bounds.1.into(),
    };
    // SAFETY: `fits` says that there are taps and that from each of them, as many values lie in `input` as in `out`.
    unsafe { means_of_vector(&mean) }
}

/// What [`largest_of_four`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Run {
    out: *mut i8,
    taps: [*const i8; 4],
    /// From where the vectors of a pixel end to the first of the next, for the output, the first tap and the others.
    out_skip: usize,
    first_skip: usize,
    skip: usize,
    channels: usize,
    pixels: usize,
}

impl Run {
    #[allow(
        clippy::disallowed_methods,
        reason = "channels of a view, of which there are fewer than 2^16"
    )]
    fn new(out: *mut i8, taps: [*const i8; 4], first_step: usize, grid: Grid) -> Self {
        // The loop moves on by whole vectors.
        let moved = grid.channels.next_multiple_of(VECTOR);
        Run {
            out,
            taps,
            out_skip: grid.channels.wrapping_sub(moved),
            first_skip: first_step.wrapping_sub(moved),
            skip: grid.step.wrapping_sub(moved),
            channels: grid.channels,
            pixels: grid.pixels,
        }
    }
}

/// The maxima of four taps for all pixels: 9 instructions a vector, 8 a pixel.
///
/// ```text
/// for each pixel:
///     for each vector of its channels:
///         out = max(max(max(a, b), c), d)   // a to d the taps' values, which move on alike
///     each tap += its skip
/// ```
///
/// # Safety
///
/// `pixels` and `channels` are at least 1. `channels` values may be read at each tap, for every pixel, and written to `out` likewise.
#[unsafe(naked)]
unsafe extern "C" fn largest_of_four(run: &Run) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        // r1 out, r2 to r5 taps, r6 to r8 skips, r9 channels, r10 pixels.
        "ldm r0, {{r1-r10}}",
        "2:",
        "dlstp.8 lr, r9",
        "3:",
        "vldrb.u8 q0, [r2], #16",
        "vldrb.u8 q1, [r3], #16",
        "vldrb.u8 q2, [r4], #16",
        "vldrb.u8 q3, [r5], #16",
        "vmax.s8 q0, q0, q1",
        "vmax.s8 q2, q2, q3",
        "vmax.s8 q0, q0, q2",
        "vstrb.8 q0, [r1], #16",
        "letp lr, 3b",
        "add r1, r6",
        "add r2, r7",
        "add r3, r8",
        "add r4, r8",
        "add r5, r8",
        "subs r10, r10, #1",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}

/// Limits `len` values: 5 instructions a vector.
///
/// # Safety
///
/// `len` values may be read and written at `values`.
#[unsafe(naked)]
unsafe extern "C" fn limit_vectors(values: *mut i8, len: usize, low: i8, high: i8) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r7, lr}}",
        "vdup.8 q1, r2",
        "vdup.8 q2, r3",
        "wlstp.8 lr, r1, 3f",
        "2:",
        "vldrb.u8 q0, [r0]",
        "vmax.s8 q0, q0, q1",
        "vmin.s8 q0, q0, q2",
        "vstrb.8 q0, [r0], #16",
        "letp lr, 2b",
        "3:",
        "pop {{r7, pc}}",
    )
}

/// What [`sums_of_vector`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Walk {
    at: *const i8,
    taps: usize,
    step: usize,
    rows: usize,
    /// From past the last tap of a row to the first of the next.
    skip: usize,
    /// At most 16.
    channels: usize,
}

impl Walk {
    /// For a patch that fits. Rows without anything between them are one.
    fn new(input: &[i8], patch: Patch, channels: usize) -> Self {
        let row = patch.taps * patch.step;
        let (rows, taps) = match patch.row_step == row {
            true => (1, patch.rows * patch.taps),
            false => (patch.rows, patch.taps),
        };
        Walk {
            at: input.as_ptr().wrapping_add(patch.at),
            taps,
            step: patch.step,
            rows,
            skip: patch.row_step.wrapping_sub(row),
            channels,
        }
    }
}

/// What [`means_of_vector`] loads.
#[repr(C)]
struct Mean {
    walk: Walk,
    out: *mut i8,
    /// Half of the taps, rounded down.
    half: usize,
    /// 2^32 divided by the taps, rounded up.
    reciprocal: u32,
    low: i32,
    high: i32,
}

/// Sums of up to 16 channels over rows of taps in q0, even channels, and q1: 6 instructions a tap, 8 for fewer channels.
///
/// r2 at, r3 taps, r4 step, r5 rows, r6 skip, r7 channels. Leaves the predicate of as many channels.
macro_rules! sums {
    () => {
        concat!(
            "vmov.i32 q0, #0\n",
            "vmov.i32 q1, #0\n",
            // The predicate of all 16: each half's is that of its 8 bytes widened, so the lanes past the channels load 0.
            "vctp.8 r7\n",
            "cmp r7, #16\n",
            "beq 4f\n",
            "2:\n",
            "dls lr, r3\n",
            "3:\n",
            "vpst\n",
            "vldrbt.u8 q2, [r2]\n",
            "add r2, r4\n",
            "vmovlb.s8 q3, q2\n",
            "vmovlt.s8 q2, q2\n",
            "vadd.i16 q0, q0, q3\n",
            "vadd.i16 q1, q1, q2\n",
            "le lr, 3b\n",
            "add r2, r6\n",
            "subs r5, r5, #1\n",
            "bne 2b\n",
            "b 6f\n",
            // Neighbours first, even and odd ones at last.
            "4:\n",
            "dls lr, r3\n",
            "5:\n",
            "vldrb.s16 q2, [r2]\n",
            "vldrb.s16 q3, [r2, #8]\n",
            "add r2, r4\n",
            "vadd.i16 q0, q0, q2\n",
            "vadd.i16 q1, q1, q3\n",
            "le lr, 5b\n",
            "add r2, r6\n",
            "subs r5, r5, #1\n",
            "bne 4b\n",
            "sub sp, sp, #32\n",
            "vstrw.32 q0, [sp]\n",
            "vstrw.32 q1, [sp, #16]\n",
            "vld20.16 {{q0, q1}}, [sp]\n",
            "vld21.16 {{q0, q1}}, [sp]\n",
            "add sp, sp, #32\n",
            "6:\n",
        )
    };
}

/// The sums of up to 16 channels over rows of taps, two vectors of int16.
///
/// # Safety
///
/// `taps`, `rows` and `channels` are at least 1. `channels` values may be read at every tap: `taps` of them, `step`
/// apart, then `skip` more to the next row.
#[unsafe(naked)]
unsafe extern "C" fn sums_of_vector(walk: &Walk, sums: &mut [i16; LANES]) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r8, lr}}",
        "ldm r0, {{r2-r7}}",
        sums!(),
        "vst20.16 {{q0, q1}}, [r1]",
        "vst21.16 {{q0, q1}}, [r1]",
        "pop {{r4-r8, pc}}",
    )
}

/// Quotients, rounded half away from zero, of the sums in `$x`: 10 instructions. q4 is half the divisor, q5 the reciprocal.
///
/// The reciprocal is too large by less than 1, the magnitudes are below 2^16, and divisors below 2^8: the upper word of
/// their product is the quotient.
macro_rules! quotients {
    ($x:literal) => {
        concat!(
            "vshr.s16 q6, ",
            $x,
            ", #15\n",
            "vabs.s16 ",
            $x,
            ", ",
            $x,
            "\n",
            "vadd.i16 ",
            $x,
            ", ",
            $x,
            ", q4\n",
            "vmovlb.u16 q2, ",
            $x,
            "\n",
            "vmovlt.u16 q3, ",
            $x,
            "\n",
            "vmulh.u32 ",
            $x,
            ", q2, q5\n",
            "vmulh.u32 q3, q3, q5\n",
            "vmovnt.i32 ",
            $x,
            ", q3\n",
            "veor ",
            $x,
            ", ",
            $x,
            ", q6\n",
            "vsub.i16 ",
            $x,
            ", ",
            $x,
            ", q6\n",
        )
    };
}

/// The means of up to 16 channels.
///
/// # Safety
///
/// As [`sums_of_vector`], and `channels` values may be written to `out`.
#[unsafe(naked)]
unsafe extern "C" fn means_of_vector(mean: &Mean) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d13}}",
        // r8 out, r9 half, r10 reciprocal, r11 low, r12 high.
        "ldm r0, {{r2-r12}}",
        sums!(),
        "vdup.16 q4, r9",
        "vdup.32 q5, r10",
        quotients!("q0"),
        quotients!("q1"),
        "vmovnt.i16 q0, q1",
        "vdup.8 q2, r11",
        "vdup.8 q3, r12",
        "vmax.s8 q0, q0, q2",
        "vmin.s8 q0, q0, q3",
        "vpst",
        "vstrbt.8 q0, [r8]",
        "vpop {{d8-d13}}",
        "pop {{r4-r11, pc}}",
    )
}
