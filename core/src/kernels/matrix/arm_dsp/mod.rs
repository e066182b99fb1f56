//! Armv7E-M and Armv8-M with the DSP extension: Cortex-M4, M7, M33. Reads [`Packing::Pairs`](crate::model::records::Packing::Pairs).
//!
//! A 16-bit lane of weights is `256 * odd + even`, so one `smlad` sums two rows at once, `256 * B + A`, and a second one
//! after `sxtb16` sums `A` alone; `B` is their difference, shifted right by 8, exact as long as `|B| < 2^23`. That is half
//! a `smlad` and, shared by three columns, a twelfth of a `sxtb16` a product, against one `sxtb16` where each row is
//! unpacked by itself.
//!
//! - `columns`: patches to the panel's three columns; `panel`: the product of a matrix with them;
//! - `vector`: the product with one column; `depthwise`; `winograd`.

#![allow(unsafe_code, reason = "assembly over the pointers of a checked call")]

/// A sum with the row's bias in `$x`, multiplier, add and shift in r9, r10, r11, to the stored value; r8 is lost.
///
/// tflite rounds negative numbers the other way, which takes 1 off: off the add, by the sign of the sum, so that one
/// instruction multiplies and adds. Where the sum is negative and its product rounds to 0, that 1 has no effect, as the
/// add holds half of the last place.
macro_rules! requantise {
    (nearest, $x:literal, $bits:literal) => {
        concat!(
            "smmla ",
            $x,
            ", ",
            $x,
            ", r9, r10\n",
            "asr ",
            $x,
            ", ",
            $x,
            ", r11\n",
            "ssat ",
            $x,
            ", #",
            $bits,
            ", ",
            $x,
            "\n",
        )
    };
    (tflite, $x:literal, $bits:literal) => {
        concat!(
            "add r8, r10, ",
            $x,
            ", asr #31\n",
            "smmlar ",
            $x,
            ", ",
            $x,
            ", r9, r8\n",
            "asr ",
            $x,
            ", ",
            $x,
            ", r11\n",
            "ssat ",
            $x,
            ", #",
            $bits,
            ", ",
            $x,
            "\n",
        )
    };
}

/// Adds the bias in r8 to a whole sum.
macro_rules! even {
    (nearest, $x:literal) => {
        concat!("add.w ", $x, ", ", $x, ", r8\n")
    };
    (tflite, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", lsl #1\n")
    };
}

/// Adds the bias in r8 to a sum that is still multiplied by 256.
macro_rules! odd {
    (nearest, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", asr #8\n")
    };
    (tflite, $x:literal) => {
        concat!("add ", $x, ", r8, ", $x, ", asr #7\n")
    };
}

mod columns;
mod depthwise;
mod panel;
mod vector;
mod winograd;

pub(super) use columns::{stage, take_all};
pub(super) use depthwise::{corner_nearest, corner_tflite, depthwise_nearest, depthwise_tflite};
pub(super) use panel::{panel_nearest, panel_tflite};
pub(super) use vector::{
    vector_i16, vector_nearest, vector_shared_nearest, vector_shared_tflite, vector_tflite,
};
pub(super) use winograd::{product_nearest, product_tflite, transform};

pub(super) use super::arm_runs::copy_runs;

pub(super) const COLUMNS: usize = 3;

/// Rows and channels that a Winograd product takes at a time.
pub(super) const PRODUCT: (usize, usize) = (2, 4);

/// Bytes from tile to tile: two channels.
pub(super) const TILE_STEP: usize = 4;

/// The panel lies behind the one patch that columns are gathered into.
pub(super) const PANEL_COLUMN: usize = 1;

/// All columns are gathered into the same patch.
pub(super) const fn column(_: usize) -> usize {
    0
}
