//! The Winograd domain: 4x4 pixels to it, and products in it to outputs.

use super::super::abi::Product;

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
///
/// ```text
/// for each four channels:
///     block = B^T d         // column by column; [a, b, c, d] becomes [a - c, b + c, c - b, b - d]
///     V = block B           // row by row, alike
///     to[position] = V[position] for 16 positions, a tile of three
/// ```
///
/// # Safety
///
/// Four pixels of `channels` values may be read from each of four places `step` apart, from `from` on, and all
/// positions of a tile of so many channels be written from `to` on, 4-byte aligned; `channels` is a multiple of the
/// packing's unit, at least 1. `call::transform` has checked this.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn transform(
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
macro_rules! half {
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

/// As `half`, with sums that begin here.
macro_rules! first_half {
    () => {
        concat!(
            "ldrd r8, r9, [r0], #8\n",
            "ldm r1!, {{r10, r11, r12}}\n",
            "smuad r2, r8, r10\n",
            "smuad r3, r8, r11\n",
            "smuad r4, r8, r12\n",
            "smuad r5, r9, r10\n",
            "smuad r6, r9, r11\n",
            "smuad r7, r9, r12\n",
        )
    };
}

/// Four channels, 16 instructions of 4 bytes each.
macro_rules! unit {
    () => {
        concat!(half!(), half!())
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

/// Rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Product`] describes it; `call::multiply` has checked weights, factors, tiles, room
/// for sums and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn product_nearest(call: &Product) {
    dsp_asm!("movs r1, #0", "b.w {product}", product = sym product)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `call` is as [`Product`] describes it; `call::multiply` has checked weights, factors, tiles, room
/// for sums and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn product_tflite(call: &Product) {
    dsp_asm!("movs r1, #1", "b.w {product}", product = sym product)
}

/// Two rows at a time over three tiles; r1 is whether to round twice.
///
/// In the products r0 weights, r1 tiles, r2 to r7 sums (two rows of three tiles), lr end of a position. In the inverse
/// transform r0 sums, r1 outputs, r2 row, r3 to r6 the four outputs of a tile, r12 factors, lr tiles left. On the stack:
/// 0 sums `[16, 2, 3]`, 384 where the loop over the channels is entered, 388 next sums, 392 bytes of a position,
/// 396 factors, 400 pairs left, 404 row, 408 the call, 412 weights, 416 tiles, 420 how results are made.
///
/// ```text
/// for each pair of rows:
///     for each of 16 positions:
///         M[position][row][tile] = sum over channels of weights[position][row] * tiles[position][tile]
///     for each row, each tile:
///         Y = A^T M A       // 2x2 outputs, four times the sums; [a, b, c, d] becomes [a + b + c, b - c - d]
///         out[place][row] = saturate(factor(Y / 4))
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Product`] describes it; `call::multiply` has checked weights, factors, tiles, room
/// for sums and outputs.
#[unsafe(naked)]
unsafe extern "C" fn product(call: &Product, twice: usize) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #428",
        // How results are made.
        "adr r2, 9f",
        "cmp r1, #0",
        "it eq",
        "adreq r2, 8f",
        "orr r2, r2, #1",
        "str r2, [sp, #420]",
        "ldrd r4, r5, [r0]",
        "ldrd r6, r7, [r0, #8]",
        "ldr r8, [r0, #16]",
        "str r0, [sp, #408]",
        // Units of four channels, but for the first; the loop takes four of them a round, entered late where
        // that is too many.
        "subs r9, r6, #1",
        "rsb r10, r9, #0",
        "and r10, r10, #3",
        "adr r11, 2f",
        "add r10, r11, r10, lsl #6",
        "cmp r9, #0",
        "it eq",
        "adreq r10, 3f",
        "orr r10, r10, #1",
        "str r10, [sp, #384]",
        "lsls r6, r6, #4",
        "movs r0, #0",
        "strd r6, r8, [sp, #392]",
        "strd r7, r0, [sp, #400]",
        "strd r4, r5, [sp, #412]",
        "1:",
        "ldrd r0, r1, [sp, #412]",
        "mov r8, sp",
        "ldr r9, [sp, #392]",
        "str r8, [sp, #388]",
        "add lr, r0, r9",
        "5:",
        first_half!(),
        half!(),
        "ldr pc, [sp, #384]",
        ".p2align 2",
        "2:",
        concat!(unit!(), unit!(), unit!(), unit!()),
        "cmp r0, lr",
        "bne 2b",
        ".p2align 2",
        "3:",
        "ldrd r8, r9, [sp, #388]",
        "add r10, sp, #384",
        "stm r8!, {{r2, r3, r4, r5, r6, r7}}",
        "add lr, lr, r9",
        "str r8, [sp, #388]",
        "cmp r8, r10",
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
        "ldr pc, [sp, #420]",
        ".p2align 2",
        "9:",
        quarter!(tflite, "r3"),
        quarter!(tflite, "r4"),
        quarter!(tflite, "r5"),
        quarter!(tflite, "r6"),
        requantise!(tflite, "r3", 8),
        requantise!(tflite, "r4", 8),
        requantise!(tflite, "r5", 8),
        requantise!(tflite, "r6", 8),
        "10:",
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
        "subs r3, r3, #1",
        "strd r3, r2, [sp, #400]",
        "bne 1b",
        "add sp, sp, #428",
        "pop {{r4-r11, pc}}",
        ".p2align 2",
        "8:",
        quarter!(nearest, "r3"),
        quarter!(nearest, "r4"),
        quarter!(nearest, "r5"),
        quarter!(nearest, "r6"),
        requantise!(nearest, "r3", 8),
        requantise!(nearest, "r4", 8),
        requantise!(nearest, "r5", 8),
        requantise!(nearest, "r6", 8),
        "b 10b",
    )
}
