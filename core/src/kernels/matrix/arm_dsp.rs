//! Armv7E-M and Armv8-M with the DSP extension: Cortex-M4, M7, M33. Reads [`Packing::Pairs`](crate::model::records::Packing::Pairs).
//!
//! A 16-bit lane of weights is `256 * odd + even`, so one `smlad` sums two rows at once, `256 * B + A`, and a second one
//! after `sxtb16` sums `A` alone; `B` is their difference, shifted right by 8, exact as long as `|B| < 2^23`. That is half
//! a `smlad` and, shared by three columns, a twelfth of a `sxtb16` a product, against one `sxtb16` where each row is
//! unpacked by itself.

#![allow(unsafe_code, reason = "assembly over the pointers of a checked call")]

use super::Runs;
pub(super) use super::arm_runs::copy_runs;
use super::call::{Call, Filters, Product, gather};

pub(super) const COLUMNS: usize = 3;

/// Rows and channels that a Winograd product takes at a time.
pub(super) const PRODUCT: (usize, usize) = (2, 4);

/// Bytes from tile to tile: two channels.
pub(super) const TILE_STEP: usize = 4;

/// The panel lies behind the one patch that columns are gathered into.
pub(super) const PANEL_COLUMN: usize = 1;

/// All columns are gathered into the same patch.
pub(super) const fn column(_: usize) -> usize {
    0
}

/// Widens the patch to 16 bits, lanes (0, 2) and (1, 3) of each four values, every third word of the panel.
pub(super) fn stage(depth: usize, panel: &mut [i8], column: usize) {
    let (patch, panel) = panel.split_at_mut(depth);
    let panel = panel.as_mut_ptr().wrapping_add(4 * column);
    // SAFETY: `depth` is a multiple of 4, and `call::stage` found room for three columns of `depth` 16-bit values.
    unsafe { widen(patch.as_ptr(), panel, depth / 4) }
}

/// Gathers a patch into a column of the panel: in one go where its runs are whole words.
pub(super) fn take(depth: usize, panel: &mut [i8], column: usize, runs: &Runs<'_>) {
    if !runs.len.is_multiple_of(4) {
        gather(runs, panel, runs.len);
        stage(depth, panel, column);
        return;
    }
    let to = panel.as_mut_ptr().wrapping_add(depth + 4 * column);
    // SAFETY: `call::take` found all runs inside, not longer than the depth together, and room for three columns of
    // `depth` 16-bit values.
    unsafe { widen_runs(runs.from.as_ptr(), runs.step, runs.len / 4, runs.count, to) }
}

/// r0 from, r1 from run to run, r2 words of a run, r3 runs, on the stack the column of the panel; none is zero.
#[unsafe(naked)]
unsafe extern "C" fn widen_runs(
    from: *const i8,
    step: usize,
    words: usize,
    runs: usize,
    to: *mut i8,
) {
    dsp_asm!(
        "push {{r4, r5, r6, r7, r8, lr}}",
        "ldr r4, [sp, #24]",
        "1:",
        "mov r5, r0",
        "lsrs r6, r2, #1",
        "bcc 2f",
        "ldr r8, [r5], #4",
        "sxtb16 r7, r8",
        "sxtb16 r8, r8, ror #8",
        "str r7, [r4], #12",
        "str r8, [r4], #12",
        "cbz r6, 3f",
        "2:",
        "ldr r8, [r5], #4",
        "ldr lr, [r5], #4",
        "sxtb16 r7, r8",
        "sxtb16 r8, r8, ror #8",
        "sxtb16 r12, lr",
        "sxtb16 lr, lr, ror #8",
        "str r7, [r4], #12",
        "str r8, [r4], #12",
        "subs r6, r6, #1",
        "str r12, [r4], #12",
        "str lr, [r4], #12",
        "bne 2b",
        "3:",
        "add r0, r0, r1",
        "subs r3, r3, #1",
        "bne 1b",
        "pop {{r4, r5, r6, r7, r8, pc}}",
    )
}

/// r0 patch, r1 panel, r2 units of four values, at least one.
#[unsafe(naked)]
unsafe extern "C" fn widen(patch: *const i8, panel: *mut i8, units: usize) {
    dsp_asm!(
        "lsrs r3, r2, #1",
        "bcc 3f",
        "ldr r12, [r0], #4",
        "sxtb16 r2, r12",
        "sxtb16 r12, r12, ror #8",
        "str r2, [r1], #12",
        "str r12, [r1], #12",
        "3:",
        "cbz r3, 5f",
        "push {{r4, r5}}",
        "4:",
        "ldrd r4, r5, [r0], #8",
        "sxtb16 r2, r4",
        "sxtb16 r12, r4, ror #8",
        "str r2, [r1], #12",
        "sxtb16 r2, r5",
        "str r12, [r1], #12",
        "sxtb16 r12, r5, ror #8",
        "subs r3, r3, #1",
        "str r2, [r1], #12",
        "str r12, [r1], #12",
        "bne 4b",
        "pop {{r4, r5}}",
        "5:",
        "bx lr",
    )
}

/// A sum in `$x`, plus the row's bias in r8; `lsl`, `asr` bring the tflite rule's doubling for nothing.
macro_rules! requantise {
    (nearest, $x:literal, $bits:literal) => {
        concat!(
            "smmul ", $x, ", ", $x, ", r9\n", "add ", $x, ", ", $x, ", r10\n", "asr ", $x, ", ",
            $x, ", r11\n", "ssat ", $x, ", #", $bits, ", ", $x, "\n",
        )
    };
    (tflite, $x:literal, $bits:literal) => {
        concat!(
            "smmulr ",
            $x,
            ", ",
            $x,
            ", r9\n",
            "add ",
            $x,
            ", ",
            $x,
            ", ",
            $x,
            ", asr #31\n",
            "add ",
            $x,
            ", ",
            $x,
            ", r10\n",
            "asr ",
            $x,
            ", ",
            $x,
            ", r11\n",
            "ssat ",
            $x,
            ", #",
            $bits,
            ", ",
            $x,
            "\n",
        )
    };
}

/// Adds the bias in r8 to a whole sum.
macro_rules! even {
    (nearest, $x:literal) => {
        concat!("add ", $x, ", ", $x, ", r8\n")
    };
    (tflite, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", lsl #1\n")
    };
}

/// Adds the bias in r8 to a sum that is still multiplied by 256.
macro_rules! odd {
    (nearest, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", asr #8\n")
    };
    (tflite, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", asr #7\n")
    };
}

/// Four values of depth of two rows and three columns: 24 products in 17 instructions of 4 bytes each.
macro_rules! panel_unit {
    () => {
        concat!(
            "ldrd r8, r9, [r0], #16\n",
            "ldm r1!, {{r11, r12, lr}}\n",
            "sxtb16 r10, r8\n",
            "smlad r2, r8, r11, r2\n",
            "smlad r3, r10, r11, r3\n",
            "smlad r4, r8, r12, r4\n",
            "smlad r5, r10, r12, r5\n",
            "smlad r6, r8, lr, r6\n",
            "smlad r7, r10, lr, r7\n",
            "ldm r1!, {{r11, r12, lr}}\n",
            "sxtb16 r10, r9\n",
            "smlad r2, r9, r11, r2\n",
            "smlad r3, r10, r11, r3\n",
            "smlad r4, r9, r12, r4\n",
            "smlad r5, r10, r12, r5\n",
            "smlad r6, r9, lr, r6\n",
            "smlad r7, r10, lr, r7\n",
        )
    };
}

/// The three columns' results of one row: `$a`, `$b`, `$c` hold sums.
macro_rules! panel_row {
    ($rule:ident, $bias:ident, $a:literal, $b:literal, $c:literal) => {
        concat!(
            "ldm r12!, {{r8, r9, r10, r11}}\n",
            $bias!($rule, $a),
            $bias!($rule, $b),
            $bias!($rule, $c),
            requantise!($rule, $a, 8),
            requantise!($rule, $b, 8),
            requantise!($rule, $c, 8),
            "strb ",
            $a,
            ", [r1]\n",
            "strb ",
            $b,
            ", [r1, lr]\n",
            "strb ",
            $c,
            ", [r1, lr, lsl #1]\n",
            "adds r1, r1, #1\n",
        )
    };
}

/// Two rows at a time over three columns.
///
/// r0 weights, r1 panel, r2 to r7 the sums `256 * B + A` and `A` of each column, r8 r9 weights, r10 their even rows,
/// r11 r12 lr columns. On the stack: 0 where the loop over the depth is entered, 4 its end, 8 bytes of a block,
/// 12 step to the next two rows, 16 panel, 20 factors, 24 output, 28 its step, 32 pairs of rows left.
macro_rules! panel_kernel {
    ($name:ident, $rule:ident) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name(call: &Call) {
            dsp_asm!(
                "push {{r4-r11, lr}}",
                "sub sp, sp, #36",
                "ldrd r4, r1, [r0]",
                "ldrd r2, r3, [r0, #8]",
                "ldrd r5, r6, [r0, #16]",
                "ldr r7, [r0, #24]",
                "mov r0, r4",
                // Units of four; the loop takes four units a round, entered late where that is too many.
                "lsrs r2, r2, #2",
                "lsls r4, r2, #4",
                "rsb r8, r2, #0",
                "and r8, r8, #3",
                "mov r9, #68",
                "adr r10, 2f",
                "mla r8, r8, r9, r10",
                "orr r8, r8, #1",
                "add r9, r0, r4",
                "strd r8, r9, [sp]",
                "rsb r8, r4, #8",
                "strd r4, r8, [sp, #8]",
                "strd r1, r5, [sp, #16]",
                "strd r6, r7, [sp, #24]",
                "lsls r3, r3, #1",
                "str r3, [sp, #32]",
                "1:",
                "movs r2, #0",
                "movs r3, #0",
                "movs r4, #0",
                "movs r5, #0",
                "movs r6, #0",
                "movs r7, #0",
                "ldr pc, [sp]",
                ".p2align 2",
                "2:",
                concat!(panel_unit!(), panel_unit!(), panel_unit!(), panel_unit!()),
                "ldr r8, [sp, #4]",
                "cmp r0, r8",
                "bne 2b",
                "sub r2, r2, r3",
                "sub r4, r4, r5",
                "sub r6, r6, r7",
                "ldrd r12, r1, [sp, #20]",
                "ldr lr, [sp, #28]",
                panel_row!($rule, even, "r3", "r5", "r7"),
                panel_row!($rule, odd, "r2", "r4", "r6"),
                "strd r12, r1, [sp, #20]",
                "ldr r2, [sp, #32]",
                "subs r2, r2, #1",
                "beq 3f",
                "str r2, [sp, #32]",
                // The second pair of a block lies 8 bytes behind the first.
                "ldrd r3, r4, [sp, #8]",
                "add r0, r0, r4",
                "add r5, r0, r3",
                "str r5, [sp, #4]",
                "add r4, r4, r3",
                "rsb r4, r4, #0",
                "ldr r1, [sp, #16]",
                "str r4, [sp, #12]",
                "b 1b",
                "3:",
                "add sp, sp, #36",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

panel_kernel!(panel_nearest, nearest);
panel_kernel!(panel_tflite, tflite);

/// Four values of depth of four rows: 16 products in 16 instructions of 4 bytes each.
macro_rules! vector_unit {
    () => {
        concat!(
            "ldr.w r6, [r1], #4\n",
            "ldm r0!, {{r8, r9, r10, r11}}\n",
            "sxtb16 r7, r6\n",
            "sxtb16 r6, r6, ror #8\n",
            "sxtb16 r12, r8\n",
            "smlad r2, r8, r7, r2\n",
            "smlad r3, r12, r7, r3\n",
            "sxtb16 r12, r9\n",
            "smlad r2, r9, r6, r2\n",
            "smlad r3, r12, r6, r3\n",
            "sxtb16 r12, r10\n",
            "smlad r4, r10, r7, r4\n",
            "smlad r5, r12, r7, r5\n",
            "sxtb16 r12, r11\n",
            "smlad r4, r11, r6, r4\n",
            "smlad r5, r12, r6, r5\n",
        )
    };
}

/// One row's result; `$x` holds its sum, r6 points to the factors, r7 to the output.
macro_rules! vector_row {
    (i16, $x:literal) => {
        concat!(
            "ldm r6!, {{r8, r9, r10, r11}}\n",
            even!(nearest, $x),
            "lsl ",
            $x,
            ", ",
            $x,
            ", r12\n",
            requantise!(nearest, $x, 16),
            "strh ",
            $x,
            ", [r7], #2\n",
        )
    };
    ($rule:ident, $x:literal) => {
        concat!(
            "ldm r6!, {{r8, r9, r10, r11}}\n",
            even!($rule, $x),
            requantise!($rule, $x, 8),
            "strb ",
            $x,
            ", [r7], #1\n",
        )
    };
}

/// Four rows at a time over one column.
///
/// r0 weights, r1 column, r2 to r5 the sums `256 * B + A` and `A` of two pairs, r6 r7 four values of the column,
/// r8 to r11 weights, r12 even rows, lr end of a stretch. As `B` must stay below 2^23, the depth is summed in stretches
/// of 512 at most, the first one being the shortest. On the stack: 0, 4 the `B` summed up so far, 8 where the loop is
/// entered, 12 bytes of a block's first stretch, 16 bytes of a block, 20 column, 24 factors, 28 output, 32 blocks left,
/// 36 left shift, 40 end of the block.
macro_rules! vector_kernel {
    ($name:ident, $rule:ident) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name(call: &Call) {
            dsp_asm!(
                "push {{r4-r11, lr}}",
                "sub sp, sp, #44",
                "ldrd r4, r1, [r0]",
                "ldrd r2, r3, [r0, #8]",
                "ldrd r5, r6, [r0, #16]",
                "ldr r7, [r0, #28]",
                "mov r0, r4",
                "strd r1, r5, [sp, #20]",
                "strd r6, r3, [sp, #28]",
                "str r7, [sp, #36]",
                "lsrs r2, r2, #2",
                "lsls r4, r2, #4",
                "subs r5, r2, #1",
                "and r5, r5, #127",
                "adds r5, r5, #1",
                "lsls r5, r5, #4",
                "rsb r8, r2, #0",
                "and r8, r8, #3",
                "adr r9, 2f",
                "add r8, r9, r8, lsl #6",
                "orr r8, r8, #1",
                "strd r8, r5, [sp, #8]",
                "str r4, [sp, #16]",
                "1:",
                "movs r2, #0",
                "movs r3, #0",
                "movs r4, #0",
                "movs r5, #0",
                "strd r2, r2, [sp]",
                "ldrd r6, r7, [sp, #12]",
                "add lr, r0, r6",
                "add r7, r7, r0",
                "str r7, [sp, #40]",
                "ldr pc, [sp, #8]",
                ".p2align 2",
                "2:",
                concat!(
                    vector_unit!(),
                    vector_unit!(),
                    vector_unit!(),
                    vector_unit!()
                ),
                "cmp r0, lr",
                "bne 2b",
                "ldrd r6, r7, [sp]",
                "sub r2, r2, r3",
                "sub r4, r4, r5",
                "add r6, r6, r2, asr #8",
                "add r7, r7, r4, asr #8",
                "ldr r8, [sp, #40]",
                "mov r2, r3",
                "mov r4, r5",
                "strd r6, r7, [sp]",
                "add lr, lr, #2048",
                "cmp r0, r8",
                "bne 2b",
                "mov r2, r6",
                "mov r4, r7",
                "ldrd r6, r7, [sp, #24]",
                "ldrd r1, r12, [sp, #32]",
                vector_row!($rule, "r3"),
                vector_row!($rule, "r2"),
                vector_row!($rule, "r5"),
                vector_row!($rule, "r4"),
                "subs r1, r1, #1",
                "strd r6, r7, [sp, #24]",
                "str r1, [sp, #32]",
                "ldr r1, [sp, #20]",
                "bne 1b",
                "add sp, sp, #44",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

vector_kernel!(vector_nearest, nearest);
vector_kernel!(vector_tflite, tflite);
vector_kernel!(vector_i16, i16);

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
        pub(super) unsafe extern "C" fn $name(call: &Filters) {
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

/// One column of four pixels of four channels: `B^T d` for channels (0, 2) and (1, 3), to the rows of the block at sp.
macro_rules! transform_column {
    ($at:literal) => {
        concat!(
            "ldr r4, [r0]\n",
            "ldr r5, [r0, r1]\n",
            "ldr r6, [r0, r1, lsl #1]\n",
            "ldr r7, [r0, r3]\n",
            "add r0, r0, r2\n",
            "sxtb16 r8, r4\n",
            "sxtb16 r9, r5\n",
            "sxtb16 r10, r6\n",
            "sxtb16 r11, r7\n",
            "ssub16 r8, r8, r10\n",
            "sadd16 r12, r9, r10\n",
            "ssub16 r10, r10, r9\n",
            "ssub16 r11, r9, r11\n",
            "str r8, [sp, #",
            $at,
            "]\n",
            "str r12, [sp, #16 + ",
            $at,
            "]\n",
            "str r10, [sp, #32 + ",
            $at,
            "]\n",
            "str r11, [sp, #48 + ",
            $at,
            "]\n",
            "sxtb16 r4, r4, ror #8\n",
            "sxtb16 r5, r5, ror #8\n",
            "sxtb16 r6, r6, ror #8\n",
            "sxtb16 r7, r7, ror #8\n",
            "ssub16 r4, r4, r6\n",
            "sadd16 r12, r5, r6\n",
            "ssub16 r6, r6, r5\n",
            "ssub16 r7, r5, r7\n",
            "str r4, [sp, #64 + ",
            $at,
            "]\n",
            "str r12, [sp, #80 + ",
            $at,
            "]\n",
            "str r6, [sp, #96 + ",
            $at,
            "]\n",
            "str r7, [sp, #112 + ",
            $at,
            "]\n",
        )
    };
}

/// One row of the block at r3: the second `B^T`, and four positions of the Winograd domain.
macro_rules! transform_row {
    () => {
        concat!(
            "ldm r3!, {{r4, r5, r6, r7}}\n",
            "ssub16 r4, r4, r6\n",
            "sadd16 r8, r5, r6\n",
            "ssub16 r6, r6, r5\n",
            "ssub16 r7, r5, r7\n",
            "str r4, [r0]\n",
            "str r8, [r0, r1]\n",
            "str r6, [r0, r1, lsl #1]\n",
            "str r7, [r0, r2]\n",
            "add r0, r0, r1, lsl #2\n",
        )
    };
}

/// 4x4 pixels to the Winograd domain, four channels at a time.
///
/// First r0 pixels, r1 from row to row, r2 from pixel to pixel, r3 three rows; then r0 positions, r1 from one to the
/// next, r2 three of them, r3 the block. On the stack: 0 the block, 128 pixels, 132 units left, 136 positions,
/// 140 row and pixel steps, 148 position step.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn transform(
    from: *const i8,
    step: usize,
    channels: usize,
    to: *mut i8,
) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #156",
        "lsrs r4, r2, #2",
        "strd r0, r4, [sp, #128]",
        "str r3, [sp, #136]",
        "strd r1, r2, [sp, #140]",
        "add r4, r2, r2, lsl #1",
        "lsls r4, r4, #1",
        "str r4, [sp, #148]",
        "1:",
        "add r3, r1, r1, lsl #1",
        transform_column!("0"),
        transform_column!("4"),
        transform_column!("8"),
        transform_column!("12"),
        "ldr r0, [sp, #136]",
        "ldr r1, [sp, #148]",
        "add r2, r1, r1, lsl #1",
        "mov r3, sp",
        transform_row!(),
        transform_row!(),
        transform_row!(),
        transform_row!(),
        "ldr r0, [sp, #136]",
        "adds r0, r0, #12",
        transform_row!(),
        transform_row!(),
        transform_row!(),
        transform_row!(),
        "ldrd r0, r4, [sp, #128]",
        "ldr r5, [sp, #136]",
        "ldrd r1, r2, [sp, #140]",
        "adds r5, r5, #24",
        "adds r0, r0, #4",
        "subs r4, r4, #1",
        "str r5, [sp, #136]",
        "strd r0, r4, [sp, #128]",
        "bne 1b",
        "add sp, sp, #156",
        "pop {{r4-r11, pc}}",
    )
}

/// Two channels of two rows and three tiles: 12 products.
macro_rules! product_half {
    () => {
        concat!(
            "ldrd r8, r9, [r0], #8\n",
            "ldm r1!, {{r10, r11, r12}}\n",
            "smlad r2, r8, r10, r2\n",
            "smlad r3, r8, r11, r3\n",
            "smlad r4, r8, r12, r4\n",
            "smlad r5, r9, r10, r5\n",
            "smlad r6, r9, r11, r6\n",
            "smlad r7, r9, r12, r7\n",
        )
    };
}

/// Four channels, 16 instructions of 4 bytes each.
macro_rules! product_unit {
    () => {
        concat!(product_half!(), product_half!())
    };
}

/// Column `$at` of `A^T M`: `$a = m0 + m1 + m2`, `$b = m1 - m2 - m3`.
macro_rules! inverse_column {
    ($at:literal, $a:literal, $b:literal) => {
        concat!(
            "ldr r7, [r0, #",
            $at,
            "]\n",
            "ldr r8, [r0, #96 + ",
            $at,
            "]\n",
            "ldr r9, [r0, #192 + ",
            $at,
            "]\n",
            "ldr r10, [r0, #288 + ",
            $at,
            "]\n",
            "add ",
            $a,
            ", r7, r8\n",
            "sub ",
            $b,
            ", r8, r9\n",
            "add ",
            $a,
            ", ",
            $a,
            ", r9\n",
            "sub ",
            $b,
            ", ",
            $b,
            ", r10\n",
        )
    };
}

/// Adds the bias in r8 to four times a sum.
macro_rules! quarter {
    (nearest, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", asr #2\n")
    };
    (tflite, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", asr #1\n")
    };
}

/// Two rows at a time over three tiles.
///
/// In the products r0 weights, r1 tiles, r2 to r7 sums (two rows of three tiles), lr end of a position. In the inverse
/// transform r0 sums, r1 outputs, r2 row, r3 to r6 the four outputs of a tile, r12 factors, lr tiles left. On the stack:
/// 0 sums `[16, 2, 3]`, 384 where the loop over the channels is entered, 388 bytes of a position, 392 tiles,
/// 396 factors, 400 pairs left, 404 row, 408 the call, 412 next sums or weights.
macro_rules! product_kernel {
    ($name:ident, $rule:ident) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name(call: &Product) {
            dsp_asm!(
                "push {{r4-r11, lr}}",
                "sub sp, sp, #420",
                "ldrd r4, r5, [r0]",
                "ldrd r6, r7, [r0, #8]",
                "ldr r8, [r0, #16]",
                "str r0, [sp, #408]",
                "rsb r9, r6, #0",
                "and r9, r9, #3",
                "adr r10, 2f",
                "add r9, r10, r9, lsl #6",
                "orr r9, r9, #1",
                "lsls r6, r6, #4",
                "movs r0, #0",
                "strd r9, r6, [sp, #384]",
                "strd r5, r8, [sp, #392]",
                "strd r7, r0, [sp, #400]",
                "mov r0, r4",
                "1:",
                "ldr r1, [sp, #392]",
                "mov r8, sp",
                "5:",
                "movs r2, #0",
                "movs r3, #0",
                "movs r4, #0",
                "movs r5, #0",
                "movs r6, #0",
                "movs r7, #0",
                "ldr r9, [sp, #388]",
                "str r8, [sp, #412]",
                "add lr, r0, r9",
                "ldr pc, [sp, #384]",
                ".p2align 2",
                "2:",
                concat!(
                    product_unit!(),
                    product_unit!(),
                    product_unit!(),
                    product_unit!()
                ),
                "cmp r0, lr",
                "bne 2b",
                "ldr r8, [sp, #412]",
                "add r9, sp, #384",
                "stm r8!, {{r2, r3, r4, r5, r6, r7}}",
                "cmp r8, r9",
                "bne 5b",
                "str r0, [sp, #412]",
                "mov r0, sp",
                "ldr r12, [sp, #396]",
                "ldr r2, [sp, #404]",
                "6:",
                "ldr r1, [sp, #408]",
                "mov lr, #3",
                "adds r1, r1, #20",
                "7:",
                inverse_column!("0", "r3", "r5"),
                inverse_column!("24", "r4", "r6"),
                "add r3, r3, r4",
                "add r5, r5, r6",
                inverse_column!("48", "r7", "r8"),
                "add r3, r3, r7",
                "sub r4, r4, r7",
                "add r5, r5, r8",
                "sub r6, r6, r8",
                inverse_column!("72", "r7", "r8"),
                "sub r4, r4, r7",
                "sub r6, r6, r8",
                "ldm r12, {{r8, r9, r10, r11}}",
                quarter!($rule, "r3"),
                quarter!($rule, "r4"),
                quarter!($rule, "r5"),
                quarter!($rule, "r6"),
                requantise!($rule, "r3", 8),
                requantise!($rule, "r4", 8),
                requantise!($rule, "r5", 8),
                requantise!($rule, "r6", 8),
                "ldm r1!, {{r7, r8, r9, r10}}",
                "strb r3, [r7, r2]",
                "strb r4, [r8, r2]",
                "strb r5, [r9, r2]",
                "strb r6, [r10, r2]",
                "adds r0, r0, #4",
                "subs lr, lr, #1",
                "bne 7b",
                "add r7, sp, #24",
                "adds r2, r2, #1",
                "add r12, r12, #16",
                "cmp r0, r7",
                "bne 6b",
                "ldr r3, [sp, #400]",
                "str r12, [sp, #396]",
                "ldr r0, [sp, #412]",
                "subs r3, r3, #1",
                "strd r3, r2, [sp, #400]",
                "bne 1b",
                "add sp, sp, #420",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

product_kernel!(product_nearest, nearest);
product_kernel!(product_tflite, tflite);
