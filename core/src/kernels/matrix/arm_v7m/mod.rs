//! Armv7-M without the DSP extension (Cortex-M3): five instructions for four products, see [`super::arm_squares`].

#![allow(
    unsafe_code,
    reason = "whole functions in assembly; `call` checks every bound"
)]

#[macro_use]
mod requantise;

mod depthwise;
mod panel;
mod vector;

pub(super) use depthwise::{depthwise_nearest, depthwise_tflite};
pub(super) use panel::{panel_nearest, panel_tflite};
pub(super) use vector::{vector_i16, vector_nearest, vector_tflite};

pub(super) use super::arm_runs::copy_runs;

pub(super) const COLUMNS: usize = 4;

/// Columns are read where they lie.
pub(super) const PANEL_COLUMN: usize = 0;

/// Half a lane.
const HALF: u32 = 1 << 15;

/// One column lies behind the other.
pub(super) const fn column(column: usize) -> usize {
    column
}

/// Nothing is left to do.
pub(super) fn stage(_: usize, _: &mut [i8], _: usize) {}
