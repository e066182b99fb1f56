//! Depthwise filters over a run of pixels.
//!
//! Two taps of a row lie in the two lanes of one `smlad`: `pkhbt` and `pkhtb` bring two channels of both taps into a word
//! each, from where `sxtb16` takes one channel after the other, so that four channels of a tap cost 6.5 instructions.

use super::super::abi::Filters;

/// Rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn depthwise_nearest(call: &Filters) {
    dsp_asm!("movs r1, #0", "b.w {depthwise}", depthwise = sym depthwise)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `call` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn depthwise_tflite(call: &Filters) {
    dsp_asm!("movs r1, #1", "b.w {depthwise}", depthwise = sym depthwise)
}

/// One pixel of a 3x3 window whose taps lie anywhere, rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Filters`] describes it, but for the steps: `row_step` is where the places of the nine taps
/// lie, and the other two are 0, as `x` is. `call::corner` has checked that every tap may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn corner_nearest(call: &Filters) {
    dsp_asm!("movs r1, #2", "b.w {depthwise}", depthwise = sym depthwise)
}

/// As [`corner_nearest`], rounded twice.
///
/// # Safety
///
/// As there.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn corner_tflite(call: &Filters) {
    dsp_asm!("movs r1, #3", "b.w {depthwise}", depthwise = sym depthwise)
}

/// Four channels of two taps, whose values are in r9 and r10: sums are added to, or (`smuad`) begin.
macro_rules! two_taps {
    (begin) => {
        two_taps!(
            "smuad r4, lr, r8\n",
            "smuad r5, r3, r10\n",
            "smuad r6, lr, r11\n",
            "smuad r7, r9, r12\n"
        )
    };
    (add) => {
        two_taps!(
            "smlad r4, lr, r8, r4\n",
            "smlad r5, r3, r10, r5\n",
            "smlad r6, lr, r11, r6\n",
            "smlad r7, r9, r12, r7\n"
        )
    };
    ($a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "pkhbt r3, r9, r10, lsl #16\n",
            "pkhtb r9, r10, r9, asr #16\n",
            "ldm r1!, {{r8, r10, r11, r12}}\n",
            "sxtb16 lr, r3\n",
            $a,
            "sxtb16 r3, r3, ror #8\n",
            $b,
            "sxtb16 lr, r9\n",
            $c,
            "sxtb16 r9, r9, ror #8\n",
            $d,
        )
    };
}

/// Four channels of the last of an odd number of taps, whose values are in r9.
macro_rules! one_tap {
    () => {
        concat!(
            "ldrd r10, r11, [r1], #8\n",
            "sxtb16 r3, r9\n",
            "sxtb16 r9, r9, ror #8\n",
            "smlabb r4, r3, r10, r4\n",
            "smlabb r5, r9, r11, r5\n",
            "smlatt r6, r3, r10, r6\n",
            "smlatt r7, r9, r11, r7\n",
        )
    };
}

/// Three taps of a row.
macro_rules! three_taps {
    ($first:ident) => {
        concat!(
            "ldr r9, [r0]\n",
            "ldr r10, [r0, r2]\n",
            two_taps!($first),
            "ldr r9, [r0, r2, lsl #1]\n",
            one_tap!(),
        )
    };
}

/// Three taps of a row whose places lie at r0, for the channels from r2 on.
macro_rules! three_places {
    ($first:ident) => {
        concat!(
            "ldrd r9, r10, [r0], #8\n",
            "ldr r9, [r9, r2]\n",
            "ldr r10, [r10, r2]\n",
            two_taps!($first),
            "ldr r9, [r0], #4\n",
            "ldr r9, [r9, r2]\n",
            one_tap!(),
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

/// Four channels at a time, for each of them pixel by pixel; r1 is whether to round twice, and 2 more for nine taps anywhere.
///
/// r0 a tap row's values, r1 filters, r2 from tap to tap, r4 to r7 sums; in between r3 and r8 to lr values and weights;
/// at the end r3 output, r8 to r11 a factor, lr factors. On the stack: 0 filters, 4 values of the pixel, 8 from pixel to
/// pixel, 12 output, 16 factors, 20 output step but for four channels, 24 end of these channels' outputs, 28 blocks left,
/// 32 from tap row to tap row, or where the places of nine taps lie, 36 how sums are made, 40 how results are, 44 the call; for any taps but 3x3: 48 rows left,
/// 52 pairs left, 56 the row.
///
/// ```text
/// for each block of four channels:
///     for each pixel:
///         sums[0..4] = 0
///         for each tap row:
///             for each tap of the row, two at a time:
///                 for c in 0..4: sums[c] += x[c] * weights[c]
///         for c in 0..4: out[pixel][c] = saturate(factor[c](sums[c]))
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
unsafe extern "C" fn depthwise(call: &Filters, twice: usize) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #60",
        "str r0, [sp, #44]",
        // Code addresses are odd.
        "lsrs r1, r1, #1",
        "adr.w r3, 9f + 1",
        "it cs",
        "adrcs.w r3, 10f + 1",
        "ldrd r4, r5, [r0, #20]",
        "adr.w r6, 5f + 1",
        "add r4, r5, r4, lsl #16",
        "cmp r4, #0x00030003",
        "it eq",
        "adreq.w r6, 2f + 1",
        "cbnz r1, 14f",
        "15:",
        "strd r6, r3, [sp, #36]",
        "ldrd r4, r5, [r0]",
        "ldrd r6, r7, [r0, #8]",
        "ldr r2, [r0, #16]",
        "strd r4, r5, [sp]",
        "str r6, [sp, #8]",
        "str r7, [sp, #32]",
        "ldrd r4, r5, [r0, #28]",
        "ldrd r6, r7, [r0, #36]",
        "ldr r8, [r0, #44]",
        "strd r5, r4, [sp, #12]",
        "mla r7, r6, r7, r5",
        "subs r6, r6, #4",
        "strd r6, r7, [sp, #20]",
        "str r8, [sp, #28]",
        "1:",
        "ldrd r1, r0, [sp]",
        "ldr pc, [sp, #36]",
        "14:",
        "adr.w r6, 16f + 1",
        "b 15b",
        ".p2align 2",
        "2:",
        three_taps!(begin),
        "ldr r12, [sp, #32]",
        "add r0, r0, r12",
        three_taps!(add),
        "ldr r12, [sp, #32]",
        "add r0, r0, r12",
        three_taps!(add),
        "3:",
        "ldrd r3, lr, [sp, #12]",
        "ldr pc, [sp, #40]",
        ".p2align 2",
        "9:",
        channel!(nearest, "r4"),
        channel!(nearest, "r5"),
        channel!(nearest, "r6"),
        channel!(nearest, "r7"),
        "b 4f",
        ".p2align 2",
        "10:",
        channel!(tflite, "r4"),
        channel!(tflite, "r5"),
        channel!(tflite, "r6"),
        channel!(tflite, "r7"),
        "4:",
        "ldrd r0, r4, [sp, #4]",
        "ldrd r5, r6, [sp, #20]",
        "add r0, r0, r4",
        "add r3, r3, r5",
        "str r0, [sp, #4]",
        "str r3, [sp, #12]",
        "cmp r3, r6",
        "bne 1b",
        // The next four channels: r1 and lr have moved on to their filters and factors. Back to the first pixel, which
        // lies all pixels' steps before, four channels on.
        "ldr r7, [sp, #28]",
        "subs r7, r7, #1",
        "beq 8f",
        "str r7, [sp, #28]",
        "ldr r12, [sp, #44]",
        "ldr r8, [r12, #40]",
        "mls r0, r4, r8, r0",
        "adds r0, r0, #4",
        "strd r1, r0, [sp]",
        "ldr r5, [r12, #36]",
        "mls r3, r5, r8, r3",
        "adds r3, r3, #4",
        "strd r3, lr, [sp, #12]",
        "adds r6, r6, #4",
        "str r6, [sp, #24]",
        "b 1b",
        "8:",
        "add sp, sp, #60",
        "pop {{r4-r11, pc}}",
        // Nine taps anywhere.
        ".p2align 2",
        "16:",
        "mov r2, r0",
        "ldr r0, [sp, #32]",
        three_places!(begin),
        three_places!(add),
        three_places!(add),
        "b 3b",
        // Any number of taps.
        ".p2align 2",
        "5:",
        "ldr r12, [sp, #44]",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "ldr r3, [r12, #20]",
        "6:",
        "str r3, [sp, #48]",
        "str r0, [sp, #56]",
        "ldr r12, [sp, #44]",
        "ldr r3, [r12, #24]",
        "lsrs r3, r3, #1",
        "beq 12f",
        "11:",
        "str r3, [sp, #52]",
        "ldr r9, [r0]",
        "ldr r10, [r0, r2]",
        "add r0, r0, r2, lsl #1",
        two_taps!(add),
        "ldr r3, [sp, #52]",
        "subs r3, r3, #1",
        "bne 11b",
        "12:",
        "ldr r12, [sp, #44]",
        "ldr r3, [r12, #24]",
        "lsls r3, r3, #31",
        "beq 13f",
        "ldr r9, [r0]",
        one_tap!(),
        "13:",
        "ldr r0, [sp, #56]",
        "ldr r12, [sp, #32]",
        "ldr r3, [sp, #48]",
        "add r0, r0, r12",
        "subs r3, r3, #1",
        "bne 6b",
        "b 3b",
    )
}
