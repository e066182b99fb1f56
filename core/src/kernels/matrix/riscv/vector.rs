//! One column.

use core::arch::naked_asm;

use super::super::call::Call;
use super::text::{define, forget};

/// Rounded once.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_nearest(call: &Call) {
    naked_asm!("li a1, 0", "tail {vector}", vector = sym vector)
}

/// Rounded twice.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_tflite(call: &Call) {
    naked_asm!("li a1, 1", "tail {vector}", vector = sym vector)
}

/// Rounded once, to int16.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn vector_i16(call: &Call) {
    naked_asm!("li a1, 2", "tail {vector}", vector = sym vector)
}

/// Sixteen rows at a time while there are as many, then four.
///
/// a0 call, a1 the rule: 0 nearest, 1 tflite, 2 nearest to int16.
///
/// Sums: s0 to s11, then a2 to a5. a1 a6 a7 ra weights of four blocks, t6 the first's end, a0 column; t0 to t3 weights,
/// then products, t4 a value. The sums go through the stack: at the end a0 factors, a6 output, a7 the rule,
/// t6 sums, ra their end.
/// On the stack: 52 call, 56 factors, 60 output, 64 blocks left, 68 the rule, from 80 on sixteen sums.
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
        block \k, a7, s8, s9, s10, s11
        block \k, ra, a2, a3, a4, a5
        .endm
        .macro four k
        lb t4, \k(a0)
        block \k, a1, s0, s1, s2, s3
        .endm
        .macro row_i8 r, rule
        lw t4, 4*\r(t6)
        factor_\rule 16*\r
        \rule t4
        saturate t4
        sb t4, \r(a6)
        .endm
        .macro row_i16 r
        lw t4, 4*\r(t6)
        lw t0, 16*\r+4(a0)
        lw t1, 16*\r+8(a0)
        lw t2, 16*\r+12(a0)
        sll t4, t4, a2
        nearest t4
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
        lw t2, 12(a0)
        sw t0, 56(sp)
        sw t1, 60(sp)
        sw t2, 64(sp)
        lw a1, 0(a0)
    1:
        lw a0, 52(sp)
        lw t0, 56(sp)
        lw t1, 64(sp)
        lw t2, 68(sp)
        li t3, 4
        lw t5, 8(a0)
        lw a0, 4(a0)
        andi t2, t2, 1
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
        bltu t1, t3, 20f

        lw s4, 64(t0)
        lw s5, 80(t0)
        lw s6, 96(t0)
        lw s7, 112(t0)
        lw s8, 128(t0)
        lw s9, 144(t0)
        lw s10, 160(t0)
        lw s11, 176(t0)
        lw a2, 192(t0)
        lw a3, 208(t0)
        lw a4, 224(t0)
        lw a5, 240(t0)
        beqz t2, 11f
        .irp sum, s4, s5, s6, s7, s8, s9, s10, s11, a2, a3, a4, a5
        srai \sum, \sum, 1
        .endr
    11:
        slli t3, t5, 2
        add a6, a1, t3
        add a7, a6, t3
        add ra, a7, t3
        beq a1, t6, 13f
    12:
        .irp k, 0, 1, 2, 3, 4, 5, 6, 7
        sixteen \k
        .endr
        addi a1, a1, 32
        addi a6, a6, 32
        addi a7, a7, 32
        addi ra, ra, 32
        addi a0, a0, 8
        bne a1, t6, 12b
    13:
        andi t5, t5, 7
        beqz t5, 15f
        slli t5, t5, 2
        add t6, a1, t5
    14:
        sixteen 0
        addi a1, a1, 4
        addi a6, a6, 4
        addi a7, a7, 4
        addi ra, ra, 4
        addi a0, a0, 1
        bne a1, t6, 14b
    15:
        mv a1, ra
        sw s4, 96(sp)
        sw s5, 100(sp)
        sw s6, 104(sp)
        sw s7, 108(sp)
        sw s8, 112(sp)
        sw s9, 116(sp)
        sw s10, 120(sp)
        sw s11, 124(sp)
        sw a2, 128(sp)
        sw a3, 132(sp)
        sw a4, 136(sp)
        sw a5, 140(sp)
        lw t1, 64(sp)
        addi ra, sp, 144
        addi t1, t1, -4
        j 30f

    20:
        beq a1, t6, 23f
    22:
        .irp k, 0, 1, 2, 3, 4, 5, 6, 7
        four \k
        .endr
        addi a1, a1, 32
        addi a0, a0, 8
        bne a1, t6, 22b
    23:
        andi t5, t5, 7
        beqz t5, 25f
        slli t5, t5, 2
        add t6, a1, t5
    24:
        four 0
        addi a1, a1, 4
        addi a0, a0, 1
        bne a1, t6, 24b
    25:
        lw t1, 64(sp)
        addi ra, sp, 96
        addi t1, t1, -1

    30:
        sw t1, 64(sp)
        sw s0, 80(sp)
        sw s1, 84(sp)
        sw s2, 88(sp)
        sw s3, 92(sp)
        addi t6, sp, 80
        lw a0, 56(sp)
        lw a6, 60(sp)
        lw a7, 68(sp)
        li t5, 127
        beqz a7, 31f
        addi a7, a7, -1
        beqz a7, 32f
        j 33f
    31:
        .irp r, 0, 1, 2, 3
        row_i8 \r, nearest
        .endr
        addi t6, t6, 16
        addi a0, a0, 64
        addi a6, a6, 4
        bne t6, ra, 31b
        j 35f
    32:
        .irp r, 0, 1, 2, 3
        row_i8 \r, tflite
        .endr
        addi t6, t6, 16
        addi a0, a0, 64
        addi a6, a6, 4
        bne t6, ra, 32b
        j 35f
    33:
        lw a2, 52(sp)
        lw a2, 28(a2)
        li t5, 32767
        slli a3, t5, 1
    34:
        .irp r, 0, 1, 2, 3
        row_i16 \r
        .endr
        addi t6, t6, 16
        addi a0, a0, 64
        addi a6, a6, 8
        bne t6, ra, 34b
    35:
        lw t0, 64(sp)
        sw a0, 56(sp)
        sw a6, 60(sp)
        bnez t0, 1b
        leave 144
        ",
        forget!(),
        r"
        .purgem block
        .purgem sixteen
        .purgem four
        .purgem row_i8
        .purgem row_i16
        "
    )
}
