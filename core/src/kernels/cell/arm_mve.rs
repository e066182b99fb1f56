//! Helium: eight units a turn, the last ones under tail predication.
//!
//! Tables are read by gathering loads. A line's rise is at most 512, and its rounded product with the place between two
//! entries is one `vrmulh` of 16 bits, as the place is shifted to the upper byte. Products of two Q0.15 numbers, one of
//! them not negative, are one `vqrdmulh`. Products of 32 bits lie in pairs of 16-bit lanes, of which a predicate must not
//! part two: an odd number of units is left to the reference.

#![allow(
    unsafe_code,
    reason = "Helium has no safe form on stable Rust, and its loops need their registers chosen"
)]

use core::arch::naked_asm;

use super::portable;
use crate::num::sigmoid::LINES;

/// See [`super::elman`].
pub(crate) fn elman(x: &[i16], h: &[i16], state: &mut [i16]) {
    let n = state.len();
    if n == 0 || x.len() < n || h.len() < n {
        return portable::elman(x, h, state);
    }
    // SAFETY: all three hold `n` values, at least one.
    unsafe { elman_units(x.as_ptr(), h.as_ptr(), state.as_mut_ptr(), n, &LINES) }
}

/// See [`super::gru`].
pub(crate) fn gru(x: &mut [i16], h: &[i16], state: &mut [i16]) {
    let n = state.len();
    if n == 0 || n % 2 == 1 || x.len() < 3 * n || h.len() < 3 * n {
        return portable::gru(x, h, state);
    }
    // SAFETY: `x` and `h` hold three vectors of the `n` values that `state` holds, at least a pair.
    unsafe { gru_units(x.as_ptr(), h.as_ptr(), state.as_mut_ptr(), n, &LINES) }
}

/// See [`super::lstm`].
pub(crate) fn lstm(x: &mut [i16], h: &[i16], state: &mut [i16], cell: &mut [i16]) {
    let n = state.len();
    if n == 0 || n % 2 == 1 || cell.len() < n || x.len() < 4 * n || h.len() < 4 * n {
        return portable::lstm(x, h, state, cell);
    }
    let (state, cell) = (state.as_mut_ptr(), cell.as_mut_ptr());
    // SAFETY: `x` and `h` hold four vectors of the `n` values that `state` and `cell` hold, at least a pair.
    unsafe { lstm_units(x.as_ptr(), h.as_ptr(), state, n, &LINES, cell) }
}

/// See [`super::narrow`].
pub(crate) fn narrow(h: &[i16], out: &mut [i8]) {
    let n = h.len().min(out.len());
    // SAFETY: both hold `n` values.
    unsafe { narrow_units(h.as_ptr(), out.as_mut_ptr(), n) }
}

/// See [`super::add_up`].
pub(crate) fn add_up(sums: &mut [i32], h: &[i16]) {
    let n = h.len().min(sums.len());
    // SAFETY: both hold `n` values.
    unsafe { add_units(sums.as_mut_ptr(), h.as_ptr(), n) }
}

/// A gate's argument in q0: the sum of what `$x` and `$h` point to, which move on.
macro_rules! argument {
    ($x:literal, $h:literal) => {
        concat!(
            "vldrh.u16 q0, [",
            $x,
            "], #16\n",
            "vldrh.u16 q1, [",
            $h,
            "], #16\n",
            "vqadd.s16 q0, q0, q1\n",
        )
    };
}

/// Entries in q1, rises in q2 and places between two entries in q0, of the lines at the arguments in q0.
///
/// r10 the table, r11 its entries' halves, r12 2^15.
macro_rules! lines {
    () => {
        concat!(
            "vadd.i16 q7, q0, r12\n",
            "vshl.i16 q0, q0, #8\n",
            "vshr.u16 q7, q7, #8\n",
            "vshl.i16 q7, q7, #1\n",
            "vldrh.u16 q2, [r10, q7, uxtw #1]\n",
            "vldrh.u16 q1, [r11, q7, uxtw #1]\n",
        )
    };
}

/// `s(q0)` in `$out`; q0 to q2 and q7 are lost.
macro_rules! sigmoid {
    ($out:literal) => {
        concat!(
            lines!(),
            "vrmulh.u16 q0, q2, q0\n",
            "vadd.i16 ",
            $out,
            ", q1, q0\n",
        )
    };
}

/// `t(q0)` in `$out`; q0 to q2 and q7 are lost.
macro_rules! tanh {
    ($out:literal) => {
        concat!(
            "vqadd.s16 q0, q0, q0\n",
            lines!(),
            "vshl.i16 q2, q2, #1\n",
            "vrmulh.u16 q0, q2, q0\n",
            "vshl.i16 q1, q1, #1\n",
            "vadd.i16 q0, q0, r12\n",
            "vadd.i16 ",
            $out,
            ", q0, q1\n",
        )
    };
}

/// `state = t(sat(x + h))`: 17 instructions for eight units.
///
/// # Safety
///
/// `n` is at least 1; so many values may be read at `x` and `h` and written to `state`.
#[unsafe(naked)]
unsafe extern "C" fn elman_units(
    x: *const i16,
    h: *const i16,
    state: *mut i16,
    n: usize,
    lines: &[u32; 256],
) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r12, lr}}",
        "vpush {{d14-d15}}",
        "ldr r10, [sp, #56]",
        "add r11, r10, #2",
        "mov r12, #0x8000",
        "dlstp.16 lr, r3",
        "2:",
        argument!("r0", "r1"),
        tanh!("q0"),
        "vstrh.16 q0, [r2], #16",
        "letp lr, 2b",
        "vpop {{d14-d15}}",
        "pop {{r4-r12, pc}}",
    )
}

/// A step of a GRU: 53 instructions for eight units.
///
/// ```text
/// for each eight units: // r, z and n the gates, s the sigmoid, t the tangent
///     (r, z) = (s(x_r + h_r), s(x_z + h_z))
///     n = t(x_n + r * h_n)
///     state = z * state + (1 - z) * n
/// ```
///
/// # Safety
///
/// `n` is even, at least 2; so many values may be read and written at `state`, and three times as many read at `x` and `h`.
#[unsafe(naked)]
unsafe extern "C" fn gru_units(
    x: *const i16,
    h: *const i16,
    state: *mut i16,
    n: usize,
    lines: &[u32; 256],
) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r12, lr}}",
        "vpush {{d8-d15}}",
        "ldr r10, [sp, #104]",
        "add r11, r10, #2",
        "mov r12, #0x8000",
        // r0, r4, r6 gates of x, r1, r5, r7 those of h.
        "add r4, r0, r3, lsl #1",
        "add r5, r1, r3, lsl #1",
        "add r6, r4, r3, lsl #1",
        "add r7, r5, r3, lsl #1",
        "dlstp.16 lr, r3",
        "2:",
        argument!("r0", "r1"),
        sigmoid!("q3"),
        argument!("r4", "r5"),
        sigmoid!("q4"),
        "vldrh.u16 q0, [r7], #16",
        "vldrh.u16 q1, [r6], #16",
        "vqrdmulh.s16 q0, q0, q3",
        "vqadd.s16 q0, q0, q1",
        tanh!("q3"),
        // z * h - (z - 1) * n
        "vldrh.u16 q0, [r2]",
        "vadd.i16 q5, q4, r12",
        "vmullb.s16 q1, q4, q0",
        "vmullt.s16 q2, q4, q0",
        "vmullb.s16 q6, q5, q3",
        "vmullt.s16 q7, q5, q3",
        "vsub.i32 q1, q1, q6",
        "vsub.i32 q2, q2, q7",
        "vqrshrnb.s32 q0, q1, #15",
        "vqrshrnt.s32 q0, q2, #15",
        "vstrh.16 q0, [r2], #16",
        "letp lr, 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r12, pc}}",
    )
}

/// A step of an LSTM: 76 instructions for eight units.
///
/// ```text
/// for each eight units: // i, f, g and o the gates, t the tangent
///     (i, f, g, o) = (s(x_i + h_i), s(x_f + h_f), t(x_g + h_g), s(x_o + h_o))
///     cell = f * cell + i * g
///     state = o * t(cell)
/// ```
///
/// # Safety
///
/// `n` is even, at least 2; so many values may be read and written at `state` and `cell`, and four times as many read at `x` and `h`.
#[unsafe(naked)]
unsafe extern "C" fn lstm_units(
    x: *const i16,
    h: *const i16,
    state: *mut i16,
    n: usize,
    lines: &[u32; 256],
    cell: *mut i16,
) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r12, lr}}",
        "vpush {{d8-d15}}",
        "mov lr, r3",
        "ldrd r10, r3, [sp, #104]",
        "add r11, r10, #2",
        "mov r12, #0x8000",
        // r0, r4, r6, r8 gates of x, r1, r5, r7, r9 those of h, r3 cell.
        "add r4, r0, lr, lsl #1",
        "add r5, r1, lr, lsl #1",
        "add r6, r4, lr, lsl #1",
        "add r7, r5, lr, lsl #1",
        "add r8, r6, lr, lsl #1",
        "add r9, r7, lr, lsl #1",
        "dlstp.16 lr, lr",
        "2:",
        argument!("r0", "r1"),
        sigmoid!("q3"),
        argument!("r6", "r7"),
        tanh!("q4"),
        "vmullb.s16 q5, q3, q4",
        "vmullt.s16 q6, q3, q4",
        argument!("r4", "r5"),
        sigmoid!("q3"),
        "vldrh.u16 q4, [r3]",
        "vrshr.s32 q5, q5, #3",
        "vrshr.s32 q6, q6, #3",
        "vmullb.s16 q0, q3, q4",
        "vmullt.s16 q1, q3, q4",
        "vadd.i32 q5, q5, q0",
        "vadd.i32 q6, q6, q1",
        "vqrshrnb.s32 q4, q5, #15",
        "vqrshrnt.s32 q4, q6, #15",
        argument!("r8", "r9"),
        sigmoid!("q3"),
        "vstrh.16 q4, [r3], #16",
        "vmov q0, q4",
        tanh!("q0"),
        "vqrdmulh.s16 q0, q0, q3",
        "vstrh.16 q0, [r2], #16",
        "letp lr, 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r12, pc}}",
    )
}

/// 4 instructions for eight values.
///
/// # Safety
///
/// `n` values may be read at `h` and written to `out`.
#[unsafe(naked)]
unsafe extern "C" fn narrow_units(h: *const i16, out: *mut i8, n: usize) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r7, lr}}",
        "wlstp.16 lr, r2, 3f",
        "2:",
        "vldrh.u16 q0, [r0], #16",
        "vqrshrnb.s16 q0, q0, #8",
        "vstrb.16 q0, [r1], #8",
        "letp lr, 2b",
        "3:",
        "pop {{r7, pc}}",
    )
}

/// 5 instructions for four values.
///
/// # Safety
///
/// `n` values may be read at `h` and read and written at `sums`.
#[unsafe(naked)]
unsafe extern "C" fn add_units(sums: *mut i32, h: *const i16, n: usize) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r7, lr}}",
        "wlstp.32 lr, r2, 3f",
        "2:",
        "vldrh.s32 q0, [r1], #8",
        "vldrw.u32 q1, [r0]",
        "vadd.i32 q0, q0, q1",
        "vstrw.32 q0, [r0], #16",
        "letp lr, 2b",
        "3:",
        "pop {{r7, pc}}",
    )
}
