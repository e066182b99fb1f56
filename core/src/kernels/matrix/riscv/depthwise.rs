//! Depthwise filters.

use core::arch::naked_asm;

use super::super::abi::Filters;
use super::text::{define, forget};

/// Rounded once.
///
/// # Safety
///
/// Every field of `filters` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn depthwise_nearest(filters: &Filters) {
    naked_asm!("li a1, 0", "tail {depthwise}", depthwise = sym depthwise)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `filters` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn depthwise_tflite(filters: &Filters) {
    naked_asm!("li a1, 1", "tail {depthwise}", depthwise = sym depthwise)
}

/// Four channels of a pixel at a time: all pixels of a block of channels, then the next block.
///
/// a0 filters, a1 what biases are doubled by (0 or 1).
///
/// s0 to s3 sums, s4 to s7 biases, s8 pixel, s9 its output, s10 pixels left; a0 factors, a1 weights, a2 tap, a3 taps left,
/// a4 row of taps, a5 rows left, a6 taps, a7 from tap to tap, ra from row to row; t0 to t3 products, t4 a value.
/// On the stack: 52 filters, 56 first pixel, 60 its output, 64 blocks left, 68 is tflite, 72 weights, 76 factors.
///
/// ```text
/// for each block of four channels:
///     for each pixel:
///         sums[0..4] = bias[0..4]
///         for each tap row:
///             for each tap of the row:
///                 for c in 0..4: sums[c] += x[c] * weights[c]
///         for c in 0..4: out[pixel][c] = saturate(factor[c](sums[c]))
/// ```
///
/// # Safety
///
/// Every field of `filters` is as [`Filters`] describes it; `call::depthwise` has checked that every tap of every
/// pixel may be read.
#[unsafe(naked)]
unsafe extern "C" fn depthwise(filters: &Filters, tflite: usize) {
    naked_asm!(
        define!(),
        r"
        .macro tap c, sum
        lb t4, \c(a2)
        lb t0, \c(a1)
        mul t0, t0, t4
        add \sum, \sum, t0
        .endm
        .macro rows rule
        .irp r, 0, 1, 2, 3
        factor_\rule 16*\r
        \rule s\r
        saturate s\r
        sb s\r, \r(s9)
        .endr
        .endm

        enter 80
        sw a0, 52(sp)
        sw a1, 68(sp)
        lw t0, 4(a0)
        lw t1, 32(a0)
        lw t2, 44(a0)
        lw t3, 0(a0)
        lw t4, 28(a0)
        sw t0, 56(sp)
        sw t1, 60(sp)
        sw t2, 64(sp)
        sw t3, 72(sp)
        sw t4, 76(sp)
        lw ra, 12(a0)
        lw a7, 16(a0)
        lw a6, 24(a0)
    1:
        lw t0, 52(sp)
        lw a0, 76(sp)
        lw t1, 68(sp)
        lw s8, 56(sp)
        lw s9, 60(sp)
        lw s10, 40(t0)
        lw s4, 0(a0)
        lw s5, 16(a0)
        lw s6, 32(a0)
        lw s7, 48(a0)
        sra s4, s4, t1
        sra s5, s5, t1
        sra s6, s6, t1
        sra s7, s7, t1
    2:
        lw t0, 52(sp)
        lw a1, 72(sp)
        mv s0, s4
        mv s1, s5
        mv s2, s6
        mv s3, s7
        lw a5, 20(t0)
        mv a4, s8
    3:
        mv a2, a4
        mv a3, a6
    4:
        tap 0, s0
        tap 1, s1
        tap 2, s2
        tap 3, s3
        addi a3, a3, -1
        add a2, a2, a7
        addi a1, a1, 4
        bnez a3, 4b
        addi a5, a5, -1
        add a4, a4, ra
        bnez a5, 3b
        lw t4, 68(sp)
        li t5, 127
        bnez t4, 5f
        rows nearest
        j 6f
    5:
        rows tflite
    6:
        lw t0, 52(sp)
        addi s10, s10, -1
        lw t1, 8(t0)
        lw t2, 36(t0)
        add s8, s8, t1
        add s9, s9, t2
        bnez s10, 2b
        lw t0, 56(sp)
        lw t1, 60(sp)
        lw t2, 64(sp)
        addi t0, t0, 4
        addi t1, t1, 4
        addi t2, t2, -1
        addi a0, a0, 64
        sw t0, 56(sp)
        sw t1, 60(sp)
        sw t2, 64(sp)
        sw a1, 72(sp)
        sw a0, 76(sp)
        bnez t2, 1b
        leave 80
        ",
        forget!(),
        r"
        .purgem tap
        .purgem rows
        "
    )
}
