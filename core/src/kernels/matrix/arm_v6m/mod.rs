//! Armv6-M (Cortex-M0): Thumb-1 only, eight instructions for four products, see [`super::arm_squares`].
//!
//! `rev16` stands in for the mask: it makes `odd + 256 * even` of a word, so that
//! `even * x0 + odd * x1 = word * a + rev16(word) * b`, modulo 2^32, with `a = (x0 - 256 * x1) * (2^16 + 1)` and
//! `b = (x1 - 256 * x0) * (2^16 + 1)`, as `(1 - 2^16) * (1 + 2^16) = 1`.

#![allow(
    unsafe_code,
    reason = "whole functions in assembly; `call` checks every bound"
)]

#[macro_use]
mod requantise;

mod copy;
mod depthwise;
mod vector;

pub(super) use copy::copy_runs;
pub(super) use depthwise::{depthwise_nearest, depthwise_tflite};
pub(super) use vector::{vector_i16, vector_nearest, vector_tflite};
/// A panel is one column.
pub(super) use {vector_nearest as panel_nearest, vector_tflite as panel_tflite};

pub(super) const COLUMNS: usize = 1;

/// Columns are read where they lie.
pub(super) const PANEL_COLUMN: usize = 0;

/// One column lies behind the other.
pub(super) const fn column(column: usize) -> usize {
    column
}

/// Nothing is left to do.
pub(super) fn stage(_: usize, _: &mut [i8], _: usize) {}
