//! One column.

use core::arch::naked_asm;

use super::super::abi::Call;
use super::super::arm_squares as stack;

/// `2^16 + 1`: once for each lane.
const LANES: u32 = 0x0001_0001;

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
///
/// ```text
/// for each group of blocks:                   // all of them, or GROUP where the column is longer than a chunk
///     for each chunk of at most CHUNK pairs of the column:
///         for each pair (x0, x1):             // labels 30, 31
///             staged.push([(x1 - 256 * x0) * LANES, (x0 - 256 * x1) * LANES, 2^15 - 128 * (x0 + x1) * LANES])
///         for each block of the group:        // label 35
///             for each of its two words (rows 0 and 1, rows 2 and 3):
///                 (words, upper) = (-2^15 * pairs of the column, 0) in the first chunk,   // label 60
///                                  else what the chunk before put away                    // label 65
///             for each staged pair (a, b, c): // label 40; entered at 41 to 43 where their number is no multiple of 4
///                 for each of the two words of weights w:
///                     t = rev16(w) * a + w * b + c     // a lane for each row
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

/// See [`vector`](super::super::vector).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_nearest(call: &Call) {
    vector!(nearest, "strb", 1)
}

/// See [`vector`](super::super::vector).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_tflite(call: &Call) {
    vector!(tflite, "strb", 1)
}

/// See [`vector_i16`](super::super::vector_i16).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_i16(call: &Call) {
    vector!(nearest_i16, "strh", 2)
}
