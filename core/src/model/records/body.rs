//! The start of the body, and the heads.

use serde::Serialize;

use super::{Span, View};

/// One question that the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Head<'a> {
    /// The head's name.
    pub name: &'a str,
    /// Class names, separated by '\n'.
    pub classes: &'a str,
    /// One softmax score a class.
    pub scores: View,
    /// Defer to a person where the best score (0 to 255, in 1/256) is below this.
    pub defer_below: u8,
}

/// The start of the postcard body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Body<'a> {
    /// The model's name.
    pub name: &'a str,
    /// Bytes of arena kept between calls: streaming state and encodings. They come first.
    pub persistent_len: u32,
    /// Number of inputs.
    pub input_count: u8,
    /// Number of heads.
    pub head_count: u8,
    /// [`Input`](super::Input) records.
    pub inputs: &'a [u8],
    /// [`Field`](super::Field) records of all record inputs.
    pub fields: &'a [u8],
    /// [`Op`](super::Op) records of all inputs and of the trunk.
    pub ops: &'a [u8],
    /// The trunk: fusion and heads, in `ops`.
    pub trunk: Span,
    /// [`Head`] records.
    pub heads: &'a [u8],
    /// For reports: the processor that the exporter packed weights for, `generic` where it packed none. What can be
    /// run is decided by the op records.
    pub target: &'a str,
    /// For reports: by how many percent the exporter was allowed to let the file grow for faster algorithms.
    pub flash_growth: u16,
}
