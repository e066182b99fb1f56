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
pub mod conv;
pub mod dense;
pub mod depthwise;
pub mod embedding;
pub mod fours;
pub mod gate;
pub mod lookup;
pub mod max_pool;
pub mod packed;
pub mod product;
pub mod rnn;
pub mod softmax;

pub use add::{add, add_to_a, add_to_b, add_twice};
pub use average_pool::average_pool;
pub use bag::embedding_bag;
pub use common::OpError;
pub use concat::{concat, concat_part};
pub use conv::conv2d;
pub use dense::dense;
pub use depthwise::depthwise_conv2d;
pub use embedding::embedding;
pub use fours::{dense_4, embedding_4};
pub use gate::gate;
pub use lookup::{lookup, lookup_in_place};
pub use max_pool::max_pool;
pub use packed::{
    packed_conv2d, packed_dense, packed_depthwise, packed_rnn, packed_rnn_scratch_len,
    packed_separable, winograd_conv2d,
};
pub use product::product;
pub use rnn::{rnn, rnn_read};
pub use softmax::{softmax, softmax_table};

use crate::model::records::Op;
use crate::parts::Part;
use crate::tensor::Weights;

/// Checks one op's record against the weights section.
///
/// Where views, states and scratch spans lie in the arena is the memory plan's affair and checked with it.
pub fn check(op: &Op, weights: &Weights<'_>) -> Result<(), OpError> {
    match op {
        Op::Conv2d(op) => Part::Plain.when(|| conv::check(op, weights)),
        Op::DepthwiseConv2d(op) => Part::Plain.when(|| depthwise::check(op, weights)),
        Op::MaxPool(op) => Part::MaxPool.when(|| max_pool::check(op)),
        Op::AveragePool(op) => Part::AveragePool.when(|| average_pool::check(op)),
        Op::Dense(op) => Part::Plain.when(|| dense::check(op, weights)),
        Op::Embedding(op) => Part::Embedding.when(|| embedding::check(op, weights)),
        Op::EmbeddingBag(op) => Part::Embedding.when(|| bag::check(op, weights)),
        Op::Add(op) => Part::Elementwise.when(|| add::check(op)),
        Op::Product(op) => Part::Elementwise.when(|| product::check(op)),
        Op::Concat(op) => Part::Elementwise.when(|| concat::check(op)),
        Op::Gate(op) => Part::Elementwise.when(|| gate::check(op)),
        Op::Lookup(op) => Part::Elementwise.when(|| lookup::check(op, weights)),
        Op::Softmax(op) => Part::Softmax.when(|| softmax::check(op, weights)),
        Op::Rnn(op) => Part::Plain.when(|| rnn::check(op, weights)),
        Op::RnnRead(op) => Part::Recurrent.when(|| rnn::check_read(op)),
        Op::PackedConv2d(op) => Part::Conv.when(|| packed::check_conv(op, weights)),
        Op::PackedDepthwise(op) => Part::Depthwise.when(|| packed::check_depthwise(op, weights)),
        Op::PackedDense(op) => Part::Dense.when(|| packed::check_dense(op, weights)),
        Op::PackedRnn(op) => Part::Recurrent.when(|| packed::check_rnn(op, weights)),
        Op::PackedSeparable(op) => Part::Depthwise.when(|| packed::check_separable(op, weights)),
        Op::WinogradConv2d(op) => Part::Winograd.when(|| packed::check_winograd(op, weights)),
        Op::Dense4(op) => Part::Int4.when(|| fours::check_dense(op, weights)),
        Op::Embedding4(op) => Part::Int4.when(|| fours::check_embedding(op, weights)),
    }
    .unwrap_or_else(|| Err(OpError::LeftOut(Part::of_op(op))))
}
