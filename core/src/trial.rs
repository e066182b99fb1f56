//! One op or frontend by itself: what a host writes into a board's model slot, and the board runs and measures.
//!
//! ```text
//! [magic 8] [trials u32] [weights offset u32] [postcard trials] [zeros to 16] [weights]
//! ```

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::arena::{Region, i8s_mut, split};
use crate::engine::{self, Probe, Session};
use crate::frontend::record::Value;
use crate::frontend::{audio, tensor};
use crate::model::records::{
    AudioParams, Blob, Field, FieldKind, Op, RecordParams, Source, Span, TextParams,
};
use crate::model::{Records, digest};
use crate::ops;
use crate::size::Size;
use crate::tensor::Weights;

/// First bytes of a set of trials.
pub const MAGIC: [u8; 8] = *b"TRIALS01";

/// Bytes before the records.
const HEADER_LEN: usize = 16;

/// What is measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Work {
    /// An op, as the engine runs it.
    Op(Op),
    /// The sound frontend over samples, i16.
    Audio {
        /// Its parameters.
        params: AudioParams,
        /// i16, 2-byte aligned.
        samples: Blob,
    },
}

/// A measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// What is measured.
    pub work: Work,
    /// Valid steps or ids.
    pub steps: u16,
    /// The first bytes of the arena, where recurrent state goes on from what lies there; elsewhere it starts from zero.
    pub persistent_len: u32,
    /// Bytes of arena that it uses.
    pub arena_len: u32,
    /// What lies where in the arena before: offset and bytes. The rest is zero.
    pub inputs: Vec<(u32, Blob), 2>,
    /// Where the result lies.
    pub result: Span,
}

/// A set of trials in memory.
#[derive(Clone, Copy, Debug)]
pub struct Trials<'a> {
    records: &'a [u8],
    weights: Weights<'a>,
}

impl<'a> Trials<'a> {
    /// Reads a set; `None` where there is none. It must lie at a multiple of 16.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let word = |at: usize| Some(u32::from_le_bytes(*rest.get(at..)?.first_chunk()?) as usize);
        let (len, offset) = (word(0)?, word(4)?);
        Some(Trials {
            records: bytes.get(HEADER_LEN..)?.get(..len)?,
            weights: Weights::new(bytes.get(offset..)?),
        })
    }

    /// The bytes before the weights, for records of `len` bytes; what follows the records is filled with zeros.
    pub fn header(len: usize) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        let offset = Self::weights_offset(len);
        header[..8].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&(len as u32).to_le_bytes());
        header[12..].copy_from_slice(&(offset as u32).to_le_bytes());
        header
    }

    /// Where the weights lie behind records of `len` bytes.
    pub const fn weights_offset(len: usize) -> usize {
        let end = Size::of(HEADER_LEN).plus(Size::of(len));
        end.up_to(16).or_beyond()
    }

    /// The trials.
    pub fn iter(&self) -> impl Iterator<Item = Trial> + use<'a> {
        let mut rest = self.records;
        core::iter::from_fn(move || {
            let (trial, after) = postcard::take_from_bytes(rest).ok()?;
            rest = after;
            Some(trial)
        })
    }

    /// The constants.
    pub const fn weights(&self) -> &Weights<'a> {
        &self.weights
    }
}

impl Trial {
    /// Lays the inputs into the arena, and checks the op. `false` where something does not fit.
    pub fn prepare(&self, weights: &Weights<'_>, arena: &mut [u8]) -> bool {
        let Some(used) = arena.get_mut(..self.arena_len as usize) else {
            return false;
        };
        used.fill(0);
        for &(offset, blob) in &self.inputs {
            let place = used.get_mut(offset as usize..);
            let Some(place) = place.and_then(|place| place.get_mut(..blob.len as usize)) else {
                return false;
            };
            place.copy_from_slice(weights.u8s(blob));
        }
        match &self.work {
            Work::Op(op) => ops::check(op, weights).is_ok(),
            Work::Audio { params, .. } => {
                if let Some([state]) = split(used, [&params.state]) {
                    audio::reset(state);
                }
                audio::check(params, weights).is_ok()
            }
        }
    }

    /// Runs what was prepared.
    #[inline(never)]
    pub fn run(&self, weights: &Weights<'_>, arena: &mut [u8]) {
        match &self.work {
            Work::Op(op) => {
                let kept = self.persistent_len as usize;
                engine::run_alone(op, weights, arena, self.steps.into(), kept);
            }
            Work::Audio { params, samples } => {
                let regions: [&dyn Region; 3] = [&params.state, &params.scratch, &params.output];
                if let Some([state, scratch, output]) = split(arena, regions) {
                    let (samples, output) = (weights.i16s(*samples), i8s_mut(output));
                    audio::push(params, weights, state, scratch, samples, output);
                }
            }
        }
    }

    /// The result's bytes.
    pub fn result<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        arena.get(self.result.range()).unwrap_or(&[])
    }
}

/// The first bytes of the SHA-256 of a result: enough to tell two results apart in a line of text.
pub fn short_digest(bytes: &[u8]) -> u32 {
    let [a, b, c, d, ..] = digest(bytes);
    u32::from_be_bytes([a, b, c, d])
}

/// As [`short_digest`], of scores.
pub fn short_digest_i8(values: &[i8]) -> u32 {
    short_digest(bytemuck::cast_slice(values))
}

/// Pushes the longest input of every kind that a model takes: pictures, sound and text by formula, every number and
/// category of a record. `false` where `buffer` is shorter than the longest text, or picture that is resized, or a record has
/// more than [`MAX_FIELDS`].
pub fn push_longest<P: Probe>(session: &mut Session<'_, '_, P>, buffer: &mut [u8]) -> bool {
    let model = *session.model();
    model
        .inputs()
        .enumerate()
        .all(|(number, input)| push_one(session, number, &input.source, buffer))
}

/// The text that [`push_longest`] pushes.
pub fn longest_text(params: &TextParams) -> impl Iterator<Item = u8> + use<> {
    let words = b"my new card was declined at the till today ";
    words.iter().copied().cycle().take(params.max_bytes.into())
}

/// Most fields of a record that [`push_longest`] takes.
pub const MAX_FIELDS: usize = 64;

fn push_one<P: Probe>(
    session: &mut Session<'_, '_, P>,
    number: usize,
    source: &Source,
    buffer: &mut [u8],
) -> bool {
    match source {
        Source::Image(p) => {
            let len = usize::from(p.source_h) * usize::from(p.source_w) * usize::from(p.source_c);
            if let Some(pixels) = buffer.get_mut(..len) {
                fill(pixels, 0);
                return session.push_image(number, pixels).is_ok();
            }
            let room = buffer.len() - buffer.len() % usize::from(p.source_c).max(1);
            let room = buffer.get_mut(..room).unwrap_or(&mut []);
            in_pieces(len, room, |at, piece| {
                session.push_image_piece(number, at, piece).is_ok()
            })
        }
        Source::Audio(p) => {
            let frames = u32::from(p.max_steps) * u32::from(p.stack);
            let samples = frames.saturating_sub(1) * u32::from(p.hop) + u32::from(p.frame_len);
            let mut chunk = [0i16; 64];
            for (at, sample) in chunk.iter_mut().enumerate() {
                *sample = (i16::from(pixel(at)) - 128) * 64;
            }
            let mut left = samples as usize;
            while left > 0 {
                let taken = chunk.get(..left).unwrap_or(&chunk);
                if session.push_audio(number, taken).is_err() {
                    return false;
                }
                left -= taken.len();
            }
            true
        }
        Source::Text(p) => {
            let Some(text) = buffer.get_mut(..usize::from(p.max_bytes)) else {
                return false;
            };
            text.iter_mut()
                .zip(longest_text(p))
                .for_each(|(byte, made)| *byte = made);
            session.push_text(number, text).is_ok()
        }
        Source::Tensor(p) => {
            if let Some(values) = buffer.get_mut(..p.output.len()) {
                fill(values, 0);
                return session.push_tensor(number, tensor::values(values)).is_ok();
            }
            in_pieces(p.output.len(), buffer, |at, piece| {
                let values = tensor::values(piece);
                session.push_tensor_piece(number, at, values).is_ok()
            })
        }
        Source::Record(p) => push_records(session, number, p, 1),
        Source::Sequence(p) => push_records(session, number, p, p.max_steps),
    }
}

/// The value of each byte of a picture or tensor.
const fn pixel(at: usize) -> u8 {
    (at.wrapping_mul(37).wrapping_add(at / 28 * 11)) as u8
}

/// Makes bytes up, of which the first is byte `start` of the whole.
fn fill(bytes: &mut [u8], start: usize) {
    for (at, byte) in (start..).zip(bytes) {
        *byte = pixel(at);
    }
}

/// Makes `len` bytes up and pushes them in pieces as long as the buffer.
fn in_pieces(len: usize, buffer: &mut [u8], mut push: impl FnMut(usize, &[u8]) -> bool) -> bool {
    let mut at = 0;
    while at < len {
        let room = buffer.len().min(len - at);
        let Some(piece) = buffer.get_mut(..room).filter(|piece| !piece.is_empty()) else {
            return false;
        };
        fill(piece, at);
        if !push(at, piece) {
            return false;
        }
        at += room;
    }
    true
}

fn push_records<P: Probe>(
    session: &mut Session<'_, '_, P>,
    number: usize,
    params: &RecordParams,
    count: u16,
) -> bool {
    let model = *session.model();
    let mut values = Vec::<Value<'_>, MAX_FIELDS>::new();
    let fields = model.fields().get(params.fields.range()).unwrap_or(&[]);
    for field in Records::<Field<'_>>::new(fields) {
        let value = match field.kind {
            FieldKind::Number { center, .. } => Value::Number(center),
            FieldKind::Category { names, .. } => {
                Value::Name(names.split('\n').next().unwrap_or_default())
            }
        };
        if values.push(value).is_err() {
            return false;
        }
    }
    (0..count).all(|_| session.push_record(number, &values).is_ok())
}
