//! RV32IMC: maxima of four values a word where everything lies on word boundaries, else value by value; the rest is
//! `portable`.

#![allow(
    unsafe_code,
    reason = "what the compiler makes of the same loops takes four times the instructions"
)]

use core::arch::naked_asm;

use super::Grid;
pub(crate) use super::portable::{limit, tap_sums};

/// `out[x, c] = max over t of input[taps[t] + x * step + c]`.
pub(crate) fn largest(out: &mut [i8], input: &[i8], taps: [usize; 4], grid: Grid) {
    if grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len())) {
        let start = input.as_ptr();
        let run = Run {
            out: out.as_mut_ptr(),
            taps: taps.map(|tap| start.wrapping_add(tap)),
            first_skip: grid.step.wrapping_sub(grid.channels),
            skip: grid.step.wrapping_sub(grid.channels),
            channels: grid.channels,
            pixels: grid.pixels,
        };
        run.make();
    }
}

/// `out[x, c] = max(out[x, c], max over t of input[taps[t] + x * step + c])`.
pub(crate) fn raise(out: &mut [i8], input: &[i8], taps: [usize; 3], grid: Grid) {
    if grid.is_filled_by(out.len()) && taps.iter().all(|&tap| grid.fits(tap, input.len())) {
        let (start, [a, b, c], best) = (input.as_ptr(), taps, out.as_mut_ptr());
        let run = Run {
            out: best,
            taps: [
                best.cast_const(),
                start.wrapping_add(a),
                start.wrapping_add(b),
                start.wrapping_add(c),
            ],
            first_skip: 0,
            skip: grid.step.wrapping_sub(grid.channels),
            channels: grid.channels,
            pixels: grid.pixels,
        };
        run.make();
    }
}

/// Four taps under a run of pixels. Offsets in bytes are part of the kernel.
#[repr(C)]
struct Run {
    /// 0
    out: *mut i8,
    /// 4
    taps: [*const i8; 4],
    /// 20, 24: from the last channel of a pixel to the first of the next, for the first tap and for the others.
    first_skip: usize,
    skip: usize,
    /// 28
    channels: usize,
    /// 32
    pixels: usize,
}

impl Run {
    /// For a grid that fits, see the callers.
    #[inline(always)]
    fn make(&self) {
        if self.channels == 0 {
            return;
        }
        let places = self
            .taps
            .iter()
            .fold(self.out.addr(), |all, tap| all | tap.addr());
        let places = places | self.first_skip | self.skip | self.channels;
        // SAFETY: `Grid::fits` says that there is a pixel and that every pixel of every tap lies in the input, and
        // `Grid::is_filled_by` that all pixels together are the output; there is a channel. The output as a tap is read
        // before it is written.
        unsafe { largest_of_four(self, usize::from(places.is_multiple_of(4))) };
    }
}

/// The maxima of four taps for all pixels: 50 instructions a word, or 24 a value.
///
/// a0 run, a1 whether by words.
///
/// Bit 7 of `(a | 0x80) - (b & 0x7f)` says whether a's lower bits are at least b's, and with equal signs that a is at
/// least b; else b's sign says it. Spread over the byte, that bit chooses between them.
///
/// a0 out, a1 to a4 taps, a5 a6 skips, a7 channels, s0 the pixel's end, s1 pixels left, t3 t4 values, t5 t6 constants.
///
/// ```text
/// for each pixel:
///     for each word, or value of its channels:
///         out = max(max(max(a, b), c), d)   // a to d the taps' values, which move on alike
///     each tap += its skip
/// ```
///
/// # Safety
///
/// `pixels` and `channels` are at least 1. Each tap, moved on by `channels` values and its skip from pixel to pixel, may
/// be read, and `out` be written likewise without a skip. By words, all of these are multiples of four.
#[unsafe(naked)]
unsafe extern "C" fn largest_of_four(run: &Run, by_words: usize) {
    naked_asm!(
        r"
        .option push
        .option arch, +m, +c
        .macro larger_words a, b
        or t0, \a, t5
        and t1, \b, t6
        sub t0, t0, t1
        xor t1, \a, \b
        xor t2, t0, \b
        and t2, t2, t1
        xor t0, t0, t2
        and t0, t0, t5
        srli t2, t0, 7
        sub t2, t0, t2
        or t0, t0, t2
        and t1, t1, t0
        xor \b, \b, t1
        .endm
        .macro larger_values a, b
        sub t0, \b, \a
        srai t1, t0, 31
        and t0, t0, t1
        sub \b, \b, t0
        .endm
        .macro pixels load, store, larger, size
    1:
        add s0, a0, a7
    2:
        \load t4, 0(a1)
        \load t3, 0(a2)
        \larger t3, t4
        \load t3, 0(a3)
        \larger t3, t4
        \load t3, 0(a4)
        \larger t3, t4
        \store t4, 0(a0)
        addi a1, a1, \size
        addi a2, a2, \size
        addi a3, a3, \size
        addi a4, a4, \size
        addi a0, a0, \size
        bne a0, s0, 2b
        add a1, a1, a5
        add a2, a2, a6
        add a3, a3, a6
        add a4, a4, a6
        addi s1, s1, -1
        bnez s1, 1b
        .endm

        addi sp, sp, -16
        sw s0, 0(sp)
        sw s1, 4(sp)
        mv t0, a1
        lw a1, 4(a0)
        lw a2, 8(a0)
        lw a3, 12(a0)
        lw a4, 16(a0)
        lw a5, 20(a0)
        lw a6, 24(a0)
        lw a7, 28(a0)
        lw s1, 32(a0)
        lw a0, 0(a0)
        beqz t0, 4f
        li t5, 0x80808080
        not t6, t5
        pixels lw, sw, larger_words, 4
        j 5f
    4:
        pixels lb, sb, larger_values, 1
    5:
        lw s0, 0(sp)
        lw s1, 4(sp)
        addi sp, sp, 16
        ret
        .purgem larger_words
        .purgem larger_values
        .purgem pixels
        .option pop
        "
    )
}
