//! A matrix with the three columns of a panel.

use super::super::abi::Call;

/// Four values of depth of two rows and three columns: 24 products in 17 instructions of 4 bytes each.
macro_rules! unit {
    () => {
        concat!(
            "ldrd r8, r9, [r0], #16\n",
            "ldm r1!, {{r11, r12, lr}}\n",
            "smlad r2, r8, r11, r2\n",
            "smlad r4, r8, r12, r4\n",
            "smlad r6, r8, lr, r6\n",
            "sxtb16 r8, r8\n",
            "smlad r3, r8, r11, r3\n",
            "smlad r5, r8, r12, r5\n",
            "smlad r7, r8, lr, r7\n",
            "ldm r1!, {{r11, r12, lr}}\n",
            "smlad r2, r9, r11, r2\n",
            "smlad r4, r9, r12, r4\n",
            "smlad r6, r9, lr, r6\n",
            "sxtb16 r9, r9\n",
            "smlad r3, r9, r11, r3\n",
            "smlad r5, r9, r12, r5\n",
            "smlad r7, r9, lr, r7\n",
        )
    };
}

/// As `unit`, with sums that begin here.
macro_rules! first_unit {
    () => {
        concat!(
            "ldrd r8, r9, [r0], #16\n",
            "ldm r1!, {{r11, r12, lr}}\n",
            "smuad r2, r8, r11\n",
            "smuad r4, r8, r12\n",
            "smuad r6, r8, lr\n",
            "sxtb16 r8, r8\n",
            "smuad r3, r8, r11\n",
            "smuad r5, r8, r12\n",
            "smuad r7, r8, lr\n",
            "ldm r1!, {{r11, r12, lr}}\n",
            "smlad r2, r9, r11, r2\n",
            "smlad r4, r9, r12, r4\n",
            "smlad r6, r9, lr, r6\n",
            "sxtb16 r9, r9\n",
            "smlad r3, r9, r11, r3\n",
            "smlad r5, r9, r12, r5\n",
            "smlad r7, r9, lr, r7\n",
        )
    };
}

/// The first of four values of depth, alone.
macro_rules! one_value {
    () => {
        concat!(
            "ldr r8, [r0], #16\n",
            "ldm r1, {{r11, r12, lr}}\n",
            "smlad r2, r8, r11, r2\n",
            "smlad r4, r8, r12, r4\n",
            "smlad r6, r8, lr, r6\n",
            "sxtb16 r8, r8\n",
            "smlad r3, r8, r11, r3\n",
            "smlad r5, r8, r12, r5\n",
            "smlad r7, r8, lr, r7\n",
        )
    };
}

/// The three columns' results of one row: `$a`, `$b`, `$c` hold sums.
macro_rules! row {
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
            $b,
            ", [r1, lr]\n",
            "strb ",
            $c,
            ", [r1, lr, lsl #1]\n",
            "strb ",
            $a,
            ", [r1], #1\n",
        )
    };
}

/// Rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn panel_nearest(call: &Call) {
    dsp_asm!("movs r1, #0", "b.w {panel}", panel = sym panel)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn panel_tflite(call: &Call) {
    dsp_asm!("movs r1, #1", "b.w {panel}", panel = sym panel)
}

/// Two rows at a time over three columns; r1 is whether to round twice.
///
/// r0 weights, r1 panel, r2 to r7 the sums `256 * B + A` and `A` of each column, r8 r9 weights, r10 the panel's end,
/// r11 r12 lr columns. On the stack: 0 where the loop over the depth is entered, 4 panel, 8 its end, 12 factors,
/// 16 output, 20 step to the next two rows, 24 sum of two such steps, 28 the output's step, 32 end of the
/// factors, 36 how results are made.
///
/// ```text
/// for each pair of rows (A, B):               // a weight's lane holds 256 * B + A
///     both[3], even[3] = 0
///     for each word w of weights (two depths), and its word x of each column:
///         both[column] += w.low * x.low + w.high * x.high
///         v = sxtb16(w)                       // A alone
///         even[column] += v.low * x.low + v.high * x.high
///     for each column:
///         out[column][A] = saturate(factor[A](even[column]))
///         out[column][B] = saturate(factor[B]((both[column] - even[column]) >> 8))
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
unsafe extern "C" fn panel(call: &Call, twice: usize) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #44",
        // How results are made.
        // Code addresses are odd.
        "adr.w r3, 6f + 1",
        "cmp r1, #0",
        "it eq",
        "adreq.w r3, 5f + 1",
        "str r3, [sp, #36]",
        "ldrd r4, r1, [r0]",
        "ldr r2, [r0, #8]",
        "ldrd r5, r6, [r0, #16]",
        "ldr r7, [r0, #24]",
        "ldrd r3, r12, [r0, #32]",
        "mov r0, r4",
        // From the second pair of a block back to 8 bytes behind the first, or on to the next block.
        "rsb r9, r2, #0",
        "lsls r9, r9, #2",
        "add r8, r9, #8",
        "strd r8, r9, [sp, #20]",
        "add r3, r5, r3, lsl #4",
        "strd r7, r3, [sp, #28]",
        "strd r5, r6, [sp, #12]",
        "movs r3, #6",
        "mla r10, r2, r3, r1",
        "strd r1, r10, [sp, #4]",
        // Units of four, but for the first; the loop takes four of them a round, entered late where that is too many.
        "lsrs r2, r2, #2",
        "subs r2, r2, #1",
        "rsb r8, r2, #0",
        "and r8, r8, #3",
        "mov r9, #68",
        "adr.w r11, 2f + 1",
        "mla r8, r8, r9, r11",
        "cmp r2, #0",
        "it eq",
        "adreq.w r8, 3f + 1",
        // Nine values, a filter of 3x3 over one channel, have a way of their own.
        "cmp r12, #9",
        "it eq",
        "adreq.w r8, 4f + 1",
        "str r8, [sp]",
        "1:",
        first_unit!(),
        "ldr pc, [sp]",
        ".p2align 2",
        "2:",
        concat!(unit!(), unit!(), unit!(), unit!()),
        "cmp r1, r10",
        "bne 2b",
        ".p2align 2",
        "3:",
        "sub.w r2, r2, r3",
        "sub r4, r4, r5",
        "sub r6, r6, r7",
        "ldrd r12, r1, [sp, #12]",
        "ldr lr, [sp, #28]",
        "ldr pc, [sp, #36]",
        ".p2align 2",
        "6:",
        row!(tflite, even, "r3", "r5", "r7"),
        row!(tflite, odd, "r2", "r4", "r6"),
        "7:",
        "strd r12, r1, [sp, #12]",
        "ldrd r2, r3, [sp, #20]",
        "ldr r4, [sp, #32]",
        "ldrd r1, r10, [sp, #4]",
        "add r0, r0, r2",
        "subs r3, r3, r2",
        "str r3, [sp, #20]",
        "cmp r12, r4",
        "bne 1b",
        "add sp, sp, #44",
        "pop {{r4-r11, pc}}",
        ".p2align 2",
        "4:",
        unit!(),
        one_value!(),
        "b 3b",
        ".p2align 2",
        "5:",
        row!(nearest, even, "r3", "r5", "r7"),
        row!(nearest, odd, "r2", "r4", "r6"),
        "b 7b",
    )
}
