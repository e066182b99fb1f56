//! Two columns at a time over all rows: the pixels of a convolution's output row, whose columns lie `step` apart.
//!
//! Four rows and two columns are eight sums, as many as there are registers that `vmladava` adds to: 128 products for
//! six loads. Their biases come from the stack in one load. Multipliers, shifts and zero points of four rows stay in
//! vectors over all pixels, and the eight results are stored by one scattering store.

use core::arch::naked_asm;

/// What a kernel is told.
#[repr(C)]
pub(crate) struct Line {
    /// 0: the first block's weights, 16-byte aligned.
    pub(crate) weights: *const i8,
    /// 4: the first column.
    pub(crate) x: *const i8,
    /// 8: values of depth, a multiple of 16, at least 16.
    pub(crate) depth: usize,
    /// 12: the first row's factor.
    pub(crate) factors: *const [i32; 4],
    /// 16: the first row's output for the first column.
    pub(crate) out: *mut u8,
    /// 20: values from column to column.
    pub(crate) step: usize,
    /// 24: rows, at least 1: the bytes from pixel to pixel in the output.
    pub(crate) rows: usize,
    /// 28: pairs of columns, at least 1.
    pub(crate) pairs: usize,
}

/// 16 values of depth of four rows and two columns, 128 products, with weights at four places.
macro_rules! unit {
    ($a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "vldrb.u8 q0, [r3], #16\n",
            "vldrb.u8 q2, ",
            $a,
            "\n",
            "vldrb.u8 q1, [r5], #16\n",
            "vmladava.s8 r0, q0, q2\n",
            "vldrb.u8 q3, ",
            $b,
            "\n",
            "vmladava.s8 r8, q1, q2\n",
            "vmladava.s8 r2, q0, q3\n",
            "vldrb.u8 q2, ",
            $c,
            "\n",
            "vmladava.s8 r10, q1, q3\n",
            "vmladava.s8 r4, q0, q2\n",
            "vldrb.u8 q3, ",
            $d,
            "\n",
            "vmladava.s8 r12, q1, q2\n",
            "vmladava.s8 r6, q0, q3\n",
            "vmladava.s8 lr, q1, q3\n",
        )
    };
    // The next in line.
    () => {
        unit!("[r1], #64", "[r1, #-48]", "[r1, #-32]", "[r1, #-16]")
    };
    // A block's first and second, where they are all there is.
    (first) => {
        unit!("[r1]", "[r1, #16]", "[r1, #32]", "[r1, #48]")
    };
    (second) => {
        unit!("[r1, #64]", "[r1, #80]", "[r1, #96]", "[r1, #112]")
    };
}

/// Sums with bias in q0 and q1 to results before their zero points; q2 and q3 are lost.
///
/// tflite: what `vqrdmulh` makes of a negative sum is negative, or 0, of which one less still rounds to 0.
macro_rules! scale {
    (nearest) => {
        "vmulh.s32 q0, q0, q5
        vmulh.s32 q1, q1, q5
        "
    };
    (tflite) => {
        "vshr.s32 q2, q0, #31
        vqrdmulh.s32 q0, q0, q5
        vshr.s32 q3, q1, #31
        vqrdmulh.s32 q1, q1, q5
        vadd.i32 q0, q0, q2
        vadd.i32 q1, q1, q3
        "
    };
}

/// The doubled bias of tflite is halved, as `vqrdmulh` doubles its product.
macro_rules! bias {
    (nearest) => {
        ""
    };
    (tflite) => {
        "vshr.s32 q4, q4, #1
        "
    };
}

/// All pairs of columns of a block of rows, which leave r1 where it was: some units first, then the rest.
macro_rules! pairs {
    ($rule:ident, $top:literal, $first:expr, $rest:expr) => {
        concat!(
            $top,
            ":\n",
            "ldm sp, {{r0, r2, r4, r6, r8, r10, r12, lr}}\n",
            $first,
            $rest,
            "vmov q0[2], q0[0], r0, r4\n",
            "vmov q1[2], q1[0], r8, r12\n",
            "ldrd r0, r4, [sp, #56]\n",
            "vmov q0[3], q0[1], r2, r6\n",
            "vmov q1[3], q1[1], r10, lr\n",
            scale!($rule),
            "vrshl.s32 q0, q0, q7\n",
            "add r3, r3, r0\n",
            "vrshl.s32 q1, q1, q7\n",
            "add r5, r5, r0\n",
            "vqmovnb.s32 q0, q0\n",
            "vqmovnt.s32 q0, q1\n",
            "vqadd.s16 q0, q0, q4\n",
            "vqmovnb.s16 q0, q0\n",
            "vpst\n",
            "vstrbt.16 q0, [r9, q6]\n",
            "add r9, r9, r4\n",
            "subs r11, r11, #1\n",
            "bne ",
            $top,
            "b\n",
        )
    };
}

/// Three units at a time, to a block's end.
macro_rules! threes {
    ($label:literal) => {
        concat!(
            "ldr r7, [sp, #52]\n",
            $label,
            ":\n",
            unit!(),
            unit!(),
            unit!(),
            "subs r7, r7, #1\n",
            "bne ",
            $label,
            "b\n",
            "ldr r1, [sp, #48]\n",
        )
    };
}

/// r0 to lr, even ones: sums of four rows for the left column, then for the right one. r1 weights, r3 and r5 columns,
/// r7 threes of units left, r9 output, r11 pairs left. q4 zero points as 16 bits, q5 multipliers, q6 places of results,
/// q7 negative shifts. VPR: the block's rows, two by two.
///
/// On the stack: 0 biases, twice; 32 places of results; 48 the block's weights, 52 threes of units, 56 from the end of
/// a column to the start of the next but one, 60 from pair to pair in the output, 64 first column, 68 the block's
/// output, 72 second column, 76 pairs, 80 factors, 84 rows left, 88 bytes of a block's weights, 92 which loop.
///
/// ```text
/// for each block of four rows:
///     for each pair of columns:
///         sums[column][row] = bias[row]
///         for each 16 depths:               // one or two units, then three at a time
///             for each column, each row: sums[column][row] += sum of 16 products of weights[row] and x[column]
///         out[column][row] = saturate(requantise(sums)), for the rows that are there
/// ```
macro_rules! line_kernel {
    ($name:ident, $rule:ident) => {
        /// # Safety
        ///
        /// Every column, its depth from `step` to `step`, may be read, and all rows of every pixel be written; weights
        /// and factors are there for whole blocks of four rows.
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(line: &Line) {
            naked_asm!(
                ".cpu cortex-m55",
                "push {{r4-r11, lr}}",
                "vpush {{d8-d15}}",
                "sub sp, sp, #100",
                "ldrd r1, r3, [r0]",
                "ldrd r2, r4, [r0, #8]",
                "ldrd r9, r6, [r0, #16]",
                "ldrd r8, r11, [r0, #24]",
                // Results of rows 0 to 3, left and right by turns.
                "lsl r5, r8, #16",
                "mov r7, #0x00010001",
                "add r12, r5, r7",
                "strd r5, r12, [sp, #32]",
                "add r5, r12, r7",
                "add r12, r5, r7",
                "strd r5, r12, [sp, #40]",
                "add r5, r3, r6",
                "strd r3, r9, [sp, #64]",
                "strd r5, r11, [sp, #72]",
                "strd r4, r8, [sp, #80]",
                "lsl r5, r6, #1",
                "sub r5, r5, r2",
                "lsl r8, r8, #1",
                "strd r5, r8, [sp, #56]",
                "lsl r5, r2, #2",
                "lsr r2, r2, #4",
                "mov r7, #3",
                "udiv r8, r2, r7",
                "strd r1, r8, [sp, #48]",
                // Units beyond threes, and 3 more where there are threes.
                "mls r2, r8, r7, r2",
                "cmp r8, #0",
                "it ne",
                "addne r2, r2, #3",
                "strd r5, r2, [sp, #88]",
                "2:",
                "ldr r7, [sp, #80]",
                "vld40.32 {{q4, q5, q6, q7}}, [r7]",
                "vld41.32 {{q4, q5, q6, q7}}, [r7]",
                "vld42.32 {{q4, q5, q6, q7}}, [r7]",
                "vld43.32 {{q4, q5, q6, q7}}, [r7]!",
                "str r7, [sp, #80]",
                bias!($rule),
                "vneg.s32 q7, q7",
                "vstrw.32 q4, [sp]",
                "vstrw.32 q4, [sp, #16]",
                "vshl.s32 q6, q6, q7",
                "vmovnb.i32 q4, q6",
                "vmovnt.i32 q4, q6",
                "vldrw.u32 q6, [sp, #32]",
                "ldr r7, [sp, #84]",
                "lsl r7, r7, #1",
                "vctp.16 r7",
                "ldrd r3, r9, [sp, #64]",
                "ldrd r5, r11, [sp, #72]",
                "ldr r1, [sp, #48]",
                "ldr r7, [sp, #92]",
                "cmp r7, #2",
                "blo 3f",
                "beq 4f",
                "cmp r7, #4",
                "blo 5f",
                "beq 6f",
                "b 7f",
                pairs!($rule, "3", unit!(first), ""),
                "b 8f",
                pairs!($rule, "4", concat!(unit!(first), unit!(second)), ""),
                "b 8f",
                pairs!($rule, "5", "", threes!("9")),
                "b 8f",
                pairs!($rule, "6", unit!(), threes!("9")),
                "b 8f",
                pairs!($rule, "7", concat!(unit!(), unit!()), threes!("9")),
                "8:",
                // The next four rows.
                "ldrd r0, r2, [sp, #64]",
                "add r2, r2, #4",
                "str r2, [sp, #68]",
                "ldr r2, [sp, #88]",
                "add r1, r1, r2",
                "str r1, [sp, #48]",
                "ldr r2, [sp, #84]",
                "subs r2, r2, #4",
                "str r2, [sp, #84]",
                "bgt 2b",
                "add sp, sp, #100",
                "vpop {{d8-d15}}",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

line_kernel!(line_nearest, nearest);
line_kernel!(line_tflite, tflite);
