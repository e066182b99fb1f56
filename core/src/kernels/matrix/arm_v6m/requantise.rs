//! From sums to results.
//!
//! There is no product of 64 bits. Of a sum `s`, split into `high * 2^16 + low` with a signed `low`, and a multiplier
//! `upper * 2^16 + lower`, four products of halves are taken:
//! `s * multiplier >> 16 = (high * upper << 16) + high * lower + low * upper + (low * lower >> 16)`. Every op's check has found `|s| < 2^30`,
//! so the last three fit 32 bits together.

/// From the sum in r0, after its bias, and the multiplier in r2: the sum's upper half times the multiplier's in r0, all
/// other products in r5, the latter 2^16 times as fine. Loses r1, r2, r6.
macro_rules! products {
    () => {
        "movs r6, #0
        sxth r1, r0
        asrs r0, r0, #16
        adcs r0, r6
        uxth r5, r2
        lsrs r2, r2, #16
        mov r6, r1
        muls r6, r5
        asrs r6, r6, #16
        muls r5, r0
        adds r5, r5, r6
        muls r1, r2
        adds r5, r5, r1
        muls r0, r2
        "
    };
}

/// Limits r0 to int8. Loses r1.
macro_rules! saturate_i8 {
    () => {
        "subs r0, #127
        asrs r1, r0, #31
        ands r0, r1
        adds r0, #255
        asrs r1, r0, #31
        bics r0, r1
        subs r0, #128
        "
    };
}

/// A sum in r0 to int8, rounded once, with the factor at r7. Loses r1 to r6.
macro_rules! nearest {
    () => {
        concat!(
            "ldm r7!, {{r1, r2, r3, r4}}
            adds r0, r0, r1
            ",
            products!(),
            "asrs r5, r5, #16
            adds r0, r0, r5
            adds r0, r0, r3
            asrs r0, r4
            ",
            saturate_i8!(),
        )
    };
}

/// As `nearest`, with the double rounding. Sums are not doubled, as their product would not fit; it is.
macro_rules! tflite {
    () => {
        concat!(
            "ldm r7!, {{r1, r2, r3, r4}}
            asrs r1, r1, #1
            adds r0, r0, r1
            ",
            products!(),
            "adds r0, r0, r0
            asrs r5, r5, #15
            adcs r0, r5
            asrs r1, r0, #31
            adds r0, r0, r1
            adds r0, r0, r3
            asrs r0, r4
            ",
            saturate_i8!(),
        )
    };
}

/// As `nearest`, to int16, with the left shift on the stack.
macro_rules! nearest_i16 {
    () => {
        concat!(
            "ldm r7!, {{r1, r2, r3, r4}}
            adds r0, r0, r1
            ldr r6, [sp, #{left}]
            lsls r0, r6
            ",
            products!(),
            "asrs r5, r5, #16
            adds r0, r0, r5
            adds r0, r0, r3
            asrs r0, r4
            movs r2, #1
            lsls r2, r2, #15
            subs r0, r0, r2
            adds r0, #1
            asrs r1, r0, #31
            ands r0, r1
            adds r0, r0, r2
            adds r0, r0, r2
            subs r0, #1
            asrs r1, r0, #31
            bics r0, r1
            subs r0, r0, r2
            ",
        )
    };
}

/// The result of the sum in r0, stored as the n-th at the address in lr.
macro_rules! finish {
    ($rule:ident, $store:literal, $size:literal, $n:literal) => {
        concat!(
            $rule!(),
            "mov r1, lr\n",
            $store,
            " r0, [r1, #",
            $n,
            "*",
            $size,
            "]\n"
        )
    };
}
