//! Messages between a host and a terminal, one definition for both sides.
//!
//! A message is a number and postcard, followed by their CRC-32 (ISO HDLC), in one COBS frame that ends with a zero byte
//! (Cheshire & Baker, "Consistent overhead byte stuffing", 1999). The CRC is there for transport errors only; trust comes from the
//! model's digest.
//!
//! **Bytes may be lost, late, doubled or changed.** The host numbers its requests and asks one at a time; the answer has the request's
//! number. A host that waits in vain sends the same frame again, as often as it likes: the terminal carries out each number once, and
//! sends the answer that it kept once more ([`Exchange`]). Answers with another number are late ones, and nobody's. A frame that arrives
//! damaged is answered with [`AGAIN`], so that the host need not wait. All that this asks of the transport is that bytes keep their order.
//!
//! **In step.** [`Request::Info`] may have any number and comes first: the numbers of the requests that follow count on from it, by one,
//! and 0 comes after 255. What comes otherwise is refused ([`LinkError::OutOfStep`]), so that a terminal that was reset in the middle of a
//! session says so rather than answer without what it was given before.
//!
//! In every later version, too, `Info` is a message of its number and a zero byte, and its answer begins with a number, a zero byte and
//! [`VERSION`].
//!
//! With the feature `embedded-io` a `Port` sends and receives messages over any serial port that implements the traits of that crate,
//! with `embedded-io-async` an `AsyncPort` does.

mod exchange;
#[cfg(any(test, feature = "embedded-io"))]
mod port;

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use crc::{CRC_32_ISO_HDLC, Crc};
use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::cobs;
use crate::engine::{LoadError, PushError, Stage};

pub use exchange::{Exchange, Turn};
#[cfg(any(test, feature = "embedded-io-async"))]
pub use port::AsyncPort;
#[cfg(any(test, feature = "embedded-io"))]
pub use port::{Port, PortError};

/// Version of these messages; a host and a terminal must agree on it.
pub const VERSION: u8 = 2;
/// Most bytes of input in one [`Request::Push`].
pub const MAX_CHUNK: usize = 192;
/// Most scores in one [`Response::Verdict`].
pub const MAX_SCORES: usize = 192;
/// Most values in one [`Response::Values`].
pub const MAX_VALUES: usize = 240;
/// Most entries in one [`Response::Counts`].
pub const MAX_COUNTS: usize = 16;
/// Longest message with its CRC, before framing.
pub const MAX_MESSAGE: usize = 256;
/// Longest frame, final zero included.
pub const MAX_FRAME: usize = cobs::encoded_len(MAX_MESSAGE) + 1;
/// The frame of an empty message: what came last arrived damaged and is to be sent again.
pub const AGAIN: [u8; 2] = [1, 0];

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// What a host asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request<'a> {
    /// What are you?
    Info,
    /// A piece of an input.
    ///
    /// A picture (bytes), a text (UTF-8), a record (postcard of its values, see [`crate::frontend::record::Value`]) or a plain tensor
    /// (its stored values) of `total` bytes arrives in order of `offset`; with its last byte it is taken. Sound (16-bit little-endian
    /// PCM) and the records of a sequence are taken piece by piece; for sound `total` is ignored and `offset` counts from the clip's
    /// start. Tensors, and pictures that are longer than the inbox and not resized, need no room in the inbox: nothing but their next
    /// piece may be pushed before they are whole.
    Push {
        /// Number of the input.
        input: u8,
        /// Bytes of this input sent before.
        offset: u32,
        /// Bytes of the whole input.
        total: u32,
        /// The piece, at most [`MAX_CHUNK`].
        bytes: &'a [u8],
    },
    /// Fuse what was pushed and answer all heads.
    Run,
    /// The verdict of a head, scores from number `from` on.
    Verdict {
        /// Number of the head.
        head: u8,
        /// First score wanted.
        from: u16,
    },
    /// Instructions executed since the last reset, from entry `from` on.
    Counts {
        /// First entry wanted.
        from: u8,
    },
    /// Check the model's digest again and run this many random cases of every op against its definition.
    SelfTest {
        /// Cases for each op.
        cases: u16,
    },
    /// Forget the session: wipe inputs, state, scores and counts.
    Reset,
    /// What a head has written, as it is stored: a tensor, or the scores of classes; values from number `from` on.
    Values {
        /// Number of the head.
        head: u8,
        /// First value wanted.
        from: u32,
    },
}

/// What a terminal answers.
#[allow(
    clippy::large_enum_variant,
    reason = "there is no heap to box it in, and one response lives at a time"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response<'a> {
    /// To [`Request::Info`].
    Info(#[serde(borrow)] Info<'a>),
    /// To [`Request::Push`]: taken; the next byte expected of this input, 0 once a whole input was taken.
    Accepted {
        /// Next offset.
        next: u32,
    },
    /// To [`Request::Run`].
    Done {
        /// Instructions executed since the reset, frontends included.
        instructions: u64,
    },
    /// To [`Request::Verdict`].
    Verdict {
        /// The best class.
        class: u16,
        /// Its score, 0 to 255 in 1/256.
        score: u8,
        /// Whether to ask a person.
        defer: bool,
        /// Number of classes.
        classes: u16,
        /// Scores from the number asked for on, 0 to 255.
        scores: &'a [u8],
    },
    /// To [`Request::Counts`].
    Counts {
        /// Entries in all.
        total: u8,
        /// From the entry asked for on.
        counts: Vec<Count, MAX_COUNTS>,
    },
    /// To [`Request::SelfTest`].
    SelfTest {
        /// The model's digest still holds.
        digest: bool,
        /// Cases run.
        cases: u32,
        /// Cases that differed.
        failures: u32,
    },
    /// To [`Request::Reset`].
    Ready,
    /// The request was not carried out; what was accepted before it stays.
    Error(LinkError),
    /// To [`Request::Values`].
    Values {
        /// Number of values of the head.
        total: u32,
        /// Values from the number asked for on, at most [`MAX_VALUES`]; each byte is an int8.
        values: &'a [u8],
    },
}

/// A terminal and its model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info<'a> {
    /// [`VERSION`].
    pub link: u8,
    /// Name of the board.
    pub board: &'a str,
    /// Bytes of arena there are.
    pub arena: u32,
    /// Bytes of the longest text or record, or picture that is resized, there is room for.
    pub inbox: u32,
    /// The model, or why there is none.
    #[serde(borrow)]
    pub model: Result<ModelInfo<'a>, ModelError>,
}

/// A loaded model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo<'a> {
    /// Name of the model.
    pub name: &'a str,
    /// Version of the model, which orders its releases.
    pub version: u64,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// Bytes of arena that the model needs.
    pub arena: u32,
    /// Number of inputs.
    pub inputs: u8,
    /// Number of heads.
    pub heads: u8,
}

/// Why a terminal runs no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelError {
    /// The slot does not start with a model file.
    Empty,
    /// The file is refused.
    Load(LoadError),
    /// It needs more arena than there is.
    Arena {
        /// Bytes it needs.
        needs: u32,
        /// Bytes there are.
        has: u32,
    },
    /// One of its inputs is longer than the inbox.
    Inbox {
        /// Bytes it needs.
        needs: u32,
        /// Bytes there are.
        has: u32,
    },
}

impl Display for ModelError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::Empty => f.write_str("there is none in its slot"),
            ModelError::Load(error) => error.fmt(f),
            ModelError::Arena { needs, has } => {
                write!(f, "it needs {needs} bytes of arena, the board has {has}")
            }
            ModelError::Inbox { needs, has } => write!(
                f,
                "an input is up to {needs} bytes long, the board has room for {has}"
            ),
        }
    }
}

impl Error for ModelError {}

/// Instructions of one part of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Which part.
    pub stage: Stage,
    /// Times it ran.
    pub calls: u32,
    /// Instructions executed in all.
    pub instructions: u64,
}

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkError {
    /// The answer is longer than [`MAX_FRAME`].
    TooLong,
    /// Not a request of this version.
    NotARequest,
    /// The number is not the next one: a request is missing, or the terminal was reset since [`Request::Info`].
    OutOfStep,
    /// There is no model; ask [`Request::Info`] why.
    NoModel,
    /// The model has no such input.
    NoSuchInput,
    /// The model has no such head.
    NoSuchHead,
    /// Another offset, length or input was expected.
    WrongOrder {
        /// The input in the making, if any.
        input: u8,
        /// Its next offset.
        next: u32,
    },
    /// Longer than the inbox.
    TooLarge {
        /// Bytes there is room for.
        inbox: u32,
    },
    /// The bytes are no record.
    NotARecord,
    /// The session refused the input.
    Push(PushError),
    /// Scores are asked for before [`Request::Run`].
    NotRun,
    /// The head answers with a tensor: [`Request::Values`] asks for it.
    NotAVerdict,
}

impl Display for LinkError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LinkError::WrongOrder { input, next } => {
                return write!(f, "it waits for byte {next} of input {input}");
            }
            LinkError::TooLarge { inbox } => {
                return write!(f, "the input is too large: it has room for {inbox} bytes");
            }
            LinkError::Push(error) => return error.fmt(f),
            LinkError::TooLong => "the message is too long",
            LinkError::NotARequest => {
                "the message is no request of this version; build the firmware again"
            }
            LinkError::OutOfStep => {
                "it was reset in between, and what it had been given before is gone"
            }
            LinkError::NoModel => "it has no model to run",
            LinkError::NoSuchInput => "the model has no such input",
            LinkError::NoSuchHead => "the model has no such head",
            LinkError::NotARecord => "the bytes are no record",
            LinkError::NotRun => "an answer is asked for before a run",
            LinkError::NotAVerdict => "the head answers with a tensor, and a verdict was asked for",
        })
    }
}

impl Error for LinkError {}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Not a COBS frame, or the CRC differs.
    Bad,
    /// Longer than the buffer.
    TooLong,
    /// An empty message: the other side wants the last frame again, see [`AGAIN`].
    Again,
    /// The bytes arrived whole, and are no message of this kind and version.
    NotAMessage,
}

impl Display for FrameError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FrameError::Bad => "damaged on its way",
            FrameError::TooLong => "too long",
            FrameError::Again => "as a wish to hear the last one again",
            FrameError::NotAMessage => "no message of this version; build the firmware again",
        })
    }
}

impl Error for FrameError {}

/// Writes a message with its number as a frame and returns the frame's length; `None` where it does not fit [`MAX_MESSAGE`].
pub fn encode<T: Serialize>(number: u8, message: &T, frame: &mut [u8; MAX_FRAME]) -> Option<usize> {
    let mut plain = [0; MAX_MESSAGE];
    let len = postcard::to_slice_crc32(&(number, message), &mut plain, CRC.digest())
        .ok()?
        .len();
    let end = cobs::encode(plain.get(..len)?, frame)?;
    *frame.get_mut(end)? = 0;
    Some(end + 1)
}

/// Reads the number and the message in a frame (without its final zero), decoding in place.
pub fn decode<'a, T: Deserialize<'a>>(frame: &'a mut [u8]) -> Result<(u8, T), FrameError> {
    let (number, body) = open(frame)?;
    Ok((number, read(body)?))
}

/// The number in a frame, and the message as postcard.
fn open(frame: &mut [u8]) -> Result<(u8, &[u8]), FrameError> {
    let len = cobs::decode_in_place(frame).ok_or(FrameError::Bad)?;
    if len == 0 {
        return Err(FrameError::Again);
    }
    let (plain, crc) = frame
        .get(..len)
        .and_then(|plain| plain.split_last_chunk())
        .ok_or(FrameError::Bad)?;
    if CRC.checksum(plain) != u32::from_le_bytes(*crc) {
        return Err(FrameError::Bad);
    }
    let (&number, body) = plain.split_first().ok_or(FrameError::NotAMessage)?;
    Ok((number, body))
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(FrameError::NotAMessage),
    }
}

/// Collects bytes into frames; after a frame that is too long it waits for the next zero.
#[derive(Debug)]
pub struct Collector {
    frame: [u8; MAX_FRAME],
    len: usize,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector {
    /// An empty collector.
    pub const fn new() -> Self {
        Collector {
            frame: [0; MAX_FRAME],
            len: 0,
        }
    }

    /// Takes a byte; answers with a frame (without its zero) when one is complete. Empty frames are skipped.
    pub fn push(&mut self, byte: u8) -> Option<Result<&mut [u8], FrameError>> {
        if byte != 0 {
            if let Some(place) = self.frame.get_mut(self.len) {
                *place = byte;
            }
            // One past the buffer marks a frame that is too long.
            self.len = (self.len + 1).min(MAX_FRAME + 1);
            return None;
        }
        match core::mem::take(&mut self.len) {
            0 => None,
            len => Some(self.frame.get_mut(..len).ok_or(FrameError::TooLong)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(bytes: &[u8]) -> std::vec::Vec<Result<std::vec::Vec<u8>, FrameError>> {
        let mut collector = Collector::new();
        bytes
            .iter()
            .filter_map(|&b| collector.push(b).map(|frame| frame.map(|f| f.to_vec())))
            .collect()
    }

    #[test]
    fn a_frame_goes_round() {
        let bytes = [0u8, 1, 0, 255, 7];
        let request = Request::Push {
            input: 3,
            offset: 1000,
            total: 1005,
            bytes: &bytes,
        };
        let mut frame = [0; MAX_FRAME];
        let len = encode(200, &request, &mut frame).unwrap();
        assert_eq!(frame[..len].iter().filter(|&&b| b == 0).count(), 1);
        let mut got = collect(&frame[..len]).remove(0).unwrap();
        assert_eq!(decode::<Request>(&mut got), Ok((200, request)));
    }

    #[test]
    fn the_largest_messages_fit() {
        let bytes = [0u8; MAX_CHUNK];
        let mut frame = [0; MAX_FRAME];
        let push = Request::Push {
            input: 255,
            offset: u32::MAX,
            total: u32::MAX,
            bytes: &bytes,
        };
        assert!(encode(255, &push, &mut frame).is_some());
        let scores = [1u8; MAX_SCORES];
        let verdict = Response::Verdict {
            class: 65535,
            score: 255,
            defer: true,
            classes: 65535,
            scores: &scores,
        };
        assert!(encode(255, &verdict, &mut frame).is_some());
        let values = Response::Values {
            total: u32::MAX,
            values: &[0; MAX_VALUES],
        };
        assert!(encode(255, &values, &mut frame).is_some());
        let count = Count {
            stage: Stage::Op(1 << 16),
            calls: 1 << 14,
            instructions: 1 << 34,
        };
        let counts = Vec::from_slice(&[count; MAX_COUNTS]).unwrap();
        assert!(encode(255, &Response::Counts { total: 64, counts }, &mut frame).is_some());
    }

    #[test]
    fn a_whole_frame_without_a_message_is_told_from_a_broken_one() {
        let mut frame = [0; MAX_FRAME];
        for message in [&[1u8, 200, 1, 2][..], &[0, 0, 0], &[7]] {
            let mut plain = message.to_vec();
            plain.extend(CRC.checksum(message).to_le_bytes());
            let len = cobs::encode(&plain, &mut frame).unwrap();
            assert_eq!(
                decode::<Request>(&mut frame[..len]),
                Err(FrameError::NotAMessage),
                "{message:?}"
            );
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let mut frame = [0; MAX_FRAME];
        let len = encode(9, &Request::Counts { from: 9 }, &mut frame).unwrap();
        for at in 0..len - 1 {
            let mut changed = frame[..len - 1].to_vec();
            changed[at] ^= 0x10;
            assert_eq!(
                decode::<Request>(&mut changed),
                Err(FrameError::Bad),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_long_frame_is_refused_and_the_next_one_taken() {
        let mut stream = std::vec![1u8; 3 * MAX_FRAME];
        stream.push(0);
        let mut frame = [0; MAX_FRAME];
        let len = encode(9, &Request::Info, &mut frame).unwrap();
        stream.extend_from_slice(&frame[..len]);
        let mut got = collect(&stream);
        assert_eq!(got.remove(0), Err(FrameError::TooLong));
        assert_eq!(
            decode::<Request>(&mut got.remove(0).unwrap()),
            Ok((9, Request::Info))
        );
    }
}
