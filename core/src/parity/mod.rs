//! The parity suite: random cases of every op against a naive oracle, the same on the host and on every board.
//!
//! A case is made from a seed alone: random shapes, weights, zero points and factors, extreme ones among them. The
//! op's check must accept it, and every byte that the op writes must equal what the direct formula gives in wide
//! integers with plain indexing. Digests of all output bytes let a host compare a board with itself.
//!
//! Every second case runs twice, over a workspace that held other bytes before: a result must not tell which.

#![allow(
    clippy::disallowed_methods,
    reason = "lengths of cases that are made here, not read from a file"
)]

mod arithmetic;
mod bench;
mod conv;
mod dense;
mod elementwise;
pub mod forged;
mod int4;
mod log_mel;
mod matmul;
mod moves;
mod oracle;
mod packed;
mod pool;
mod random;
mod recurrent;
mod sequence_lstm;
mod softmax;
mod split_mix;
mod table;

use bench::{Bench, Digest};
pub use split_mix::SplitMix64;

use crate::frontend::FrontendError;
use crate::ops::OpError;

/// Bytes of workspace that every case fits in.
pub const WORKSPACE_LEN: usize = 8 * 1024;

/// Between the seeds of one op's cases; more than there are ops, so that a new op leaves the others' cases as they are.
const SEEDS_APART: u64 = 64;

/// What all of the workspace holds before the first run of a case, and before the second.
const LEFTOVERS: [u8; 2] = [0x00, 0xa5];

/// The ops under test, and the sound frontend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as the record it tests")]
pub enum OpKind {
    Conv2d,
    DepthwiseConv2d,
    MaxPool,
    AveragePool,
    Dense,
    Embedding,
    EmbeddingBag,
    Add,
    Product,
    Concat,
    Gate,
    Lookup,
    Softmax,
    Rnn,
    RnnRead,
    PackedConv2d,
    PackedDepthwise,
    PackedDense,
    PackedRnn,
    WinogradConv2d,
    PackedSeparable,
    LogMel,
    Dense4,
    Embedding4,
    SequenceLstm,
    Matmul,
    Rearrange,
    Constant,
    Resize,
    Pairwise,
    Reduce,
    SoftmaxRows,
    LogSoftmax,
    L2Normalise,
    ArgMax,
}

/// What went wrong in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The op's check refused a sound record.
    Refused(OpError),
    /// The frontend's check refused sound parameters.
    RefusedFrontend(FrontendError),
    /// A stored value is not what the oracle says.
    Value {
        /// Number of the byte in the output.
        index: u32,
        /// The op's value.
        got: i32,
        /// The oracle's value.
        wanted: i32,
    },
    /// The op's check accepted weights that the order of a packed layer cannot hold.
    Accepted,
    /// The result depends on what the memory held before.
    Leftovers,
    /// The workspace is shorter than [`WORKSPACE_LEN`].
    Workspace,
}

/// The outcome of many cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Cases run.
    pub cases: u32,
    /// Cases that failed.
    pub failures: u32,
    /// Digest of all output bytes of all cases.
    pub digest: u32,
    /// Seed and reason of the first failure.
    pub first_failure: Option<(u64, Mismatch)>,
}

impl OpKind {
    /// All of them.
    pub const ALL: [OpKind; 35] = [
        OpKind::Conv2d,
        OpKind::DepthwiseConv2d,
        OpKind::MaxPool,
        OpKind::AveragePool,
        OpKind::Dense,
        OpKind::Embedding,
        OpKind::EmbeddingBag,
        OpKind::Add,
        OpKind::Product,
        OpKind::Concat,
        OpKind::Gate,
        OpKind::Lookup,
        OpKind::Softmax,
        OpKind::Rnn,
        OpKind::RnnRead,
        OpKind::PackedConv2d,
        OpKind::PackedDepthwise,
        OpKind::PackedDense,
        OpKind::PackedRnn,
        OpKind::WinogradConv2d,
        OpKind::PackedSeparable,
        OpKind::LogMel,
        OpKind::Dense4,
        OpKind::Embedding4,
        OpKind::SequenceLstm,
        OpKind::Matmul,
        OpKind::Rearrange,
        OpKind::Constant,
        OpKind::Resize,
        OpKind::Pairwise,
        OpKind::Reduce,
        OpKind::SoftmaxRows,
        OpKind::LogSoftmax,
        OpKind::L2Normalise,
        OpKind::ArgMax,
    ];

    /// The name, for ops as [`Op::name`](crate::model::records::Op::name) gives it.
    pub const fn name(self) -> &'static str {
        match self {
            OpKind::Conv2d => "conv2d",
            OpKind::DepthwiseConv2d => "depthwise_conv2d",
            OpKind::MaxPool => "max_pool",
            OpKind::AveragePool => "average_pool",
            OpKind::Dense => "dense",
            OpKind::Embedding => "embedding",
            OpKind::EmbeddingBag => "embedding_bag",
            OpKind::Add => "add",
            OpKind::Product => "product",
            OpKind::Concat => "concat",
            OpKind::Gate => "gate",
            OpKind::Lookup => "lookup",
            OpKind::Softmax => "softmax",
            OpKind::Rnn => "rnn",
            OpKind::RnnRead => "rnn_read",
            OpKind::PackedConv2d => "packed_conv2d",
            OpKind::PackedDepthwise => "packed_depthwise",
            OpKind::PackedDense => "packed_dense",
            OpKind::PackedRnn => "packed_rnn",
            OpKind::WinogradConv2d => "winograd_conv2d",
            OpKind::PackedSeparable => "packed_separable",
            OpKind::LogMel => "log_mel",
            OpKind::Dense4 => "dense_4",
            OpKind::Embedding4 => "embedding_4",
            OpKind::SequenceLstm => "sequence_lstm",
            OpKind::Matmul => "matmul",
            OpKind::Rearrange => "rearrange",
            OpKind::Constant => "constant",
            OpKind::Resize => "resize",
            OpKind::Pairwise => "pairwise",
            OpKind::Reduce => "reduce",
            OpKind::SoftmaxRows => "softmax_rows",
            OpKind::LogSoftmax => "log_softmax",
            OpKind::L2Normalise => "l2_normalise",
            OpKind::ArgMax => "arg_max",
        }
    }
}

impl OpKind {
    /// Whether this build has the op: some cores have nothing for the Winograd domain.
    pub fn runs_here(self) -> bool {
        self != OpKind::WinogradConv2d || cfg!(winograd)
    }
}

/// Runs the case of one seed and returns the digest of the op's output, which (of an odd seed) must not depend on what was in
/// memory.
pub fn run_case(op: OpKind, seed: u64, workspace: &mut [u8]) -> Result<u32, Mismatch> {
    let [first, second] = LEFTOVERS;
    let digest = run_over(op, seed, workspace, first)?;
    // Every second case: boards take their time.
    if seed.is_multiple_of(2) {
        return Ok(digest);
    }
    match run_over(op, seed, workspace, second)? {
        again if again == digest => Ok(digest),
        _ => Err(Mismatch::Leftovers),
    }
}

/// Runs the case of one seed over memory that holds this byte everywhere.
fn run_over(op: OpKind, seed: u64, workspace: &mut [u8], leftover: u8) -> Result<u32, Mismatch> {
    let mut rng = SplitMix64::new(seed.wrapping_mul(SEEDS_APART).wrapping_add(op as u64));
    let bench = Bench::new(workspace, leftover)?;
    let digest = match op {
        OpKind::Conv2d => conv::conv2d(&mut rng, bench),
        OpKind::DepthwiseConv2d => conv::depthwise(&mut rng, bench),
        OpKind::MaxPool => pool::max(&mut rng, bench),
        OpKind::AveragePool => pool::average(&mut rng, bench),
        OpKind::Dense => dense::dense(&mut rng, bench),
        OpKind::Embedding => table::embedding(&mut rng, bench),
        OpKind::EmbeddingBag => table::bag(&mut rng, bench),
        OpKind::Add => elementwise::add(&mut rng, bench),
        OpKind::Product => elementwise::product(&mut rng, bench),
        OpKind::Concat => elementwise::concat(&mut rng, bench),
        OpKind::Gate => elementwise::gate(&mut rng, bench),
        OpKind::Lookup => table::lookup(&mut rng, bench),
        OpKind::Softmax => softmax::softmax(&mut rng, bench),
        OpKind::Rnn => recurrent::rnn(&mut rng, bench),
        OpKind::RnnRead => recurrent::read(&mut rng, bench),
        OpKind::PackedConv2d => packed::conv2d(&mut rng, bench),
        OpKind::PackedDepthwise => packed::depthwise(&mut rng, bench),
        OpKind::PackedDense => packed::dense(&mut rng, bench),
        OpKind::PackedRnn => packed::rnn(&mut rng, bench),
        OpKind::WinogradConv2d => packed::winograd(&mut rng, bench),
        OpKind::PackedSeparable => packed::separable(&mut rng, bench),
        OpKind::LogMel => log_mel::frame(&mut rng, bench),
        OpKind::Dense4 => int4::dense(&mut rng, bench),
        OpKind::Embedding4 => int4::embedding(&mut rng, bench),
        OpKind::SequenceLstm => sequence_lstm::sequence_lstm(&mut rng, bench),
        OpKind::Matmul => matmul::matmul(&mut rng, bench),
        OpKind::Rearrange => moves::rearrange(&mut rng, bench),
        OpKind::Constant => moves::constant(&mut rng, bench),
        OpKind::Resize => moves::resize(&mut rng, bench),
        OpKind::Pairwise => arithmetic::pairwise(&mut rng, bench),
        OpKind::Reduce => arithmetic::reduce(&mut rng, bench),
        OpKind::SoftmaxRows => arithmetic::softmax_rows(&mut rng, bench),
        OpKind::LogSoftmax => arithmetic::log_softmax(&mut rng, bench),
        OpKind::L2Normalise => arithmetic::l2_normalise(&mut rng, bench),
        OpKind::ArgMax => arithmetic::arg_max(&mut rng, bench),
    }?;
    Ok(digest.value())
}

/// Runs the cases of `cases` consecutive seeds; none of an op that this build does not have.
pub fn run_op(op: OpKind, first_seed: u64, cases: u32, workspace: &mut [u8]) -> Report {
    let cases = if op.runs_here() { cases } else { 0 };
    let mut report = Report {
        cases,
        failures: 0,
        digest: 0,
        first_failure: None,
    };
    let mut digest = Digest::new();
    for i in 0..cases {
        let seed = first_seed.wrapping_add(i.into());
        match run_case(op, seed, workspace) {
            Ok(case) => digest.add_bytes(&case.to_le_bytes()),
            Err(mismatch) => {
                report.failures += 1;
                report.first_failure = report.first_failure.or(Some((seed, mismatch)));
            }
        }
    }
    report.digest = digest.value();
    report
}
