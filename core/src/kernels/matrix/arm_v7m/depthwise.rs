//! Depthwise filters.

use core::arch::naked_asm;

use super::super::abi::Filters;

/// One pixel and four channels at a time.
///
/// r0 weights, r1 x, r2 taps left in the row, r3 tap step, r8 values from the end of a tap row to the next one,
/// r9 tap rows left, r10 weight, r11 value, r4 to r7 sums, r12 taps in a row. On the stack: 0 x of the next
/// channels, 4 factors, 8 out, 12 blocks left, 16 pixels left, 20 the call.
///
/// ```text
/// for each pixel:
///     for each block of four channels:
///         sums[0..4] = 0
///         for each tap row:
///             for each tap of the row:
///                 for c in 0..4: sums[c] += x[c] * weights[c]
///                 x += tap step, weights += 4
///             x += row step - taps of a row * tap step
///         for c in 0..4: out[c] = saturate(factor[c](sums[c]))
/// ```
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

/// See [`depthwise`](super::super::depthwise).
///
/// # Safety
///
/// Every field of `call` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn depthwise_nearest(call: &Filters) {
    depthwise!(nearest)
}

/// See [`depthwise`](super::super::depthwise).
///
/// # Safety
///
/// Every field of `call` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn depthwise_tflite(call: &Filters) {
    depthwise!(tflite)
}
