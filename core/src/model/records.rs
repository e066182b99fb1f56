//! The records of a model file: what postcard writes between the header and the weights.
//!
//! Records are decoded where they lie, each time they are needed, so a loaded model takes no RAM
//! but the arena. `Model::load` decodes and checks every one of them first; after it, decoding
//! cannot fail. Numbers that depend on trained values are stored with a fixed width, so that the
//! time to decode a record depends on the network's shape only.
//!
//! The exporter writes them with postcard's derive; [`decode`](super::decode) reads them. The derived reader is there for trials
//! of single ops, and for the tests.

use heapless::Vec;
use serde::Serialize;

use crate::parts::Part;

/// Most parts that one [`Concat`] joins.
pub const MAX_PARTS: usize = 8;

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
    /// Q31 mantissa, 0 or in `[2^30, 2^31)`.
    #[serde(with = "postcard::fixint::le")]
    pub multiplier: i32,
    /// Power of two, positive to the left, in `[-31, 30]`.
    pub shift: i8,
}

/// One factor for each output channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Requant {
    /// The rounding rule.
    pub rounding: Rounding,
    /// i32 `[channels]`, as [`Scale::multiplier`].
    pub multipliers: Blob,
    /// i8 `[channels]`, as [`Scale::shift`].
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
    /// i32 `[rows rounded up to a multiple of 4, 4]`, see [`crate::pack::Factor`].
    pub factors: Blob,
}

/// [`Conv`] with packed weights, `[oc, kh * kw * ic]` or 3x3 in the Winograd domain, and a pooling stage if there is one.
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

/// [`Dense`] with packed weights.
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

/// [`Rnn`] with packed weights. Scratch: [`crate::ops::packed_rnn_scratch_len`].
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
    /// Persistent state in the arena, as [`Rnn::state`].
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

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
#[allow(missing_docs, reason = "each variant is documented at its record")]
pub enum Op {
    Conv2d(Conv),
    DepthwiseConv2d(Conv),
    MaxPool(Pool),
    AveragePool(Pool),
    Dense(Dense),
    Embedding(Embedding),
    EmbeddingBag(EmbeddingBag),
    Add(Add),
    Product(Product),
    Concat(Concat),
    Gate(Gate),
    Lookup(Lookup),
    Softmax(Softmax),
    Rnn(Rnn),
    RnnRead(RnnRead),
    PackedConv2d(PackedConv),
    PackedDepthwise(PackedDepthwise),
    PackedDense(PackedDense),
    PackedRnn(PackedRnn),
    WinogradConv2d(PackedConv),
    PackedSeparable(PackedSeparable),
    /// A [`Dense`] with weights of four bits, see [`crate::ops::dense_4`].
    Dense4(Dense),
    /// An [`EmbeddingBag`] with a table of four bits and no scratch, or an embedding, see [`crate::ops::embedding_4`].
    Embedding4(EmbeddingBag),
}

impl Op {
    /// The op's name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Op::Conv2d(_) => "conv2d",
            Op::DepthwiseConv2d(_) => "depthwise_conv2d",
            Op::MaxPool(_) => "max_pool",
            Op::AveragePool(_) => "average_pool",
            Op::Dense(_) => "dense",
            Op::Embedding(_) => "embedding",
            Op::EmbeddingBag(_) => "embedding_bag",
            Op::Add(_) => "add",
            Op::Product(_) => "product",
            Op::Concat(_) => "concat",
            Op::Gate(_) => "gate",
            Op::Lookup(_) => "lookup",
            Op::Softmax(_) => "softmax",
            Op::Rnn(_) => "rnn",
            Op::RnnRead(_) => "rnn_read",
            Op::PackedConv2d(_) => "packed_conv2d",
            Op::PackedDepthwise(_) => "packed_depthwise",
            Op::PackedDense(_) => "packed_dense",
            Op::PackedRnn(_) => "packed_rnn",
            Op::WinogradConv2d(_) => "winograd_conv2d",
            Op::PackedSeparable(_) => "packed_separable",
            Op::Dense4(_) => "dense_4",
            Op::Embedding4(_) => "embedding_4",
        }
    }
}

/// Picture frontend: crop, area-average resize, then one table lookup per channel value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct ImageParams {
    /// Rows of the picture given.
    pub source_h: u16,
    /// Columns of the picture given.
    pub source_w: u16,
    /// Bytes a pixel: 1 grey, 3 RGB.
    pub source_c: u8,
    /// First row and column used.
    pub crop_at: (u16, u16),
    /// Rows and columns used.
    pub crop_size: (u16, u16),
    /// `[h, w, c]`; c is 1 or 3; RGB to grey by ITU-R BT.601 weights.
    pub output: View,
    /// int8 `[256]`: byte value to stored value (normalisation and quantisation in one).
    pub table: Blob,
}

/// Sound frontend: frame, window, FFT, mel, log2, level, normalise; see [`crate::frontend::audio`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct AudioParams {
    /// Samples a second, 8000 or 16000.
    pub sample_rate: u16,
    /// Samples a frame, at most `fft_len`.
    pub frame_len: u16,
    /// Samples between frames.
    pub hop: u16,
    /// Points of the FFT, a power of two, 64 to 1024.
    pub fft_len: u16,
    /// Mel bands.
    pub bands: u8,
    /// Consecutive frames joined into one feature vector.
    pub stack: u8,
    /// Feature vectors taken from one clip; what comes after is not heard.
    pub max_steps: u16,
    /// Subtract the highest band level heard so far (a causal gain control).
    pub level: bool,
    /// u16 Q15 `[frame_len]`.
    pub window: Blob,
    /// i16 Q15 cos, -sin pairs `[fft_len / 2][2]`: `exp(-2 pi i k / fft_len)`.
    pub twiddles: Blob,
    /// u16 `[bands][2]`: first bin and number of bins of each band.
    pub band_bins: Blob,
    /// u16 Q15, the weights of all bands one after the other.
    pub band_weights: Blob,
    /// i16 Q8 (log2 units) `[bands]` subtracted, one for each band.
    pub means: Blob,
    /// i16 Q12 `[bands]` factor from Q8 log2 units to stored int8 steps.
    pub factors: Blob,
    /// `[1, 1, stack * bands]`, one step.
    pub output: View,
    /// Persistent: samples kept, level, counters, frames stacked; see `frontend::audio::state_len`.
    pub state: Span,
    /// Workspace of one frame; see `frontend::audio::scratch_len`.
    pub scratch: Span,
}

/// Which features of a text are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum TextForm {
    /// A bag: words, pairs of words, and character n-grams of each padded word, for every n in the range (0, 0 for none).
    Bag {
        /// Whole words.
        words: bool,
        /// Pairs of neighbouring words.
        bigrams: bool,
        /// Shortest and longest character n-gram.
        chars: (u8, u8),
    },
    /// A sequence: one hashed id a word, in order.
    Tokens,
}

/// Text frontend: normalise, split, hash (FNV-1a, 32 bits) into buckets; see [`crate::frontend::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct TextParams {
    /// What is hashed.
    pub form: TextForm,
    /// Number of buckets.
    pub buckets: u16,
    /// Most bytes of normalised text, with those that separators take; the rest is not read.
    pub max_bytes: u16,
    /// Where the ids go; more ids than fit are not taken.
    pub ids: Ids,
    /// Workspace for the normalised text, `max_bytes` long.
    pub scratch: Span,
}

/// One field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Field<'a> {
    /// The field's name.
    pub name: &'a str,
    /// How it is encoded.
    #[cfg_attr(any(test, feature = "parity"), serde(borrow))]
    pub kind: FieldKind<'a>,
}

/// How a field is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum FieldKind<'a> {
    /// A number, given as integer `value * 10^decimals`; one stored value, or two with `flag`.
    Number {
        /// Decimal places of the integer given.
        decimals: u8,
        /// Take `sign(x) * log2(1 + |x|)` in Q8 first (of the integer given); else x itself in Q0.
        log: bool,
        /// Subtracted from that.
        #[serde(with = "postcard::fixint::le")]
        center: i32,
        /// To stored steps, [`Rounding::Nearest`], clipped to `[-127, 127]`, zero point 0.
        scale: Scale,
        /// A second value follows: `one` where the field is missing, else 0.
        flag: bool,
        /// The stored value of 1.0.
        one: i8,
    },
    /// One of a set, one stored value each (one-hot: `one` or 0). Missing is all 0.
    Category {
        /// Names, separated by '\n'.
        names: &'a str,
        /// Whether an unknown name counts as missing instead of being refused.
        other: bool,
        /// The stored value of 1.0.
        one: i8,
    },
}

/// Record frontend, whole or one step of a sequence; see [`crate::frontend::record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct RecordParams {
    /// Number of fields; their records lie in `fields`.
    pub field_count: u8,
    /// Byte range of the [`Field`] records in the field section.
    pub fields: Span,
    /// `[1, 1, c]`, zero point 0.
    pub output: View,
    /// Steps taken, 1 for a single record; further records are refused.
    pub max_steps: u16,
}

/// What an application pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
#[allow(missing_docs, reason = "each variant is documented at its record")]
pub enum Source {
    Image(ImageParams),
    Audio(AudioParams),
    Text(TextParams),
    Record(RecordParams),
    /// Records in order of time; the step ops run for each.
    Sequence(RecordParams),
}

/// One named input with its encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Input<'a> {
    /// The input's name.
    pub name: &'a str,
    /// Frontend and its parameters.
    pub source: Source,
    /// Op records run for each completed piece: the picture, the text, the record, one step of sound or sequence.
    pub step: Span,
    /// Op records run once before the fusion, after the last step.
    pub finish: Span,
    /// The encoding, in the persistent part of the arena.
    pub encoding: View,
    /// int8, the learned encoding of absence, as long as `encoding`.
    pub absent: Blob,
}

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
    /// [`Input`] records.
    pub inputs: &'a [u8],
    /// [`Field`] records of all record inputs.
    pub fields: &'a [u8],
    /// [`Op`] records of all inputs and of the trunk.
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
