//! Packs a plain op into the ops that a target's kernels run.

use tillsense_compiler::lower::blobs::Blobs;
pub(super) use tillsense_compiler::lower::pack::scratch;
use tillsense_compiler::lower::pack::{Algorithm, add_packed};
use tillsense_core::model::constants::of_op;
use tillsense_core::model::records::{Op, Packing};

/// The ops, each with its name, that a target may run instead of this one; the op itself where it has no other.
pub fn candidates(op: &Op, packing: Option<Packing>, blobs: &mut Blobs) -> Vec<(String, Op)> {
    let Some(packing) = packing else {
        return vec![("plain".to_owned(), op.clone())];
    };
    let algorithms: &[(&str, Algorithm)] = match op {
        Op::Conv2d(_) => &[
            ("direct", Algorithm::Direct),
            ("winograd", Algorithm::Winograd),
        ],
        Op::DepthwiseConv2d(_) => &[("rows", Algorithm::Direct)],
        Op::Dense(_) | Op::Rnn(_) => &[("vector", Algorithm::Direct)],
        Op::Softmax(_) => return vec![("table".to_owned(), op.clone())],
        _ => return vec![("direct".to_owned(), op.clone())],
    };
    let candidate = |&(what, algorithm): &(&str, Algorithm)| {
        let packed = add_packed(op, packing, algorithm, blobs)?;
        Some((format!("{what}, {packing:?}").to_lowercase(), packed))
    };
    algorithms.iter().filter_map(candidate).collect()
}

/// Bytes of constants that an op reads.
pub fn weight_bytes(op: &Op) -> usize {
    let mut sum = 0;
    of_op(&mut op.clone(), &mut |blob, _| sum += blob.len as usize);
    sum
}
