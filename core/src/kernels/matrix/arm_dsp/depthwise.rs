//! Depthwise filters over a run of pixels.

use super::super::call::Filters;

/// Four channels of one tap: the values' word is in r8.
macro_rules! tap {
    () => {
        concat!(
            "ldrd r10, r11, [r1], #8\n",
            "sxtb16 r9, r8\n",
            "sxtb16 r8, r8, ror #8\n",
            "smlabb r4, r9, r10, r4\n",
            "smlabb r5, r8, r11, r5\n",
            "smlatt r6, r9, r10, r6\n",
            "smlatt r7, r8, r11, r7\n",
        )
    };
}

/// One channel's result; lr points to the factors, r3 to the output.
macro_rules! channel {
    ($rule:ident, $x:literal) => {
        concat!(
            "ldm lr!, {{r8, r9, r10, r11}}\n",
            even!($rule, $x),
            requantise!($rule, $x, 8),
            "strb ",
            $x,
            ", [r3], #1\n",
        )
    };
}

/// Four channels at a time, for each of them pixel by pixel.
///
/// r0 a tap row's values, r1 filters, r2 from tap to tap, r3 tap rows left or output, r4 to r7 sums, r8 r9 values,
/// r10 r11 weights, r12 taps in a row or those left, lr from tap row to tap row or factors. On the stack: 0 filters,
/// 4 values of the pixel, 8 its output, 12 factors, 16 pixels left, 20 blocks left, 24 the call.
macro_rules! depthwise_kernel {
    ($name:ident, $rule:ident) => {
        #[unsafe(naked)]
        pub(in super::super) unsafe extern "C" fn $name(call: &Filters) {
            dsp_asm!(
                "push {{r4-r11, lr}}",
                "sub sp, sp, #28",
                "ldrd r1, r4, [r0]",
                "strd r1, r4, [sp]",
                "ldrd r4, r5, [r0, #28]",
                "strd r5, r4, [sp, #8]",
                "ldrd r4, r5, [r0, #40]",
                "strd r4, r5, [sp, #16]",
                "str r0, [sp, #24]",
                "1:",
                // A pixel.
                "ldr r12, [sp, #24]",
                "ldrd r1, r0, [sp]",
                "ldrd lr, r2, [r12, #12]",
                "ldrd r3, r12, [r12, #20]",
                "movs r4, #0",
                "movs r5, #0",
                "movs r6, #0",
                "movs r7, #0",
                "cmp r12, #3",
                "bne 5f",
                "2:",
                "ldr r8, [r0]",
                tap!(),
                "ldr r8, [r0, r2]",
                tap!(),
                "ldr r8, [r0, r2, lsl #1]",
                tap!(),
                "add r0, r0, lr",
                "subs r3, r3, #1",
                "bne 2b",
                "3:",
                "ldrd r3, lr, [sp, #8]",
                channel!($rule, "r4"),
                channel!($rule, "r5"),
                channel!($rule, "r6"),
                channel!($rule, "r7"),
                "ldr r12, [sp, #24]",
                "ldr r0, [sp, #4]",
                "ldr r2, [r12, #8]",
                "ldr r5, [r12, #36]",
                "ldr r4, [sp, #16]",
                "add r0, r0, r2",
                "str r0, [sp, #4]",
                "subs r3, r3, #4",
                "add r3, r3, r5",
                "str r3, [sp, #8]",
                "subs r4, r4, #1",
                "str r4, [sp, #16]",
                "bne 1b",
                // The next four channels: r1 and lr have moved on to their filters and factors.
                "ldr r5, [sp, #20]",
                "subs r5, r5, #1",
                "beq 4f",
                "str r5, [sp, #20]",
                "ldr r4, [r12, #40]",
                "strd lr, r4, [sp, #12]",
                // Back to the first pixel, which lies all pixels' steps ahead, four channels on.
                "mul r2, r2, r4",
                "sub r0, r0, r2",
                "adds r0, r0, #4",
                "strd r1, r0, [sp]",
                "ldr r5, [r12, #36]",
                "mul r5, r5, r4",
                "sub r3, r3, r5",
                "adds r3, r3, #4",
                "str r3, [sp, #8]",
                "b 1b",
                "4:",
                "add sp, sp, #28",
                "pop {{r4-r11, pc}}",
                // Any number of taps in a row.
                "5:",
                "push {{r0, r12}}",
                "6:",
                "ldr r8, [r0]",
                tap!(),
                "add r0, r0, r2",
                "subs r12, r12, #1",
                "bne 6b",
                "pop {{r0, r12}}",
                "add r0, r0, lr",
                "subs r3, r3, #1",
                "bne 5b",
                "b 3b",
            )
        }
    };
}

depthwise_kernel!(depthwise_nearest, nearest);
depthwise_kernel!(depthwise_tflite, tflite);
