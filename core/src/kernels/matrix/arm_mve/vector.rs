//! Four rows at a time over one column: 64 products for five loads.

use core::arch::naked_asm;

use super::super::abi::Call;

/// Loads the factors of four rows into q0 to q3, bias, multiplier, add, shift, from `$at`, which moves on. The doubled
/// bias of tflite is halved, as `vqrdmulh` doubles its product; the right shift becomes one to the left.
macro_rules! factors {
    ($rule:ident, $at:literal) => {
        concat!(
            "vld40.32 {{q0, q1, q2, q3}}, [",
            $at,
            "]\n",
            "vld41.32 {{q0, q1, q2, q3}}, [",
            $at,
            "]\n",
            "vld42.32 {{q0, q1, q2, q3}}, [",
            $at,
            "]\n",
            "vld43.32 {{q0, q1, q2, q3}}, [",
            $at,
            "]!\n",
            factors!($rule),
            "vneg.s32 q3, q3\n",
        )
    };
    (nearest) => {
        ""
    };
    (tflite) => {
        "vshr.s32 q0, q0, #1\n"
    };
}

/// Four rows' sums in `$x` to int8, one in the lowest byte of each lane, by the factors in q0 to q3; q4 is lost.
macro_rules! rows {
    ($rule:ident, $x:literal) => {
        concat!(
            "vadd.i32 ",
            $x,
            ", ",
            $x,
            ", q0\n",
            requantise!($rule, $x, "q4", "q1", "q2", "q3"),
            "vqmovnb.s32 ",
            $x,
            ", ",
            $x,
            "\n",
            "vqmovnb.s16 ",
            $x,
            ", ",
            $x,
            "\n",
        )
    };
}

/// 16 values of depth of four rows: 64 products. `$mac` starts sums or adds to them.
macro_rules! unit {
    ($mac:literal) => {
        concat!(
            "vldrb.u8 q0, [r3], #16\n",
            "vldrb.u8 q2, [r1, #16]\n",
            "vldrb.u8 q3, [r1, #32]\n",
            $mac,
            ".s8 r2, q0, q2\n",
            "vldrb.u8 q2, [r1, #48]\n",
            $mac,
            ".s8 r4, q0, q3\n",
            "vldrb.u8 q1, [r1], #64\n",
            $mac,
            ".s8 r6, q0, q2\n",
            $mac,
            ".s8 r0, q0, q1\n",
        )
    };
}

/// Four rows' results from the sums in q5.
macro_rules! results {
    (i16) => {
        concat!(
            factors!(nearest, "r9"),
            "vadd.i32 q5, q5, q0\n",
            "vshl.s32 q5, r10\n",
            requantise!(nearest, "q5", "q4", "q1", "q2", "q3"),
            "vqmovnb.s32 q5, q5\n",
        )
    };
    ($rule:ident) => {
        concat!(factors!($rule, "r9"), rows!($rule, "q5"))
    };
}

/// Stores results to r7, all four or under a predicate.
macro_rules! store {
    (i16) => {
        "vstrh.32 q5, [r7], #8\n"
    };
    (i16 some) => {
        "vstrht.32 q5, [r7]\n"
    };
    ($rule:ident) => {
        "vstrb.32 q5, [r7], #4\n"
    };
    ($rule:ident some) => {
        "vstrbt.32 q5, [r7]\n"
    };
}

/// All blocks of four rows: one unit of depth or two, then two at a time. What is left of the rows may be fewer.
macro_rules! blocks {
    ($rule:ident, $top:literal, $units:expr) => {
        concat!(
            $top,
            ":\n",
            $units,
            "wls lr, r8, 3f\n",
            "2:\n",
            unit!("vmladava"),
            unit!("vmladava"),
            "le lr, 2b\n",
            "3:\n",
            "vmov q5[2], q5[0], r0, r4\n",
            "vmov q5[3], q5[1], r2, r6\n",
            "sub r3, r3, r5\n",
            results!($rule),
            "subs r11, r11, #4\n",
            "blt 9f\n",
            store!($rule),
            "bgt ",
            $top,
            "b\n",
            "b 8f\n",
        )
    };
}

/// r1 weights, r3 column, r0 r2 r4 r6 sums, r5 depth, r11 rows left, r8 pairs of units of depth after the first one or
/// two, r9 factors, r10 left shift, r7 output.
///
/// ```text
/// for each block of four rows:
///     sums[row] = 0
///     for each 16 depths:   // one unit or two, then two at a time
///         for each row: sums[row] += sum of 16 products of weights[row] and x
///     out[row] = saturate(requantise(sums + bias)), for the rows that are there
/// ```
macro_rules! vector_kernel {
    ($name:ident, $rule:ident) => {
        /// # Safety
        ///
        /// Every field of `call` is as [`Call`] describes it; `call::run` and its callers have checked weights, factors,
        /// column and outputs.
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(call: &Call) {
            naked_asm!(
                ".cpu cortex-m55",
                "push {{r4-r11, lr}}",
                "vpush {{d8-d11}}",
                "ldrd r1, r3, [r0]",
                "ldr r5, [r0, #8]",
                "ldrd r9, r7, [r0, #16]",
                "ldrd r10, r11, [r0, #28]",
                "lsr r8, r5, #4",
                "sub r8, r8, #1",
                "lsrs r8, r8, #1",
                "bcs 4f",
                blocks!($rule, "1", unit!("vmladav")),
                blocks!($rule, "4", concat!(unit!("vmladav"), unit!("vmladava"))),
                "9:",
                "add r11, r11, #4",
                "vctp.32 r11",
                "vpst",
                store!($rule some),
                "8:",
                "vpop {{d8-d11}}",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

vector_kernel!(vector_nearest, nearest);
vector_kernel!(vector_tflite, tflite);
vector_kernel!(vector_i16, i16);
