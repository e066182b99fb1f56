//! Armv7E-M: two units a word, at any address.
//!
//! A curve is one `smlad`: its line's rise times the place between two entries, plus 256 times the entry, which lie in
//! one word. An odd number of units is left to the reference.

#![allow(
    unsafe_code,
    reason = "the parallel instructions have no safe form on stable Rust, and loops of them need their registers chosen"
)]

use super::portable;
use crate::num::sigmoid::LINES;

/// The line at argument 0; lines of negative arguments lie before it.
fn lines() -> *const u32 {
    LINES.as_ptr().wrapping_add(LINES.len() / 2)
}

/// See [`super::elman`].
pub(crate) fn elman(x: &[i16], h: &[i16], state: &mut [i16]) {
    let n = state.len();
    if n == 0 || n % 2 == 1 || x.len() < n || h.len() < n {
        return portable::elman(x, h, state);
    }
    // SAFETY: all three hold `n` values, at least one pair.
    unsafe { tanhs(state.as_mut_ptr(), x.as_ptr(), h.as_ptr(), n / 2, lines()) }
}

/// See [`super::gru`].
pub(crate) fn gru(x: &mut [i16], h: &[i16], state: &mut [i16]) {
    let n = state.len();
    if n == 0 || n % 2 == 1 || x.len() < 3 * n || h.len() < 3 * n {
        return portable::gru(x, h, state);
    }
    let (gates, h) = (x.as_mut_ptr(), h.as_ptr());
    let run = Gru {
        new: gates.wrapping_add(2 * n),
        back: -(2 * n as isize),
        h: h.wrapping_add(2 * n),
        state: state.as_mut_ptr(),
        pairs: n / 2,
        lines: lines(),
    };
    // SAFETY: `x` and `h` hold three vectors of `n` values, at least one pair each; the first two are gates r and z.
    unsafe {
        sigmoids(gates, gates, h, n, lines());
        join_gru(&run);
    }
}

/// See [`super::lstm`].
pub(crate) fn lstm(x: &mut [i16], h: &[i16], state: &mut [i16], cell: &mut [i16]) {
    let n = state.len();
    if n == 0 || n % 2 == 1 || cell.len() < n || x.len() < 4 * n || h.len() < 4 * n {
        return portable::lstm(x, h, state, cell);
    }
    let (gates, h) = (x.as_mut_ptr(), h.as_ptr());
    let [new, open] = [2 * n, 3 * n].map(|at| (gates.wrapping_add(at), h.wrapping_add(at)));
    let run = Lstm {
        open: open.0,
        back: -(2 * n as isize),
        far_back: -(6 * n as isize),
        state: state.as_mut_ptr(),
        cell: cell.as_mut_ptr(),
        pairs: n / 2,
        lines: lines(),
    };
    // SAFETY: `x` and `h` hold four vectors of `n` values, at least one pair each, of which the first two are gates i
    // and f; `state` and `cell` hold `n` values.
    unsafe {
        sigmoids(gates, gates, h, n, lines());
        tanhs(new.0, new.0, new.1, n / 2, lines());
        sigmoids(open.0, open.0, open.1, n / 2, lines());
        join_lstm(&run);
    }
}

/// See [`super::narrow`].
pub(crate) fn narrow(h: &[i16], out: &mut [i8]) {
    let n = h.len().min(out.len());
    let whole = n & !3;
    if whole > 0 {
        // SAFETY: both hold `whole` values, at least four.
        unsafe { narrow_fours(h.as_ptr(), out.as_mut_ptr(), whole / 4) }
    }
    if let (Some(h), Some(out)) = (h.get(whole..n), out.get_mut(whole..n)) {
        portable::narrow(h, out);
    }
}

/// See [`super::add_up`].
pub(crate) fn add_up(sums: &mut [i32], h: &[i16]) {
    let n = h.len().min(sums.len());
    let whole = n & !1;
    if whole > 0 {
        // SAFETY: both hold `whole` values, at least two.
        unsafe { add_pairs(sums.as_mut_ptr(), h.as_ptr(), whole / 2) }
    }
    if let (Some(sums), Some(h)) = (sums.get_mut(whole..n), h.get(whole..n)) {
        portable::add_up(sums, h);
    }
}

/// What [`join_gru`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Gru {
    /// The last gate's products with the input.
    new: *const i16,
    /// Bytes from there to the gate before.
    back: isize,
    /// The last gate's products with the hidden state.
    h: *const i16,
    state: *mut i16,
    pairs: usize,
    lines: *const u32,
}

/// What [`join_lstm`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Lstm {
    /// The last gate.
    open: *const i16,
    /// Bytes from there to the gate before, and to the first one.
    back: isize,
    far_back: isize,
    state: *mut i16,
    cell: *mut i16,
    pairs: usize,
    lines: *const u32,
}

/// The sums of two arguments' words, saturated.
macro_rules! argument {
    (sigmoid) => {
        "qadd16 r7, r7, r8\n"
    };
    (tanh) => {
        "qadd16 r7, r7, r8\nqadd16 r7, r7, r7\n"
    };
}

/// Two results from Q0.23 to lanes in r8.
macro_rules! results {
    (sigmoid) => {
        "asr r8, r8, #8\npkhbt r8, r8, r9, lsl #8\n"
    };
    (tanh) => {
        "asr r8, r8, #7\npkhbt r8, r8, r9, lsl #9\n"
    };
}

/// What rounds a result, and for the tangent takes away 1.
macro_rules! rounding {
    (sigmoid) => {
        "movs r6, #128\n"
    };
    (tanh) => {
        // 64 - 2^22
        "movw r6, #0x0040\nmovt r6, #0xffc0\n"
    };
}

/// A curve at two places.
macro_rules! pair {
    ($curve:ident) => {
        concat!(
            "ldr r7, [r1], #4\n",
            "ldr r8, [r2], #4\n",
            argument!($curve),
            "sbfx r8, r7, #8, #8\n",
            "asr r9, r7, #24\n",
            "ldr r8, [r4, r8, lsl #2]\n",
            "ldr r9, [r4, r9, lsl #2]\n",
            "uxtab r12, r5, r7\n",
            "uxtab r7, r5, r7, ror #16\n",
            "smlad r8, r8, r12, r6\n",
            "smlad r9, r9, r7, r6\n",
            results!($curve),
            "str r8, [r0], #4\n",
        )
    };
}

/// `out = curve(sat(x + h))`: 14 instructions a pair, 15 for the tangent, and 2 for every two of them.
///
/// r0 out, r1 x, r2 h, r3 pairs, r4 lines, r5 256 in the upper half, r6 rounding.
macro_rules! curve {
    ($name:ident, $curve:ident) => {
        /// # Safety
        ///
        /// `pairs` is at least 1; so many pairs may be read at `x` and `h` and written to `out`, which may be `x`.
        /// `lines` is the middle of the table.
        #[unsafe(naked)]
        unsafe extern "C" fn $name(
            out: *mut i16,
            x: *const i16,
            h: *const i16,
            pairs: usize,
            lines: *const u32,
        ) {
            dsp_asm!(
                "push {{r4-r9, lr}}",
                "ldr r4, [sp, #28]",
                "mov r5, #0x1000000",
                rounding!($curve),
                "lsrs r3, r3, #1",
                "bcc 2f",
                pair!($curve),
                "cbz r3, 3f",
                "2:",
                pair!($curve),
                pair!($curve),
                "subs r3, r3, #1",
                "bne 2b",
                "3:",
                "pop {{r4-r9, pc}}",
            )
        }
    };
}

curve!(sigmoids, sigmoid);
curve!(tanhs, tanh);

/// The end of a GRU's step: 32 instructions a pair.
///
/// ```text
/// for each two units: // r, z and n the gates, s the sigmoid, t the tangent
///     n = t(x_n + r * h_n)
///     state = z * state + (1 - z) * n
/// ```
///
/// # Safety
///
/// `run.pairs` is at least 1. So many pairs may be read at `new`, `h` and the two gates before `new`, and read and written at
/// `state`; `lines` is the middle of the table.
#[unsafe(naked)]
unsafe extern "C" fn join_gru(run: &Gru) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        // r0 new gate, r1 step back, r2 h, r3 state, r4 pairs, r5 lines.
        "ldm r0, {{r0-r5}}",
        // r6 256 in the upper half, r7 rounding and shift of the tangent, r8 half of 2^15, r9 1 in both lanes.
        "mov r6, #0x1000000",
        "movw r7, #0x0040",
        "movt r7, #0xffc0",
        "mov r8, #0x4000",
        "mov r9, #0x80008000",
        "2:",
        "ldr r10, [r0, r1, lsl #1]",
        "ldr r11, [r2], #4",
        "smlabb r12, r10, r11, r8",
        "smlatt r10, r10, r11, r8",
        "ldr r11, [r0], #4",
        "asr r12, r12, #15",
        "pkhbt r12, r12, r10, lsl #1",
        "qadd16 r12, r11, r12",
        "qadd16 r12, r12, r12",
        "sbfx r11, r12, #8, #8",
        "asr r10, r12, #24",
        "ldr r11, [r5, r11, lsl #2]",
        "ldr r10, [r5, r10, lsl #2]",
        "uxtab lr, r6, r12",
        "uxtab r12, r6, r12, ror #16",
        "smlad r11, r11, lr, r7",
        "smlad r12, r10, r12, r7",
        // The gate z: the new gate's pointer has moved on.
        "sub r10, r1, #4",
        "ldr r10, [r0, r10]",
        "asr r11, r11, #7",
        "asr r12, r12, #7",
        "ssub16 lr, r9, r10",
        "smlabb r11, lr, r11, r8",
        "smlatb r12, lr, r12, r8",
        "ldr lr, [r3]",
        "smlabb r11, r10, lr, r11",
        "smlatt r12, r10, lr, r12",
        "subs r4, r4, #1",
        "asr r11, r11, #15",
        "pkhbt r11, r11, r12, lsl #1",
        "str r11, [r3], #4",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}

/// The end of an LSTM's step: 34 instructions a pair.
///
/// ```text
/// for each two units: // i, f, g and o the gates, t the tangent
///     cell = f * cell + i * g
///     state = o * t(cell)
/// ```
///
/// # Safety
///
/// `run.pairs` is at least 1. So many pairs may be read at `open` and the three gates before, and read and written at
/// `state` and `cell`; `lines` is the middle of the table.
#[unsafe(naked)]
unsafe extern "C" fn join_lstm(run: &Lstm) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #4",
        // r0 gate o, r1 step back, r2 to the first gate, r3 state, r4 cell, r5 pairs, r6 lines.
        "ldm r0, {{r0-r6}}",
        // r7 256 in the upper half, r8 rounding and shift of the tangent, r9 half of 2^15.
        "mov r7, #0x1000000",
        "movw r8, #0x0040",
        "movt r8, #0xffc0",
        "mov r9, #0x4000",
        // Half of 2^3, and the half of 2^15 that is added to what is left of it.
        "movw r10, #0x0004",
        "movt r10, #0x0002",
        "str r10, [sp]",
        "2:",
        "ldr lr, [sp]",
        "ldr r10, [r0, r2]",
        "ldr r11, [r0, r1]",
        "smlabb r12, r10, r11, lr",
        "smlatt r10, r10, r11, lr",
        "ldr r11, [r0, r1, lsl #1]",
        "ldr lr, [r4]",
        "asr r12, r12, #3",
        "asr r10, r10, #3",
        "smlabb r12, r11, lr, r12",
        "smlatt r10, r11, lr, r10",
        "ssat r12, #16, r12, asr #15",
        "ssat r10, #16, r10, asr #15",
        "pkhbt r12, r12, r10, lsl #16",
        "str r12, [r4], #4",
        "qadd16 r12, r12, r12",
        "sbfx r10, r12, #8, #8",
        "asr r11, r12, #24",
        "ldr r10, [r6, r10, lsl #2]",
        "ldr r11, [r6, r11, lsl #2]",
        "uxtab lr, r7, r12",
        "uxtab r12, r7, r12, ror #16",
        "smlad r10, r10, lr, r8",
        "smlad r11, r11, r12, r8",
        "ldr r12, [r0], #4",
        "asr r10, r10, #7",
        "asr r11, r11, #7",
        "smlabb r10, r12, r10, r9",
        "smlatb r11, r12, r11, r9",
        "subs r5, r5, #1",
        "asr r10, r10, #15",
        "pkhbt r10, r10, r11, lsl #1",
        "str r10, [r3], #4",
        "bne 2b",
        "add sp, sp, #4",
        "pop {{r4-r11, pc}}",
    )
}

/// 11 instructions for four values.
///
/// # Safety
///
/// `fours` is at least 1; four times so many values may be read at `h` and written to `out`.
#[unsafe(naked)]
unsafe extern "C" fn narrow_fours(h: *const i16, out: *mut i8, fours: usize) {
    dsp_asm!(
        "push {{r4, r5, r6, lr}}",
        "mov r3, #0x800080",
        // `sel` takes the odd bytes from its first operand.
        "mov r4, #0xff00ff00",
        "mov r5, #0x10001",
        "usub8 r4, r4, r5",
        "2:",
        "ldr r4, [r0], #4",
        "ldr r5, [r0], #4",
        "qadd16 r4, r4, r3",
        "qadd16 r5, r5, r3",
        "pkhbt r6, r4, r5, lsl #16",
        "pkhtb r5, r5, r4, asr #16",
        "lsr r6, r6, #8",
        "sel r5, r5, r6",
        "str r5, [r1], #4",
        "subs r2, r2, #1",
        "bne 2b",
        "pop {{r4, r5, r6, pc}}",
    )
}

/// 7 instructions for two values.
///
/// # Safety
///
/// `pairs` is at least 1; so many pairs may be read at `h` and read and written at `sums`.
#[unsafe(naked)]
unsafe extern "C" fn add_pairs(sums: *mut i32, h: *const i16, pairs: usize) {
    dsp_asm!(
        "push {{r4, lr}}",
        "2:",
        "ldr r12, [r1], #4",
        "ldrd r3, r4, [r0]",
        "sxtah r3, r3, r12",
        "sxtah r4, r4, r12, ror #16",
        "subs r2, r2, #1",
        "strd r3, r4, [r0], #8",
        "bne 2b",
        "pop {{r4, pc}}",
    )
}
