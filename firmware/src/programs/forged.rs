//! Runs forged model files, which the host packed into the model slot, one after the other.
//!
//! The slot holds `FORGED01`, the number of files (u32) and four zero bytes; then for each file its length (u32), the kind
//! of test (u32) and a seed (u64), and the file, filled up to a multiple of 16 bytes; all little-endian. A file of kind 0 is
//! loaded and [played](fate). A file of kind 1 is followed by a second one of the same length, whose bytes the first has
//! [after it is loaded](flipped).
//!
//! Each file has one line: a word that stands for its fate, and the fate: `refused`, `left out` where this build holds no
//! such packing or part, `too large`, `ran`. The exit code is 1 where a file did harm, and the line says which.

use tillsense_core::engine::{InputError, LoadError, OpRefusal};
use tillsense_core::frontend::FrontendError;
use tillsense_core::ops::OpError;
use tillsense_core::parity::forged::{Fate, fate, flipped};

use crate::memory::{self, Buffers};
use crate::{arch, board};

const MAGIC: &[u8; 8] = b"FORGED01";

/// Length of the slot's header and of each file's header.
const HEAD: usize = 16;

/// A file in the slot.
struct Forged {
    seed: u64,
    bytes: &'static [u8],
    /// The bytes that the file has once it is loaded.
    changed: Option<&'static [u8]>,
}

/// Tries all files and ends QEMU.
pub fn run() -> ! {
    board::init();
    let Buffers { arena, inbox } = Buffers::take();
    let Some((count, mut rest)) = files(memory::model_slot()) else {
        say!("no forged files in the slot");
        arch::exit(2)
    };
    let mut code = 0;
    for number in 0..count {
        let Some((file, after)) = next(rest) else {
            say!("the slot ends at file {number}");
            arch::exit(2)
        };
        rest = after;
        let tried = match file.changed {
            None => fate(file.bytes, file.seed, arena, inbox),
            Some(changed) => flipped(file.bytes, changed, file.seed, arena, inbox),
        };
        match tried {
            Ok(fate) => say!("{:08x} {}", fate.word(), name(&fate)),
            Err(harm) => {
                code = 1;
                say!("{harm:?}: file {number}, seed {}", file.seed);
            }
        }
    }
    arch::exit(code)
}

fn name(fate: &Fate) -> &'static str {
    match fate {
        Fate::Refused(error) if is_left_out(error) => "left out",
        Fate::Refused(_) => "refused",
        Fate::TooLarge => "too large",
        Fate::Ran(_) => "ran",
    }
}

/// Whether the load failed because this build lacks a packing or part that the file needs.
fn is_left_out(error: &LoadError) -> bool {
    match error {
        LoadError::Op { error, .. } => {
            matches!(
                error,
                OpRefusal::Check(OpError::Packing | OpError::LeftOut(_))
            )
        }
        LoadError::Input { error, .. } => {
            matches!(error, InputError::Frontend(FrontendError::LeftOut(_)))
        }
        _ => false,
    }
}

/// The number of files, and the bytes from the first file on.
fn files(slot: &'static [u8]) -> Option<(u32, &'static [u8])> {
    let (count, _) = slot.strip_prefix(MAGIC)?.split_first_chunk()?;
    Some((u32::from_le_bytes(*count), slot.get(HEAD..)?))
}

/// The next file, and the bytes behind it.
fn next(rest: &'static [u8]) -> Option<(Forged, &'static [u8])> {
    let (len, after) = rest.split_first_chunk()?;
    let (kind, after) = after.split_first_chunk()?;
    let (seed, after) = after.split_first_chunk()?;
    let len = u32::from_le_bytes(*len) as usize;
    let (bytes, mut after) = after.split_at_checked(len.next_multiple_of(HEAD))?;
    let mut changed = None;
    if u32::from_le_bytes(*kind) == 1 {
        let (second, rest) = after.split_at_checked(bytes.len())?;
        changed = Some(second.get(..len)?);
        after = rest;
    }
    let file = Forged {
        seed: u64::from_le_bytes(*seed),
        bytes: bytes.get(..len)?,
        changed,
    };
    Some((file, after))
}
