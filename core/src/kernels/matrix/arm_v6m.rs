//! Armv6-M (Cortex-M0): Thumb-1 only, eight instructions for four products, see [`super::arm_squares`].
//!
//! `rev16` stands in for the mask: it makes `odd + 256 * even` of a word, so that
//! `even * x0 + odd * x1 = word * a + rev16(word) * b`, modulo 2^32, with `a = (x0 - 256 * x1) * (2^16 + 1)` and
//! `b = (x1 - 256 * x0) * (2^16 + 1)`, as `(1 - 2^16) * (1 + 2^16) = 1`.
//!
//! There is no product of 64 bits. Of a sum `s`, split into `high * 2^16 + low` with a signed `low`, and a multiplier
//! `upper * 2^16 + lower`, four products of halves are taken:
//! `s * multiplier >> 16 = (high * upper << 16) + high * lower + low * upper + (low * lower >> 16)`. Every op's check has found `|s| < 2^30`,
//! so the last three fit 32 bits together.

#![allow(
    unsafe_code,
    reason = "whole functions in assembly; `call` checks every bound"
)]

use core::arch::naked_asm;

use super::Runs;
use super::arm_squares as stack;
use super::call::{Call, Filters, gather};

pub(super) const COLUMNS: usize = 1;
pub(super) const PANEL_COLUMN: usize = 0;

/// `2^16 + 1`: once for each lane.
const LANES: u32 = 0x0001_0001;

pub(super) const fn column(column: usize) -> usize {
    column
}

pub(super) fn stage(_: usize, _: &mut [i8], _: usize) {}

pub(super) fn take(_: usize, panel: &mut [i8], _: usize, runs: &Runs<'_>) {
    gather(runs, panel, runs.len);
}

pub(super) use vector_nearest as panel_nearest;
pub(super) use vector_tflite as panel_tflite;

/// From the sum in r0, after its bias, and the multiplier in r2: the sum's upper half times the multiplier's in r0, all
/// other products in r5, the latter 2^16 times as fine. Loses r1, r2, r6.
macro_rules! products {
    () => {
        "movs r6, #0
        sxth r1, r0
        asrs r0, r0, #16
        adcs r0, r6
        uxth r5, r2
        lsrs r2, r2, #16
        mov r6, r1
        muls r6, r5
        asrs r6, r6, #16
        muls r5, r0
        adds r5, r5, r6
        muls r1, r2
        adds r5, r5, r1
        muls r0, r2
        "
    };
}

/// Limits r0 to int8. Loses r1.
macro_rules! saturate_i8 {
    () => {
        "subs r0, #127
        asrs r1, r0, #31
        ands r0, r1
        adds r0, #255
        asrs r1, r0, #31
        bics r0, r1
        subs r0, #128
        "
    };
}

/// A sum in r0 to int8, rounded once, with the factor at r7. Loses r1 to r6.
macro_rules! nearest {
    () => {
        concat!(
            "ldm r7!, {{r1, r2, r3, r4}}
            adds r0, r0, r1
            ",
            products!(),
            "asrs r5, r5, #16
            adds r0, r0, r5
            adds r0, r0, r3
            asrs r0, r4
            ",
            saturate_i8!(),
        )
    };
}

/// As `nearest`, with the double rounding. Sums are not doubled, as their product would not fit; it is.
macro_rules! tflite {
    () => {
        concat!(
            "ldm r7!, {{r1, r2, r3, r4}}
            asrs r1, r1, #1
            adds r0, r0, r1
            ",
            products!(),
            "adds r0, r0, r0
            asrs r5, r5, #15
            adcs r0, r5
            asrs r1, r0, #31
            adds r0, r0, r1
            adds r0, r0, r3
            asrs r0, r4
            ",
            saturate_i8!(),
        )
    };
}

/// As `nearest`, to int16, with the left shift on the stack.
macro_rules! nearest_i16 {
    () => {
        concat!(
            "ldm r7!, {{r1, r2, r3, r4}}
            adds r0, r0, r1
            ldr r6, [sp, #{left}]
            lsls r0, r6
            ",
            products!(),
            "asrs r5, r5, #16
            adds r0, r0, r5
            adds r0, r0, r3
            asrs r0, r4
            movs r2, #1
            lsls r2, r2, #15
            subs r0, r0, r2
            adds r0, #1
            asrs r1, r0, #31
            ands r0, r1
            adds r0, r0, r2
            adds r0, r0, r2
            subs r0, #1
            asrs r1, r0, #31
            bics r0, r1
            subs r0, r0, r2
            ",
        )
    };
}

/// A pair of values, made ready.
macro_rules! stage_pair {
    () => {
        "ldrsb r0, [r6, r5]
        adds r5, #1
        ldrsb r1, [r6, r5]
        adds r5, #1
        adds r2, r0, r1
        muls r2, r4
        muls r1, r7
        subs r1, r1, r2
        muls r0, r7
        subs r0, r0, r2
        lsls r2, r2, #7
        add r2, r8
        stm r3!, {{r0, r1, r2}}
        "
    };
}

/// Two depths of a word's two rows; the word is lost. Words and upper lanes are added to the last two registers.
macro_rules! square {
    ($word:literal, $words:literal, $upper:literal) => {
        concat!(
            "rev16 r5, ",
            $word,
            "\nmuls ",
            $word,
            ", r1\nmuls r5, r0\nadds ",
            $word,
            ", ",
            $word,
            ", r5\nadds ",
            $word,
            ", ",
            $word,
            ", r2\nadd ",
            $words,
            ", ",
            $word,
            "\nasrs ",
            $word,
            ", ",
            $word,
            ", #16\nadd ",
            $upper,
            ", ",
            $word,
            "\n",
        )
    };
}

/// Two depths of a block.
macro_rules! squares {
    () => {
        concat!(
            "ldm r7!, {{r0, r1, r2}}\nldm r6!, {{r3, r4}}\n",
            square!("r3", "r8", "r9"),
            square!("r4", "r10", "r11"),
        )
    };
}

/// The result of the sum in r0, stored as the n-th at the address in lr.
macro_rules! finish {
    ($rule:ident, $store:literal, $size:literal, $n:literal) => {
        concat!(
            $rule!(),
            "mov r1, lr\n",
            $store,
            " r0, [r1, #",
            $n,
            "*",
            $size,
            "]\n"
        )
    };
}

/// The results of both rows of a word from their sums of words and of upper lanes.
macro_rules! finish_rows {
    ($rule:ident, $store:literal, $size:literal, $words:literal, $upper:literal, $even:literal, $odd:literal) => {
        concat!(
            "mov r0, ",
            $words,
            "\nmov r1, ",
            $upper,
            "\nlsls r1, r1, #16\nsubs r0, r0, r1\n",
            finish!($rule, $store, $size, $even),
            "mov r0, ",
            $upper,
            "\n",
            finish!($rule, $store, $size, $odd),
        )
    };
}

/// One column.
///
/// In the loop over a block: r0, r1, r2 a staged pair, r3, r4 weights, r5 a word with its bytes swapped, r6 weights,
/// r7 staged pairs, r8 to r11 sums, r12 end of the staged pairs, lr outputs.
macro_rules! vector {
    ($rule:ident, $store:literal, $size:literal) => {
        naked_asm!(
            "push {{r4-r7, lr}}",
            "mov r4, r8",
            "mov r5, r9",
            "mov r6, r10",
            "mov r7, r11",
            "push {{r4-r7}}",
            "sub sp, #508",
            "sub sp, #508",
            "sub sp, #{frame}-2*508",
            "ldm r0!, {{r1, r2, r3, r4, r5, r6}}",
            "ldr r7, [r0, #4]",
            "str r7, [sp, #{left}]",
            "str r5, [sp, #{factors}]",
            "mov lr, r6",
            "lsrs r3, r3, #1",
            "str r2, [sp, #{column}]",
            "str r3, [sp, #{pairs}]",
            "rsbs r7, r3, #0",
            "lsls r7, r7, #15",
            "str r7, [sp, #{initial}]",
            // A group: r1 weights, r3 pairs, r4 blocks left.
            "10:",
            "mov r5, r4",
            "cmp r3, #{chunk}",
            "bls 11f",
            "cmp r5, #{group}",
            "bls 11f",
            "movs r5, #{group}",
            "11:",
            "subs r4, r4, r5",
            "str r4, [sp, #{blocks_left}]",
            "muls r5, r3",
            "lsls r5, r5, #3",
            "str r5, [sp, #{group_len}]",
            "ldr r2, [sp, #{column}]",
            "adr r6, 60f",
            // A chunk: r1 weights, r2 values, r3 pairs left, r6 how blocks begin.
            "20:",
            "str r6, [sp, #{begin}]",
            "adr r7, 80f",
            "mov r4, r3",
            "cmp r3, #{chunk}",
            "bls 21f",
            "adr r7, 70f",
            "movs r4, #{chunk}",
            "21:",
            "str r7, [sp, #{finish}]",
            "subs r3, r3, r4",
            "str r3, [sp, #{pairs_left}]",
            "adr r6, 90f",
            "movs r5, #3",
            "ands r5, r4",
            "ldrb r5, [r6, r5]",
            "adr r6, 40f",
            "adds r6, r6, r5",
            "str r6, [sp, #{entry}]",
            "ldr r5, [sp, #{pairs}]",
            "subs r5, r5, r4",
            "lsls r5, r5, #3",
            "str r5, [sp, #{skip}]",
            "ldr r5, [sp, #{group_len}]",
            "adds r5, r5, r1",
            "str r5, [sp, #{end}]",
            "str r1, [sp, #{weights}]",
            "add r5, sp, #{sums}",
            "str r5, [sp, #{sums_from}]",
            "str r5, [sp, #{sums_to}]",
            "add r3, sp, #{staged}",
            "movs r5, #12",
            "muls r5, r4",
            "adds r5, r5, r3",
            "mov r12, r5",
            "ldr r7, 92f",
            "movs r0, #1",
            "lsls r0, r0, #15",
            "mov r8, r0",
            "mov r6, r2",
            "movs r5, #0",
            "lsrs r4, r4, #1",
            "ldr r4, 91f",
            "bcs 31f",
            "30:",
            stage_pair!(),
            "31:",
            stage_pair!(),
            "cmp r3, r12",
            "bne 30b",
            "adds r6, r6, r5",
            "str r6, [sp, #{values}]",
            "ldr r6, [sp, #{weights}]",
            // A block.
            "35:",
            "add r7, sp, #{staged}",
            "ldr r0, [sp, #{begin}]",
            "mov pc, r0",
            ".p2align 2",
            "60:",
            "ldr r0, [sp, #{initial}]",
            "movs r1, #0",
            "mov r8, r0",
            "mov r9, r1",
            "mov r10, r0",
            "mov r11, r1",
            "61:",
            "ldr r0, [sp, #{entry}]",
            "mov pc, r0",
            ".p2align 2",
            "91: .word -{lanes}",
            "92: .word -257*{lanes}",
            // Where the loop is entered for a number of pairs modulo 4.
            "90: .byte 0, 43f - 40f, 42f - 40f, 41f - 40f",
            "40:",
            squares!(),
            "41:",
            squares!(),
            "42:",
            squares!(),
            "43:",
            squares!(),
            "cmp r7, r12",
            "bne 40b",
            "ldr r0, [sp, #{finish}]",
            "mov pc, r0",
            ".p2align 2",
            "70:",
            "ldr r0, [sp, #{sums_to}]",
            "mov r1, r8",
            "mov r2, r9",
            "mov r3, r10",
            "mov r4, r11",
            "stm r0!, {{r1-r4}}",
            "str r0, [sp, #{sums_to}]",
            "b 85f",
            ".p2align 2",
            "80:",
            // There is no next chunk whose values it could be.
            "str r6, [sp, #{values}]",
            "ldr r7, [sp, #{factors}]",
            finish_rows!($rule, $store, $size, "r8", "r9", 0, 1),
            finish_rows!($rule, $store, $size, "r10", "r11", 2, 3),
            "adds r1, #4*{size}",
            "mov lr, r1",
            "str r7, [sp, #{factors}]",
            "ldr r6, [sp, #{values}]",
            "85:",
            "ldr r1, [sp, #{skip}]",
            "adds r6, r6, r1",
            "ldr r0, [sp, #{end}]",
            "cmp r6, r0",
            "beq 86f",
            "b 35b",
            "86:",
            "ldr r3, [sp, #{pairs_left}]",
            "cmp r3, #0",
            "beq 87f",
            "ldr r1, [sp, #{weights}]",
            "movs r2, #{chunk}",
            "lsls r2, r2, #3",
            "adds r1, r1, r2",
            "ldr r2, [sp, #{values}]",
            "adr r6, 65f",
            "b 20b",
            "87:",
            "subs r1, r6, r1",
            "ldr r3, [sp, #{pairs}]",
            "ldr r4, [sp, #{blocks_left}]",
            "cmp r4, #0",
            "beq 88f",
            "b 10b",
            "88:",
            "add sp, #508",
            "add sp, #508",
            "add sp, #{frame}-2*508",
            "pop {{r0-r3}}",
            "mov r8, r0",
            "mov r9, r1",
            "mov r10, r2",
            "mov r11, r3",
            "pop {{r4-r7, pc}}",
            ".p2align 2",
            "65:",
            "ldr r0, [sp, #{sums_from}]",
            "ldm r0!, {{r1-r4}}",
            "str r0, [sp, #{sums_from}]",
            "mov r8, r1",
            "mov r9, r2",
            "mov r10, r3",
            "mov r11, r4",
            "b 61b",
            size = const $size,
            lanes = const LANES,
            frame = const stack::FRAME,
            chunk = const stack::CHUNK,
            group = const stack::GROUP,
            sums = const stack::SUMS,
            staged = const stack::STAGED,
            factors = const stack::FACTORS,
            left = const stack::LEFT,
            end = const stack::END,
            skip = const stack::SKIP,
            entry = const stack::ENTRY,
            begin = const stack::BEGIN,
            finish = const stack::FINISH,
            initial = const stack::INITIAL,
            sums_from = const stack::SUMS_FROM,
            sums_to = const stack::SUMS_TO,
            weights = const stack::WEIGHTS,
            values = const stack::VALUES,
            pairs_left = const stack::PAIRS_LEFT,
            blocks_left = const stack::BLOCKS_LEFT,
            group_len = const stack::GROUP_LEN,
            column = const stack::COLUMN,
            pairs = const stack::PAIRS,
        )
    };
}

/// See [`super::vector`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn vector_nearest(call: &Call) {
    vector!(nearest, "strb", 1)
}

/// See [`super::vector`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn vector_tflite(call: &Call) {
    vector!(tflite, "strb", 1)
}

/// See [`super::vector_i16`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn vector_i16(call: &Call) {
    vector!(nearest_i16, "strh", 2)
}

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

/// r0 from, r1 from run to run, r2 bytes of a run, r3 runs, on the stack the destination and its step: by words where all of
/// them are whole words.
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
        "push {{r4-r7, lr}}",
        "ldr r4, [sp, #20]",
        "ldr r7, [sp, #24]",
        "mov r12, r7",
        "cmp r2, #0",
        "beq 9f",
        "orrs r7, r0",
        "orrs r7, r1",
        "orrs r7, r2",
        "orrs r7, r4",
        "lsls r7, r7, #30",
        "beq 4f",
        "lsls r7, r2, #31",
        // Bytes, from the last to the first, an odd one by itself.
        "1:",
        "mov r5, r2",
        "cmp r7, #0",
        "beq 2f",
        "subs r5, #1",
        "ldrb r6, [r0, r5]",
        "strb r6, [r4, r5]",
        "beq 3f",
        "2:",
        "subs r5, #1",
        "ldrb r6, [r0, r5]",
        "strb r6, [r4, r5]",
        "subs r5, #1",
        "ldrb r6, [r0, r5]",
        "strb r6, [r4, r5]",
        "bne 2b",
        "3:",
        "adds r0, r0, r1",
        "add r4, r12",
        "subs r3, #1",
        "bne 1b",
        "b 9f",
        // Words, three at a time and then one by one.
        "4:",
        "subs r1, r1, r2",
        "mov r7, r12",
        "subs r7, r7, r2",
        "mov r12, r7",
        "mov lr, r3",
        "5:",
        "mov r5, r2",
        "subs r5, #12",
        "blo 7f",
        "6:",
        "ldm r0!, {{r3, r6, r7}}",
        "stm r4!, {{r3, r6, r7}}",
        "subs r5, #12",
        "bhs 6b",
        "7:",
        "adds r5, #12",
        "beq 8f",
        "71:",
        "ldm r0!, {{r3}}",
        "stm r4!, {{r3}}",
        "subs r5, #4",
        "bne 71b",
        "8:",
        "adds r0, r0, r1",
        "add r4, r12",
        "mov r3, lr",
        "subs r3, #1",
        "mov lr, r3",
        "bne 5b",
        "9:",
        "pop {{r4-r7, pc}}",
    )
}
