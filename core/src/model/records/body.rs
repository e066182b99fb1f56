//! The start of the body, and the heads.

use serde::Serialize;

use super::{Scale, Span, View};

/// One question that the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Head<'a> {
    /// The head's name.
    pub name: &'a str,
    /// What its scores are.
    #[cfg_attr(any(test, feature = "parity"), serde(borrow))]
    pub answer: Answer<'a>,
    /// One softmax score a class, or the values of a tensor.
    pub scores: View,
}

/// What a head answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Answer<'a> {
    /// One of several classes.
    Classes {
        /// Class names, separated by '\n'.
        names: &'a str,
        /// Defer to a person where the best score (0 to 255, in 1/256) is below this.
        defer_below: u8,
    },
    /// A plain int8 tensor: real value = scale * (stored - zero point of the scores).
    Tensor {
        /// The real scale, as that of a [`TensorParams`](super::TensorParams).
        scale: Scale,
    },
}

impl<'a> Head<'a> {
    /// Class names, separated by '\n'; none of a head that answers with a tensor.
    pub const fn classes(&self) -> &'a str {
        match self.answer {
            Answer::Classes { names, .. } => names,
            Answer::Tensor { .. } => "",
        }
    }

    /// The score below which the terminal defers to a person; 0 of a head that answers with a tensor.
    pub const fn defer_below(&self) -> u8 {
        match self.answer {
            Answer::Classes { defer_below, .. } => defer_below,
            Answer::Tensor { .. } => 0,
        }
    }
}

/// The start of the postcard body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Body<'a> {
    /// The model's name.
    pub name: &'a str,
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
