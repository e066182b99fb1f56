//! Four columns, one row of weights at a time.
//!
//! Here the lanes are two columns: `row0 * x0 + row1 * x1`, with both columns' values of a depth in `x0`, those of the next in
//! `x1`, and one row's weights for both. Else all is as with one column, see [`super::super::arm_squares`]: weights are raised by
//! 128, what that adds is taken off again, and half a lane is added.

use core::arch::naked_asm;

use super::super::abi::Call;
use super::super::arm_squares as stack;
use super::HALF;

/// Blocks of rows whose sums wait on the stack, where columns are longer than a chunk.
const GROUP: usize = 8;

// The stack from where that of one column has the sums of its blocks.

/// Bytes from the end of a row's weights in this chunk back to the begin of the next row's.
const BACK: usize = stack::PAIRS + 4;
/// Bytes from what would be a fifth row of a block to the next block.
const NEXT: usize = BACK + 4;
/// Bytes from column to column in the output.
const STEP: usize = NEXT + 4;
/// Four words for each row: words and upper lanes of columns 0 and 1, of columns 2 and 3.
const SUMS: usize = (STEP + 4).div_ceil(8) * 8;
/// Six words for each pair of depths.
const STAGED: usize = SUMS + 64 * GROUP;
/// All of it, a multiple of 8.
const FRAME: usize = (STAGED + 24 * stack::CHUNK).div_ceil(8) * 8;

/// Two depths of all columns, made ready.
macro_rules! stage_pair {
    () => {
        "ldrsb r6, [r8, r7]
        ldrsb r0, [r8], #1
        add r0, r0, r6, lsl #16
        ldrsb r6, [r9, r7]
        ldrsb r3, [r9], #1
        add r3, r3, r6, lsl #16
        ldrsb r6, [r8, r7]
        ldrsb r1, [r8], #1
        add r1, r1, r6, lsl #16
        ldrsb r6, [r9, r7]
        ldrsb r4, [r9], #1
        add r4, r4, r6, lsl #16
        add r2, r0, r1
        sub r2, r12, r2, lsl #7
        add r5, r3, r4
        sub r5, r12, r5, lsl #7
        stm r10!, {{r0-r5}}
        "
    };
}

/// Two depths of a row and all columns: eight products.
macro_rules! row {
    () => {
        "ldm r10!, {{r0-r5}}
        ldrb lr, [r11, #1]
        ldrb r12, [r11], #8
        mla r2, r0, r12, r2
        mla r2, r1, lr, r2
        add r6, r6, r2
        add r7, r7, r2, asr #16
        mla r5, r3, r12, r5
        mla r5, r4, lr, r5
        add r8, r8, r5
        add r9, r9, r5, asr #16
        "
    };
}

/// Four columns.
///
/// In the loop over a row: r0 to r5 two staged depths, r6 to r9 sums, r10 staged depths, r11 weights, r12 and lr a weight each.
///
/// ```text
/// for each group of blocks:                   // all of them, or GROUP where columns are longer than a chunk
///     for each chunk of at most CHUNK pairs of depths:
///         for each pair of depths (k, k + 1): // labels 30, 31
///             for each pair of columns (x, y), 0 and 1, then 2 and 3:
///                 (a, b) = (x[k] + (y[k] << 16), x[k + 1] + (y[k + 1] << 16))
///                 staged: a, b, c = 2^15 - 128 * (a + b)
///         for each row of the group:          // label 35
///             for each pair of columns: (words, upper) as with one column, labels 60, 65
///             for each staged pair of depths: // label 40; entered at 41 to 43 where their number is no multiple of 4
///                 (w0, w1) = the row's weights at k and k + 1, raised by 128
///                 for each pair of columns:
///                     t = w0 * a + w1 * b + c // a lane for each column
///                     words += t
///                     upper += t >> 16
///             in the last chunk:              // label 80
///                 out[left column][row] = saturate(factor(words - (upper << 16)))
///                 out[right column][row] = saturate(factor(upper))
///             else put words and upper away   // label 70
/// ```
macro_rules! panel {
    ($rule:ident) => {
        naked_asm!(
            "push {{r4-r11, lr}}",
            "sub sp, #{frame}",
            "ldr r7, [r0, #24]",
            "str r7, [sp, #{step}]",
            "ldm r0, {{r1, r2, r3, r4, r5, r6}}",
            "strd r5, r6, [sp, #{factors}]",
            "lsr r3, r3, #1",
            "strd r2, r3, [sp, #{column}]",
            "rsb r7, r3, #0",
            "lsl r7, r7, #15",
            "str r7, [sp, #{initial}]",
            "lsl r7, r3, #3",
            "sub r7, r7, #8",
            "str r7, [sp, #{next}]",
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
            // A chunk: r1 weights, r2 values, r3 pairs left, r6 how rows begin.
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
            "str r6, [sp, #{entry}]",
            "lsl r5, r4, #3",
            "sub r5, r5, #2",
            "str r5, [sp, #{back}]",
            "ldr r5, [sp, #{group_len}]",
            "add r5, r5, r1",
            "str r5, [sp, #{end}]",
            "add r5, sp, #{sums}",
            "strd r5, r5, [sp, #{sums_from}]",
            "str r1, [sp, #{weights}]",
            "add lr, r4, r4, lsl #1",
            "add r10, sp, #{staged}",
            "add lr, r10, lr, lsl #3",
            "str lr, [sp, #{staged_end}]",
            "mov r8, r2",
            "ldr r7, [sp, #{pairs}]",
            "lsl r7, r7, #1",
            "add r9, r8, r7, lsl #1",
            "mov r12, #{half}",
            "lsls r4, r4, #31",
            "bmi 31f",
            "30:",
            stage_pair!(),
            "31:",
            stage_pair!(),
            "cmp r10, lr",
            "bne 30b",
            "str r8, [sp, #{values}]",
            "ldr r11, [sp, #{weights}]",
            // A row.
            "35:",
            "add r10, sp, #{staged}",
            "ldr pc, [sp, #{begin}]",
            ".p2align 2",
            "60:",
            "ldr r6, [sp, #{initial}]",
            "mov r7, #0",
            "mov r8, r6",
            "mov r9, r7",
            "ldr pc, [sp, #{entry}]",
            ".p2align 2",
            "40:",
            row!(),
            "41:",
            row!(),
            "42:",
            row!(),
            "43:",
            row!(),
            "ldr r12, [sp, #{staged_end}]",
            "cmp r10, r12",
            "bne 40b",
            "ldr pc, [sp, #{finish}]",
            ".p2align 2",
            "70:",
            "ldr r0, [sp, #{sums_to}]",
            "stm r0!, {{r6-r9}}",
            "str r0, [sp, #{sums_to}]",
            "b 85f",
            ".p2align 2",
            "80:",
            "sub r6, r6, r7, lsl #16",
            "sub r8, r8, r9, lsl #16",
            "ldr r0, [sp, #{factors}]",
            "ldm r0!, {{r1, r2, r3, r12}}",
            $rule!("r6"),
            $rule!("r7"),
            $rule!("r8"),
            $rule!("r9"),
            "ldr r1, [sp, #{out}]",
            "ldr r2, [sp, #{step}]",
            "add r3, r1, r2, lsl #1",
            "strb r7, [r1, r2]",
            "strb r8, [r3]",
            "strb r9, [r3, r2]",
            "strb r6, [r1], #1",
            "strd r0, r1, [sp, #{factors}]",
            "85:",
            "ldrd r0, r1, [sp, #{back}]",
            "sub r11, r11, r0",
            "tst r11, #7",
            "it eq",
            "addeq r11, r11, r1",
            "ldr r0, [sp, #{end}]",
            "cmp r11, r0",
            "bne 35b",
            "ldr r3, [sp, #{pairs_left}]",
            "cbz r3, 86f",
            "ldrd r1, r2, [sp, #{weights}]",
            "add r1, r1, #8*{chunk}",
            "adr r6, 65f",
            "add r6, r6, #1",
            "b 20b",
            // What the chunks before have read of a block: 8 bytes for each pair that was not in the last one.
            "86:",
            "ldr r0, [sp, #{back}]",
            "sub r1, r11, r1",
            "add r1, r1, r0",
            "sub r1, r1, #6",
            "ldr r3, [sp, #{pairs}]",
            "ldr r4, [sp, #{blocks_left}]",
            "cmp r4, #0",
            "bne 10b",
            "add sp, #{frame}",
            "pop {{r4-r11, pc}}",
            ".p2align 2",
            "65:",
            "ldr r0, [sp, #{sums_from}]",
            "ldm r0!, {{r6-r9}}",
            "str r0, [sp, #{sums_from}]",
            "ldr pc, [sp, #{entry}]",
            ".p2align 2",
            // Where the loop is entered for a number of pairs modulo 4; addresses of code end in 1.
            "90: .byte 1, 43b - 40b + 1, 42b - 40b + 1, 41b - 40b + 1",
            frame = const FRAME,
            back = const BACK,
            next = const NEXT,
            step = const STEP,
            sums = const SUMS,
            staged = const STAGED,
            group = const GROUP,
            half = const HALF,
            chunk = const stack::CHUNK,
            factors = const stack::FACTORS,
            out = const stack::OUT,
            end = const stack::END,
            entry = const stack::ENTRY,
            begin = const stack::BEGIN,
            finish = const stack::FINISH,
            initial = const stack::INITIAL,
            staged_end = const stack::STAGED_END,
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

/// See [`panel`](super::super::panel).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn panel_nearest(call: &Call) {
    panel!(nearest)
}

/// See [`panel`](super::super::panel).
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn panel_tflite(call: &Call) {
    panel!(tflite)
}
