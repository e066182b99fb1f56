//! Helium: eight sums a turn, two vectors of 32 bits at a time.

#![allow(
    unsafe_code,
    reason = "Helium has no safe form on stable Rust, and its loops need their registers chosen"
)]

use core::arch::naked_asm;

use super::{LEFT, Operand, Sum, portable};
use crate::kernels::bytes;

/// Sums of a turn.
const TURN: usize = 8;

/// See [`super::add`].
pub(crate) fn add(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    let n = a.len().min(b.len()).min(out.len());
    // A sum that is not scaled down needs more room than its vectors have.
    let whole = if sum.shift < 0 { n - n % TURN } else { 0 };
    // Nothing is shorter than `n`; the checked forms leave no way to panic.
    let (Some((a, more_a)), Some((b, more_b)), Some((out, more_out))) = (
        a.split_at_checked(whole),
        b.split_at_checked(whole),
        out.split_at_mut_checked(whole),
    ) else {
        return;
    };
    if whole > 0 {
        let run = Run {
            a: a.as_ptr(),
            b: b.as_ptr(),
            out: out.as_mut_ptr(),
            a_raised: sum.a.raised(),
            b_raised: sum.b.raised(),
            a_multiplier: sum.a.multiplier,
            b_multiplier: sum.b.multiplier,
            multiplier: sum.multiplier,
            a_shift: -(sum.a.right as i32),
            b_shift: -(sum.b.right as i32),
            shift: sum.shift,
            zero_point: sum.zero_point,
            turns: whole / TURN,
        };
        // SAFETY: all three hold `turns` times eight values, at least eight.
        unsafe { add_eights(&run) }
        if (sum.low, sum.high) != (i8::MIN.into(), i8::MAX.into()) {
            bytes::limit(out, sum.low as i8, sum.high as i8);
        }
    }
    if !more_out.is_empty() {
        portable::add(sum, more_a, more_b, more_out);
    }
}

impl Operand {
    /// What is added to a raised value for its zero point.
    fn raised(&self) -> i32 {
        -(self.zero_point << LEFT)
    }
}

/// What [`add_eights`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Run {
    a: *const i8,
    b: *const i8,
    out: *mut i8,
    a_raised: i32,
    b_raised: i32,
    a_multiplier: i32,
    b_multiplier: i32,
    multiplier: i32,
    a_shift: i32,
    b_shift: i32,
    shift: i32,
    zero_point: i32,
    turns: usize,
}

/// Four sums, scaled but without zero point, in `$out`; q1 and q2 are lost.
///
/// Halves are rounded away from zero: 1 is taken from negative products before a rounding shift. A product that is 0 as
/// its operand's smallest negative values are is not changed by that; where nothing is shifted, a mask keeps it away.
macro_rules! four {
    ($out:literal) => {
        concat!(
            "vldrb.s32 q1, [r0], #4\n",
            "vldrb.s32 ",
            $out,
            ", [r1], #4\n",
            "vmlas.u32 q1, q5, r3\n",
            "vshr.s32 q2, q1, #31\n",
            "vand q2, q2, q6\n",
            "vqrdmlah.s32 q2, q1, r5\n",
            "vmlas.u32 ",
            $out,
            ", q5, r4\n",
            "vshr.s32 q1, ",
            $out,
            ", #31\n",
            "vand q1, q1, q7\n",
            "vqrdmlah.s32 q1, ",
            $out,
            ", r6\n",
            "vrshl.s32 q2, r8\n",
            "vrshl.s32 q1, r9\n",
            "vadd.i32 q1, q1, q2\n",
            "vshr.s32 ",
            $out,
            ", q1, #31\n",
            "vqrdmlah.s32 ",
            $out,
            ", q1, r7\n",
            "vrshl.s32 ",
            $out,
            ", r10\n",
        )
    };
}

/// Sums: 40 instructions for eight.
///
/// # Safety
///
/// `turns` is at least 1; eight times so many values may be read at `a` and `b` and written to `out`.
#[unsafe(naked)]
unsafe extern "C" fn add_eights(run: &Run) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        // Operands in q6 and q7 that are shifted.
        "ldrd r2, r3, [r0, #32]",
        "asr r2, r2, #31",
        "asr r3, r3, #31",
        "vdup.32 q6, r2",
        "vdup.32 q7, r3",
        "mov r2, #0x100000",
        "vdup.32 q5, r2",
        // Results 0, 4, 1, 5 and so on.
        "mov r2, #0x40000",
        "vdup.32 q4, r2",
        "mov r2, #0",
        "vidup.u32 q0, r2, #1",
        "vmov.i32 q1, #0x10000",
        "vadd.i32 q4, q4, q0",
        "vmul.i32 q0, q0, q1",
        "vadd.i32 q4, q4, q0",
        "ldr lr, [r0, #48]",
        "ldm r0, {{r0-r11}}",
        "dls lr, lr",
        "2:",
        four!("q0"),
        four!("q3"),
        "vqmovnb.s32 q0, q0",
        "vqmovnt.s32 q0, q3",
        "vqadd.s16 q0, q0, r11",
        "vqmovnb.s16 q0, q0",
        "vstrb.16 q0, [r2, q4]",
        "add r2, r2, #8",
        "le lr, 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}
