//! Compares every op with its definition, over the seeds that the host asks for.
//!
//! The model slot holds `PARITY01`, the first seed (u64) and the number of cases of each op (u32),
//! little-endian; without them the program runs 100 cases from seed 0. Each op has one line: name, cases,
//! failures, digest. The exit code is 0 if no case failed.

use tillsense_core::parity::{OpKind, run_op};

use crate::memory::{self, Buffers};
use crate::{arch, board};

const MAGIC: &[u8; 8] = b"PARITY01";

/// Runs the suite and ends QEMU.
pub fn run() -> ! {
    board::init();
    let Buffers { arena, .. } = Buffers::take();
    let (first_seed, cases) = wanted(memory::model_slot()).unwrap_or((0, 100));
    let mut failures = 0;
    for op in OpKind::ALL {
        let report = run_op(op, first_seed, cases, arena);
        say!(
            "{} {} {} {:08x}",
            op.name(),
            report.cases,
            report.failures,
            report.digest
        );
        if let Some((seed, mismatch)) = report.first_failure {
            say!("# {} seed {seed}: {mismatch:?}", op.name());
        }
        failures += report.failures;
    }
    arch::exit(u32::from(failures > 0))
}

fn wanted(slot: &[u8]) -> Option<(u64, u32)> {
    let rest = slot.strip_prefix(MAGIC)?;
    let (seed, rest) = rest.split_first_chunk()?;
    let (cases, _) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*seed), u32::from_le_bytes(*cases)))
}
