//! 3x3 filters in the Winograd domain.

use core::arch::naked_asm;

use super::super::abi::Product;
use super::text::{define, forget};

/// 4x4 pixels to the Winograd domain, one channel at a time.
///
/// a0 pixels, a1 from row to row, a2 channels, which is from pixel to pixel, a3 the first value of the tile.
///
/// a0 a4 a5 a6 a pixel of each row, a1 from the last pixel of a row to the next channel of the first, a7 channels left,
/// t4 t5 scratch; s0 to s11 and t0 to t3 the block, column by column.
///
/// ```text
/// for each channel:
///     block = B^T d         // column by column; [a, b, c, d] becomes [a - c, b + c, c - b, b - d]
///     V = block B           // row by row, alike
///     to[position] = V[position] for 16 positions, a tile of four
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
    naked_asm!(
        define!(),
        r"
        .macro column v0, v1, v2, v3, next
        lb \v0, 0(a0)
        lb t4, 0(a4)
        lb \v2, 0(a5)
        lb \v3, 0(a6)
        add a0, a0, \next
        add a4, a4, \next
        add a5, a5, \next
        add a6, a6, \next
        sub \v0, \v0, \v2
        add \v1, t4, \v2
        sub \v2, \v2, t4
        sub \v3, t4, \v3
        .endm
        .macro row i, v0, v1, v2, v3
        sub t4, \v0, \v2
        add t5, \v1, \v2
        sh t4, 32*\i(a3)
        sh t5, 32*\i+8(a3)
        sub t4, \v2, \v1
        sub t5, \v1, \v3
        sh t4, 32*\i+16(a3)
        sh t5, 32*\i+24(a3)
        .endm

        enter 64
        add a4, a0, a1
        add a5, a4, a1
        add a6, a5, a1
        slli a1, a2, 1
        add a1, a1, a2
        neg a1, a1
        addi a1, a1, 1
        mv a7, a2
    1:
        column s0, s1, s2, s3, a2
        column s4, s5, s6, s7, a2
        column s8, s9, s10, s11, a2
        column t0, t1, t2, t3, a1
        row 0, s0, s4, s8, t0
        row 1, s1, s5, s9, t1
        row 2, s2, s6, s10, t2
        row 3, s3, s7, s11, t3
        addi a7, a7, -1
        addi a3, a3, 128
        bnez a7, 1b
        leave 64
        ",
        forget!(),
        r"
        .purgem column
        .purgem row
        "
    )
}

/// Rounded once.
///
/// # Safety
///
/// Every field of `call` is as [`Product`] describes it; `call::multiply` has checked weights, factors, tiles, room
/// for sums and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn product_nearest(call: &Product) {
    naked_asm!("li a1, 0", "tail {product}", product = sym product)
}

/// Rounded twice.
///
/// # Safety
///
/// Every field of `call` is as [`Product`] describes it; `call::multiply` has checked weights, factors, tiles, room
/// for sums and outputs.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn product_tflite(call: &Product) {
    naked_asm!("li a1, 1", "tail {product}", product = sym product)
}

/// Blocks of four rows over four tiles: 16 sums, 40 instructions for each channel of each position.
///
/// a0 call, a1 the rule: 0 nearest, 1 tflite.
///
/// In the products: sums of tile 0 in s0 to s3, one for each row, of the others in s4 to s11 and a2 to a5. a1 weights,
/// t6 the position's end, a6 values, a7 the position's first value, a0 where sums go, ra where the loop over the
/// channels is entered; t0 to t3 weights, t4 a value, t5 a product. The first channel's products are sums already;
/// the others go eight in a round, the first round being entered late.
///
/// In the inverse transform: a0 sums, a1 outputs of the call, a6 row, a7 the rule, t0 to t3 outputs; s0 to s7 the columns
/// of `A^T M`, then four times a row's sums with the bias, which goes in at the position that all four contain;
/// a2 multiplier, a3 add, a4 shift, t4 to t6 and ra scratch.
///
/// On the stack: 52 call, 56 factors, 60 weights, 64 blocks left, 68 the rule, 72 row, 76 bytes of a position's weights,
/// 80 what the late entry takes off the values, 84 the loop's entry, 88 end of the first values, 96 for each row four
/// times the bias, multiplier, add, shift.
///
/// For the tflite rule `mulh` of four times the sum gives one bit more than the rounded high product. Half of a place
/// is added to it, or taken off below zero; that 2 is taken off at -1 too changes nothing, as half of the next rounding's
/// place, at least 1, comes on top.
///
/// ```text
/// for each block of four rows:
///     for each of 16 positions:
///         M[position][tile][row] = sum over channels of weights[position][row] * tiles[position][tile]
///     for each tile, each row:
///         Y = A^T M A       // 2x2 outputs, four times the sums; [a, b, c, d] becomes [a + b + c, b - c - d]
///         out[place][row] = saturate(factor(Y / 4))
/// ```
///
/// # Safety
///
/// Every field of `call` is as [`Product`] describes it; `call::multiply` has checked weights, factors, tiles, room
/// for sums and outputs.
#[unsafe(naked)]
unsafe extern "C" fn product(call: &Product, rule: usize) {
    naked_asm!(
        define!(),
        r"
        .macro weights k
        lh t0, 8*\k(a1)
        lh t1, 8*\k+2(a1)
        lh t2, 8*\k+4(a1)
        lh t3, 8*\k+6(a1)
        .endm
        .macro first at, s0, s1, s2, s3
        lh t4, \at(a7)
        mul \s0, t0, t4
        mul \s1, t1, t4
        mul \s2, t2, t4
        mul \s3, t3, t4
        .endm
        .macro tile at, s0, s1, s2, s3
        lh t4, \at(a6)
        mul t5, t0, t4
        add \s0, \s0, t5
        mul t5, t1, t4
        add \s1, \s1, t5
        mul t5, t2, t4
        mul t4, t3, t4
        add \s2, \s2, t5
        add \s3, \s3, t4
        .endm
        .macro inverse r, j, a, b
        lw t4, 64*\j+4*\r(a0)
        lw t5, 64*\j+256+4*\r(a0)
        lw t6, 64*\j+512+4*\r(a0)
        lw ra, 64*\j+768+4*\r(a0)
        .if \j == 1
        add t5, t5, a2
        .endif
        add \a, t4, t5
        sub \b, t5, t6
        add \a, \a, t6
        sub \b, \b, ra
        .endm
        .macro row r
        lw a2, 96+16*\r(sp)
        inverse \r, 0, s0, s1
        inverse \r, 1, s2, s3
        inverse \r, 2, s4, s5
        inverse \r, 3, s6, s7
        lw a2, 100+16*\r(sp)
        lw a3, 104+16*\r(sp)
        lw a4, 108+16*\r(sp)
        add s0, s0, s2
        add s1, s1, s3
        sub s2, s2, s4
        sub s3, s3, s5
        add s0, s0, s4
        add s1, s1, s5
        sub s2, s2, s6
        sub s3, s3, s7
        bnez a7, 1f
        .irp x, s0, s1, s2, s3
        srai \x, \x, 2
        mulh \x, \x, a2
        add \x, \x, a3
        sra \x, \x, a4
        .endr
        j 2f
    1:
        .irp x, s0, s1, s2, s3
        mulh \x, \x, a2
        srai t4, \x, 31
        add \x, \x, a3
        add \x, \x, t4
        add \x, \x, t4
        sra \x, \x, a4
        .endr
    2:
        .irp x, s0, s1, s2, s3
        saturate \x, t4
        .endr
        sb s0, \r(t0)
        sb s2, \r(t1)
        sb s1, \r(t2)
        sb s3, \r(t3)
        .endm

        enter 160
        sw a0, 52(sp)
        sw a1, 68(sp)
        sw zero, 72(sp)
        lw t0, 0(a0)
        lw t1, 4(a0)
        lw t2, 8(a0)
        lw t3, 12(a0)
        lw t4, 16(a0)
        sw t4, 56(sp)
        sw t0, 60(sp)
        sw t3, 64(sp)
        slli t4, t2, 3
        addi t1, t1, 128
        sw t4, 76(sp)
        sw t1, 88(sp)
        addi t2, t2, -1
        neg t3, t2
        andi t3, t3, 7
        slli t3, t3, 7
        li t4, 128
        sub t4, t4, t3
        sw t4, 80(sp)
        lla t5, 32f
        add t5, t5, t3
        bnez t2, 10f
        lla t5, 33f
    10:
        sw t5, 84(sp)

    20:
        lw t0, 52(sp)
        lw t1, 56(sp)
        lw t6, 68(sp)
        lw a1, 60(sp)
        lw a7, 4(t0)
        lw a0, 84(t0)
        addi t2, sp, 96
        addi t3, t2, 64
        bnez t6, 22f
    21:
        lw a2, 0(t1)
        lw a3, 4(t1)
        lw a4, 8(t1)
        lw a5, 12(t1)
        slli a2, a2, 2
        li t4, 127
        sll t4, t4, a5
        sub a4, a4, t4
        sw a2, 0(t2)
        sw a3, 4(t2)
        sw a4, 8(t2)
        sw a5, 12(t2)
        addi t1, t1, 16
        addi t2, t2, 16
        bne t2, t3, 21b
        j 23f
    22:
        lw a2, 0(t1)
        lw a3, 4(t1)
        lw a4, 8(t1)
        lw a5, 12(t1)
        slli a2, a2, 1
        li t4, 127
        sll t4, t4, a5
        sub a4, a4, t4
        slli a4, a4, 1
        addi a4, a4, 1
        addi a5, a5, 1
        sw a2, 0(t2)
        sw a3, 4(t2)
        sw a4, 8(t2)
        sw a5, 12(t2)
        addi t1, t1, 16
        addi t2, t2, 16
        bne t2, t3, 22b
    23:
        sw t1, 56(sp)
        lw ra, 84(sp)

    31:
        weights 0
        first 0, s0, s1, s2, s3
        first 2, s4, s5, s6, s7
        first 4, s8, s9, s10, s11
        first 6, a2, a3, a4, a5
        lw t4, 76(sp)
        lw t5, 80(sp)
        add t6, a1, t4
        add a6, a7, t5
        srai t5, t5, 4
        add a1, a1, t5
        jr ra
    32:
        .irp k, 0, 1, 2, 3, 4, 5, 6, 7
        weights \k
        tile 128*\k, s0, s1, s2, s3
        tile 128*\k+2, s4, s5, s6, s7
        tile 128*\k+4, s8, s9, s10, s11
        tile 128*\k+6, a2, a3, a4, a5
        .endr
        addi a1, a1, 64
        addi a6, a6, 1024
        bne a1, t6, 32b
    33:
        sw s0, 0(a0)
        sw s1, 4(a0)
        sw s2, 8(a0)
        sw s3, 12(a0)
        sw s4, 16(a0)
        sw s5, 20(a0)
        sw s6, 24(a0)
        sw s7, 28(a0)
        sw s8, 32(a0)
        sw s9, 36(a0)
        sw s10, 40(a0)
        sw s11, 44(a0)
        sw a2, 48(a0)
        sw a3, 52(a0)
        sw a4, 56(a0)
        sw a5, 60(a0)
        lw t4, 88(sp)
        addi a7, a7, 8
        addi a0, a0, 64
        bne a7, t4, 31b
        sw a1, 60(sp)

        lw a1, 52(sp)
        lw a6, 72(sp)
        lw a7, 68(sp)
        lw a0, 84(a1)
        addi a5, a0, 64
        addi a1, a1, 20
    40:
        lw t0, 0(a1)
        lw t1, 4(a1)
        lw t2, 8(a1)
        lw t3, 12(a1)
        add t0, t0, a6
        add t1, t1, a6
        add t2, t2, a6
        add t3, t3, a6
        row 0
        row 1
        row 2
        row 3
        addi a0, a0, 16
        addi a1, a1, 16
        bne a0, a5, 40b

        lw t0, 64(sp)
        addi a6, a6, 4
        addi t0, t0, -1
        sw a6, 72(sp)
        sw t0, 64(sp)
        bnez t0, 20b
        leave 160
        ",
        forget!(),
        r"
        .purgem weights
        .purgem first
        .purgem tile
        .purgem inverse
        .purgem row
        "
    )
}
