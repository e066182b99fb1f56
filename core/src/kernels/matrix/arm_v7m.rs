//! Armv7-M without the DSP extension (Cortex-M3): one `mla` a product.
//!
//! Unrolled loops are entered in the middle where the depth is no multiple of their length: pointers then begin as
//! much before the data as the steps left out would have moved them.

#![allow(
    unsafe_code,
    reason = "whole functions in assembly; `call` checks every bound"
)]

use core::arch::naked_asm;

use super::Runs;
pub(super) use super::arm_runs::copy_runs;
use super::call::{Call, Filters, gather};

pub(super) const COLUMNS: usize = 1;
pub(super) const PANEL_COLUMN: usize = 0;

pub(super) const fn column(column: usize) -> usize {
    column
}

pub(super) fn stage(_: usize, _: &mut [i8], _: usize) {}

pub(super) fn take(_: usize, panel: &mut [i8], _: usize, runs: &Runs<'_>) {
    gather(runs, panel, runs.len);
}

pub(super) use vector_nearest as panel_nearest;
pub(super) use vector_tflite as panel_tflite;

/// A sum to int8, rounded once. r1 bias, r2 multiplier, r3 add, r12 shift; r1 is lost.
macro_rules! nearest {
    ($sum:literal) => {
        concat!(
            "add ",
            $sum,
            ", ",
            $sum,
            ", r1\n",
            "smull lr, ",
            $sum,
            ", ",
            $sum,
            ", r2\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r3\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", r12\n",
            "ssat ",
            $sum,
            ", #8, ",
            $sum,
            "\n",
        )
    };
}

/// As `nearest`, with the double rounding: the product's lower half rounds the upper one.
macro_rules! tflite {
    ($sum:literal) => {
        concat!(
            "add ",
            $sum,
            ", r1, ",
            $sum,
            ", lsl #1\n",
            "smull lr, ",
            $sum,
            ", ",
            $sum,
            ", r2\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", lr, lsr #31\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", ",
            $sum,
            ", asr #31\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r3\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", r12\n",
            "ssat ",
            $sum,
            ", #8, ",
            $sum,
            "\n",
        )
    };
}

/// As `nearest`, to int16, with the left shift on the stack.
macro_rules! nearest_i16 {
    ($sum:literal) => {
        concat!(
            "add ",
            $sum,
            ", ",
            $sum,
            ", r1\n",
            "ldr lr, [sp, #68]\n",
            "lsl ",
            $sum,
            ", ",
            $sum,
            ", lr\n",
            "smull lr, ",
            $sum,
            ", ",
            $sum,
            ", r2\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r3\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", r12\n",
            "ssat ",
            $sum,
            ", #16, ",
            $sum,
            "\n",
        )
    };
}

/// The requantisation of the sums in the registers given, each with the factor at r0.
macro_rules! requantise {
    ($rule:ident, $($sum:literal)*) => {
        concat!($("ldm r0!, {{r1, r2, r3, r12}}\n", $rule!($sum),)*)
    };
}

/// One column, two blocks at a time, then one.
///
/// r0, r1 weights of the blocks, r2 x, r3 weight, r12 value, lr end of x, r4 to r11 sums. On the stack:
/// 0: what r0 to r11 are at a block's begin (r3: where the loop is entered; sums are zero), 48: lr, 52: bytes before
/// the weights, 56: factors, 60: out, 64: blocks left, 68: left shift, 72: where the loop of one block is entered.
macro_rules! vector {
    ($rule:ident, $store:literal, $size:literal) => {
        naked_asm!(
            "push {{r4-r11, lr}}",
            "sub sp, #76",
            "ldr r7, [r0, #28]",
            "str r7, [sp, #68]",
            "ldm r0, {{r1, r2, r3, r4, r5, r6}}",
            "rsb r7, r3, #0",
            "and r7, r7, #7",
            "lsl r8, r7, #2",
            "add lr, r2, r3",
            "add lr, lr, #7",
            "sub r1, r1, r8",
            "add r1, r1, #28",
            "add r9, r1, r3, lsl #2",
            "sub r2, r2, r7",
            "add r2, r2, #7",
            "adr r10, 20f",
            "mov r11, #68",
            "mla r10, r7, r11, r10",
            "strd r1, r9, [sp]",
            "strd r2, r10, [sp, #8]",
            "adr r10, 40f",
            "mov r11, #36",
            "mla r10, r7, r11, r10",
            "str r10, [sp, #72]",
            "mov r10, #0",
            "mov r11, #0",
            "strd r10, r11, [sp, #16]",
            "strd r10, r11, [sp, #24]",
            "strd r10, r11, [sp, #32]",
            "strd r10, r11, [sp, #40]",
            "strd lr, r8, [sp, #48]",
            "strd r5, r6, [sp, #56]",
            "subs r2, r4, #2",
            "str r2, [sp, #64]",
            "blt 30f",
            "10:",
            "ldm sp, {{r0-r11}}",
            "ldr lr, [sp, #48]",
            "mov pc, r3",
            ".p2align 2",
            "20:",
            ".irp k, -7, -6, -5, -4, -3, -2, -1",
            "ldrsb r12, [r2, #\\k]",
            "ldrsb r3, [r0, #4*\\k]",
            "mla r4, r3, r12, r4",
            "ldrsb r3, [r0, #4*\\k+1]",
            "mla r5, r3, r12, r5",
            "ldrsb r3, [r0, #4*\\k+2]",
            "mla r6, r3, r12, r6",
            "ldrsb r3, [r0, #4*\\k+3]",
            "mla r7, r3, r12, r7",
            "ldrsb r3, [r1, #4*\\k]",
            "mla r8, r3, r12, r8",
            "ldrsb r3, [r1, #4*\\k+1]",
            "mla r9, r3, r12, r9",
            "ldrsb r3, [r1, #4*\\k+2]",
            "mla r10, r3, r12, r10",
            "ldrsb r3, [r1, #4*\\k+3]",
            "mla r11, r3, r12, r11",
            ".endr",
            "ldrsb r12, [r2], #8",
            "ldrsb r3, [r0, #1]",
            "mla r5, r3, r12, r5",
            "ldrsb r3, [r0, #2]",
            "mla r6, r3, r12, r6",
            "ldrsb r3, [r0, #3]",
            "mla r7, r3, r12, r7",
            "ldrsb r3, [r0], #32",
            "mla r4, r3, r12, r4",
            "ldrsb r3, [r1, #1]",
            "mla r9, r3, r12, r9",
            "ldrsb r3, [r1, #2]",
            "mla r10, r3, r12, r10",
            "ldrsb r3, [r1, #3]",
            "mla r11, r3, r12, r11",
            "ldrsb r3, [r1], #32",
            "mla r8, r3, r12, r8",
            "cmp r2, lr",
            "bne 20b",
            // The next blocks' weights: as far behind the second block's as those lie behind the first one's.
            "sub r2, r1, r0",
            "ldrd r3, r0, [sp, #52]",
            "sub r12, r1, r3",
            "add r2, r2, r12",
            "strd r12, r2, [sp]",
            requantise!($rule, "r4" "r5" "r6" "r7" "r8" "r9" "r10" "r11"),
            "ldrd r1, r2, [sp, #60]",
            concat!($store, " r5, [r1, #", $size, "]"),
            concat!($store, " r6, [r1, #2*", $size, "]"),
            concat!($store, " r7, [r1, #3*", $size, "]"),
            concat!($store, " r8, [r1, #4*", $size, "]"),
            concat!($store, " r9, [r1, #5*", $size, "]"),
            concat!($store, " r10, [r1, #6*", $size, "]"),
            concat!($store, " r11, [r1, #7*", $size, "]"),
            concat!($store, " r4, [r1], #8*", $size),
            "strd r0, r1, [sp, #56]",
            "subs r2, r2, #2",
            "str r2, [sp, #64]",
            "bge 10b",
            "30:",
            "adds r2, r2, #1",
            "bne 50f",
            "ldm sp, {{r0-r7}}",
            "ldrd lr, r3, [sp, #48]",
            "ldr r3, [sp, #72]",
            "mov pc, r3",
            ".p2align 2",
            "40:",
            ".irp k, -7, -6, -5, -4, -3, -2, -1",
            "ldrsb r12, [r2, #\\k]",
            "ldrsb r3, [r0, #4*\\k]",
            "mla r4, r3, r12, r4",
            "ldrsb r3, [r0, #4*\\k+1]",
            "mla r5, r3, r12, r5",
            "ldrsb r3, [r0, #4*\\k+2]",
            "mla r6, r3, r12, r6",
            "ldrsb r3, [r0, #4*\\k+3]",
            "mla r7, r3, r12, r7",
            ".endr",
            "ldrsb r12, [r2], #8",
            "ldrsb r3, [r0, #1]",
            "mla r5, r3, r12, r5",
            "ldrsb r3, [r0, #2]",
            "mla r6, r3, r12, r6",
            "ldrsb r3, [r0, #3]",
            "mla r7, r3, r12, r7",
            "ldrsb r3, [r0], #32",
            "mla r4, r3, r12, r4",
            "cmp r2, lr",
            "bne 40b",
            "ldr r0, [sp, #56]",
            requantise!($rule, "r4" "r5" "r6" "r7"),
            "ldr r1, [sp, #60]",
            concat!($store, " r4, [r1]"),
            concat!($store, " r5, [r1, #", $size, "]"),
            concat!($store, " r6, [r1, #2*", $size, "]"),
            concat!($store, " r7, [r1, #3*", $size, "]"),
            "50:",
            "add sp, #76",
            "pop {{r4-r11, pc}}",
        )
    };
}

/// See [`super::vector`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn vector_nearest(call: &Call) {
    vector!(nearest, "strb", "1")
}

/// See [`super::vector`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn vector_tflite(call: &Call) {
    vector!(tflite, "strb", "1")
}

/// See [`super::vector_i16`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn vector_i16(call: &Call) {
    vector!(nearest_i16, "strh", "2")
}

/// One pixel and four channels at a time.
///
/// r0 weights, r1 x, r2 taps left in the row, r3 tap step, r8 values from the end of a tap row to the next one,
/// r9 tap rows left, r10 weight, r11 value, r4 to r7 sums, r12 taps in a row. On the stack: 0 x of the next
/// channels, 4 factors, 8 out, 12 blocks left, 16 pixels left, 20 the call.
macro_rules! depthwise {
    ($rule:ident) => {
        naked_asm!(
            "push {{r4-r11, lr}}",
            "sub sp, #28",
            "ldr r1, [r0, #40]",
            "strd r1, r0, [sp, #16]",
            "ldr r1, [r0, #4]",
            "str r1, [sp]",
            "ldr r1, [r0, #32]",
            "str r1, [sp, #8]",
            "10:",
            "ldr r12, [sp, #20]",
            "ldr r0, [r12]",
            "ldr r1, [sp]",
            "ldrd r2, r3, [r12, #12]",
            "ldr r4, [r12, #28]",
            "ldr r5, [r12, #44]",
            "str r4, [sp, #4]",
            "str r5, [sp, #12]",
            "ldr r12, [r12, #24]",
            "mls r8, r12, r3, r2",
            "20:",
            "ldr r9, [sp, #20]",
            "ldr r9, [r9, #20]",
            "mov r4, #0",
            "mov r5, #0",
            "mov r6, #0",
            "mov r7, #0",
            "30:",
            "mov r2, r12",
            "40:",
            "ldrsb r11, [r1, #1]",
            "ldrsb r10, [r0, #1]",
            "mla r5, r10, r11, r5",
            "ldrsb r11, [r1, #2]",
            "ldrsb r10, [r0, #2]",
            "mla r6, r10, r11, r6",
            "ldrsb r11, [r1, #3]",
            "ldrsb r10, [r0, #3]",
            "mla r7, r10, r11, r7",
            "ldrsb r11, [r1]",
            "ldrsb r10, [r0], #4",
            "mla r4, r10, r11, r4",
            "add r1, r1, r3",
            "subs r2, r2, #1",
            "bne 40b",
            "add r1, r1, r8",
            "subs r9, r9, #1",
            "bne 30b",
            "mov r9, r0",
            "mov r10, r12",
            "mov r11, r3",
            "ldr r0, [sp, #4]",
            requantise!($rule, "r4" "r5" "r6" "r7"),
            "str r0, [sp, #4]",
            "ldrd r1, r2, [sp, #8]",
            "strb r5, [r1, #1]",
            "strb r6, [r1, #2]",
            "strb r7, [r1, #3]",
            "strb r4, [r1], #4",
            "mov r0, r9",
            "mov r12, r10",
            "mov r3, r11",
            "ldr r4, [sp]",
            "add r4, r4, #4",
            "str r4, [sp]",
            "subs r2, r2, #1",
            "strd r1, r2, [sp, #8]",
            "mov r1, r4",
            "bne 20b",
            // From the last block to the next pixel's first: r1 is behind this pixel's channels.
            "ldrd r2, r3, [sp, #16]",
            "ldr r4, [r3, #44]",
            "sub r1, r1, r4, lsl #2",
            "ldr r4, [r3, #8]",
            "add r1, r1, r4",
            "str r1, [sp]",
            "subs r2, r2, #1",
            "str r2, [sp, #16]",
            "bne 10b",
            "add sp, #28",
            "pop {{r4-r11, pc}}",
        )
    };
}

/// See [`super::depthwise`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn depthwise_nearest(call: &Filters) {
    depthwise!(nearest)
}

/// See [`super::depthwise`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn depthwise_tflite(call: &Filters) {
    depthwise!(tflite)
}
