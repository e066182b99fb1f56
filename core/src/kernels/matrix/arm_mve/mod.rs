//! Armv8.1-M with Helium: Cortex-M55. Reads [`Packing::Vectors`](crate::model::records::Packing::Vectors).
//!
//! `vmladava.s8` adds 16 products to a general register of even number, so matrices need no vector of sums. Sums move to
//! vectors of four rows at the end of a block and are requantised there.

#![allow(unsafe_code, reason = "assembly over the pointers of a checked call")]

use core::arch::naked_asm;

#[macro_use]
mod scale;

mod depthwise;
mod line;
mod strip;
mod vector;

pub(super) use depthwise::{depthwise_nearest, depthwise_tflite};
pub(super) use line::{Line, line_nearest, line_tflite};
pub(super) use strip::{Strip, strip_narrow, strip_wide};
pub(super) use vector::{vector_i16, vector_nearest, vector_tflite};

/// Convolutions go by lines; a panel is one column.
pub(super) const COLUMNS: usize = 1;
pub(super) use vector_nearest as panel_nearest;
pub(super) use vector_tflite as panel_tflite;

/// Columns are read where they lie.
pub(super) const PANEL_COLUMN: usize = 0;

/// Columns lie one after the other.
pub(super) const fn column(column: usize) -> usize {
    column
}

/// Columns are read as they are.
pub(super) fn stage(_: usize, _: &mut [i8], _: usize) {}

/// r0 from, r1 from run to run, r2 bytes of a run, r3 runs, at least one, on the stack the destination and its step.
///
/// ```text
/// if len <= 16: for each run: copy one vector of the first len lanes
/// else: for each run: copy vectors of 16 bytes, the last one under tail predication
/// ```
///
/// # Safety
///
/// `runs` is at least 1. `len` bytes may be read at as many places, `step` apart, from `from` on, and written
/// `to_step` apart, from `to` on, apart from what is read; `call::gather` has checked this.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn copy_runs(
    from: *const i8,
    step: usize,
    len: usize,
    runs: usize,
    to: *mut i8,
    to_step: usize,
) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4, r5, r6, lr}}",
        "ldrd r4, r5, [sp, #16]",
        "cmp r2, #16",
        "bhi 2f",
        // Short ones: the same lanes of each.
        "vctp.8 r2",
        "dls lr, r3",
        "1:",
        "vpstt",
        "vldrbt.u8 q0, [r0]",
        "vstrbt.8 q0, [r4]",
        "add r0, r0, r1",
        "add r4, r4, r5",
        "le lr, 1b",
        "pop {{r4, r5, r6, pc}}",
        "2:",
        "mov r6, r0",
        "mov r12, r4",
        "dlstp.8 lr, r2",
        "3:",
        "vldrb.u8 q0, [r6], #16",
        "vstrb.8 q0, [r12], #16",
        "letp lr, 3b",
        "add r0, r0, r1",
        "add r4, r4, r5",
        "subs r3, r3, #1",
        "bne 2b",
        "pop {{r4, r5, r6, pc}}",
    )
}
