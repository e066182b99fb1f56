//! Assembly that the kernels share: registers saved, and what turns a sum into a stored value.

/// Defines assembler macros, which [`forget`] must drop at the end of the function, and lets the assembler use what
/// the target has: naked functions do not inherit it.
///
/// - `enter frame`, `leave frame`: makes room on the stack and saves at its lower end, up to byte 52, what a caller
///   expects to find again; takes that back and returns.
/// - `factor_nearest at`, `factor_tflite at`: loads the factor at `at(a0)` but for its bias: t0 multiplier, t1 add, t2 shift; t5 holds 127.
///   127 comes off the add, so that the upper bound is where the sign changes.
/// - `nearest x`, `tflite x`: the sum `x`, bias included, becomes the result less 127. For the tflite rule the factor
///   is doubled, so that `mulhsu` gives one bit more than the high product, which the first rounding needs.
/// - `saturate x`: that becomes the int8 value. Two instructions bring what is above 0 to 0, two what is below -1 to -1.
///
/// t3 is used up, or what `saturate` is told to use.
macro_rules! define {
    () => {
        r"
        .option push
        .option arch, +m, +c
        .macro enter frame
        addi sp, sp, -\frame
        sw s0, 0(sp)
        sw s1, 4(sp)
        sw s2, 8(sp)
        sw s3, 12(sp)
        sw s4, 16(sp)
        sw s5, 20(sp)
        sw s6, 24(sp)
        sw s7, 28(sp)
        sw s8, 32(sp)
        sw s9, 36(sp)
        sw s10, 40(sp)
        sw s11, 44(sp)
        sw ra, 48(sp)
        .endm
        .macro leave frame
        lw s0, 0(sp)
        lw s1, 4(sp)
        lw s2, 8(sp)
        lw s3, 12(sp)
        lw s4, 16(sp)
        lw s5, 20(sp)
        lw s6, 24(sp)
        lw s7, 28(sp)
        lw s8, 32(sp)
        lw s9, 36(sp)
        lw s10, 40(sp)
        lw s11, 44(sp)
        lw ra, 48(sp)
        addi sp, sp, \frame
        ret
        .endm
        .macro factor_nearest at
        lw t0, \at+4(a0)
        lw t1, \at+8(a0)
        lw t2, \at+12(a0)
        sll t3, t5, t2
        sub t1, t1, t3
        .endm
        .macro factor_tflite at
        factor_nearest \at
        slli t0, t0, 1
        .endm
        .macro nearest x
        mulh \x, \x, t0
        add \x, \x, t1
        sra \x, \x, t2
        .endm
        .macro tflite x
        slli \x, \x, 1
        mulhsu \x, \x, t0
        addi \x, \x, 1
        srai t3, \x, 31
        srai \x, \x, 1
        add \x, \x, t3
        add \x, \x, t1
        sra \x, \x, t2
        .endm
        .macro saturate x, sign=t3
        srai \sign, \x, 31
        and \x, \x, \sign
        addi \x, \x, 254
        srai \sign, \x, 31
        or \x, \x, \sign
        addi \x, \x, -127
        .endm
        "
    };
}

/// Drops the macros of [`define`].
macro_rules! forget {
    () => {
        r"
        .purgem enter
        .purgem leave
        .purgem factor_nearest
        .purgem factor_tflite
        .purgem nearest
        .purgem tflite
        .purgem saturate
        .option pop
        "
    };
}

pub(super) use define;
pub(super) use forget;
