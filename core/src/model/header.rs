//! The fixed header at the start of a model file, and the seal at its end.
//!
//! ```text
//! [header 64] [postcard body] [zeros to 16] [weights] [zeros to 16] [digest 32] [signature place 64]
//! ```
//!
//! All numbers are little-endian. The digest is SHA-256 over everything before it. The signature place is zero.

use core::error::Error;
use core::fmt::{self, Display, Formatter};
use core::ops::Range;

use serde::{Deserialize, Serialize};

use crate::size::{MAX_LEN, Size};

/// Length of the header in bytes.
pub const HEADER_LEN: usize = 64;
/// Length of the digest in bytes.
pub const DIGEST_LEN: usize = 32;
/// Length of the place for a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;
/// Length of digest and signature place.
pub const SEAL_LEN: usize = DIGEST_LEN + SIGNATURE_LEN;
/// Weights and seal start at multiples of this, and so must the file in memory.
pub const ALIGN: usize = 16;
/// First bytes of every model file.
pub const MAGIC: [u8; 8] = *b"TILLSNSE";
/// The numeric contract that this core implements.
pub const CONTRACT: u16 = 2;

const AT_CONTRACT: usize = 8;
const AT_HEADER_LEN: usize = 10;
const AT_FLAGS: usize = 12;
const AT_MODEL_VERSION: usize = 16;
const AT_TOTAL_LEN: usize = 20;
const AT_BODY_OFFSET: usize = 24;
const AT_BODY_LEN: usize = 28;
const AT_WEIGHTS_OFFSET: usize = 32;
const AT_WEIGHTS_LEN: usize = 36;
const AT_ARENA_LEN: usize = 40;
const AT_PERSISTENT_LEN: usize = 44;
const AT_MAX_INPUT: usize = 48;
const AT_RESERVED: usize = 52;

/// Why a header is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderError {
    /// Fewer bytes than the header or the length it states.
    Truncated,
    /// More bytes than the length it states.
    TooLong,
    /// It does not start with [`MAGIC`].
    NotAModel,
    /// Another numeric contract than [`CONTRACT`].
    Contract(u16),
    /// Unknown flags, or reserved, padding or signature bytes that are not zero.
    Reserved,
    /// Body, weights and seal do not follow one another as they must.
    Layout,
    /// A section, the arena or an input is longer than [`MAX_LEN`].
    TooLarge,
}

impl Display for HeaderError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeaderError::Truncated => "cut off: it has fewer bytes than its header says; copy it again or train again",
            HeaderError::TooLong => "it goes on after its end: it has more bytes than its header says; copy it again or train again",
            HeaderError::NotAModel => "not a Tillsense model file; `tillsense train` writes those",
            HeaderError::Contract(theirs) => {
                return write!(
                    f,
                    "it is made for numeric contract {theirs}, this version of Tillsense computes by contract {CONTRACT}; export it again with this version, or train it again where it reads texts beyond ASCII"
                );
            }
            HeaderError::Reserved => "bytes that must be zero are not: damaged, or made by a later version; copy it again or train it again with this version",
            HeaderError::Layout => "damaged: the lengths in its header contradict each other; copy it again or train again",
            HeaderError::TooLarge => {
                return write!(
                    f,
                    "a section, its arena or an input is longer than {} MiB: damaged, or the network is too large; copy it again or train a smaller one",
                    MAX_LEN >> 20
                );
            }
        })
    }
}

impl Error for HeaderError {}

/// The header's fields. No length is more than [`MAX_LEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Rises with each release of a model.
    pub model_version: u32,
    /// Bytes of postcard body, which follows the header at once.
    pub body_len: u32,
    /// First byte of the weights.
    pub weights_offset: u32,
    /// Bytes of weights.
    pub weights_len: u32,
    /// Bytes of arena that a session needs.
    pub arena_len: u32,
    /// The first bytes of the arena, kept between calls.
    pub persistent_len: u32,
    /// Bytes of the largest picture, text or encoded record that an input takes.
    pub max_input: u32,
}

impl Header {
    /// Plans the file for a body and weights of these lengths.
    pub const fn with_lengths(self, body_len: u32, weights_len: u32) -> Self {
        let body_end = Size::of(HEADER_LEN).plus(Size::of(body_len as usize));
        Header {
            body_len,
            weights_offset: body_end.up_to(ALIGN as u32).or_beyond() as u32,
            weights_len,
            ..self
        }
    }

    /// First byte of the digest.
    #[inline(never)]
    pub const fn digest_offset(&self) -> usize {
        Size::of(self.weights_offset as usize)
            .plus(Size::of(self.weights_len as usize))
            .up_to(ALIGN as u32)
            .or_beyond()
    }

    /// Length of the whole file.
    pub const fn total_len(&self) -> usize {
        // Beyond all limits it does not matter how far.
        self.digest_offset().wrapping_add(SEAL_LEN)
    }

    /// Writes the header.
    pub fn emit(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..MAGIC.len()].copy_from_slice(&MAGIC);
        out[AT_CONTRACT..][..2].copy_from_slice(&CONTRACT.to_le_bytes());
        out[AT_HEADER_LEN..][..2].copy_from_slice(&(HEADER_LEN as u16).to_le_bytes());
        let words = [
            (AT_FLAGS, 0),
            (AT_MODEL_VERSION, self.model_version),
            (AT_TOTAL_LEN, self.total_len() as u32),
            (AT_BODY_OFFSET, HEADER_LEN as u32),
            (AT_BODY_LEN, self.body_len),
            (AT_WEIGHTS_OFFSET, self.weights_offset),
            (AT_WEIGHTS_LEN, self.weights_len),
            (AT_ARENA_LEN, self.arena_len),
            (AT_PERSISTENT_LEN, self.persistent_len),
            (AT_MAX_INPUT, self.max_input),
        ];
        for (at, word) in words {
            out[at..][..4].copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// Reads and checks the header of a whole file.
    pub fn parse(file: &[u8]) -> Result<Self, HeaderError> {
        let head: &[u8; HEADER_LEN] = file.first_chunk().ok_or(HeaderError::Truncated)?;
        // No place lies outside; an index would be a panic in the image all the same.
        let half = |at: usize| head.get(at..).and_then(|rest| rest.first_chunk()).copied();
        let half = |at: usize| u16::from_le_bytes(half(at).unwrap_or_default());
        let word = |at: usize| head.get(at..).and_then(|rest| rest.first_chunk()).copied();
        let word = |at: usize| u32::from_le_bytes(word(at).unwrap_or_default());
        if head[..MAGIC.len()] != MAGIC {
            return Err(HeaderError::NotAModel);
        }
        if half(AT_CONTRACT) != CONTRACT {
            return Err(HeaderError::Contract(half(AT_CONTRACT)));
        }
        if word(AT_FLAGS) != 0 || head[AT_RESERVED..].iter().any(|&b| b != 0) {
            return Err(HeaderError::Reserved);
        }
        // With these, sums below cannot overflow.
        let lengths = [AT_BODY_LEN, AT_WEIGHTS_LEN, AT_ARENA_LEN, AT_MAX_INPUT];
        if lengths.iter().any(|&at| word(at) > MAX_LEN) {
            return Err(HeaderError::TooLarge);
        }
        let given = Header {
            model_version: word(AT_MODEL_VERSION),
            body_len: word(AT_BODY_LEN),
            weights_offset: word(AT_WEIGHTS_OFFSET),
            weights_len: word(AT_WEIGHTS_LEN),
            arena_len: word(AT_ARENA_LEN),
            persistent_len: word(AT_PERSISTENT_LEN),
            max_input: word(AT_MAX_INPUT),
        };
        let planned = given.with_lengths(given.body_len, given.weights_len);
        if given != planned
            || usize::from(half(AT_HEADER_LEN)) != HEADER_LEN
            || word(AT_BODY_OFFSET) as usize != HEADER_LEN
            || word(AT_TOTAL_LEN) as usize != given.total_len()
            || given.persistent_len > given.arena_len
        {
            return Err(HeaderError::Layout);
        }
        match file.len() {
            len if len < given.total_len() => Err(HeaderError::Truncated),
            len if len > given.total_len() => Err(HeaderError::TooLong),
            _ if given.holds_more(file) => Err(HeaderError::Reserved),
            _ => Ok(given),
        }
    }

    /// Whether a byte between the file's sections, or where a signature will be, is not zero.
    fn holds_more(&self, file: &[u8]) -> bool {
        let body_end = HEADER_LEN + self.body_len as usize;
        let weights = self.weights_offset as usize;
        let weights_end = weights + self.weights_len as usize;
        let signature = self.digest_offset() + DIGEST_LEN;
        let mut gaps = [
            body_end..weights,
            weights_end..self.digest_offset(),
            signature..self.total_len(),
        ];
        let mut more = |gap: &mut Range<usize>| gap.any(|at| file.get(at) != Some(&0));
        gaps.iter_mut().any(&mut more)
    }

    /// The length of the file that starts with these bytes, for a reader that has a whole flash slot before it.
    pub fn file_len(slot: &[u8]) -> Option<usize> {
        let head: &[u8; HEADER_LEN] = slot.first_chunk()?;
        let bytes = head[AT_TOTAL_LEN..].first_chunk()?;
        (head[..MAGIC.len()] == MAGIC).then_some(u32::from_le_bytes(*bytes) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        model_version: 7,
        body_len: 5,
        weights_offset: 80,
        weights_len: 3,
        arena_len: 0x1234,
        persistent_len: 16,
        max_input: 784,
    };

    fn file() -> std::vec::Vec<u8> {
        let mut file = HEADER.emit().to_vec();
        file.resize(HEADER.total_len(), 0);
        file
    }

    #[test]
    fn literal_bytes() {
        let mut expected = [0u8; HEADER_LEN];
        expected[..52].copy_from_slice(
            b"TILLSNSE\x02\0\x40\0\0\0\0\0\x07\0\0\0\xc0\0\0\0\x40\0\0\0\x05\0\0\0\x50\0\0\0\x03\0\0\0\x34\x12\0\0\x10\0\0\0\x10\x03\0\0",
        );
        assert_eq!(HEADER.emit(), expected);
        assert_eq!(Header::parse(&file()), Ok(HEADER));
    }

    #[test]
    fn every_changed_header_byte_but_free_numbers_is_refused() {
        let free = AT_MODEL_VERSION..AT_MODEL_VERSION + 4;
        for at in (0..HEADER_LEN).filter(|at| !free.contains(at)) {
            let mut changed = file();
            changed[at] ^= 0x81;
            let arena_or_input = (AT_ARENA_LEN..AT_ARENA_LEN + 4).contains(&at)
                || (AT_PERSISTENT_LEN..AT_PERSISTENT_LEN + 4).contains(&at)
                || (AT_MAX_INPUT..AT_MAX_INPUT + 4).contains(&at);
            assert!(
                arena_or_input || Header::parse(&changed).is_err(),
                "byte {at}"
            );
        }
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let whole = file();
        for len in 0..whole.len() {
            assert_eq!(
                Header::parse(&whole[..len]),
                Err(HeaderError::Truncated),
                "{len}"
            );
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(Header::parse(&longer), Err(HeaderError::TooLong));
        assert_eq!(Header::file_len(&longer), Some(whole.len()));
    }
}
