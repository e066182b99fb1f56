//! The fixed header at the start of a model file, and the seal at its end.
//!
//! ```text
//! [header 128] [postcard body] [zeros to 16] [weights] [zeros to 16] [digest 32] [signature place 64]
//! ```
//!
//! All numbers are little-endian. The digest is SHA-256 over everything before it. The signature place is zero.

use core::error::Error;
use core::fmt::{self, Display, Formatter};
use core::ops::Range;

use serde::{Deserialize, Serialize};

use crate::size::{MAX_LEN, Size};

/// Length of the header in bytes.
pub const HEADER_LEN: usize = 128;
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
/// The version of the file format that this core reads.
pub const FORMAT: u16 = 2;

pub(super) const AT_CONTRACT: usize = 8;
const AT_HEADER_LEN: usize = 10;
pub(super) const AT_FORMAT: usize = 12;
const AT_FLAGS: usize = 14;
const AT_MODEL_VERSION: usize = 16;
pub(super) const AT_TOTAL_LEN: usize = 24;
const AT_BODY_LEN: usize = 28;
const AT_WEIGHTS_OFFSET: usize = 32;
const AT_WEIGHTS_LEN: usize = 36;
const AT_ARENA_LEN: usize = 40;
const AT_PERSISTENT_LEN: usize = 44;
const AT_MAX_INPUT: usize = 48;
const AT_GOLDEN_OFFSET: usize = 52;
const AT_GOLDEN_LEN: usize = 56;
const AT_ZEROS: usize = 60;
const AT_INTERFACE: usize = 64;
const AT_PRODUCT_LINE: usize = 96;
const AT_KEY_ID: usize = 112;

/// Length of the header of format 1, which had zeros in the place of a format.
const HEADER_LEN_1: usize = 64;

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
    /// Reserved, padding or signature bytes that are not zero.
    Reserved,
    /// Body, weights and seal do not follow one another as they must.
    Layout,
    /// A section, the arena or an input is longer than [`MAX_LEN`].
    TooLarge,
    /// Another version of the file format than [`FORMAT`].
    Format(u16),
    /// A flag is set: the file is signed or encrypted in a way that this core does not read.
    Flags,
    /// Golden vectors, which this core does not read.
    Golden,
    /// A product line, which this core does not compare.
    ProductLine,
    /// The name of a key, which this core does not use.
    KeyId,
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
            HeaderError::Format(theirs) if *theirs < FORMAT => {
                return write!(
                    f,
                    "written by an earlier version of Tillsense, in format {theirs}, where this one reads format {FORMAT}; `tillsense train` makes it anew"
                );
            }
            HeaderError::Format(theirs) => {
                return write!(
                    f,
                    "written by a later version of Tillsense, in format {theirs}, where this one reads format {FORMAT}; use that version, or train it again with this one"
                );
            }
            HeaderError::Flags => "it is marked as signed or encrypted, which this version of Tillsense does not read; use a later version, or export it again with this one",
            HeaderError::Golden => "it holds golden vectors, which this version of Tillsense does not read; use a later version, or export it again with this one",
            HeaderError::ProductLine => "it is made for one product line only, which this version of Tillsense does not compare; use a later version, or export it again with this one",
            HeaderError::KeyId => "it names the key of a signature, which this version of Tillsense does not read; use a later version, or export it again with this one",
        })
    }
}

impl Error for HeaderError {}

/// The header's fields. No length is more than [`MAX_LEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Orders the releases of one model: a later one has a higher number.
    pub model_version: u64,
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
    /// Bytes of the largest picture, text or encoded record that is pushed whole.
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

    /// Writes the header of a file whose body has this [interface](crate::model::interface).
    pub fn emit(&self, interface: &[u8; DIGEST_LEN]) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..MAGIC.len()].copy_from_slice(&MAGIC);
        let halves = [
            (AT_CONTRACT, CONTRACT),
            (AT_HEADER_LEN, HEADER_LEN as u16),
            (AT_FORMAT, FORMAT),
        ];
        for (at, half) in halves {
            out[at..][..2].copy_from_slice(&half.to_le_bytes());
        }
        out[AT_MODEL_VERSION..][..8].copy_from_slice(&self.model_version.to_le_bytes());
        let words = [
            (AT_TOTAL_LEN, self.total_len() as u32),
            (AT_BODY_LEN, self.body_len),
            (AT_WEIGHTS_OFFSET, self.weights_offset),
            (AT_WEIGHTS_LEN, self.weights_len),
            (AT_ARENA_LEN, self.arena_len),
            (AT_PERSISTENT_LEN, self.persistent_len),
            (AT_MAX_INPUT, self.max_input),
            (AT_GOLDEN_OFFSET, self.digest_offset() as u32),
        ];
        for (at, word) in words {
            out[at..][..4].copy_from_slice(&word.to_le_bytes());
        }
        out[AT_INTERFACE..][..DIGEST_LEN].copy_from_slice(interface);
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
        let len = usize::from(half(AT_HEADER_LEN));
        if half(AT_FORMAT) != FORMAT {
            let first = len == HEADER_LEN_1 && half(AT_FORMAT) == 0;
            return Err(HeaderError::Format(if first { 1 } else { half(AT_FORMAT) }));
        }
        for &(from, len, error) in EMPTY {
            let place = head.iter().skip(from.into()).take(len.into());
            if place.fold(0, |all, byte| all | byte) != 0 {
                return Err(error);
            }
        }
        let given = Header {
            model_version: u64::from(word(AT_MODEL_VERSION + 4)) << 32
                | u64::from(word(AT_MODEL_VERSION)),
            body_len: word(AT_BODY_LEN),
            weights_offset: word(AT_WEIGHTS_OFFSET),
            weights_len: word(AT_WEIGHTS_LEN),
            arena_len: word(AT_ARENA_LEN),
            persistent_len: word(AT_PERSISTENT_LEN),
            max_input: word(AT_MAX_INPUT),
        };
        // With these, sums below cannot overflow.
        let sizes = given.body_len.max(given.weights_len);
        if sizes.max(given.arena_len).max(given.max_input) > MAX_LEN {
            return Err(HeaderError::TooLarge);
        }
        let planned = given.with_lengths(given.body_len, given.weights_len);
        if given != planned
            || len != HEADER_LEN
            || word(AT_TOTAL_LEN) as usize != given.total_len()
            // The golden vectors, of which there are none.
            || word(AT_GOLDEN_OFFSET) as usize != given.digest_offset()
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

    /// The digest of what an application is compiled against, as the header of a whole file states it.
    pub(crate) fn interface(file: &[u8]) -> Option<[u8; DIGEST_LEN]> {
        file.get(AT_INTERFACE..)?.first_chunk().copied()
    }

    /// The length of the file that starts with these bytes, for a reader that has a whole flash slot before it; at least that of a
    /// header, so that [`Header::parse`] can say what a file of another format is.
    pub fn file_len(slot: &[u8]) -> Option<usize> {
        let head: &[u8; HEADER_LEN] = slot.first_chunk()?;
        let bytes = head[AT_TOTAL_LEN..].first_chunk()?;
        (head[..MAGIC.len()] == MAGIC)
            .then_some((u32::from_le_bytes(*bytes) as usize).max(HEADER_LEN))
    }
}

/// Whether the header of a file states this digest of the [interface](super::interface): whether bindings, which are written
/// for the digest, belong to the file. In a constant, a program with a model that its bindings are not for does not compile.
pub const fn states_interface(file: &[u8], digest: &[u8; DIGEST_LEN]) -> bool {
    if file.len() < HEADER_LEN {
        return false;
    }
    let mut at = 0;
    while at < DIGEST_LEN {
        if file[AT_INTERFACE + at] != digest[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Places that must be zero until a loader reads them: the first byte, how many there are, and the error where one is not.
static EMPTY: &[(u8, u8, HeaderError)] = &[
    (AT_FLAGS as u8, 2, HeaderError::Flags),
    (AT_GOLDEN_LEN as u8, 4, HeaderError::Golden),
    (AT_ZEROS as u8, 4, HeaderError::Reserved),
    (AT_PRODUCT_LINE as u8, 16, HeaderError::ProductLine),
    (AT_KEY_ID as u8, 16, HeaderError::KeyId),
];

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        model_version: 0x0102_0304_0506_0708,
        body_len: 5,
        weights_offset: 144,
        weights_len: 3,
        arena_len: 0x1234,
        persistent_len: 16,
        max_input: 784,
    };

    fn file() -> std::vec::Vec<u8> {
        let mut file = HEADER.emit(&[0xab; DIGEST_LEN]).to_vec();
        file.resize(HEADER.total_len(), 0);
        file
    }

    #[test]
    fn literal_bytes() {
        let mut expected = [0u8; HEADER_LEN];
        expected[..60].copy_from_slice(
            b"TILLSNSE\x02\0\x80\0\x02\0\0\0\x08\x07\x06\x05\x04\x03\x02\x01\x00\x01\0\0\x05\0\0\0\x90\0\0\0\x03\0\0\0\x34\x12\0\0\x10\0\0\0\x10\x03\0\0\xa0\0\0\0\0\0\0\0",
        );
        expected[64..96].fill(0xab);
        assert_eq!(file()[..HEADER_LEN], expected);
        assert_eq!(Header::parse(&file()), Ok(HEADER));
        assert_eq!(Header::interface(&file()), Some([0xab; DIGEST_LEN]));
    }

    #[test]
    fn every_changed_header_byte_but_free_numbers_is_refused() {
        let free = [
            AT_MODEL_VERSION..AT_TOTAL_LEN,
            AT_ARENA_LEN..AT_GOLDEN_OFFSET,
            AT_INTERFACE..AT_PRODUCT_LINE,
        ];
        for at in 0..HEADER_LEN {
            let mut changed = file();
            changed[at] ^= 0x81;
            let is_free = free.iter().any(|free| free.contains(&at));
            assert!(is_free || Header::parse(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn each_place_that_must_be_empty_has_its_own_error() {
        let error = |at: usize| match at {
            14..16 => HeaderError::Flags,
            56..60 => HeaderError::Golden,
            60..64 => HeaderError::Reserved,
            96..112 => HeaderError::ProductLine,
            112..128 => HeaderError::KeyId,
            _ => unreachable!(),
        };
        for at in (14..16).chain(56..64).chain(96..128) {
            for bit in 0..8 {
                let mut changed = file();
                changed[at] = 1 << bit;
                assert_eq!(Header::parse(&changed), Err(error(at)), "byte {at}");
            }
        }
    }

    #[test]
    fn other_formats_are_told_apart() {
        let format = |version: u16, len: u16| {
            let mut changed = file();
            changed[AT_FORMAT..][..2].copy_from_slice(&version.to_le_bytes());
            changed[AT_HEADER_LEN..][..2].copy_from_slice(&len.to_le_bytes());
            Header::parse(&changed)
        };
        assert_eq!(format(2, 128), Ok(HEADER));
        assert_eq!(format(2, 64), Err(HeaderError::Layout));
        for (version, len, told) in [(0, 64, 1), (0, 128, 0), (1, 64, 1), (3, 128, 3), (9, 64, 9)] {
            let expected = Err(HeaderError::Format(told));
            assert_eq!(format(version, len), expected, "{version}, {len} bytes");
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
