//! Golden vectors: what a model must answer to given inputs, bit for bit.

use heapless::Vec;
use serde::Serialize;

use crate::engine::MAX_INPUTS;

/// Inputs and the exact scores that belong to them. The file format has a place for these records; no loader reads it yet, so it
/// must be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Golden<'a> {
    /// For each input, by number, the bytes that are pushed, `None` where the input is absent: a picture, a tensor or a text as it
    /// is, sound as little-endian 16-bit samples, records as they cross the link (postcard of their values), one after the other.
    #[cfg_attr(any(test, feature = "parity"), serde(borrow))]
    pub inputs: Vec<Option<&'a [u8]>, MAX_INPUTS>,
    /// The bytes of all heads' scores, one head after the other.
    pub scores: &'a [u8],
}
