//! The model file: header, records, weights, seal.
//!
//! The format is described byte for byte in `docs/MODEL-FORMAT.md`; [`header`] holds the offsets,
//! [`records`] what postcard writes, [`decode`] reads it back, [`regions`] and [`constants`] say what memory and which weights a
//! record names, [`interface`] what of all this an application relies on, [`digest`] is the seal.

#[doc(hidden)]
pub mod constants;
#[doc(hidden)]
pub mod decode;
pub mod embed;
pub mod header;
pub mod interface;
pub mod records;
#[doc(hidden)]
pub mod regions;
mod sha256;

use core::marker::PhantomData;

use decode::{Record, Unreadable};

/// SHA-256 of the bytes.
pub fn digest(bytes: &[u8]) -> [u8; header::DIGEST_LEN] {
    sha256::digest(bytes)
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

impl<'a, T: Record<'a>> Records<'a, T> {
    /// The next record, or why there is none.
    pub fn decode(&mut self) -> Result<T, Unreadable> {
        let (record, rest) = decode::take(self.rest)?;
        self.rest = rest;
        Ok(record)
    }
}

impl<'a, T: Record<'a>> Iterator for Records<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.decode().ok()
    }
}
