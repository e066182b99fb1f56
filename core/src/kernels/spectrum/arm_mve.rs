//! Helium: two points a vector.
//!
//! `vqrdmlsdh` and `vqrdmladhx` make the two parts of a complex product with a twiddle in the upper halves of its lanes,
//! `(2 * (re * cos - im * sin) * 2^16 + 2^31) >> 32`: the reference's product and its one rounding.

#![allow(
    unsafe_code,
    reason = "Helium has no safe form on stable Rust, and its loops need their registers chosen"
)]

use core::arch::naked_asm;

use super::{Complex, portable};

/// Fewest points that the loops take.
const FEWEST: usize = 8;

/// See [`super::window`].
pub(crate) fn window(points: &mut [Complex], samples: &[i16], window: &[u16], shift: u32) {
    let (len, n) = (points.len(), samples.len().min(window.len()));
    if len < FEWEST || !len.is_power_of_two() || !(1..=15).contains(&shift) {
        return portable::window(points, samples, window, shift);
    }
    let run = Window {
        points: points.as_mut_ptr(),
        samples: samples.as_ptr(),
        window: window.as_ptr(),
        even: n.div_ceil(2),
        odd: n / 2,
        turns: len / 4,
        bits: len.trailing_zeros(),
        shift: -(shift as i32),
    };
    // SAFETY: `samples` and `window` hold `even + odd` values; reversed numbers of `bits` bits are below the number of points.
    unsafe { window_fours(&run) }
}

/// See [`super::transform`].
pub(crate) fn transform(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    let len = points.len();
    if len < FEWEST || !len.is_power_of_two() || twiddles.len() < len {
        return portable::transform(points, twiddles);
    }
    // SAFETY: a power of two of points, at least eight, and as many twiddles.
    unsafe { join_stages(points.as_mut_ptr(), len, twiddles.as_ptr()) }
}

/// See [`super::part`].
pub(crate) fn part(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    let half = points.len() / 2;
    if points.len() < FEWEST || points.len() % 2 == 1 || twiddles.len() < half {
        return portable::part(points, twiddles);
    }
    // The first point and the middle one have no partner: the reference works on them as if they were all there is.
    if let [first, .., _] = points
        && let [sum, zero] = *first
    {
        let mut alone = [[sum, zero], [0; 2]];
        portable::part(&mut alone, &[]);
        *first = alone[0];
    }
    if let Some(middle) = points.get_mut(half) {
        let mut alone = [[0; 2], *middle];
        portable::part(&mut alone, &[]);
        *middle = alone[1];
    }
    // SAFETY: `half - 1` points from the second on, as many from the last one down, and as many twiddles after the first.
    unsafe { part_pairs(points.as_mut_ptr(), points.len(), twiddles.as_ptr()) }
}

/// See [`super::band`].
pub(crate) fn band(powers: &[Complex], weights: &[u16]) -> u64 {
    let n = powers.len().min(weights.len());
    // SAFETY: both hold `n` values.
    unsafe { band_fours(powers.as_ptr(), weights.as_ptr(), n) }
}

/// What [`window_fours`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Window {
    points: *mut Complex,
    samples: *const i16,
    window: *const u16,
    /// Samples with even and with odd numbers.
    even: usize,
    odd: usize,
    turns: usize,
    /// Of a point's number.
    bits: u32,
    /// Right shift, negative.
    shift: i32,
}

/// Four points at a time: 28 instructions.
///
/// # Safety
///
/// `even + odd` values may be read at `samples` and `window`, and `4 * turns` points, `2^bits`, be written.
#[unsafe(naked)]
unsafe extern "C" fn window_fours(run: &Window) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "ldm r0, {{r0-r7}}",
        "mov r8, #0",
        "vidup.u32 q7, r8, #1",
        "vadd.i32 q4, q7, q7",
        "mov r8, #1",
        "vadd.i32 q5, q4, r8",
        "mov r8, #4",
        "add r9, r0, #4",
        "dls lr, r5",
        "2:",
        "vctp.32 r3",
        "vpstt",
        "vldrht.s32 q0, [r1, q4, uxtw #1]",
        "vldrht.u32 q1, [r2, q4, uxtw #1]",
        "vctp.32 r4",
        "vpstt",
        "vldrht.s32 q2, [r1, q5, uxtw #1]",
        "vldrht.u32 q3, [r2, q5, uxtw #1]",
        "vmul.i32 q0, q0, q1",
        "vmul.i32 q2, q2, q3",
        "vbrsr.32 q1, q7, r6",
        "vrshl.s32 q0, r7",
        "vrshl.s32 q2, r7",
        "vshl.i32 q1, q1, #1",
        "vadd.i32 q7, q7, r8",
        "vstrw.32 q0, [r0, q1, uxtw #2]",
        "vstrw.32 q2, [r9, q1, uxtw #2]",
        "add r1, r1, #16",
        "add r2, r2, #16",
        "subs r3, r3, #4",
        "it mi",
        "movmi r3, #0",
        "subs r4, r4, #4",
        "it mi",
        "movmi r4, #0",
        "le lr, 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}

/// All stages of a transform: 13 instructions for four pairs of the first one, then 12 for two, and 8 a group.
///
/// ```text
/// for neighbouring points: (p, q) = (p + q, p - q)
/// for each further stage, each group of points:
///     for each two points p of its first half, their partners q and twiddles w:  // the first w is 1
///         t = q * w
///         (p, q) = (p + t, p - t)
/// ```
///
/// # Safety
///
/// `len` is a power of two, at least 8; so many points may be read and written, and so many twiddles read.
#[unsafe(naked)]
unsafe extern "C" fn join_stages(points: *mut Complex, len: usize, twiddles: *const [i16; 2]) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        // Neighbours, whose twiddle is 1.
        "mov r5, r0",
        "lsr r3, r1, #3",
        "dls lr, r3",
        "2:",
        "vld40.32 {{q0, q1, q2, q3}}, [r5]",
        "vld41.32 {{q0, q1, q2, q3}}, [r5]",
        "vld42.32 {{q0, q1, q2, q3}}, [r5]",
        "vld43.32 {{q0, q1, q2, q3}}, [r5]",
        "vadd.i32 q4, q0, q2",
        "vadd.i32 q5, q1, q3",
        "vsub.i32 q6, q0, q2",
        "vsub.i32 q7, q1, q3",
        "vst40.32 {{q4, q5, q6, q7}}, [r5]",
        "vst41.32 {{q4, q5, q6, q7}}, [r5]",
        "vst42.32 {{q4, q5, q6, q7}}, [r5]",
        "vst43.32 {{q4, q5, q6, q7}}, [r5]!",
        "le lr, 2b",
        // The predicate of the second point: the first one's twiddle is 1, which has no place in 16 bits.
        "mov r3, #0xff00",
        "vmsr p0, r3",
        // r3 half a group's points, r4 bytes from twiddle to twiddle.
        "mov r3, #2",
        "lsl r4, r1, #1",
        "3:",
        // r8 half a group's bytes, r11 groups, r7 bytes from two twiddles to the next two, r10 vectors after the first.
        "lsl r8, r3, #3",
        "lsr r11, r4, #3",
        "lsl r7, r4, #1",
        "lsr r10, r3, #1",
        "sub r10, r10, #1",
        // q6 places of two twiddles' parts, q5 the first two.
        "mov r5, #0",
        "mov r6, #2",
        "add r12, r4, #2",
        "vmov q6[2], q6[0], r5, r4",
        "vmov q6[3], q6[1], r6, r12",
        "vldrh.u32 q5, [r2, q6]",
        "vshl.i32 q5, q5, #16",
        "mov r5, r0",
        "4:",
        "add r6, r5, r8",
        "vldrw.u32 q1, [r6]",
        "vldrw.u32 q0, [r5]",
        "vmov q2, q1",
        "vpstt",
        "vqrdmlsdht.s32 q2, q1, q5",
        "vqrdmladhxt.s32 q2, q1, q5",
        "vmov q7, q6",
        "vadd.i32 q3, q0, q2",
        "vsub.i32 q0, q0, q2",
        "vstrw.32 q3, [r5], #16",
        "vstrw.32 q0, [r6], #16",
        "wls lr, r10, 6f",
        "5:",
        "vadd.i32 q7, q7, r7",
        "vldrw.u32 q1, [r6]",
        "vldrh.u32 q4, [r2, q7]",
        "vldrw.u32 q0, [r5]",
        "vshl.i32 q4, q4, #16",
        "vqrdmlsdh.s32 q2, q1, q4",
        "vqrdmladhx.s32 q2, q1, q4",
        "vadd.i32 q3, q0, q2",
        "vsub.i32 q0, q0, q2",
        "vstrw.32 q3, [r5], #16",
        "vstrw.32 q0, [r6], #16",
        "le lr, 5b",
        "6:",
        "mov r5, r6",
        "subs r11, r11, #1",
        "bne 4b",
        "lsl r3, r3, #1",
        "lsr r4, r4, #1",
        "cmp r3, r1",
        "bne 3b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}

/// `|x|^2 >> 12` of two points in `$x`, as two words each in q2; q3 is lost. P0 holds the lower words.
macro_rules! power {
    ($x:literal) => {
        concat!(
            "vmullb.s32 q2, ",
            $x,
            ", ",
            $x,
            "\n",
            "vmullt.s32 q3, ",
            $x,
            ", ",
            $x,
            "\n",
            // Below 2^62: nothing is carried from one sum to the next.
            "vadci.i32 q2, q2, q3\n",
            "vrev64.32 q3, q2\n",
            "vshr.u32 q2, q2, #12\n",
            "vpst\n",
            "vslit.32 q2, q3, #20\n",
        )
    };
}

/// The pairs of a spectrum's points, two at a time: 36 instructions.
///
/// ```text
/// for each two points p from the second up, their mirrored points q from the last down, and twiddles w:
///     (e, o) = (p + conj(q), -i * (p - conj(q)) * w)
///     (p, q) = (|e + o|^2 >> 12, |e - o|^2 >> 12)
/// ```
///
/// # Safety
///
/// `len` is even, at least 4; so many points may be read and written, and half as many twiddles read.
#[unsafe(naked)]
unsafe extern "C" fn part_pairs(points: *mut Complex, len: usize, twiddles: *const [i16; 2]) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4, r5, r6, lr}}",
        "vpush {{d8-d9}}",
        // r4 the second point, r5 the last but one; q4 places of the last one and of that before it.
        "add r4, r0, #8",
        "add r5, r0, r1, lsl #3",
        "sub r5, r5, #16",
        "mov r6, #8",
        "mov r3, #0",
        "vmov q4[2], q4[0], r6, r3",
        "mov r6, #12",
        "mov r3, #4",
        "vmov q4[3], q4[1], r6, r3",
        "add r2, r2, #4",
        // The lower words of points.
        "movw r3, #0x0f0f",
        "vmsr p0, r3",
        "lsr r3, r1, #1",
        "sub r3, r3, #1",
        "dlstp.64 lr, r3",
        "2:",
        "vldrw.u32 q0, [r4]",
        "vldrw.u32 q1, [r5, q4]",
        // Minus the conjugate.
        "vpst",
        "vnegt.s32 q1, q1",
        "vsub.i32 q2, q0, q1",
        "vadd.i32 q3, q0, q1",
        // -i times the difference.
        "vpst",
        "vnegt.s32 q3, q3",
        "vrev64.32 q0, q3",
        "vldrh.u32 q1, [r2], #8",
        "vshl.i32 q1, q1, #16",
        "vqrdmlsdh.s32 q3, q0, q1",
        "vqrdmladhx.s32 q3, q0, q1",
        "vadd.i32 q0, q2, q3",
        "vsub.i32 q1, q2, q3",
        power!("q0"),
        "vstrw.32 q2, [r4], #16",
        power!("q1"),
        "vstrw.32 q2, [r5, q4]",
        "sub r5, r5, #16",
        "letp lr, 2b",
        "vpop {{d8-d9}}",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// A weighted sum of powers: 8 instructions for four.
///
/// # Safety
///
/// `n` values may be read at `powers` and `weights`.
#[unsafe(naked)]
unsafe extern "C" fn band_fours(powers: *const Complex, weights: *const u16, n: usize) -> u64 {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4, r5, r6, lr}}",
        "mov r6, #0",
        "vidup.u32 q3, r6, #8",
        // r4 and r5 the sum of lower words' products, r6 of upper words'.
        "mov r4, #0",
        "mov r5, #0",
        "mov r6, #0",
        "add r3, r0, #4",
        "wlstp.32 lr, r2, 3f",
        "2:",
        "vldrw.u32 q0, [r0, q3]",
        "vldrw.u32 q1, [r3, q3]",
        "vldrh.u32 q2, [r1], #8",
        "vmlalva.u32 r4, r5, q0, q2",
        "vmlava.u32 r6, q1, q2",
        "add r0, r0, #32",
        "add r3, r3, #32",
        "letp lr, 2b",
        "3:",
        "mov r0, r4",
        "add r1, r5, r6",
        "pop {{r4, r5, r6, pc}}",
    )
}
