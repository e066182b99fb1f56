//! Every op against its naive oracle, 2,000 random cases each, with the digests that every board must give too.

use tillsense_core::parity::{Mismatch, OpKind, WORKSPACE_LEN, run_case, run_op};

const CASES: u32 = 2000;

/// Digests of the cases of seeds 1 to 2,000. A change here is a change of the numeric contract, or of the cases.
const DIGESTS: [(OpKind, u32); 35] = [
    (OpKind::Conv2d, 0x0376_29c2),
    (OpKind::DepthwiseConv2d, 0x74bc_8d32),
    (OpKind::MaxPool, 0x53a5_ea4d),
    (OpKind::AveragePool, 0xdfa9_2817),
    (OpKind::Dense, 0x45c6_504c),
    (OpKind::Embedding, 0xc420_66fc),
    (OpKind::EmbeddingBag, 0xc5d2_f85f),
    (OpKind::Add, 0x7f88_b447),
    (OpKind::Product, 0x1762_28d3),
    (OpKind::Concat, 0xee94_fb28),
    (OpKind::Gate, 0x31ea_cd0b),
    (OpKind::Lookup, 0x8a5d_bbf2),
    (OpKind::Softmax, 0xe86d_a890),
    (OpKind::Rnn, 0xf300_dd61),
    (OpKind::RnnRead, 0x82b2_a4d1),
    (OpKind::PackedConv2d, 0x03ac_2eca),
    (OpKind::PackedDepthwise, 0x85c6_c15a),
    (OpKind::PackedDense, 0xdc2f_3485),
    (OpKind::PackedRnn, 0xe7c0_c7dd),
    (OpKind::WinogradConv2d, 0x085b_867a),
    (OpKind::PackedSeparable, 0x3237_c53e),
    (OpKind::LogMel, 0xf979_cab3),
    (OpKind::Dense4, 0x922f_fc7b),
    (OpKind::Embedding4, 0xf8d3_d328),
    (OpKind::SequenceLstm, 0xef1d_2f0f),
    (OpKind::Matmul, 0xf0f7_1817),
    (OpKind::Rearrange, 0xabfc_e60f),
    (OpKind::Constant, 0x21c2_ce52),
    (OpKind::Resize, 0x8c58_735e),
    (OpKind::Pairwise, 0x2a4f_177b),
    (OpKind::Reduce, 0xd3da_bce1),
    (OpKind::SoftmaxRows, 0xbfa5_8c03),
    (OpKind::LogSoftmax, 0x8095_35e5),
    (OpKind::L2Normalise, 0x5b06_c8f5),
    (OpKind::ArgMax, 0xe958_5b5f),
];

#[test]
fn every_op_equals_its_oracle() {
    let mut workspace = [0u8; WORKSPACE_LEN];
    let mut failures = Vec::new();
    assert_eq!(DIGESTS.map(|(op, _)| op), OpKind::ALL);
    for (op, digest) in DIGESTS {
        let report = run_op(op, 1, CASES, &mut workspace);
        if let Some((seed, mismatch)) = report.first_failure {
            let count = report.failures;
            failures.push(format!(
                "{}: {count} of {CASES} cases failed, first seed {seed}: {mismatch:?}",
                op.name()
            ));
        } else if report.digest != digest {
            failures.push(format!(
                "{}: digest {:08x} instead of {digest:08x}",
                op.name(),
                report.digest
            ));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The names in the list of ops, where each stands in quotes behind its record.
#[test]
fn every_op_is_tried() {
    let list = include_str!("../src/model/records/op.rs");
    let names = list
        .lines()
        .filter_map(|line| line.split('"').nth(1).filter(|_| line.contains(") \"")));
    let tried = OpKind::ALL.map(OpKind::name);
    let untried: Vec<_> = names.clone().filter(|name| !tried.contains(name)).collect();
    assert_eq!(untried, [""; 0]);
    // `log_mel` is a frontend.
    assert_eq!(names.count() + 1, tried.len());
}

#[test]
fn a_short_workspace_is_an_error() {
    for op in OpKind::ALL {
        assert_eq!(run_case(op, 1, &mut [0; 100]), Err(Mismatch::Workspace));
    }
}
