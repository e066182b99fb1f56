//! The records of a model file: what postcard writes between the header and the weights.
//!
//! Records are decoded where they lie, each time they are needed, so a loaded model takes no RAM
//! but the arena. `Model::load` decodes and checks every one of them first; after it, decoding
//! cannot fail. Numbers that depend on trained values are stored with a fixed width, so that the
//! time to decode a record depends on the network's shape only.
//!
//! The exporter writes them with postcard's derive; [`decode`](super::decode) reads them. The derived reader is there for trials
//! of single ops, and for the tests.

mod arithmetic;
mod body;
mod geometry;
mod golden;
mod input;
mod matmul;
mod moves;
mod op;
mod packed;
mod plain;
mod sequence;

pub use arithmetic::{ArgMax, L2Normalise, LogSoftmax, Pair, Pairwise, Reduce, Reduction};
pub use body::{Answer, Body, Head};
pub use geometry::{Blob, Clamp, Ids, Requant, Rounding, Scale, Span, View, Window};
pub use golden::Golden;
pub use input::{
    AudioParams, Field, FieldKind, Fit, ImageParams, Input, Keep, RecordParams, Source,
    TensorParams, TextForm, TextParams,
};
pub use matmul::{Matmul, Operand};
pub use moves::{Axis, Constant, FILL, MAX_AXES, Rearrange, Resize, Spread};
pub use op::Op;
pub use packed::{
    FusedPool, Packed, PackedConv, PackedDense, PackedDepthwise, PackedRnn, PackedSeparable,
    Packing, PoolKind,
};
pub use plain::{
    Add, BagMode, Cell, Concat, Conv, Dense, Direction, Embedding, EmbeddingBag, Gate, Lookup,
    MAX_PARTS, Pool, Product, ReadMode, Rnn, RnnRead, Softmax,
};
pub use sequence::SequenceLstm;
