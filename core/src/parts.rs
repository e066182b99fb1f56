//! What an image holds: families of ops, frontends and kinds of answers, each of which a build can leave out.
//!
//! All code is compiled whatever is chosen, so that every choice is checked alike; a part that was left out is not
//! called, and the linker drops it. `Model::load` refuses a model that needs such a part. No part changes a number.

use core::fmt::{self, Formatter};

use serde::{Deserialize, Serialize};

/// A family of ops, a frontend, or a kind of answer. Each is a Cargo feature of this crate with the same name, on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Texts.
    Text,
    /// Records, single ones and sequences.
    Record,
    /// Ops with weights in the order of their definition: convolution, depthwise, fully connected, recurrent.
    Plain,
    /// Convolution.
    Conv,
    /// Convolution in the Winograd domain.
    Winograd,
    /// Depthwise convolution.
    Depthwise,
    /// Maximum over windows, by itself or as the last stage of a convolution.
    MaxPool,
    /// Mean over windows, likewise.
    AveragePool,
    /// Fully connected layers.
    Dense,
    /// Embeddings and bags of them.
    Embedding,
    /// Recurrent layers.
    Recurrent,
    /// Sum, product, gate, concatenation, table.
    Elementwise,
    /// Softmax.
    Softmax,
    /// Weights of four bits: embeddings, bags of them, fully connected layers.
    Int4,
    /// Plain int8 tensors as inputs and as answers.
    Tensor,
    /// LSTM over a whole sequence in TensorFlow Lite's arithmetic.
    SequenceLstm,
    /// Products of matrices that are both values.
    Matmul,
    /// Values in another order, several times or with a fill between them, and constants as operands.
    Rearrange,
    /// Another number of rows and columns, interpolated.
    Resize,
    /// Arithmetic of two operands of different shapes, one of them perhaps constant.
    Arithmetic,
    /// Sums, means, maxima and minima along axes.
    Reduce,
    /// Softmax over each of several rows.
    SoftmaxRows,
    /// The logarithm of a softmax.
    LogSoftmax,
    /// Rows divided by their length.
    L2Norm,
    /// The number of the largest value.
    ArgMax,
    /// Packed fully connected layers whose rows share one factor, as those of imported networks do.
    OneFactor,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 28] = [
        Part::Image,
        Part::Audio,
        Part::Text,
        Part::Record,
        Part::Plain,
        Part::Conv,
        Part::Winograd,
        Part::Depthwise,
        Part::MaxPool,
        Part::AveragePool,
        Part::Dense,
        Part::Embedding,
        Part::Recurrent,
        Part::Elementwise,
        Part::Softmax,
        Part::Int4,
        Part::Tensor,
        Part::SequenceLstm,
        Part::Matmul,
        Part::Rearrange,
        Part::Resize,
        Part::Arithmetic,
        Part::Reduce,
        Part::SoftmaxRows,
        Part::LogSoftmax,
        Part::L2Norm,
        Part::ArgMax,
        Part::OneFactor,
    ];

    /// Name of the Cargo feature that builds the part.
    pub const fn feature(self) -> &'static str {
        match self {
            Part::Image => "image",
            Part::Audio => "audio",
            Part::Text => "text",
            Part::Record => "record",
            Part::Plain => "plain",
            Part::Conv => "conv",
            Part::Winograd => "winograd",
            Part::Depthwise => "depthwise",
            Part::MaxPool => "max-pool",
            Part::AveragePool => "average-pool",
            Part::Dense => "dense",
            Part::Embedding => "embedding",
            Part::Recurrent => "recurrent",
            Part::Elementwise => "elementwise",
            Part::Softmax => "softmax",
            Part::Int4 => "int4",
            Part::Tensor => "tensor",
            Part::SequenceLstm => "sequence-lstm",
            Part::Matmul => "matmul",
            Part::Rearrange => "rearrange",
            Part::Resize => "resize",
            Part::Arithmetic => "arithmetic",
            Part::Reduce => "reduce",
            Part::SoftmaxRows => "softmax-rows",
            Part::LogSoftmax => "log-softmax",
            Part::L2Norm => "l2-norm",
            Part::ArgMax => "arg-max",
            Part::OneFactor => "one-factor",
        }
    }

    /// Whether this build holds the part.
    pub const fn is_built(self) -> bool {
        match self {
            Part::Image => cfg!(feature = "image"),
            Part::Audio => cfg!(feature = "audio"),
            Part::Text => cfg!(feature = "text"),
            Part::Record => cfg!(feature = "record"),
            Part::Plain => cfg!(feature = "plain"),
            Part::Conv => cfg!(feature = "conv"),
            Part::Winograd => cfg!(feature = "winograd"),
            Part::Depthwise => cfg!(feature = "depthwise"),
            Part::MaxPool => cfg!(feature = "max-pool"),
            Part::AveragePool => cfg!(feature = "average-pool"),
            Part::Dense => cfg!(feature = "dense"),
            Part::Embedding => cfg!(feature = "embedding"),
            Part::Recurrent => cfg!(feature = "recurrent"),
            Part::Elementwise => cfg!(feature = "elementwise"),
            Part::Softmax => cfg!(feature = "softmax"),
            Part::Int4 => cfg!(feature = "int4"),
            Part::Tensor => cfg!(feature = "tensor"),
            Part::SequenceLstm => cfg!(feature = "sequence-lstm"),
            Part::Matmul => cfg!(feature = "matmul"),
            Part::Rearrange => cfg!(feature = "rearrange"),
            Part::Resize => cfg!(feature = "resize"),
            Part::Arithmetic => cfg!(feature = "arithmetic"),
            Part::Reduce => cfg!(feature = "reduce"),
            Part::SoftmaxRows => cfg!(feature = "softmax-rows"),
            Part::LogSoftmax => cfg!(feature = "log-softmax"),
            Part::L2Norm => cfg!(feature = "l2-norm"),
            Part::ArgMax => cfg!(feature = "arg-max"),
            Part::OneFactor => cfg!(feature = "one-factor"),
        }
    }

    /// Says that this build lacks the part, and how to build one that has it.
    pub(crate) fn say_left_out(self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the firmware was built without the part `{0}`; build it with the Cargo feature `{0}` (`tillsense inspect` lists all that the model needs)",
            self.feature()
        )
    }

    /// Does `work` where this build holds the part. Elsewhere the compiler drops `work` and all that only it calls.
    #[inline(always)]
    pub(crate) fn when<T>(self, work: impl FnOnce() -> T) -> Option<T> {
        if self.is_built() { Some(work()) } else { None }
    }
}
