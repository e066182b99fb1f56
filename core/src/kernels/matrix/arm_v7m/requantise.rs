//! From sums to results.

/// A sum to int8, rounded once. r1 bias, r2 multiplier, r3 add, r12 shift; r1 is lost.
macro_rules! nearest {
    ($sum:literal) => {
        concat!(
            "add ",
            $sum,
            ", ",
            $sum,
            ", r1\n",
            "smull lr, ",
            $sum,
            ", ",
            $sum,
            ", r2\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r3\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", r12\n",
            "ssat ",
            $sum,
            ", #8, ",
            $sum,
            "\n",
        )
    };
}

/// As `nearest`, with the double rounding: the product's lower half rounds the upper one.
macro_rules! tflite {
    ($sum:literal) => {
        concat!(
            "add ",
            $sum,
            ", r1, ",
            $sum,
            ", lsl #1\n",
            "smull lr, ",
            $sum,
            ", ",
            $sum,
            ", r2\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", lr, lsr #31\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", ",
            $sum,
            ", asr #31\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r3\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", r12\n",
            "ssat ",
            $sum,
            ", #8, ",
            $sum,
            "\n",
        )
    };
}

/// As `nearest`, to int16, with the left shift on the stack.
macro_rules! nearest_i16 {
    ($sum:literal) => {
        concat!(
            "add ",
            $sum,
            ", ",
            $sum,
            ", r1\n",
            "ldr lr, [sp, #{left}]\n",
            "lsl ",
            $sum,
            ", ",
            $sum,
            ", lr\n",
            "smull lr, ",
            $sum,
            ", ",
            $sum,
            ", r2\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r3\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", r12\n",
            "ssat ",
            $sum,
            ", #16, ",
            $sum,
            "\n",
        )
    };
}

/// The requantisation of the sums in the registers given, each with the factor at r0.
macro_rules! requantise {
    ($rule:ident, $($sum:literal)*) => {
        concat!($("ldm r0!, {{r1, r2, r3, r12}}\n", $rule!($sum),)*)
    };
}
