//! Ops whose weights lie in the order in which a family of kernels reads them.

use serde::Serialize;

use super::{Blob, Cell, Clamp, Direction, Rounding, Span, View, Window};
use crate::parts::Part;

/// Order of a matrix's weights in the file: which family of kernels reads them; see [`crate::pack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Packing {
    /// Two rows a 16-bit lane: the DSP extension of Armv7E-M and Armv8-M (Cortex-M4, M7, M33).
    Pairs,
    /// Four rows side by side: RV32IMC.
    Quads,
    /// Sixteen values of a row side by side: Helium (Cortex-M55).
    Vectors,
    /// Two rows by two depths a word: Armv6-M and Armv7-M without the DSP extension (Cortex-M0, M3).
    Squares,
}

/// A weight matrix `[rows, depth]` in a kernel's order, with the zero point of its input folded into the biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Packed {
    /// The order.
    pub packing: Packing,
    /// The rounding rule.
    pub rounding: Rounding,
    /// Left shift of each sum before it is multiplied; 0 where results are int8.
    pub left: u8,
    /// [`Packing::weights_len`] bytes.
    pub weights: Blob,
    /// i32 `[rows rounded up to a multiple of 4, 4]`, see [`crate::pack::Factor`]. Or, in [`PackedDense`], one multiplier, addend and
    /// shift for all rows, and behind them a bias for each.
    pub factors: Blob,
}

impl Packed {
    /// Whether one factor stands for all rows: a row's own takes 16 bytes, and 12 are left over then.
    /// A fully connected layer with it needs the part [`Part::OneFactor`] too.
    pub const fn has_one_factor(&self) -> bool {
        !self.factors.len.is_multiple_of(16)
    }
}

/// [`Conv`](super::Conv) with packed weights, `[oc, kh * kw * ic]` or 3x3 in the Winograd domain, and a pooling stage if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct PackedConv {
    /// `[h, w, ic]`.
    pub input: View,
    /// `[oh, ow, oc]`. With a pooling stage it never exists as a whole: from its offset on there are only the rows that one row of the pool reads.
    pub output: View,
    /// Geometry.
    pub window: Window,
    /// Weights and factors.
    pub matrix: Packed,
    /// Output bounds.
    pub clamp: Clamp,
    /// Patches of the input, 4-byte aligned, in the arena; [`Packing::conv_scratch_len`] or [`Packing::winograd_scratch_len`] bytes.
    pub scratch: Span,
    /// Pools the rows as they come.
    pub pool: Option<FusedPool>,
}

/// Which pooling follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum PoolKind {
    /// Maximum.
    Max,
    /// Mean.
    Average,
}

impl PoolKind {
    /// What runs it.
    pub const fn part(self) -> Part {
        match self {
            PoolKind::Max => Part::MaxPool,
            PoolKind::Average => Part::AveragePool,
        }
    }
}

/// Pooling of a convolution's rows; windows do not overlap vertically, and there is no padding above or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct FusedPool {
    /// Maximum or mean.
    pub kind: PoolKind,
    /// `[ph, pw, oc]`, zero point as the convolution's output.
    pub output: View,
    /// Geometry over the convolution's output.
    pub window: Window,
    /// Output bounds.
    pub clamp: Clamp,
}

/// Depthwise convolution, one filter a channel, with packed weights; channels are a multiple of 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct PackedDepthwise {
    /// `[h, w, c]`.
    pub input: View,
    /// `[oh, ow, c]`.
    pub output: View,
    /// Geometry.
    pub window: Window,
    /// Weights of [`Packing::depthwise_len`] bytes, and factors.
    pub matrix: Packed,
    /// Output bounds.
    pub clamp: Clamp,
    /// Input with its padding, 4-byte aligned, in the arena; [`Packing::depthwise_scratch_len`] bytes.
    pub scratch: Span,
}

/// A depthwise convolution and a pointwise one, 1x1, over each of its rows as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct PackedSeparable {
    /// The first. Its output never exists as a whole: from its offset on there is one row.
    pub depthwise: PackedDepthwise,
    /// The second; its input is the first one's output, and it has no pooling stage.
    pub pointwise: PackedConv,
}

/// [`Dense`](super::Dense) with packed weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct PackedDense {
    /// `n = h * w * c` values.
    pub input: View,
    /// `m = h * w * c` values.
    pub output: View,
    /// Weights `[m, n]` and factors.
    pub matrix: Packed,
    /// Output bounds.
    pub clamp: Clamp,
    /// Copy of an input whose length the kernel does not divide, 4-byte aligned, in the arena; else empty.
    pub scratch: Span,
}

/// [`Rnn`](super::Rnn) with packed weights. Scratch: [`crate::ops::packed_rnn_scratch_len`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct PackedRnn {
    /// Equations.
    pub cell: Cell,
    /// Order of steps.
    pub direction: Direction,
    /// `[t, 1, in]`; the steps valid at run time may be fewer than t.
    pub input: View,
    /// Units.
    pub hidden: u16,
    /// Persistent state in the arena, as [`Rnn::state`](super::Rnn::state).
    pub state: Span,
    /// Scratch, 4-byte aligned, in the arena.
    pub scratch: Span,
    /// `[gates * hidden, in]`, to Q3.12.
    pub x: Packed,
    /// `[gates * hidden, hidden]`, to Q3.12.
    pub h: Packed,
    /// `[t, 1, hidden]` hidden state after each step, scale 1/128, zero point 0; `None` where only the state is wanted.
    pub output: Option<View>,
}
