//! Depthwise filters.

use core::arch::naked_asm;

use super::super::abi::Filters;

/// A channel of a tap; its place is in the register given.
macro_rules! filter {
    ($place:literal, $sum:literal) => {
        concat!(
            "ldrsb r0, [r7, ",
            $place,
            "]\nldrsb r1, [r6, ",
            $place,
            "]\nmuls r0, r1\nadd ",
            $sum,
            ", r0\n",
        )
    };
}

/// One pixel and four channels at a time.
///
/// In the loop over taps: r0 value, r1 weight, r2 to r5 the numbers 0 to 3, r6 weights, r7 x, r8 to r11 sums, r12 tap step, lr
/// end of the row's weights. On the stack: 0 x of the next channels, 4 factors, 8 out, 12 blocks left, 16 pixels left,
/// 20 the call, 24 bytes of a row's weights, 28 values from the end of a tap row to the next one, 32 bytes of a block's
/// weights, 36 their end.
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
            "push {{r4-r7, lr}}",
            "mov r4, r8",
            "mov r5, r9",
            "mov r6, r10",
            "mov r7, r11",
            "push {{r4-r7}}",
            "sub sp, #40",
            "str r0, [sp, #20]",
            "ldr r1, [r0, #40]",
            "str r1, [sp, #16]",
            "ldr r1, [r0, #4]",
            "str r1, [sp, #0]",
            "ldr r1, [r0, #32]",
            "str r1, [sp, #8]",
            "ldr r1, [r0, #24]",
            "ldr r2, [r0, #16]",
            "mov r12, r2",
            "muls r2, r1",
            "ldr r3, [r0, #12]",
            "subs r3, r3, r2",
            "str r3, [sp, #28]",
            "lsls r1, r1, #2",
            "str r1, [sp, #24]",
            "ldr r3, [r0, #20]",
            "muls r3, r1",
            "str r3, [sp, #32]",
            "10:",
            "ldr r0, [sp, #20]",
            "ldr r6, [r0]",
            "ldr r1, [r0, #28]",
            "str r1, [sp, #4]",
            "ldr r1, [r0, #44]",
            "str r1, [sp, #12]",
            "20:",
            "ldr r7, [sp, #0]",
            "movs r2, #0",
            "movs r3, #1",
            "movs r4, #2",
            "movs r5, #3",
            "mov r8, r2",
            "mov r9, r2",
            "mov r10, r2",
            "mov r11, r2",
            "ldr r0, [sp, #32]",
            "adds r0, r0, r6",
            "str r0, [sp, #36]",
            "mov lr, r6",
            "30:",
            "ldr r0, [sp, #24]",
            "add lr, r0",
            "40:",
            filter!("r2", "r8"),
            filter!("r3", "r9"),
            filter!("r4", "r10"),
            filter!("r5", "r11"),
            "add r7, r12",
            "adds r6, #4",
            "cmp r6, lr",
            "bne 40b",
            "ldr r0, [sp, #28]",
            "adds r7, r7, r0",
            "ldr r0, [sp, #36]",
            "cmp r6, r0",
            "bne 30b",
            "ldr r7, [sp, #4]",
            "ldr r0, [sp, #8]",
            "mov lr, r0",
            "mov r0, r8",
            finish!($rule, "strb", 1, 0),
            "mov r0, r9",
            finish!($rule, "strb", 1, 1),
            "mov r0, r10",
            finish!($rule, "strb", 1, 2),
            "mov r0, r11",
            finish!($rule, "strb", 1, 3),
            "adds r1, #4",
            "str r1, [sp, #8]",
            "str r7, [sp, #4]",
            "ldr r6, [sp, #36]",
            "ldr r0, [sp, #0]",
            "adds r0, #4",
            "str r0, [sp, #0]",
            "ldr r1, [sp, #12]",
            "subs r1, #1",
            "str r1, [sp, #12]",
            "beq 50f",
            "b 20b",
            // From the last block to the next pixel's first: r0 is behind this pixel's channels.
            "50:",
            "ldr r3, [sp, #20]",
            "ldr r4, [r3, #44]",
            "lsls r4, r4, #2",
            "subs r0, r0, r4",
            "ldr r4, [r3, #8]",
            "adds r0, r0, r4",
            "str r0, [sp, #0]",
            "ldr r1, [sp, #16]",
            "subs r1, #1",
            "str r1, [sp, #16]",
            "beq 60f",
            "b 10b",
            "60:",
            "add sp, #40",
            "pop {{r0-r3}}",
            "mov r8, r0",
            "mov r9, r1",
            "mov r10, r2",
            "mov r11, r3",
            "pop {{r4-r7, pc}}",
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
