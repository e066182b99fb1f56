//! Four columns at a time.

use core::arch::naked_asm;

use super::super::abi::Call;
use super::text::{define, forget};

/// Rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn panel_nearest(call: &Call) {
    naked_asm!("li a1, 0", "tail {panel}", panel = sym panel)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn panel_tflite(call: &Call) {
    naked_asm!("li a1, 1", "tail {panel}", panel = sym panel)
}

/// Blocks of four rows over four columns: 16 sums, 40 instructions for each value of depth.
///
/// a0 call, a1 what biases are doubled by (0 or 1).
///
/// Sums of row r: s(r), s(4 + r), s(8 + r), a(2 + r) for columns 0 to 3. a1 weights, t6 their end, a6 a7 ra a0 columns;
/// t0 to t3 a column of weights, t4 a value, t5 a product. At the end of a block: a0 factors, a6 a7 ra t6 outputs.
/// On the stack: 52 call, 56 factors, 60 output, 64 blocks left, 68 is tflite.
///
/// ```text
/// for each block of four rows:
///     sums[row][column] = bias[row]
///     for each depth k:     // eight a round, then one by one
///         for each column: for each row: sums[row][column] += weights[k][row] * x[column][k]
///     out[column][row] = saturate(factor[row](sums[row][column]))
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::panel` and `call::run` have checked weights, factors,
/// all columns and outputs.
#[unsafe(naked)]
unsafe extern "C" fn panel(call: &Call, tflite: usize) {
    naked_asm!(
        define!(),
        r"
        .macro column k, x, s0, s1, s2, s3
        lb t4, \k(\x)
        mul t5, t0, t4
        add \s0, \s0, t5
        mul t5, t1, t4
        add \s1, \s1, t5
        mul t5, t2, t4
        mul t4, t3, t4
        add \s2, \s2, t5
        add \s3, \s3, t4
        .endm
        .macro unit k
        lb t0, 4*\k(a1)
        lb t1, 4*\k+1(a1)
        lb t2, 4*\k+2(a1)
        lb t3, 4*\k+3(a1)
        column \k, a6, s0, s1, s2, s3
        column \k, a7, s4, s5, s6, s7
        column \k, ra, s8, s9, s10, s11
        column \k, a0, a2, a3, a4, a5
        .endm
        .macro advance n
        addi a1, a1, 4*\n
        addi a6, a6, \n
        addi a7, a7, \n
        addi ra, ra, \n
        addi a0, a0, \n
        .endm
        .macro row r, rule, s0, s1, s2, s3
        factor_\rule 16*\r
        .irp sum, \s0, \s1, \s2, \s3
        \rule \sum
        saturate \sum
        .endr
        sb \s0, \r(a6)
        sb \s1, \r(a7)
        sb \s2, \r(ra)
        sb \s3, \r(t6)
        .endm
        .macro rows rule
        row 0, \rule, s0, s4, s8, a2
        row 1, \rule, s1, s5, s9, a3
        row 2, \rule, s2, s6, s10, a4
        row 3, \rule, s3, s7, s11, a5
        .endm

        enter 80
        sw a0, 52(sp)
        sw a1, 68(sp)
        lw t0, 16(a0)
        lw t1, 20(a0)
        lw t2, 12(a0)
        sw t0, 56(sp)
        sw t1, 60(sp)
        sw t2, 64(sp)
        lw a1, 0(a0)
    1:
        lw a0, 52(sp)
        lw t0, 56(sp)
        lw t1, 68(sp)
        lw a6, 4(a0)
        lw t4, 8(a0)
        add a7, a6, t4
        add ra, a7, t4
        add a0, ra, t4
        lw s0, 0(t0)
        lw s1, 16(t0)
        lw s2, 32(t0)
        lw s3, 48(t0)
        sra s0, s0, t1
        sra s1, s1, t1
        sra s2, s2, t1
        sra s3, s3, t1
        mv s4, s0
        mv s5, s1
        mv s6, s2
        mv s7, s3
        mv s8, s0
        mv s9, s1
        mv s10, s2
        mv s11, s3
        mv a2, s0
        mv a3, s1
        mv a4, s2
        mv a5, s3
        andi t6, t4, -8
        beqz t6, 3f
        slli t6, t6, 2
        add t6, t6, a1
    2:
        .irp k, 0, 1, 2, 3, 4, 5, 6, 7
        unit \k
        .endr
        advance 8
        bne a1, t6, 2b
    3:
        lw t6, 52(sp)
        lw t6, 8(t6)
        andi t6, t6, 7
        beqz t6, 5f
        slli t6, t6, 2
        add t6, t6, a1
    4:
        unit 0
        advance 1
        bne a1, t6, 4b
    5:
        lw t3, 52(sp)
        lw a0, 56(sp)
        lw a6, 60(sp)
        lw t3, 24(t3)
        lw t4, 68(sp)
        add a7, a6, t3
        add ra, a7, t3
        add t6, ra, t3
        li t5, 127
        bnez t4, 6f
        rows nearest
        j 7f
    6:
        rows tflite
    7:
        lw t0, 64(sp)
        addi a0, a0, 64
        addi a6, a6, 4
        addi t0, t0, -1
        sw a0, 56(sp)
        sw a6, 60(sp)
        sw t0, 64(sp)
        bnez t0, 1b
        leave 80
        ",
        forget!(),
        r"
        .purgem column
        .purgem unit
        .purgem advance
        .purgem row
        .purgem rows
        "
    )
}
