//! Where things lie, and the factors and bounds that many records share.

use serde::Serialize;

/// An int8 tensor `[h, w, c]` in the arena, row-major (NHWC with batch 1).
///
/// A sequence of `t` vectors is `[t, 1, c]`, a vector `[1, 1, c]`.
/// Real value = scale * (stored - `zero_point`); scales are folded into multipliers at export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct View {
    /// First byte in the arena.
    #[serde(with = "postcard::fixint::le")]
    pub offset: u32,
    /// Rows, or steps of a sequence.
    pub h: u16,
    /// Columns.
    pub w: u16,
    /// Channels.
    pub c: u16,
    /// The stored value that stands for real zero.
    pub zero_point: i8,
}

/// A sequence of u16 ids (little-endian, 2-byte aligned) in the arena; how many are valid is known at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Ids {
    /// First byte in the arena.
    #[serde(with = "postcard::fixint::le")]
    pub offset: u32,
    /// Most ids that fit.
    pub max: u16,
}

/// Constant bytes in the weights section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Blob {
    /// First byte, counted from the start of the weights section.
    #[serde(with = "postcard::fixint::le")]
    pub offset: u32,
    /// Length in bytes.
    #[serde(with = "postcard::fixint::le")]
    pub len: u32,
}

/// A byte range: of records in the op section, or of arena memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Span {
    /// First byte.
    #[serde(with = "postcard::fixint::le")]
    pub offset: u32,
    /// Length in bytes.
    #[serde(with = "postcard::fixint::le")]
    pub len: u32,
}

/// How a product of accumulator and multiplier is rounded; see [`crate::num::requantise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Rounding {
    /// Rounded once, half up: `(acc * multiplier + half) >> total`.
    Nearest,
    /// As TensorFlow Lite: saturating rounding doubling high multiply, then rounding divide by a power of two.
    Tflite,
}

/// One factor for a whole tensor: `multiplier * 2^(shift - 31)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Scale {
    /// Q31 mantissa, 0 or in `[2^29, 2^31)`: below 2^30 only where a normalised one would round otherwise.
    #[serde(with = "postcard::fixint::le")]
    pub multiplier: i32,
    /// Power of two, positive to the left, in `[-31, 30]`.
    pub shift: i8,
}

/// One factor for each output channel, or one for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Requant {
    /// The rounding rule.
    pub rounding: Rounding,
    /// i32 `[channels]` or `[1]`, as [`Scale::multiplier`].
    pub multipliers: Blob,
    /// i8 `[channels]` or `[1]`, as [`Scale::shift`]; as many as there are multipliers.
    pub shifts: Blob,
}

/// Bounds of the stored output: a fused activation, or the whole int8 range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Clamp {
    /// Lowest value stored.
    pub min: i8,
    /// Highest value stored.
    pub max: i8,
}

/// Kernel geometry of convolution and pooling; pairs are (height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Window {
    /// Taps.
    pub kernel: (u16, u16),
    /// Steps between outputs.
    pub stride: (u16, u16),
    /// Steps between taps; 1 is dense. Pooling requires 1.
    pub dilation: (u16, u16),
    /// Padding before the first row and column.
    pub pad_before: (u16, u16),
    /// Padding after the last row and column.
    pub pad_after: (u16, u16),
}
