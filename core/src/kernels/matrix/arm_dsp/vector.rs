//! A matrix with one column.
//!
//! The column is widened to 16 bits once for many rows, so that an instruction of `smlad` needs half of one of `sxtb16`.
//! Depth is taken in stretches: `B` must stay below 2^23, and the widened stretch lies on the stack, as the sums do.

use core::mem::MaybeUninit;

use super::super::abi::{Call, SharedCall};
use crate::pack::BLOCK;

/// Values of depth that are widened at a time; a multiple of 4, at most 512.
const STRETCH: usize = 256;

/// Rows that share a widened stretch; whole blocks.
const GROUP: usize = 64;

/// What [`products`] is told.
#[repr(C)]
struct Products {
    /// 0: widened values, 8-byte aligned: lanes (0, 2) and (1, 3) of each four.
    x: *const u32,
    /// 4: units of four values, at least 1.
    units: usize,
    /// 8: where the first row's sum is to go; rows follow each other.
    sums: *mut i32,
    /// 12: rows, at least 1; of an odd number, one more is summed.
    rows: usize,
    /// 16: the first block's weights.
    weights: *const i8,
    /// 20: bytes from the end of a block's weights to the next block.
    skip: usize,
    /// 24: whether the sums begin here, or else are added to.
    begins: usize,
}

/// Sums to results: sums, the first row's factor or bias, the first result, rows, the call. Up to three words before the sums
/// are read and not looked at.
type Finish = unsafe extern "C" fn(*const i32, *const u8, *mut u8, usize, *const Call);

/// Memory for a stretch and a group.
#[repr(C)]
struct Room {
    wide: [u64; STRETCH / 4],
    sums: [i32; GROUP],
}

/// A kernel, whose results are of `$size` bytes, and what is read for each row of `$factor` bytes.
macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident, $call:ident, $finish:ident, $size:literal, $factor:literal) => {
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
        /// column and outputs.
        #[unsafe(naked)]
        pub(in super::super) unsafe extern "C" fn $name(call: &$call) {
            dsp_asm!(
                "movw r1, #:lower16:{finish}",
                "movt r1, #:upper16:{finish}",
                concat!("movs r2, #", $size),
                concat!("movs r3, #", $factor),
                "b.w {vector}",
                finish = sym $finish,
                vector = sym vector,
            )
        }
    };
}

kernel!(
    /// Every row, saturated to int8, rounded once.
    vector_nearest,
    Call,
    finish_nearest,
    1,
    16
);
kernel!(
    /// Every row, saturated to int8, rounded twice.
    vector_tflite,
    Call,
    finish_tflite,
    1,
    16
);
kernel!(
    /// Every row, saturated to int16, rounded once.
    vector_i16,
    Call,
    finish_i16,
    2,
    16
);
kernel!(
    /// Every row, saturated to int8, rounded once, with one factor for all.
    vector_shared_nearest,
    SharedCall,
    finish_shared_nearest,
    1,
    4
);
kernel!(
    /// Every row, saturated to int8, rounded twice, with one factor for all.
    vector_shared_tflite,
    SharedCall,
    finish_shared_tflite,
    1,
    4
);

/// Group by group of rows.
///
/// # Safety
///
/// What [`Call`] says of its fields, or [`SharedCall`] where that is what `finish` takes; `finish` reads `factor` bytes a row
/// and writes `size`, and there is room for as many results as rows.
unsafe extern "C" fn vector(at: *const Call, finish: Finish, size: usize, factor: usize) {
    // SAFETY: the caller's.
    let call = unsafe { &*at };
    let mut room = MaybeUninit::<Room>::uninit();
    let room = room.as_mut_ptr();
    let mut first = 0;
    loop {
        let rows = (call.rows - first).min(GROUP);
        let weights = call.weights.wrapping_add(first * call.depth);
        let factors = call.factors.cast::<u8>().wrapping_add(first * factor);
        let out = call.out.wrapping_add(first * size);
        // SAFETY: the rows are those of the call, from a whole number of blocks on. `stretches` wrote the sums of all of
        // them; factors and results are there for every row.
        unsafe {
            stretches(call, weights, rows, room, first == 0);
            finish((&raw const (*room).sums).cast(), factors, out, rows, at);
        }
        first += GROUP;
        if first >= call.rows {
            return;
        }
    }
}

/// The sums of a group of rows. A column that is one stretch is widened for the first group only.
///
/// # Safety
///
/// As for [`vector`]; the rows' weights lie at `weights`, and `room` may be written.
#[inline(always)]
unsafe fn stretches(call: &Call, weights: *const i8, rows: usize, room: *mut Room, is_first: bool) {
    // SAFETY: the room is there.
    let (wide, sums) = unsafe { (&raw mut (*room).wide, &raw mut (*room).sums) };
    let (mut at, mut len) = (0, call.depth.min(STRETCH));
    if is_first || call.depth > STRETCH {
        // SAFETY: the stretch lies inside the column, and widened inside `wide`.
        unsafe { widen(call.x, wide.cast(), len / 4) };
    }
    loop {
        let stretch = Products {
            x: wide.cast(),
            units: len / 4,
            sums: sums.cast(),
            rows,
            weights: weights.wrapping_add(BLOCK * at),
            skip: BLOCK * (call.depth - len),
            begins: (at == 0).into(),
        };
        // SAFETY: `wide` holds the stretch; the weights are those of whole blocks of rows, of which the matrix has as many
        // as its rows need; `sums` has room for whole pairs.
        unsafe { products(&stretch) };
        at += STRETCH;
        if at >= call.depth {
            return;
        }
        len = (call.depth - at).min(STRETCH);
        // SAFETY: as above.
        unsafe { widen(call.x.wrapping_add(at), wide.cast(), len / 4) };
    }
}

/// r0 values, r1 widened, r2 units of four, at least one: 9 instructions for two units.
///
/// # Safety
///
/// `units` is at least 1; four times so many values may be read at `from`, and twice so many words be written at
/// `to`, 8-byte aligned.
#[unsafe(naked)]
unsafe extern "C" fn widen(from: *const i8, to: *mut u32, units: usize) {
    dsp_asm!(
        "push {{r4, r5}}",
        "lsrs r2, r2, #1",
        "bcc 2f",
        "ldr r12, [r0], #4",
        "sxtb16 r3, r12",
        "sxtb16 r4, r12, ror #8",
        "strd r3, r4, [r1], #8",
        "cbz r2, 3f",
        "2:",
        "ldr r12, [r0], #4",
        "ldr r5, [r0], #4",
        "sxtb16 r3, r12",
        "sxtb16 r4, r12, ror #8",
        "sxtb16 r12, r5, ror #8",
        "sxtb16 r5, r5",
        "subs r2, r2, #1",
        "stm r1!, {{r3, r4, r5, r12}}",
        "bne 2b",
        "3:",
        "pop {{r4, r5}}",
        "bx lr",
    )
}

/// Four values of depth, widened in `$x` and `$y`, of four rows: 13 instructions of 4 bytes each.
macro_rules! unit {
    ($x:literal, $y:literal) => {
        concat!(
            "ldm r0!, {{r10, r11, r12, lr}}\n",
            "smlad r3, r10, ",
            $x,
            ", r3\n",
            "smlad r5, r12, ",
            $x,
            ", r5\n",
            "sxtb16 r10, r10\n",
            "sxtb16 r12, r12\n",
            "smlad r3, r11, ",
            $y,
            ", r3\n",
            "smlad r5, lr, ",
            $y,
            ", r5\n",
            "sxtb16 r11, r11\n",
            "sxtb16 lr, lr\n",
            "smlad r2, r10, ",
            $x,
            ", r2\n",
            "smlad r4, r12, ",
            $x,
            ", r4\n",
            "smlad r2, r11, ",
            $y,
            ", r2\n",
            "smlad r4, lr, ",
            $y,
            ", r4\n",
        )
    };
}

/// Four values of depth, widened in `$x` and `$y`, of the first two rows of a block.
macro_rules! half_unit {
    ($x:literal, $y:literal) => {
        concat!(
            "ldrd r10, r11, [r0], #16\n",
            "smlad r3, r10, ",
            $x,
            ", r3\n",
            "sxtb16 r10, r10\n",
            "smlad r3, r11, ",
            $y,
            ", r3\n",
            "sxtb16 r11, r11\n",
            "smlad r2, r10, ",
            $x,
            ", r2\n",
            "smlad r2, r11, ",
            $y,
            ", r2\n",
        )
    };
}

/// Eight values of depth of four rows: 32 products in 27 instructions of 4 bytes each.
macro_rules! two_units {
    () => {
        concat!(
            "ldm r1!, {{r6, r7, r8, r9}}\n",
            unit!("r6", "r7"),
            unit!("r8", "r9"),
        )
    };
}

/// The sums of one stretch: block by block, then those of a last pair of rows.
///
/// r0 weights, r1 widened values, r2 and r3 `A` and `256 * B + A` of two rows, r4 and r5 of the other two, r6 to r9
/// values, r10 to lr weights. On the stack: 0 end of the values, 4 where a block begins, 8 where an odd unit goes on to,
/// 12 values, 16 sums, 20 the end of those of whole blocks, 24 what is skipped, 28 whether sums begin here, 32 rows and
/// one.
///
/// ```text
/// for each block of four rows (A, B, C, D), then for a last pair:
///     both[2], even[2] = 0
///     for each word x of the column (two depths), and its word w of each pair of rows:
///         even[pair] += sxtb16(w).low * x.low + sxtb16(w).high * x.high
///         both[pair] += w.low * x.low + w.high * x.high
///     sums[A, C] (+)= even
///     sums[B, D] (+)= (both - even) >> 8
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Products`] describes it: `stretches` made it of a call that was checked. Sums of
/// rows in whole pairs may be read and written.
#[unsafe(naked)]
unsafe extern "C" fn products(call: &Products) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, sp, #36",
        "ldm r0, {{r1-r7}}",
        "mov r0, r5",
        "strd r6, r7, [sp, #24]",
        "adds r4, r4, #1",
        "lsrs r8, r4, #2",
        "str r4, [sp, #32]",
        "add r5, r3, r8, lsl #4",
        "strd r3, r5, [sp, #16]",
        "str r1, [sp, #12]",
        "add r6, r1, r2, lsl #3",
        "str r6, [sp]",
        // Four pairs of units a round, entered late where that is too many; an odd unit goes first.
        "lsrs r6, r2, #1",
        "rsb r7, r6, #0",
        "and r7, r7, #3",
        "mov r8, #108",
        // Code addresses are odd.
        "adr.w r9, 2f + 1",
        "mla r7, r7, r8, r9",
        "cmp r6, #0",
        "it eq",
        "adreq.w r7, 3f + 1",
        "mov r8, r7",
        "lsls r2, r2, #31",
        "it ne",
        "adrne.w r7, 4f + 1",
        "strd r7, r8, [sp, #4]",
        "cmp r3, r5",
        "beq 6f",
        "1:",
        "movs r2, #0",
        "movs r3, #0",
        "movs r4, #0",
        "movs r5, #0",
        "ldr r1, [sp, #12]",
        "ldr pc, [sp, #4]",
        ".p2align 2",
        "4:",
        "ldrd r6, r7, [r1], #8",
        unit!("r6", "r7"),
        "ldr pc, [sp, #8]",
        ".p2align 2",
        "2:",
        concat!(two_units!(), two_units!(), two_units!(), two_units!()),
        "ldr r10, [sp]",
        "cmp r1, r10",
        "bne 2b",
        ".p2align 2",
        "3:",
        "sub.w r3, r3, r2",
        "sub.w r5, r5, r4",
        "asr r3, r3, #8",
        "asr r5, r5, #8",
        "ldrd r6, r7, [sp, #16]",
        "ldrd r8, r9, [sp, #24]",
        "cmp r9, #0",
        "bne 5f",
        "ldm r6, {{r10, r11, r12, lr}}",
        "add r2, r2, r10",
        "add r3, r3, r11",
        "add r4, r4, r12",
        "add r5, r5, lr",
        "5:",
        "stm r6!, {{r2, r3, r4, r5}}",
        "add r0, r0, r8",
        "str r6, [sp, #16]",
        "cmp r6, r7",
        "bne 1b",
        // The last pair of rows.
        "6:",
        "ldr r2, [sp, #32]",
        "lsls r2, r2, #30",
        "bpl 9f",
        "ldr r1, [sp, #12]",
        "ldr r12, [sp]",
        "movs r2, #0",
        "movs r3, #0",
        "subs r4, r12, r1",
        "lsls r4, r4, #28",
        "beq 7f",
        "ldrd r6, r7, [r1], #8",
        half_unit!("r6", "r7"),
        "cmp r1, r12",
        "beq 8f",
        "7:",
        "ldm r1!, {{r6, r7, r8, r9}}",
        half_unit!("r6", "r7"),
        half_unit!("r8", "r9"),
        "cmp r1, r12",
        "bne 7b",
        "8:",
        "ldr r6, [sp, #20]",
        "ldr r9, [sp, #28]",
        "subs r3, r3, r2",
        "asrs r3, r3, #8",
        "cmp r9, #0",
        "bne 10f",
        "ldrd r4, r5, [r6]",
        "adds r2, r2, r4",
        "adds r3, r3, r5",
        "10:",
        "strd r2, r3, [r6]",
        "9:",
        "add sp, sp, #36",
        "pop {{r4-r11, pc}}",
    )
}

/// One row's result, 7 instructions of 4 bytes each, or (nearest) 6.
macro_rules! row {
    (i16, $x:literal) => {
        concat!(
            "ldm r1!, {{r8, r9, r10, r11}}\n",
            even!(nearest, $x),
            "lsl.w ",
            $x,
            ", ",
            $x,
            ", r12\n",
            requantise!(nearest, $x, 16),
            "strh ",
            $x,
            ", [r2], #2\n",
        )
    };
    (shared_nearest, $x:literal) => {
        row!("ldr r8, [r1], #4\n", nearest, $x)
    };
    (shared_tflite, $x:literal) => {
        row!("ldr r8, [r1], #4\n", tflite, $x)
    };
    ($rule:ident, $x:literal) => {
        row!("ldm r1!, {{r8, r9, r10, r11}}\n", $rule, $x)
    };
    ($factor:literal, $rule:ident, $x:literal) => {
        concat!(
            $factor,
            even!($rule, $x),
            requantise!($rule, $x, 8),
            "strb ",
            $x,
            ", [r2], #1\n",
        )
    };
}

/// Four rows a round, entered late where that is too many.
///
/// r0 sums, r1 factors or biases, r2 results, r3 rows, at least one; r4 to r7 sums, r8 to r11 a factor, r12 the left shift.
/// `$begin` makes something of the call, whose place is on the stack.
macro_rules! finish {
    ($name:ident, $rule:ident, $bytes:literal, $begin:expr) => {
        /// # Safety
        ///
        /// `rows` is at least 1; sums, three words before them, and factors or biases of so many rows may be read, and as many
        /// results be written at `out`. `call` is what the kernel was given.
        #[unsafe(naked)]
        unsafe extern "C" fn $name(
            sums: *const i32,
            factors: *const u8,
            out: *mut u8,
            rows: usize,
            call: *const Call,
        ) {
            dsp_asm!(
                "push {{r4-r11, lr}}",
                "rsb r4, r3, #0",
                "and r4, r4, #3",
                "add r3, r3, r4",
                "sub r0, r0, r4, lsl #2",
                concat!("mov r8, #", $bytes),
                "adr.w r9, 2f + 1",
                "mla lr, r4, r8, r9",
                $begin,
                "ldm r0!, {{r4, r5, r6, r7}}",
                "bx lr",
                ".p2align 2",
                "1:",
                "ldm r0!, {{r4, r5, r6, r7}}",
                "2:",
                concat!(
                    row!($rule, "r4"),
                    row!($rule, "r5"),
                    row!($rule, "r6"),
                    row!($rule, "r7")
                ),
                "subs r3, r3, #4",
                "bne 1b",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

finish!(finish_nearest, nearest, "24", "");
finish!(finish_tflite, tflite, "28", "");
finish!(
    finish_i16,
    i16,
    "28",
    "ldr r12, [sp, #36]\nldr.w r12, [r12, #28]\n"
);
finish!(
    finish_shared_nearest,
    shared_nearest,
    "24",
    "ldr r12, [sp, #36]\nadd r12, r12, #40\nldm r12, {{r9, r10, r11}}\n"
);
finish!(
    finish_shared_tflite,
    shared_tflite,
    "28",
    "ldr r12, [sp, #36]\nadd r12, r12, #40\nldm r12, {{r9, r10, r11}}\n"
);
