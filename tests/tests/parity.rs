//! Every op against its definition on emulated boards, with the seeds of the host; the bytes are the host's bytes.

use std::fs;
use std::time::Duration;

use tillsense_core::parity::{OpKind, WORKSPACE_LEN, run_op};
use tillsense_trainer::terminal::{Machine, machine, run_to_end};
use tillsense_trainer::toolchain::build_firmware;

/// First seed; any will do, and this one is no other test's.
const SEED: u64 = 2_000_000;

/// The lines that a board must print, worked out here.
fn expected(cases: u32) -> String {
    let mut workspace = vec![0; WORKSPACE_LEN];
    let line = |op: OpKind| {
        let report = run_op(op, SEED, cases, &mut workspace);
        assert_eq!(report.first_failure, None, "{} on this machine", op.name());
        format!("{} {cases} 0 {:08x}\n", op.name(), report.digest)
    };
    OpKind::ALL.map(line).concat()
}

fn agrees(machine: &'static Machine, cases: u32) {
    let image = build_firmware(machine, "parity").unwrap();
    let wanted = [
        b"PARITY01".as_slice(),
        &SEED.to_le_bytes(),
        &cases.to_le_bytes(),
    ]
    .concat();
    let slot = tempfile::NamedTempFile::new().unwrap();
    fs::write(slot.path(), wanted).unwrap();
    let finished =
        run_to_end(machine, &image, Some(slot.path()), Duration::from_secs(600)).unwrap();
    assert_eq!(finished.output, expected(cases), "{machine}");
    assert_eq!(finished.code, Some(0), "{}", finished.complaints);
}

#[test]
fn mps2_an386_agrees_with_the_host() {
    agrees(&machine::MPS2_AN386, 1000);
}

#[test]
fn riscv_virt_agrees_with_the_host() {
    agrees(&machine::RISCV_VIRT, 1000);
}

#[test]
fn the_real_parts_agree_with_the_host() {
    agrees(&machine::NETDUINOPLUS2, 100);
    agrees(&machine::SIFIVE_E, 100);
}
