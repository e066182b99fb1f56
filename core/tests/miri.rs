//! A little of everything, small enough for Miri: `.ci/run miri`.
//!
//! The portable core has no `unsafe`, but views bytes as words and the other way round; Miri sees alignment, bounds and
//! provenance where a processor forgives. Without Miri this is a quick smoke test.

mod support;

use support::{Sample, fresh, network};
use tillsense_core::engine::{LoadError, Model};
use tillsense_core::parity::{OpKind, WORKSPACE_LEN, run_op};

/// Cases of each op.
const CASES: u32 = 2;

#[test]
fn ops() {
    let mut workspace = vec![0u8; WORKSPACE_LEN];
    for op in OpKind::ALL {
        let report = run_op(op, 77, CASES, &mut workspace);
        assert_eq!(
            (report.cases, report.first_failure),
            (CASES, None),
            "{}",
            op.name()
        );
    }
}

#[test]
fn a_model_is_loaded_and_run() {
    let mut file = network(1).file();
    let sample = Sample::random(1);
    let model = Model::load(file.bytes()).unwrap();
    let order: Vec<usize> = (0..model.inputs().count()).collect();
    let scores = fresh(model, &sample, &order);
    assert_eq!(scores.len(), model.heads().count());
    let seal = file.digest_offset().unwrap();
    file.bytes_mut()[seal] ^= 1;
    assert_eq!(Model::load(file.bytes()).err(), Some(LoadError::Digest));
}
