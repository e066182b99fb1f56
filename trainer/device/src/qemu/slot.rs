//! Wraps a model file for QEMU's loader.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;
use tillsense_compiler::files;

use crate::boards::Machine;

/// Limit of a model file; no slot holds so much.
const MOST_BYTES: u64 = 64 << 20;

/// Lengths of an ELF file header and of a program header, 32 bits.
const FILE_HEADER: u32 = 52;
const PROGRAM_HEADER: u32 = 32;

/// Wraps a file's bytes into an ELF file with one segment at the machine's model slot.
///
/// The loader takes raw files too, but none that is longer than the machine's RAM, and a slot of flash may well be.
pub(super) fn wrap(machine: &Machine, file: &Path) -> Result<NamedTempFile> {
    let bytes = files::read(file, MOST_BYTES).with_context(|| format!("{}", file.display()))?;
    if bytes.len() > machine.slot_len as usize {
        bail!(
            "{} is {} bytes long; {} has room for {}",
            file.display(),
            bytes.len(),
            machine.id,
            machine.slot_len
        );
    }
    let mut elf =
        NamedTempFile::with_prefix("tillsense-").context("cannot make a temporary file")?;
    let written = elf
        .write_all(&headers(machine.slot, bytes.len() as u32))
        .and_then(|()| elf.write_all(&bytes));
    written.context("cannot write a temporary file")?;
    Ok(elf)
}

/// ELF headers for one readable segment ("Tool Interface Standard ELF Specification", version 1.2).
fn headers(address: u32, len: u32) -> Vec<u8> {
    // Class 32, little-endian, version 1; EXEC, no machine (any fits), version 1.
    let mut out = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\0\0\x01\0\0\0".to_vec();
    let mut words = |words: &[u32]| {
        words
            .iter()
            .for_each(|word| out.extend_from_slice(&word.to_le_bytes()))
    };
    // Entry, program headers, section headers, flags; then pairs of halves: sizes and counts.
    words(&[0, FILE_HEADER, 0, 0]);
    words(&[FILE_HEADER | PROGRAM_HEADER << 16, 1, 0]);
    // LOAD: place in the file, virtual and physical address, lengths there and here, readable, alignment.
    words(&[
        1,
        FILE_HEADER + PROGRAM_HEADER,
        address,
        address,
        len,
        len,
        4,
        1,
    ]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_their_lengths() {
        assert_eq!(headers(0, 0).len() as u32, FILE_HEADER + PROGRAM_HEADER);
    }
}
