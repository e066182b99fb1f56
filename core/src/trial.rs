//! One op or frontend by itself: what a host writes into a board's model slot, and the board runs and measures.
//!
//! ```text
//! [magic 8] [trials u32] [weights offset u32] [postcard trials] [zeros to 16] [weights]
//! ```

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::arena::{Region, i8s_mut, split};
use crate::engine;
use crate::frontend::audio;
use crate::model::Records;
use crate::model::records::{AudioParams, Blob, Op, Span};
use crate::ops;
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
        (HEADER_LEN + len).next_multiple_of(16)
    }

    /// The trials.
    pub fn iter(&self) -> Records<'a, Trial> {
        Records::new(self.records)
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

    /// Runs what was prepared. Recurrent layers start from zero.
    #[inline(never)]
    pub fn run(&self, weights: &Weights<'_>, arena: &mut [u8]) {
        match &self.work {
            Work::Op(op) => engine::run_alone(op, weights, arena, self.steps.into()),
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
