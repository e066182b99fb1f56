//! Every op against its definition on emulated boards, with the seeds of the host; the bytes are the host's bytes.
//!
//! The micro:bit's 16 KiB of RAM do not hold the suite's workspace; `mps2-an385-m0` runs the same kernels.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tillsense_compiler::target::Target;
use tillsense_core::parity::{OpKind, WORKSPACE_LEN, run_op};
use tillsense_device::boards;
use tillsense_device::boards::Machine;
use tillsense_device::qemu::run_to_end;
use tillsense_device::toolchain::build_firmware;
use tillsense_tests::on_each;

/// First seed; any will do, and this one is no other test's.
const SEED: u64 = 2_000_000;

/// Number of cases of every op on every board.
const CASES: u32 = 2000;

/// The line that a board must print for each op, computed on this machine.
static LINES: LazyLock<Vec<(OpKind, String)>> = LazyLock::new(|| {
    let mut workspace = vec![0; WORKSPACE_LEN];
    let mut line = |op: OpKind| {
        let report = run_op(op, SEED, CASES, &mut workspace);
        assert_eq!(report.first_failure, None, "{} on this machine", op.name());
        format!("{} {CASES} 0 {:08x}\n", op.name(), report.digest)
    };
    OpKind::ALL.iter().map(|&op| (op, line(op))).collect()
});

/// Whether the board has kernels for the Winograd domain: those are for the DSP extension and for RISC-V.
fn has_winograd(machine: &Machine) -> bool {
    use Target::{CortexM4, CortexM7, CortexM33, Rv32imc};
    matches!(machine.reads, CortexM4 | CortexM7 | CortexM33 | Rv32imc)
}

fn expected(machine: &Machine) -> String {
    let none = format!(
        "winograd_conv2d 0 0 {:08x}\n",
        run_op(OpKind::Add, 0, 0, &mut []).digest
    );
    let line = |(op, line): &(OpKind, String)| {
        if *op == OpKind::WinogradConv2d && !has_winograd(machine) {
            none.clone()
        } else {
            line.clone()
        }
    };
    LINES.iter().map(line).collect()
}

fn agrees(machine: &'static Machine) {
    let image = build_firmware(machine, "parity").unwrap();
    let wanted = [
        b"PARITY01".as_slice(),
        &SEED.to_le_bytes(),
        &CASES.to_le_bytes(),
    ]
    .concat();
    let slot = tempfile::NamedTempFile::new().unwrap();
    fs::write(slot.path(), wanted).unwrap();
    let start = Instant::now();
    let finished =
        run_to_end(machine, &image, Some(slot.path()), Duration::from_secs(600)).unwrap();
    assert_eq!(finished.output, expected(machine), "{machine}");
    assert_eq!(finished.code, Some(0), "{}", finished.complaints);
    eprintln!("{machine}: {:?}", start.elapsed());
}

#[test]
fn every_board_with_room_agrees_with_the_host() {
    let has_room = |board: &&Machine| board.arena as usize >= WORKSPACE_LEN;
    on_each(boards::emulated().filter(has_room), agrees);
}
