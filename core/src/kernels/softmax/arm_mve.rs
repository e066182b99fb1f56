//! Helium: exponentials by gathering loads, four a turn, the last ones under tail predication.
//!
//! `(reciprocal * exponential + 2^30) >> 31` is one `vqrdmulh`.

#![allow(
    unsafe_code,
    reason = "Helium has no safe form on stable Rust, and its loops need their registers chosen"
)]

use core::arch::naked_asm;

/// Most places that a share is shifted by: more leave nothing of 31 bits either.
const MOST_PLACES: u32 = 32;

/// See [`super::top`].
pub(crate) fn top(values: &[i8]) -> i32 {
    // SAFETY: the pointer and the length are those of `values`; the loop takes no length of 0 amiss.
    unsafe { largest(values.as_ptr(), values.len()) }
}

/// See [`super::sum`].
pub(crate) fn sum(table: &[i32], top: i32, values: &[i8]) -> u32 {
    let Some(last) = table.len().checked_sub(1) else {
        return 0;
    };
    // SAFETY: `last` is a place in `table`; the other pointer and length are those of `values`.
    unsafe { sum_fours(values.as_ptr(), values.len(), table.as_ptr(), last, top) }
}

/// See [`super::shares`].
pub(crate) fn shares(
    table: &[i32],
    top: i32,
    values: &[i8],
    (reciprocal, places): (i32, u32),
    out: &mut [i8],
) {
    let Some(last) = table.len().checked_sub(1) else {
        return;
    };
    let run = Run {
        values: values.as_ptr(),
        len: values.len().min(out.len()),
        table: table.as_ptr(),
        last,
        top,
        out: out.as_mut_ptr(),
        reciprocal,
        shift: -(places.min(MOST_PLACES) as i32),
    };
    // SAFETY: `last` is a place in `table`; `len` values may be read at `values` and written to `out`.
    unsafe { share_fours(&run) }
}

/// What [`share_fours`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Run {
    values: *const i8,
    len: usize,
    table: *const i32,
    last: usize,
    top: i32,
    out: *mut i8,
    reciprocal: i32,
    shift: i32,
}

/// The largest of `len` values: 3 instructions a vector.
///
/// # Safety
///
/// `len` values may be read at `values`.
#[unsafe(naked)]
unsafe extern "C" fn largest(values: *const i8, len: usize) -> i32 {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r7, lr}}",
        "mvn r2, #127",
        "wlstp.8 lr, r1, 3f",
        "2:",
        "vldrb.u8 q0, [r0], #16",
        "vmaxv.s8 r2, q0",
        "letp lr, 2b",
        "3:",
        "mov r0, r2",
        "pop {{r7, pc}}",
    )
}

/// Exponentials of the next four values in q0; r0 values, r2 the table, q2 the largest value, q3 the last place.
///
/// Differences are compared without their signs, so that every place is in the table.
macro_rules! exponentials {
    () => {
        concat!(
            "vldrb.s32 q0, [r0], #4\n",
            "vsub.i32 q0, q2, q0\n",
            "vmin.u32 q1, q0, q3\n",
            "vldrw.u32 q0, [r2, q1, uxtw #2]\n",
        )
    };
}

/// The sum of exponentials: 7 instructions for four.
///
/// ```text
/// for each four values: sum += table[min(top - value, last)] / 2^12, rounded
/// ```
///
/// # Safety
///
/// `len` values may be read at `values`, and places up to `last` at `table`.
#[unsafe(naked)]
unsafe extern "C" fn sum_fours(
    values: *const i8,
    len: usize,
    table: *const i32,
    last: usize,
    top: i32,
) -> u32 {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4, lr}}",
        "ldr r4, [sp, #8]",
        "vdup.32 q2, r4",
        "vdup.32 q3, r3",
        "mov r4, #0",
        "wlstp.32 lr, r1, 3f",
        "2:",
        exponentials!(),
        "vrshr.u32 q0, q0, #12",
        "vaddva.u32 r4, q0",
        "letp lr, 2b",
        "3:",
        "mov r0, r4",
        "pop {{r4, pc}}",
    )
}

/// The shares: 11 instructions for four.
///
/// ```text
/// for each four values:
///     share = table[min(top - value, last)] * reciprocal >> places, rounded twice   // at most 256
///     out = min(share, 255) - 128
/// ```
///
/// # Safety
///
/// `len` values may be read at `values` and written to `out`, and places up to `last` be read at `table`.
#[unsafe(naked)]
unsafe extern "C" fn share_fours(run: &Run) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r8, lr}}",
        "ldm r0, {{r0-r7}}",
        "vdup.32 q2, r4",
        "vdup.32 q3, r3",
        "mov r8, #128",
        "wlstp.32 lr, r1, 3f",
        "2:",
        exponentials!(),
        "vqrdmulh.s32 q0, q0, r6",
        "vrshl.u32 q0, r7",
        "vshr.u32 q1, q0, #8",
        "vsub.i32 q0, q0, q1",
        "vadd.i32 q0, q0, r8",
        "vstrb.32 q0, [r5], #4",
        "letp lr, 2b",
        "3:",
        "pop {{r4-r8, pc}}",
    )
}
