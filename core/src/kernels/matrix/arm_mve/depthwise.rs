//! Depthwise filters go along 16 channels, where two products still fit 16 bits.

use core::arch::naked_asm;

use super::super::abi::Filters;

/// Adds 16-bit sums to those of 32 bits: q4 holds channels 0, 2 and so on, q5 the odd ones; q6 and q7 are lost.
macro_rules! widen {
    () => {
        concat!(
            "vmovlb.s16 q6, q4\n",
            "vmovlt.s16 q7, q4\n",
            "vadd.i32 q0, q0, q6\n",
            "vadd.i32 q2, q2, q7\n",
            "vmovlb.s16 q6, q5\n",
            "vmovlt.s16 q7, q5\n",
            "vadd.i32 q1, q1, q6\n",
            "vadd.i32 q3, q3, q7\n",
        )
    };
}

/// One tap's products of 16 channels, in q4 and q5; then `$step` values on.
macro_rules! tap {
    ($step:literal) => {
        concat!(
            "vldrb.u8 q5, [r5]\n",
            "vldrb.u8 q6, [r4], #16\n",
            "add r5, r5, ",
            $step,
            "\n",
            "vmullb.s8 q4, q5, q6\n",
            "vmullt.s8 q5, q5, q6\n",
        )
    };
}

/// Adds another tap's, both together at most 2 * 127 * 128 in magnitude, and adds both to the sums.
macro_rules! second_tap {
    ($step:literal) => {
        concat!(
            "vldrb.u8 q7, [r5]\n",
            "vldrb.u8 q6, [r4], #16\n",
            "vmullb.s8 q7, q7, q6\n",
            "vadd.i16 q4, q4, q7\n",
            "vldrb.u8 q7, [r5]\n",
            "add r5, r5, ",
            $step,
            "\n",
            "vmullt.s8 q7, q7, q6\n",
            "vadd.i16 q5, q5, q7\n",
            widen!(),
        )
    };
}

/// A quarter of 16 channels' sums in `$x` to results, by the factors at the places in q4 and `$multiplier` and so on.
macro_rules! channels {
    ($rule:ident, $x:literal, $multiplier:literal, $add:literal, $shift:literal) => {
        concat!(
            "vldrw.u32 q5, [q4, #",
            $multiplier,
            "]\n",
            "vldrw.u32 q6, [q4, #",
            $shift,
            "]\n",
            "vldrw.u32 q7, [q4, #",
            $add,
            "]\n",
            "vneg.s32 q6, q6\n",
            requantise!($rule, $x, "q5", "q5", "q7", "q6"),
        )
    };
}

/// 16 channels at a time, for each of them pixel by pixel; `dlstp` takes care of fewer at the end.
///
/// q0 to q3 sums of channels 0, 4, 8, 12, then of channels 1, 5 and so on. r0 the call, r1 values of the pixel, r2 its
/// output, r3 an odd tap in each row, or 2 for 3 x 3 taps, r4 weights, r5 values of a tap, r6 tap rows left, r7 pairs of taps left, r8 from
/// a tap row's end to the next one, r9 from tap to tap, r10 factors, r11 pairs of taps in a row, for 3 x 3 from a row's last tap to the next one's first, r12 pixels left, lr
/// blocks left. On the stack: 0 to 15 places of the factors, 16 values, 20 output, 24 bytes of 16 channels' filters.
///
/// ```text
/// for each 16 channels, fewer at the end:
///     for each pixel:
///         sums[0..16] = bias[0..16]
///         for each pair of taps, then the odd tap of each row:    // for 3 x 3 taps, pairs go across rows
///             t[0..16] = x * weights of the first tap, + x * weights of the second   // 16 bits a lane
///             sums += t
///         out[pixel] = saturate(requantise(sums))
/// ```
macro_rules! depthwise_kernel {
    ($name:ident, $rule:ident) => {
        /// # Safety
        ///
        /// Every field of `call` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
        /// pixel may be read.
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(call: &Filters) {
            naked_asm!(
                ".cpu cortex-m55",
                "push {{r4-r11, lr}}",
                "vpush {{d8-d15}}",
                "sub sp, sp, #28",
                "ldrd r4, r1, [r0]",
                "ldrd r8, r9, [r0, #12]",
                "ldrd r6, r7, [r0, #20]",
                "ldrd r10, r2, [r0, #28]",
                "mls r8, r7, r9, r8",
                "lsr r11, r7, #1",
                "and r3, r7, #1",
                "cmp r7, #3",
                "it eq",
                "cmpeq r6, #3",
                "itt eq",
                "moveq r3, #2",
                "addeq r11, r8, r9",
                "mul r6, r6, r7",
                "lsl r6, r6, #4",
                "strd r1, r2, [sp, #16]",
                "str r6, [sp, #24]",
                "ldr lr, [r0, #44]",
                "dlstp.32 lr, lr",
                "1:",
                "mov r6, #0",
                "vidup.u32 q4, r6, #8",
                "vshl.i32 q4, q4, #3",
                "vadd.i32 q4, q4, r10",
                "vstrw.32 q4, [sp]",
                "ldr r12, [r0, #40]",
                "2:",
                "vldrw.u32 q4, [sp]",
                "vldrw.u32 q0, [q4]",
                "vldrw.u32 q1, [q4, #16]",
                "vldrw.u32 q2, [q4, #32]",
                "vldrw.u32 q3, [q4, #48]",
                depthwise_bias!($rule),
                "mov r5, r1",
                "lsrs r6, r3, #1",
                "bne 7f",
                "ldr r6, [r0, #20]",
                "3:",
                "movs r7, r11",
                "beq 5f",
                "4:",
                tap!("r9"),
                second_tap!("r9"),
                "subs r7, r7, #1",
                "bne 4b",
                "5:",
                "cbz r3, 6f",
                tap!("r9"),
                widen!(),
                "6:",
                "add r5, r5, r8",
                "subs r6, r6, #1",
                "bne 3b",
                "8:",
                "vldrw.u32 q4, [sp]",
                channels!($rule, "q0", "4", "8", "12"),
                channels!($rule, "q1", "20", "24", "28"),
                channels!($rule, "q2", "36", "40", "44"),
                channels!($rule, "q3", "52", "56", "60"),
                "vqmovnb.s32 q0, q0",
                "vqmovnt.s32 q0, q2",
                "vqmovnb.s32 q1, q1",
                "vqmovnt.s32 q1, q3",
                "vqmovnb.s16 q0, q0",
                "vqmovnt.s16 q0, q1",
                "vstrb.8 q0, [r2]",
                "ldr r5, [r0, #8]",
                "ldr r6, [r0, #36]",
                "ldr r7, [sp, #24]",
                "add r1, r1, r5",
                "add r2, r2, r6",
                "sub r4, r4, r7",
                "subs r12, r12, #1",
                "bne 2b",
                // The next 16 channels.
                "ldrd r1, r2, [sp, #16]",
                "add r4, r4, r7",
                "add r10, r10, #256",
                "add r1, r1, #16",
                "add r2, r2, #16",
                "strd r1, r2, [sp, #16]",
                "letp lr, 1b",
                "b 9f",
                // 3 x 3 taps, paired across rows.
                "7:",
                tap!("r9"),
                second_tap!("r9"),
                tap!("r11"),
                second_tap!("r9"),
                tap!("r9"),
                second_tap!("r11"),
                tap!("r9"),
                second_tap!("r9"),
                tap!("r9"),
                widen!(),
                "b 8b",
                "9:",
                "add sp, sp, #28",
                "vpop {{d8-d15}}",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

/// Halves the biases that q0 to q3 start from, as [`factors`].
macro_rules! depthwise_bias {
    (nearest) => {
        ""
    };
    (tflite) => {
        "vshr.s32 q0, q0, #1\nvshr.s32 q1, q1, #1\nvshr.s32 q2, q2, #1\nvshr.s32 q3, q3, #1\n"
    };
}

depthwise_kernel!(depthwise_nearest, nearest);
depthwise_kernel!(depthwise_tflite, tflite);
