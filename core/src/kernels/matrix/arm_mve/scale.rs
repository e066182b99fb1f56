//! From sums to results.

/// Results from sums with bias in `$x`, by multipliers, adds and negative shifts; `$t` is lost.
macro_rules! requantise {
    (nearest, $x:literal, $t:literal, $multiplier:literal, $add:literal, $shift:literal) => {
        concat!(
            "vmulh.s32 ",
            $x,
            ", ",
            $x,
            ", ",
            $multiplier,
            "\n",
            "vadd.i32 ",
            $x,
            ", ",
            $x,
            ", ",
            $add,
            "\n",
            "vshl.s32 ",
            $x,
            ", ",
            $x,
            ", ",
            $shift,
            "\n",
        )
    };
    (tflite, $x:literal, $t:literal, $multiplier:literal, $add:literal, $shift:literal) => {
        concat!(
            "vqrdmulh.s32 ",
            $x,
            ", ",
            $x,
            ", ",
            $multiplier,
            "\n",
            "vshr.s32 ",
            $t,
            ", ",
            $x,
            ", #31\n",
            "vadd.i32 ",
            $x,
            ", ",
            $x,
            ", ",
            $add,
            "\n",
            "vadd.i32 ",
            $x,
            ", ",
            $x,
            ", ",
            $t,
            "\n",
            "vshl.s32 ",
            $x,
            ", ",
            $x,
            ", ",
            $shift,
            "\n",
        )
    };
}
