//! RV32IMC and RV32IMAC: scalar integer instructions. Reads [`Packing::Quads`](crate::model::records::Packing::Quads).
//!
//! A product is a `mul` and an `add`, whatever is tried: two products in one register have 16 bits each, which two
//! terms of 127 * 128 fill, and taking them apart again costs what it saved. What can be shared is loads: a panel of
//! four rows and four columns loads half a byte a product, a column under sixteen rows one byte and a sixteenth.
//!
//! Words are loaded from aligned places only; columns are read byte by byte.

#![allow(unsafe_code, reason = "assembly over the pointers of a checked call")]

mod copy;
mod depthwise;
mod panel;
mod text;
mod vector;
mod winograd;

pub(super) use copy::copy_runs;
pub(super) use depthwise::{depthwise_nearest, depthwise_tflite};
pub(super) use panel::{panel_nearest, panel_tflite};
pub(super) use vector::{vector_i16, vector_nearest, vector_tflite};
pub(super) use winograd::{product_nearest, product_tflite, transform};

pub(super) const COLUMNS: usize = 4;

/// Rows and channels that a Winograd product takes at a time.
pub(super) const PRODUCT: (usize, usize) = (4, 1);

/// Bytes from tile to tile: one value.
pub(super) const TILE_STEP: usize = 2;

/// Columns are read where they were gathered.
pub(super) const PANEL_COLUMN: usize = 0;

/// One column lies behind the other.
pub(super) const fn column(column: usize) -> usize {
    column
}

/// Nothing is left to do.
pub(super) fn stage(_: usize, _: &mut [i8], _: usize) {}
