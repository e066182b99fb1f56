//! Every op against its naive oracle, 2,000 random cases each, with the digests that every board must give too.

use tillsense_core::parity::{Mismatch, OpKind, WORKSPACE_LEN, run_case, run_op};

const CASES: u32 = 2000;

/// Digests of the cases of seeds 1 to 2,000. A change here is a change of the numeric contract, or of the cases.
const DIGESTS: [(OpKind, u32); 15] = [
    (OpKind::Conv2d, 0x73cf_8e4f),
    (OpKind::DepthwiseConv2d, 0x1e7c_e419),
    (OpKind::MaxPool, 0xd23f_329b),
    (OpKind::AveragePool, 0xe5be_5052),
    (OpKind::Dense, 0x857f_da3e),
    (OpKind::Embedding, 0x7f35_d9b5),
    (OpKind::EmbeddingBag, 0xe7e9_2b63),
    (OpKind::Add, 0x1339_a405),
    (OpKind::Product, 0x3bc8_d7f3),
    (OpKind::Concat, 0xce28_a9cb),
    (OpKind::Gate, 0x75d3_5dbf),
    (OpKind::Lookup, 0x70f3_6f2f),
    (OpKind::Softmax, 0x1600_1af5),
    (OpKind::Rnn, 0x82a7_b79f),
    (OpKind::RnnRead, 0xbf8a_c267),
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

#[test]
fn a_short_workspace_is_an_error() {
    for op in OpKind::ALL {
        assert_eq!(run_case(op, 1, &mut [0; 100]), Err(Mismatch::Workspace));
    }
}
