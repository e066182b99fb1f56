//! All ops, one line each.

use serde::Serialize;

use super::{
    Add, ArgMax, Concat, Constant, Conv, Dense, Embedding, EmbeddingBag, Gate, L2Normalise,
    LogSoftmax, Lookup, Matmul, PackedConv, PackedDense, PackedDepthwise, PackedRnn,
    PackedSeparable, Pairwise, Pool, Product, Rearrange, Reduce, Resize, Rnn, RnnRead,
    SequenceLstm, Softmax,
};
use crate::model::decode::variants_of_parts;

// A convolution with a pooling stage needs that stage's part too: `PoolKind::part`.
variants_of_parts! {
    /// One step of the plan.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    #[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
    #[allow(missing_docs, reason = "each variant is documented at its record")]
    pub enum Op, part by of_op {
        0 Conv2d(Conv) "conv2d" in Plain,
        1 DepthwiseConv2d(Conv) "depthwise_conv2d" in Plain,
        2 MaxPool(Pool) "max_pool" in MaxPool,
        3 AveragePool(Pool) "average_pool" in AveragePool,
        4 Dense(Dense) "dense" in Plain,
        5 Embedding(Embedding) "embedding" in Embedding,
        6 EmbeddingBag(EmbeddingBag) "embedding_bag" in Embedding,
        7 Add(Add) "add" in Elementwise,
        8 Product(Product) "product" in Elementwise,
        9 Concat(Concat) "concat" in Elementwise,
        10 Gate(Gate) "gate" in Elementwise,
        11 Lookup(Lookup) "lookup" in Elementwise,
        12 Softmax(Softmax) "softmax" in Softmax,
        13 Rnn(Rnn) "rnn" in Plain,
        14 RnnRead(RnnRead) "rnn_read" in Recurrent,
        15 PackedConv2d(PackedConv) "packed_conv2d" in Conv,
        16 PackedDepthwise(PackedDepthwise) "packed_depthwise" in Depthwise,
        17 PackedDense(PackedDense) "packed_dense" in Dense,
        18 PackedRnn(PackedRnn) "packed_rnn" in Recurrent,
        19 WinogradConv2d(PackedConv) "winograd_conv2d" in Winograd,
        20 PackedSeparable(PackedSeparable) "packed_separable" in Depthwise,
        /// A [`Dense`] with weights of four bits, see [`crate::ops::dense_4`].
        21 Dense4(Dense) "dense_4" in Int4,
        /// An [`EmbeddingBag`] with a table of four bits and no scratch, or an embedding, see [`crate::ops::embedding_4`].
        22 Embedding4(EmbeddingBag) "embedding_4" in Int4,
        23 SequenceLstm(SequenceLstm) "sequence_lstm" in SequenceLstm,
        24 Matmul(Matmul) "matmul" in Matmul,
        25 Rearrange(Rearrange) "rearrange" in Rearrange,
        26 Constant(Constant) "constant" in Rearrange,
        27 Resize(Resize) "resize" in Resize,
        28 Pairwise(Pairwise) "pairwise" in Arithmetic,
        29 Reduce(Reduce) "reduce" in Reduce,
        /// A [`Softmax`] over each row of channels, see [`crate::ops::softmax_rows`].
        30 SoftmaxRows(Softmax) "softmax_rows" in SoftmaxRows,
        31 LogSoftmax(LogSoftmax) "log_softmax" in LogSoftmax,
        32 L2Normalise(L2Normalise) "l2_normalise" in L2Norm,
        33 ArgMax(ArgMax) "arg_max" in ArgMax,
    }
    // In most images all the same.
    else |from| Op::Softmax(from.get())
}
