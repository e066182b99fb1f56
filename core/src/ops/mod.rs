//! The operations, one a file: `check` at load, then a function that cannot fail.
//!
//! `check` proves everything the function relies on: shapes, lengths of the weights, ranges of multipliers and shifts,
//! and that no accumulator reaches [`ACC_LIMIT`](crate::num::ACC_LIMIT). The functions take slices of the sizes their
//! record states. Given others they compute less, or numbers without meaning, but never panic.

mod common;
mod pool;

pub mod add;
pub mod average_pool;
pub mod bag;
pub mod concat;
pub mod constant;
pub mod conv;
pub mod dense;
pub mod depthwise;
pub mod embedding;
pub mod gate;
pub mod int4;
pub mod lookup;
pub mod matmul;
pub mod max_pool;
pub mod packed;
pub mod pairwise;
pub mod product;
pub mod rearrange;
pub mod reduce;
pub mod resize;
pub mod rnn;
pub mod rows;
pub mod sequence_lstm;
pub mod softmax;

pub use add::{add, add_to_a, add_to_b, add_twice};
pub use average_pool::average_pool;
pub use bag::embedding_bag;
pub use common::OpError;
pub use concat::{concat, concat_part};
pub use constant::constant;
pub use conv::conv2d;
pub use dense::dense;
pub use depthwise::depthwise_conv2d;
pub use embedding::embedding;
pub use gate::gate;
pub use int4::{dense_4, embedding_4};
pub use lookup::{lookup, lookup_in_place};
pub use matmul::matmul;
pub use max_pool::max_pool;
pub use packed::{
    packed_conv2d, packed_dense, packed_depthwise, packed_rnn, packed_rnn_scratch_len,
    packed_separable, winograd_conv2d,
};
pub use pairwise::pairwise;
pub use product::product;
pub use rearrange::rearrange;
pub use reduce::reduce;
pub use resize::resize;
pub use rnn::{rnn, rnn_read};
pub use rows::{arg_max, l2_normalise, log_softmax, softmax_rows};
pub use sequence_lstm::sequence_lstm;
pub use softmax::{softmax, softmax_table};

use crate::model::records::Op;
use crate::parts::Part;
use crate::tensor::Weights;

/// Checks one op's record against the weights section.
///
/// Where views, states and scratch spans lie in the arena is the memory plan's affair and checked with it.
pub fn check(op: &Op, weights: &Weights<'_>) -> Result<(), OpError> {
    match op {
        Op::Conv2d(op) => built(Part::Plain, || conv::check(op, weights)),
        Op::DepthwiseConv2d(op) => built(Part::Plain, || depthwise::check(op, weights)),
        Op::MaxPool(op) => built(Part::MaxPool, || max_pool::check(op)),
        Op::AveragePool(op) => built(Part::AveragePool, || average_pool::check(op)),
        Op::Dense(op) => built(Part::Plain, || dense::check(op, weights)),
        Op::Embedding(op) => built(Part::Embedding, || embedding::check(op, weights)),
        Op::EmbeddingBag(op) => built(Part::Embedding, || bag::check(op, weights)),
        Op::Add(op) => built(Part::Elementwise, || add::check(op)),
        Op::Product(op) => built(Part::Elementwise, || product::check(op)),
        Op::Concat(op) => built(Part::Elementwise, || concat::check(op)),
        Op::Gate(op) => built(Part::Elementwise, || gate::check(op)),
        Op::Lookup(op) => built(Part::Elementwise, || lookup::check(op, weights)),
        Op::Softmax(op) => built(Part::Softmax, || softmax::check(op, weights)),
        Op::Rnn(op) => built(Part::Plain, || rnn::check(op, weights)),
        Op::RnnRead(op) => built(Part::Recurrent, || rnn::check_read(op)),
        Op::PackedConv2d(op) => built(Part::Conv, || packed::check_conv(op, weights)),
        Op::PackedDepthwise(op) => built(Part::Depthwise, || packed::check_depthwise(op, weights)),
        Op::PackedDense(op) => built(Part::Dense, || packed::check_dense(op, weights)),
        Op::PackedRnn(op) => built(Part::Recurrent, || packed::check_rnn(op, weights)),
        Op::PackedSeparable(op) => built(Part::Depthwise, || packed::check_separable(op, weights)),
        Op::WinogradConv2d(op) => built(Part::Winograd, || packed::check_winograd(op, weights)),
        Op::Dense4(op) => built(Part::Int4, || int4::check_dense(op, weights)),
        Op::Embedding4(op) => built(Part::Int4, || int4::check_embedding(op, weights)),
        Op::SequenceLstm(op) => built(Part::SequenceLstm, || sequence_lstm::check(op, weights)),
        Op::Matmul(op) => built(Part::Matmul, || matmul::check(op, weights)),
        Op::Rearrange(op) => built(Part::Rearrange, || rearrange::check(op, weights)),
        Op::Constant(op) => built(Part::Rearrange, || constant::check(op, weights)),
        Op::Resize(op) => built(Part::Resize, || resize::check(op)),
        Op::Pairwise(op) => built(Part::Arithmetic, || pairwise::check(op, weights)),
        Op::Reduce(op) => built(Part::Reduce, || reduce::check(op)),
        Op::SoftmaxRows(op) => built(Part::SoftmaxRows, || rows::check_softmax(op, weights)),
        Op::LogSoftmax(op) => built(Part::LogSoftmax, || rows::check_log_softmax(op, weights)),
        Op::L2Normalise(op) => built(Part::L2Norm, || rows::check_l2_normalise(op)),
        Op::ArgMax(op) => built(Part::ArgMax, || rows::check_arg_max(op)),
    }
}

/// The check of an op of this part, where the build holds it.
#[inline(always)]
fn built(part: Part, check: impl FnOnce() -> Result<(), OpError>) -> Result<(), OpError> {
    part.when(check).unwrap_or(Err(OpError::LeftOut(part)))
}
