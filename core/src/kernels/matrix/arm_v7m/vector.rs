//! One column.

use core::arch::naked_asm;

use super::super::abi::Call;
use super::super::arm_squares as stack;
use super::HALF;

/// 128 in each lane.
const RAISED: u32 = 0x0080_0080;

/// A pair of values, made ready.
macro_rules! stage_pair {
    () => {
        "ldrsb r0, [r2], #1
        ldrsb r5, [r2], #1
        add r6, r0, r5
        sub r5, r5, r0, lsl #8
        mla r6, r6, r7, r8
        stm r10!, {{r0, r5, r6}}
        "
    };
}

/// Two depths of a word's two rows; the word is lost. Words and upper lanes are added to the last two registers.
macro_rules! square {
    ($word:literal, $words:literal, $upper:literal) => {
        concat!(
            "and r8, r9, ",
            $word,
            ", lsr #8\nmla ",
            $word,
            ", ",
            $word,
            ", r0, r2\nmla ",
            $word,
            ", r8, r1, ",
            $word,
            "\nadd ",
            $words,
            ", ",
            $words,
            ", ",
            $word,
            "\nadd ",
            $upper,
            ", ",
            $upper,
            ", ",
            $word,
            ", asr #16\n",
        )
    };
}

/// Two depths of a block.
macro_rules! squares {
    () => {
        concat!(
            "ldm r10!, {{r0, r1, r2}}\nldm r11!, {{r3, r12}}\n",
            square!("r3", "r4", "r5"),
            square!("r12", "r6", "r7"),
        )
    };
}

/// One column.
///
/// In the loop over a block: r0, r1, r2 a staged pair, r3, r12 weights, r4 to r7 sums, r8 the odd bytes, r9 what cuts them
/// out, r10 staged pairs, r11 weights, lr end of the staged pairs.
///
/// ```text
/// for each group of blocks:                   // all of them, or GROUP where the column is longer than a chunk
///     for each chunk of at most CHUNK pairs of the column:
///         for each pair (x0, x1):             // labels 30, 31
///             staged.push([x0, x1 - 256 * x0, 2^15 - 128 * (x0 + x1) * (2^16 + 1)])
///         for each block of the group:        // label 35
///             for each of its two words (rows 0 and 1, rows 2 and 3):
///                 (words, upper) = (-2^15 * pairs of the column, 0) in the first chunk,   // label 60
///                                  else what the chunk before put away                    // label 65
///             for each staged pair (a, b, c): // label 40; entered at 41 to 43 where their number is no multiple of 4
///                 for each of the two words of weights w:
///                     t = w * a + (w >> 8 & 0x00ff00ff) * b + c     // a lane for each row
///                     words += t
///                     upper += t >> 16
///             in the last chunk:              // label 80
///                 out[lower row] = saturate(factor(words - (upper << 16)))
///                 out[upper row] = saturate(factor(upper))
///             else put words and upper away   // label 70
/// ```
macro_rules! vector {
    ($rule:ident, $store:literal, $size:literal) => {
        naked_asm!(
            "push {{r4-r11, lr}}",
            "sub sp, #{frame}",
            "ldr r7, [r0, #28]",
            "str r7, [sp, #{left}]",
            "ldm r0, {{r1, r2, r3, r4, r5, r6}}",
            "strd r5, r6, [sp, #{factors}]",
            "lsr r3, r3, #1",
            "strd r2, r3, [sp, #{column}]",
            "rsb r7, r3, #0",
            "lsl r7, r7, #15",
            "str r7, [sp, #{initial}]",
            "mov r9, #0x00ff00ff",
            // A group: r1 weights, r3 pairs, r4 blocks left.
            "10:",
            "mov r5, r4",
            "cmp r3, #{chunk}",
            "bls 11f",
            "cmp r5, #{group}",
            "it hi",
            "movhi r5, #{group}",
            "11:",
            "sub r4, r4, r5",
            "mul r5, r5, r3",
            "lsl r5, r5, #3",
            "strd r4, r5, [sp, #{blocks_left}]",
            "ldr r2, [sp, #{column}]",
            "adr r6, 60f",
            "add r6, r6, #1",
            // A chunk: r1 weights, r2 values, r3 pairs left, r6 how blocks begin.
            "20:",
            "adr r7, 70f",
            "mov r4, r3",
            "cmp r3, #{chunk}",
            "ite hi",
            "movhi r4, #{chunk}",
            "adrls r7, 80f",
            "add r7, r7, #1",
            "strd r6, r7, [sp, #{begin}]",
            "sub r3, r3, r4",
            "str r3, [sp, #{pairs_left}]",
            "adr r6, 90f",
            "and r5, r4, #3",
            "ldrb r5, [r6, r5]",
            "adr r6, 40f",
            "add r6, r6, r5",
            "ldr r5, [sp, #{pairs}]",
            "sub r5, r5, r4",
            "lsl r5, r5, #3",
            "strd r5, r6, [sp, #{skip}]",
            "ldr r5, [sp, #{group_len}]",
            "add r5, r5, r1",
            "str r5, [sp, #{end}]",
            "add r5, sp, #{sums}",
            "strd r5, r5, [sp, #{sums_from}]",
            "add lr, r4, r4, lsl #1",
            "add r10, sp, #{staged}",
            "add lr, r10, lr, lsl #2",
            "ldr r7, 91f",
            "mov r8, #{half}",
            "lsls r4, r4, #31",
            "bmi 31f",
            "30:",
            stage_pair!(),
            "31:",
            stage_pair!(),
            "cmp r10, lr",
            "bne 30b",
            "str lr, [sp, #{staged_end}]",
            "strd r1, r2, [sp, #{weights}]",
            "mov r11, r1",
            // A block.
            "35:",
            "add r10, sp, #{staged}",
            "ldr pc, [sp, #{begin}]",
            ".p2align 2",
            "60:",
            "ldr r4, [sp, #{initial}]",
            "mov r5, #0",
            "mov r6, r4",
            "mov r7, r5",
            "61:",
            "ldr lr, [sp, #{staged_end}]",
            "ldr pc, [sp, #{entry}]",
            ".p2align 2",
            "40:",
            squares!(),
            "41:",
            squares!(),
            "42:",
            squares!(),
            "43:",
            squares!(),
            "cmp r10, lr",
            "bne 40b",
            "ldr pc, [sp, #{finish}]",
            ".p2align 2",
            "70:",
            "ldr r0, [sp, #{sums_to}]",
            "stm r0!, {{r4-r7}}",
            "str r0, [sp, #{sums_to}]",
            "b 85f",
            ".p2align 2",
            "80:",
            "sub r4, r4, r5, lsl #16",
            "sub r6, r6, r7, lsl #16",
            "ldr r0, [sp, #{factors}]",
            requantise!($rule, "r4" "r5" "r6" "r7"),
            "ldr r1, [sp, #{out}]",
            concat!($store, " r5, [r1, #", $size, "]"),
            concat!($store, " r6, [r1, #2*", $size, "]"),
            concat!($store, " r7, [r1, #3*", $size, "]"),
            concat!($store, " r4, [r1], #4*", $size),
            "strd r0, r1, [sp, #{factors}]",
            "85:",
            "ldrd r0, r1, [sp, #{end}]",
            "add r11, r11, r1",
            "cmp r11, r0",
            "bne 35b",
            "ldr r3, [sp, #{pairs_left}]",
            "cbz r3, 86f",
            "ldrd r1, r2, [sp, #{weights}]",
            "add r1, r1, #8*{chunk}",
            "adr r6, 65f",
            "add r6, r6, #1",
            "b 20b",
            "86:",
            "sub r1, r11, r1",
            "ldr r3, [sp, #{pairs}]",
            "ldr r4, [sp, #{blocks_left}]",
            "cmp r4, #0",
            "bne 10b",
            "add sp, #{frame}",
            "pop {{r4-r11, pc}}",
            ".p2align 2",
            "65:",
            "ldr r0, [sp, #{sums_from}]",
            "ldm r0!, {{r4-r7}}",
            "str r0, [sp, #{sums_from}]",
            "b 61b",
            ".p2align 2",
            // Where the loop is entered for a number of pairs modulo 4; addresses of code end in 1.
            "90: .byte 1, 43b - 40b + 1, 42b - 40b + 1, 41b - 40b + 1",
            "91: .word -{raised}",
            frame = const stack::FRAME,
            chunk = const stack::CHUNK,
            group = const stack::GROUP,
            half = const HALF,
            raised = const RAISED,
            sums = const stack::SUMS,
            staged = const stack::STAGED,
            factors = const stack::FACTORS,
            out = const stack::OUT,
            left = const stack::LEFT,
            end = const stack::END,
            skip = const stack::SKIP,
            entry = const stack::ENTRY,
            begin = const stack::BEGIN,
            finish = const stack::FINISH,
            initial = const stack::INITIAL,
            staged_end = const stack::STAGED_END,
            sums_from = const stack::SUMS_FROM,
            sums_to = const stack::SUMS_TO,
            weights = const stack::WEIGHTS,
            pairs_left = const stack::PAIRS_LEFT,
            blocks_left = const stack::BLOCKS_LEFT,
            group_len = const stack::GROUP_LEN,
            column = const stack::COLUMN,
            pairs = const stack::PAIRS,
        )
    };
}

/// See [`vector`](super::super::vector).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_nearest(call: &Call) {
    vector!(nearest, "strb", "1")
}

/// See [`vector`](super::super::vector).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_tflite(call: &Call) {
    vector!(tflite, "strb", "1")
}

/// See [`vector_i16`](super::super::vector_i16).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_i16(call: &Call) {
    vector!(nearest_i16, "strh", "2")
}
