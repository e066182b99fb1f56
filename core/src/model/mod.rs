//! The model file: header, records, weights, seal.
//!
//! The format is described byte for byte in `docs/MODEL-FORMAT.md`; [`header`] holds the offsets,
//! [`records`] what postcard writes, [`digest`] the seal.

pub mod header;
pub mod records;

use core::marker::PhantomData;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// SHA-256 of the bytes.
pub fn digest(bytes: &[u8]) -> [u8; header::DIGEST_LEN] {
    Sha256::digest(bytes).into()
}

/// Decodes records that follow one another, in place. Ends at the last byte, or at the first that is no record.
#[derive(Clone, Debug)]
pub struct Records<'a, T> {
    rest: &'a [u8],
    kind: PhantomData<T>,
}

impl<'a, T> Records<'a, T> {
    /// All records of a section or of a part of it.
    pub const fn new(section: &'a [u8]) -> Self {
        Records {
            rest: section,
            kind: PhantomData,
        }
    }

    /// Bytes not decoded yet; none are left where all were records.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a, T: Deserialize<'a>> Iterator for Records<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (record, rest) = postcard::take_from_bytes(self.rest).ok()?;
        // A record of no bytes would never end; none of ours is.
        if rest.len() == self.rest.len() {
            return None;
        }
        self.rest = rest;
        Some(record)
    }
}
