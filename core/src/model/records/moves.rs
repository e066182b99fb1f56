//! Ops that move values without computing any: a rearrangement, a constant, a change of a picture's size.

use heapless::Vec;
use serde::Serialize;

use super::{Blob, View};

/// Most axes of one [`Rearrange`].
pub const MAX_AXES: usize = 6;

/// The index that stands for no place of the input, in the table of an [`Axis`].
pub const FILL: u16 = u16::MAX;

/// Values of the input in another order, several times, or not at all, and a fill between them.
///
/// The output is `axes[0].count * axes[1].count * ...` runs of `run` values. The run at the places `i` of the axes is the one that
/// starts at `start + sum of axes[k].index(i[k]) * axes[k].step` in the input, or is filled where an index is [`FILL`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Rearrange {
    /// What is read; its zero point does not count.
    pub input: View,
    /// What is written; its zero point does not count.
    pub output: View,
    /// Where the run of all indices 0 starts in the input.
    #[serde(with = "postcard::fixint::le")]
    pub start: u32,
    /// Axes of the output, outermost first.
    pub axes: Vec<Axis, MAX_AXES>,
    /// Values that lie side by side in input and output.
    #[serde(with = "postcard::fixint::le")]
    pub run: u32,
    /// The value between them.
    pub fill: i8,
}

/// An axis of a [`Rearrange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Axis {
    /// Places along the axis.
    pub count: u16,
    /// From index to index in the input.
    #[serde(with = "postcard::fixint::le")]
    pub step: i32,
    /// u16 `[count]` indices, 2-byte aligned; empty where place `i` has index `i`.
    pub indices: Blob,
}

/// Writes values from the weights section, for ops that read them as an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Constant {
    /// Any shape.
    pub output: View,
    /// int8, as many as the output has.
    pub values: Blob,
}

/// Another number of rows and columns, between which values are interpolated linearly, as TensorFlow Lite's int8 RESIZE_BILINEAR.
///
/// Output row `y` lies at `rows.first + y * rows.step` of 1/1024 rows, likewise columns; what lies beyond an edge is the edge. Each value is
/// the sum of four with weights of 20 bits, rounded half away from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Resize {
    /// `[h, w, c]`.
    pub input: View,
    /// `[oh, ow, c]`; zero points do not count.
    pub output: View,
    /// Where its rows lie.
    pub rows: Spread,
    /// Where its columns lie.
    pub columns: Spread,
}

/// Evenly spread places along an axis, in 1/1024 of a place of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Spread {
    /// The first one.
    #[serde(with = "postcard::fixint::le")]
    pub first: i32,
    /// From one to the next.
    #[serde(with = "postcard::fixint::le")]
    pub step: i32,
}
