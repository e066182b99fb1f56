//! One column.

use core::arch::naked_asm;

use super::super::abi::Call;
use super::text::{define, forget};

/// Rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_nearest(call: &Call) {
    naked_asm!("li a1, 1", "tail {vector}", vector = sym vector)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_tflite(call: &Call) {
    naked_asm!("li a1, 0", "tail {vector}", vector = sym vector)
}

/// Rounded once, to int16.
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_i16(call: &Call) {
    naked_asm!("li a1, 2", "tail {vector}", vector = sym vector)
}

/// Sixteen rows at a time while there are as many, then ten (the classes of digits), eight, four or two, whose last ones
/// may not be there: these are not stored.
///
/// a0 call, a1 the rule: 0 tflite, 1 nearest, 2 nearest to int16.
///
/// Sums: s0 to s11, then a2 to a5. a1 a6 a7 ra weights of four blocks, t6 the first's end, a0 column; t0 to t3 weights,
/// then products, t4 a value. The sums go through the stack: at the end a0 factors, a6 output, a7 the rule,
/// t6 sums, ra the end of those that make fours, a4 the end of all.
/// On the stack: 52 call, 56 factors, 60 output, 64 rows left, 68 the rule, from 80 on sixteen sums.
///
/// ```text
/// while there are rows, 16, 10, 8, 4 or 2 at a time:
///     sums[row] = bias[row]
///     for each depth k:     // eight a round, then one by one
///         for each row: sums[row] += weights[k][row] * x[k]
///     for each row that is there: out[row] = saturate(factor[row](sums[row]))
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
/// column and outputs.
#[unsafe(naked)]
unsafe extern "C" fn vector(call: &Call, rule: usize) {
    naked_asm!(
        define!(),
        r"
        .macro block k, w, s0, s1, s2, s3
        lb t0, 4*\k(\w)
        lb t1, 4*\k+1(\w)
        lb t2, 4*\k+2(\w)
        lb t3, 4*\k+3(\w)
        mul t0, t0, t4
        mul t1, t1, t4
        mul t2, t2, t4
        mul t3, t3, t4
        add \s0, \s0, t0
        add \s1, \s1, t1
        add \s2, \s2, t2
        add \s3, \s3, t3
        .endm
        .macro sixteen k
        lb t4, \k(a0)
        block \k, a1, s0, s1, s2, s3
        block \k, a6, s4, s5, s6, s7
        block \k, ra, s8, s9, s10, s11
        block \k, a7, a2, a3, a4, a5
        .endm
        .macro eight k
        lb t4, \k(a0)
        block \k, a1, s0, s1, s2, s3
        block \k, a6, s4, s5, s6, s7
        .endm
        .macro ten k
        eight \k
        lb t0, 4*\k(ra)
        lb t1, 4*\k+1(ra)
        mul t0, t0, t4
        mul t1, t1, t4
        add s8, s8, t0
        add s9, s9, t1
        .endm
        .macro four k
        lb t4, \k(a0)
        block \k, a1, s0, s1, s2, s3
        .endm
        .macro two k
        lb t4, \k(a0)
        lb t0, 4*\k(a1)
        lb t1, 4*\k+1(a1)
        mul t0, t0, t4
        mul t1, t1, t4
        add s0, s0, t0
        add s1, s1, t1
        .endm
        .macro advance by, x
        .ifnb \x
        addi \x, \x, \by
        .endif
        .endm
        .macro columns rows, second, third, fourth
        beq a1, t6, 2f
    1:
        .irp k, 0, 1, 2, 3, 4, 5, 6, 7
        \rows \k
        .endr
        addi a1, a1, 32
        advance 32, \second
        advance 32, \third
        advance 32, \fourth
        addi a0, a0, 8
        bne a1, t6, 1b
    2:
        andi t5, t5, 7
        beqz t5, 4f
        slli t5, t5, 2
        add t6, a1, t5
    3:
        \rows 0
        addi a1, a1, 4
        advance 4, \second
        advance 4, \third
        advance 4, \fourth
        addi a0, a0, 1
        bne a1, t6, 3b
    4:
        .endm
        .macro store row, rule, size
        beq t6, ra, 2f
    1:
        .irp r, 0, 1, 2, 3
        \row \r, \rule
        .endr
        addi t6, t6, 16
        addi a0, a0, 64
        addi a6, a6, 4*\size
        bne t6, ra, 1b
    2:
        beq t6, a4, 35f
    3:
        \row 0, \rule
        addi t6, t6, 4
        addi a0, a0, 16
        addi a6, a6, \size
        bne t6, a4, 3b
        j 35f
        .endm
        .macro row_i8 r, rule
        lw t4, 4*\r(t6)
        lw t0, 16*\r+4(a0)
        lw t1, 16*\r+8(a0)
        lw t2, 16*\r+12(a0)
        .ifc \rule, tflite
        slli t0, t0, 1
        .endif
        \rule t4
        addi t4, t4, -127
        saturate t4
        sb t4, \r(a6)
        .endm
        .macro row_i16 r, rule
        lw t4, 4*\r(t6)
        lw t0, 16*\r+4(a0)
        lw t1, 16*\r+8(a0)
        lw t2, 16*\r+12(a0)
        sll t4, t4, a2
        \rule t4
        sub t4, t4, t5
        srai t3, t4, 31
        and t4, t4, t3
        add t4, t4, a3
        srai t3, t4, 31
        or t4, t4, t3
        sub t4, t4, t5
        sh t4, 2*\r(a6)
        .endm

        enter 144
        sw a0, 52(sp)
        sw a1, 68(sp)
        lw t0, 16(a0)
        lw t1, 20(a0)
        lw t2, 32(a0)
        sw t0, 56(sp)
        sw t1, 60(sp)
        sw t2, 64(sp)
        lw a1, 0(a0)
    10:
        lw a0, 52(sp)
        lw t0, 56(sp)
        lw t1, 64(sp)
        lw t2, 68(sp)
        lw t5, 8(a0)
        lw a0, 4(a0)
        seqz t2, t2
        andi t6, t5, -8
        slli t6, t6, 2
        add t6, t6, a1
        lw s0, 0(t0)
        lw s1, 16(t0)
        lw s2, 32(t0)
        lw s3, 48(t0)
        sra s0, s0, t2
        sra s1, s1, t2
        sra s2, s2, t2
        sra s3, s3, t2
        li t3, 5
        bltu t1, t3, 24f

        lw s4, 64(t0)
        lw s5, 80(t0)
        lw s6, 96(t0)
        lw s7, 112(t0)
        sra s4, s4, t2
        sra s5, s5, t2
        sra s6, s6, t2
        sra s7, s7, t2
        slli a7, t5, 2
        add a6, a1, a7
        li t3, 16
        bltu t1, t3, 22f

        lw s8, 128(t0)
        lw s9, 144(t0)
        lw s10, 160(t0)
        lw s11, 176(t0)
        lw a2, 192(t0)
        lw a3, 208(t0)
        lw a4, 224(t0)
        lw a5, 240(t0)
        beqz t2, 21f
        .irp sum, s8, s9, s10, s11, a2, a3, a4, a5
        srai \sum, \sum, 1
        .endr
    21:
        add ra, a6, a7
        add a7, ra, a7
        columns sixteen, a6, ra, a7
        mv a1, a7
        sw s8, 112(sp)
        sw s9, 116(sp)
        sw s10, 120(sp)
        sw s11, 124(sp)
        sw a2, 128(sp)
        sw a3, 132(sp)
        sw a4, 136(sp)
        sw a5, 140(sp)
        li t2, 16
        j 23f
    22:
        addi t3, t1, -9
        sltiu t3, t3, 2
        beqz t3, 27f
        lw s8, 128(t0)
        lw s9, 144(t0)
        sra s8, s8, t2
        sra s9, s9, t2
        add ra, a6, a7
        columns ten, a6, ra
        sw s8, 112(sp)
        sw s9, 116(sp)
        li t2, 10
        j 23f
    27:
        columns eight, a6
        mv a1, a6
        li t2, 8
    23:
        sw s4, 96(sp)
        sw s5, 100(sp)
        sw s6, 104(sp)
        sw s7, 108(sp)
        j 30f

    24:
        li t3, 3
        bltu t1, t3, 25f
        columns four
        li t2, 4
        j 30f
    25:
        columns two
        li t2, 2

    30:
        lw t1, 64(sp)
        bgeu t1, t2, 31f
        mv t2, t1
    31:
        sub t1, t1, t2
        sw t1, 64(sp)
        sw s0, 80(sp)
        sw s1, 84(sp)
        sw s2, 88(sp)
        sw s3, 92(sp)
        addi t6, sp, 80
        slli t2, t2, 2
        andi t3, t2, -16
        add a4, t6, t2
        add ra, t6, t3
        lw a0, 56(sp)
        lw a6, 60(sp)
        lw a7, 68(sp)
        beqz a7, 33f
        addi a7, a7, -1
        beqz a7, 32f
        lw a2, 52(sp)
        lw a2, 28(a2)
        li t5, 32767
        slli a3, t5, 1
        store row_i16, nearest, 2
    32:
        store row_i8, nearest, 1
    33:
        store row_i8, tflite, 1
    35:
        lw t0, 64(sp)
        beqz t0, 36f
        sw a0, 56(sp)
        sw a6, 60(sp)
        j 10b
    36:
        leave 144
        ",
        forget!(),
        r"
        .purgem block
        .purgem sixteen
        .purgem eight
        .purgem ten
        .purgem four
        .purgem two
        .purgem advance
        .purgem columns
        .purgem store
        .purgem row_i8
        .purgem row_i16
        "
    )
}
