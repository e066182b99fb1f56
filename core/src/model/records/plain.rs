//! Ops whose weights lie in the order of their definition, and ops without weights.

use heapless::Vec;
use serde::Serialize;

use super::{Blob, Clamp, Ids, Requant, Rounding, Scale, Span, View, Window};

/// 2-D convolution (weights `[oc, kh, kw, ic]`) or depthwise (weights `[kh, kw, oc]`, `oc = ic * depth multiplier`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Conv {
    /// `[h, w, ic]`.
    pub input: View,
    /// `[oh, ow, oc]`.
    pub output: View,
    /// Geometry.
    pub window: Window,
    /// int8 weights.
    pub weights: Blob,
    /// i32 `[oc]`.
    pub bias: Blob,
    /// Per output channel.
    pub requant: Requant,
    /// Output bounds.
    pub clamp: Clamp,
}

/// Max or average pooling; taps in the padding do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Pool {
    /// `[h, w, c]`.
    pub input: View,
    /// `[oh, ow, c]`, same scale and zero point.
    pub output: View,
    /// Geometry; a global pool has a kernel as large as its input.
    pub window: Window,
    /// Output bounds.
    pub clamp: Clamp,
}

/// Fully connected layer over all values of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Dense {
    /// `n = h * w * c` values.
    pub input: View,
    /// `m = h * w * c` values.
    pub output: View,
    /// int8 `[m, n]`.
    pub weights: Blob,
    /// i32 `[m]`.
    pub bias: Blob,
    /// Per output.
    pub requant: Requant,
    /// Output bounds.
    pub clamp: Clamp,
}

/// One table row for each id; ids past the table are read as row 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Embedding {
    /// At most `output.h` ids.
    pub ids: Ids,
    /// int8 `[rows, c]`.
    pub table: Blob,
    /// Rows of the table.
    pub rows: u16,
    /// `[t, 1, c]`, scale of the table, zero point 0.
    pub output: View,
}

/// How an embedding bag combines the rows of `n` ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum BagMode {
    /// Sum.
    Sum,
    /// Sum / n.
    Mean,
    /// Sum / sqrt(n).
    SqrtN,
}

/// Sum, mean or sum / sqrt(n) of the table rows of all ids; an empty bag gives real zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct EmbeddingBag {
    /// The ids.
    pub ids: Ids,
    /// int8 `[rows, c]`.
    pub table: Blob,
    /// Rows of the table.
    pub rows: u16,
    /// Reduction.
    pub mode: BagMode,
    /// `[1, 1, c]`.
    pub output: View,
    /// table scale / output scale.
    pub scale: Scale,
    /// i32 `[c]` accumulators, 4-byte aligned, in the arena.
    pub scratch: Span,
}

/// Most parts that one [`Concat`] joins.
pub const MAX_PARTS: usize = 8;

/// Element-wise sum, as TensorFlow Lite's int8 ADD. May write over one operand, or over both where they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Add {
    /// First operand.
    pub a: View,
    /// Second operand, same shape.
    pub b: View,
    /// Same shape.
    pub output: View,
    /// `s_a / (2 * max(s_a, s_b))`.
    pub a_scale: Scale,
    /// `s_b / (2 * max(s_a, s_b))`.
    pub b_scale: Scale,
    /// `2 * max(s_a, s_b) / (2^20 * s_out)`.
    pub out_scale: Scale,
    /// Output bounds.
    pub clamp: Clamp,
}

/// Element-wise product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Product {
    /// First operand.
    pub a: View,
    /// Second operand, same shape.
    pub b: View,
    /// Same shape.
    pub output: View,
    /// `s_a * s_b / s_out`.
    pub scale: Scale,
    /// The rounding rule.
    pub rounding: Rounding,
    /// Output bounds.
    pub clamp: Clamp,
}

/// Joins tensors of equal height and width along the channels; all share one scale and zero point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Concat {
    /// `[h, w, c_i]`.
    pub parts: Vec<View, MAX_PARTS>,
    /// `[h, w, sum of c_i]`.
    pub output: View,
}

/// Gated sum `out = sum_i z_i * v_i` (Gated Multimodal Units, Arevalo et al. 2017).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Gate {
    /// `[n, 1, c]` gates, sigmoid outputs with scale 1/256 and zero point -128.
    pub gates: View,
    /// `[n, 1, c]` values.
    pub values: View,
    /// `[1, 1, c]`.
    pub output: View,
    /// `s_values / (256 * s_out)`.
    pub scale: Scale,
    /// Output bounds.
    pub clamp: Clamp,
}

/// Any function of one int8 value, by table: sigmoid, tanh, ReLU, a change of scale. May run in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Lookup {
    /// Any shape.
    pub input: View,
    /// Same shape; the same offset means in place.
    pub output: View,
    /// int8 `[256]`, indexed by the stored value + 128.
    pub table: Blob,
}

/// Softmax over all values, as TensorFlow Lite's int8 SOFTMAX: output scale 1/256, zero point -128.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Softmax {
    /// Logits.
    pub input: View,
    /// Same number of values.
    pub output: View,
    /// i32 Q0.31 `[up to 256]`: `exp(-d * s_in)` for differences d to the maximum, then a 0 for all larger ones; see
    /// [`crate::ops::softmax_table`].
    pub table: Blob,
}

/// Kind of recurrent cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Cell {
    /// `h' = tanh(Wx + b + Uh + d)`.
    Elman,
    /// Gates r, z, n; `n = tanh(Wx + b + r * (Uh + d))`, `h' = (1 - z) * n + z * h` (Cho et al. 2014, reset after).
    Gru,
    /// Gates i, f, g, o; `c' = f * c + i * g`, `h' = o * tanh(c')` (Hochreiter & Schmidhuber 1997, with forget gate).
    Lstm,
}

impl Cell {
    /// Gate vectors computed from the input and the hidden state.
    pub const fn gates(self) -> usize {
        match self {
            Cell::Elman => 1,
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }
}

/// Order in which a sequence is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Direction {
    /// First step first.
    Forward,
    /// Last step first.
    Backward,
}

/// A recurrent layer: as many steps as its input holds, going on from the state in the arena.
///
/// State layout at `state` (4-byte aligned), see [`crate::ops::rnn::StateLayout`]: steps u32, sums i32 `[hidden]`,
/// h i16 `[hidden]` in Q0.15, and for LSTM c i16 `[hidden]` in Q3.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Rnn {
    /// Equations.
    pub cell: Cell,
    /// Order of steps.
    pub direction: Direction,
    /// `[t, 1, in]`; the steps valid at run time may be fewer than t.
    pub input: View,
    /// Units.
    pub hidden: u16,
    /// Persistent state in the arena.
    pub state: Span,
    /// i16 `[2 * gates * hidden]` pre-activations and int8 `[hidden]` copy of h, 4-byte aligned, in the arena.
    pub scratch: Span,
    /// int8 `[gates * hidden, in]`.
    pub x_weights: Blob,
    /// i32 `[gates * hidden]`.
    pub x_bias: Blob,
    /// To Q3.12, per row, [`Rounding::Nearest`].
    pub x_requant: Requant,
    /// int8 `[gates * hidden, hidden]`.
    pub h_weights: Blob,
    /// i32 `[gates * hidden]`.
    pub h_bias: Blob,
    /// To Q3.12, per row, [`Rounding::Nearest`]; the int8 hidden state has scale 1/128, zero point 0.
    pub h_requant: Requant,
    /// `[t, 1, hidden]` hidden state after each step, scale 1/128, zero point 0; `None` where only the state is wanted.
    pub output: Option<View>,
}

/// What a recurrent layer hands on at the end of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum ReadMode {
    /// The last hidden state.
    Last,
    /// The mean of all hidden states.
    Mean,
}

/// Reads the state of a recurrent layer as int8, scale 1/128, zero point 0. Zero steps give zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct RnnRead {
    /// Equations (they decide the layout of the state).
    pub cell: Cell,
    /// Persistent state in the arena.
    pub state: Span,
    /// What is read.
    pub mode: ReadMode,
    /// `[1, 1, hidden]`.
    pub output: View,
}
