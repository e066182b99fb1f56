//! Model files: load, and push and run where they load.

use tillsense_core::model::{digest, header::Header};
use tillsense_core::parity::forged::fate;

/// Bytes of memory that a model may ask for, with the canaries around its arena.
const MEMORY: usize = 64 << 10;
/// Bytes of the largest picture or text that is pushed.
const INBOX: usize = 16 << 10;
/// Longest file that is tried.
const LONGEST: usize = 256 << 10;

/// Loads the bytes as they are, and once more under a seal of their own, since no mutation hits a SHA-256.
///
/// # Panics
///
/// Where a file does harm: a write outside its arena, scores that depend on the order of inputs, a head without verdict.
pub fn load(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut file = Aligned::new(data);
    play(file.bytes());
    if let Ok(header) = Header::parse(file.bytes()) {
        let end = header.digest_offset();
        if let Some((sealed, seal)) = file.bytes_mut().split_at_mut_checked(end) {
            for (byte, sealed) in seal.iter_mut().zip(digest(sealed)) {
                *byte = sealed;
            }
            play(file.bytes());
        }
    }
}

/// Loads a file and runs it with random inputs, if it loads.
fn play(file: &[u8]) {
    let mut memory = Aligned::new(&[0; MEMORY]);
    let mut inbox = [0; INBOX];
    let seed = file.iter().fold(0u64, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    if let Err(harm) = fate(file, seed, memory.bytes_mut(), &mut inbox) {
        panic!("{harm:?}");
    }
}

/// Bytes that start at a multiple of 16, as a model file and an arena must.
struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// A copy of these bytes.
    fn new(from: &[u8]) -> Self {
        let mut bytes = vec![0; from.len() + 15];
        let start = bytes.as_ptr().align_offset(16);
        bytes[start..][..from.len()].copy_from_slice(from);
        Aligned {
            bytes,
            start,
            len: from.len(),
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..][..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..][..self.len]
    }
}
