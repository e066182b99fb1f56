//! Armv7E-M: four usual sums a turn, at any address. Others, and what is left over, are the reference's.

#![allow(
    unsafe_code,
    reason = "the high products have no safe form on stable Rust, and loops of them need their registers chosen"
)]

use super::{Sum, Usual, portable};
use crate::kernels::bytes;

/// Sums of a turn.
const TURN: usize = 4;

/// Largest right shift with which an output's zero point can be added before it.
const LARGEST_SHIFT: u32 = 22;

/// See [`super::add`].
pub(crate) fn add(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    let n = a.len().min(b.len()).min(out.len());
    let usual = Usual::of(sum).filter(|usual| usual.right <= LARGEST_SHIFT);
    let whole = if usual.is_some() { n & !(TURN - 1) } else { 0 };
    // Nothing is shorter than `n`; the checked forms leave no way to panic.
    let (Some((a, more_a)), Some((b, more_b)), Some((out, more_out))) = (
        a.split_at_checked(whole),
        b.split_at_checked(whole),
        out.split_at_mut_checked(whole),
    ) else {
        return;
    };
    if let Some(usual) = usual
        && whole > 0
    {
        let (half, other) = if usual.swapped { (b, a) } else { (a, b) };
        let mut run = Run {
            half: half.as_ptr(),
            other: other.as_ptr(),
            out: out.as_mut_ptr(),
            end: out.as_mut_ptr_range().end,
            half_zero_point: match usual.other.is_half() {
                true => -(usual.half_zero_point + usual.other.zero_point),
                false => -usual.half_zero_point,
            },
            other_zero_point: -usual.other.zero_point,
            other_multiplier: usual.other.multiplier,
            other_add: (1u32 << (usual.other.right & 31) >> 1) as i32,
            other_right: usual.other.right,
            multiplier: sum.multiplier,
            add: (1 << (usual.right - 1)) + (sum.zero_point << usual.right),
            right: usual.right,
        };
        let kernel = if usual.other.is_half() {
            add_halves
        } else {
            add_usual
        };
        // SAFETY: all three hold as many values as there are from `out` to `end`, whole turns, at least one.
        unsafe { kernel(&mut run) }
        if (sum.low, sum.high) != (i8::MIN.into(), i8::MAX.into()) {
            bytes::limit(out, sum.low as i8, sum.high as i8);
        }
    }
    if !more_out.is_empty() {
        portable::add(sum, more_a, more_b, more_out);
    }
}

/// What a kernel is told. Offsets in bytes are part of the kernels.
#[repr(C)]
struct Run {
    /// 0: the operand with the factor 1/2; moved on.
    half: *const i8,
    /// 4: the other one.
    other: *const i8,
    /// 8
    out: *mut i8,
    /// 12: where the output ends.
    end: *mut i8,
    /// 16, 20: zero points, negated; where both have the factor 1/2, the first is that of both.
    half_zero_point: i32,
    other_zero_point: i32,
    /// 24
    other_multiplier: i32,
    /// 28: half of what the right shift drops.
    other_add: i32,
    /// 32
    other_right: u32,
    /// 36
    multiplier: i32,
    /// 40: half of what the right shift drops, and the zero point before it.
    add: i32,
    /// 44
    right: u32,
}

/// A value of the operand with the factor 1/2, without its zero point.
macro_rules! half {
    ($x:literal, $place:literal) => {
        concat!("sxtab ", $x, ", r5, r4", $place, "\n")
    };
}

/// Half of `$x` and the other operand, which is scaled down, with 19 fractional bits.
///
/// A number that is rounded half away from zero is half up, less 1 where negative, and negative where the value is.
macro_rules! other {
    ($x:literal, $place:literal) => {
        concat!(
            "sxtab r12, r5, r4",
            $place,
            "\n",
            "lsl r12, r12, #21\n",
            "smmlar lr, r12, r6, r7\n",
            "add lr, lr, r12, asr #31\n",
            "asr lr, lr, r8\n",
            "add ",
            $x,
            ", lr, ",
            $x,
            ", lsl #19\n",
        )
    };
}

/// The other operand has the factor 1/2 too.
macro_rules! other_half {
    ($x:literal, $place:literal) => {
        concat!("sxtab ", $x, ", ", $x, ", r4", $place, "\n")
    };
}

/// The output of a sum that is doubled by `$left`.
macro_rules! output {
    ($x:literal, $left:literal) => {
        concat!(
            "lsl ",
            $x,
            ", ",
            $x,
            ", #",
            $left,
            "\n",
            "smmlar r12, ",
            $x,
            ", r6, r7\n",
            "add r12, r12, ",
            $x,
            ", asr #31\n",
            "asr r12, r12, r8\n",
            "ssat ",
            $x,
            ", #8, r12\n",
        )
    };
}

/// Four sums a turn. `$loads` brings the other operand's zero point and factor, `$other` adds it, doubled by `$left`.
///
/// r0 call, r1 r2 operands, r3 output, r4 a word of values, r5 zero point, r6 to r8 factor, r9 r10 r11 r1 the sums: the first
/// operand's place is kept in the call meanwhile.
///
/// ```text
/// for each four values:
///     sum[i] = half[i] - zero point, then + the other operand's, scaled, for i in 0..4
///     out[i] = saturate(requantise(sum[i]))
/// ```
macro_rules! kernel {
    ($name:ident, $loads:expr, $other:ident, $left:literal) => {
        /// # Safety
        ///
        /// From `out` to `end` there is room for whole turns of four values, at least one, and as many may be read at both
        /// operands.
        #[unsafe(naked)]
        unsafe extern "C" fn $name(run: &mut Run) {
            dsp_asm!(
                "push {{r4-r11, lr}}",
                "ldm r0, {{r1, r2, r3}}",
                "2:",
                "ldr r4, [r1], #4",
                "ldr r5, [r0, #16]",
                "str r1, [r0]",
                half!("r9", ""),
                half!("r10", ", ror #8"),
                half!("r11", ", ror #16"),
                half!("r1", ", ror #24"),
                "ldr r4, [r2], #4",
                $loads,
                $other!("r9", ""),
                $other!("r10", ", ror #8"),
                $other!("r11", ", ror #16"),
                $other!("r1", ", ror #24"),
                "ldrd r6, r7, [r0, #36]",
                "ldr r8, [r0, #44]",
                output!("r9", $left),
                output!("r10", $left),
                output!("r11", $left),
                output!("r1", $left),
                "bfi r9, r10, #8, #8",
                "bfi r9, r11, #16, #8",
                "bfi r9, r1, #24, #8",
                "str r9, [r3], #4",
                "ldr r12, [r0, #12]",
                "ldr r1, [r0]",
                "cmp r3, r12",
                "bne 2b",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

// 64 instructions a turn.
kernel!(
    add_usual,
    "ldrd r5, r6, [r0, #20]\nldrd r7, r8, [r0, #28]\n",
    other,
    "1"
);
// Where both have the factor 1/2, their sum needs no rounding; the zero points are one. 42 instructions a turn.
kernel!(add_halves, "", other_half, "20");
