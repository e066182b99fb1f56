//! Every op against its naive oracle, 2,000 random cases each, with the digests that every board must give too.

use tillsense_core::parity::{Mismatch, OpKind, WORKSPACE_LEN, run_case, run_op};

const CASES: u32 = 2000;

#[test]
fn every_op_equals_its_oracle() {
    let mut workspace = [0u8; WORKSPACE_LEN];
    let mut failures = Vec::new();
    for op in OpKind::ALL {
        let report = run_op(op, 1, CASES, &mut workspace);
        println!("{:18} {:08x}", op.name(), report.digest);
        assert_eq!(report.cases, CASES);
        if let Some((seed, mismatch)) = report.first_failure {
            failures.push(format!(
                "{}: {} of {CASES} cases failed, first seed {seed}: {mismatch:?}",
                op.name(),
                report.failures
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
