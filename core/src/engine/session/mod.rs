//! What an application holds: push inputs in any order, run, read verdicts; at once, or op by op.

mod feed;
mod push;
mod step;

use serde::{Deserialize, Serialize};
use step::Waiting;

use crate::arena::{Region, split};
use crate::engine::error::ArenaError;
use crate::engine::model::{MAX_INPUTS, Model};
use crate::frontend::{audio, record};
use crate::model::header::ALIGN;
use crate::model::records::{Answer, Head, Source};
use crate::parts::Part;
pub use step::Progress;

/// Told before and after each part of a session, with the arena as it is then; a terminal counts instructions with it.
pub trait Probe {
    /// A part begins.
    fn begin(&mut self, arena: &[u8]);
    /// The part has ended.
    fn end(&mut self, stage: Stage, arena: &[u8]);
}

/// A part of a session that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The frontend of an input.
    Frontend(u8),
    /// The op whose record starts at this byte of the op section.
    Op(u32),
}

/// Counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn begin(&mut self, _: &[u8]) {}
    fn end(&mut self, _: Stage, _: &[u8]) {}
}

/// A head's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The best class; the first of equals.
    pub class: u16,
    /// Its score, 0 to 255 in 1/256.
    pub score: u8,
    /// Whether the terminal should ask a person.
    pub defer: bool,
    /// The score of each class as stored: 128 less than in 1/256.
    pub scores: &'a [i8],
    /// Names of the classes, separated by '\n'.
    names: &'a str,
}

impl<'a> Verdict<'a> {
    /// Name of the best class.
    pub fn name(&self) -> &'a str {
        let mut names = record::names(self.names);
        names.nth(self.class.into()).unwrap_or_default()
    }
}

/// One transaction: a model, an arena, and what was pushed so far.
///
/// A session belongs to one thread of a program. An interrupt fills queues and buffers, and the thread pushes what is in them:
/// [`Session::begin_audio_from`] takes sound out of such a queue, and [`Session::step`] leaves the processor to others between two ops.
#[derive(Debug)]
pub struct Session<'m, 'a, P = NoProbe> {
    model: Model<'m>,
    arena: &'a mut [u8],
    /// Pieces taken of each input; 0 is absent.
    pieces: [u16; MAX_INPUTS],
    /// The input whose beginning lies where its frontend writes, and how much of it.
    making: Option<(u8, u32)>,
    /// What was begun and is not done.
    waiting: Waiting,
    ran: bool,
    /// Told of each part.
    pub probe: P,
}

impl<'m, 'a> Session<'m, 'a, NoProbe> {
    /// A session on this arena, of which it uses the first `model.header().arena_len` bytes.
    pub fn new(model: Model<'m>, arena: &'a mut [u8]) -> Result<Self, ArenaError> {
        Session::with_probe(model, arena, NoProbe)
    }
}

impl<'m, 'a, P: Probe> Session<'m, 'a, P> {
    /// A session whose parts are told to a probe.
    pub fn with_probe(model: Model<'m>, arena: &'a mut [u8], probe: P) -> Result<Self, ArenaError> {
        let (needs, has) = (model.header().arena_len as usize, arena.len());
        if !arena.as_ptr().addr().is_multiple_of(ALIGN) {
            return Err(ArenaError::Misaligned);
        }
        if has < needs {
            return Err(ArenaError::TooSmall { needs, has });
        }
        let mut session = Session {
            model,
            arena,
            pieces: [0; MAX_INPUTS],
            making: None,
            waiting: Waiting::default(),
            ran: false,
            probe,
        };
        session.reset();
        Ok(session)
    }

    /// Forgets the transaction, and what waits: wipes inputs, recurrent state, encodings and scores.
    pub fn reset(&mut self) {
        let used = self.model.header().arena_len as usize;
        if let Some(used) = self.arena.get_mut(..used) {
            used.fill(0);
        }
        for input in self.model.inputs() {
            if Part::Audio.is_built()
                && let Source::Audio(params) = input.source
                && let Some([state]) = split(self.arena, [&params.state])
            {
                audio::reset(state);
            }
        }
        self.pieces = [0; MAX_INPUTS];
        self.making = None;
        self.waiting = Waiting::default();
        self.ran = false;
    }

    /// Lends the whole arena, then forgets the transaction: for work between transactions that needs memory.
    pub fn lend_arena<R>(&mut self, work: impl FnOnce(&mut [u8]) -> R) -> R {
        let result = work(self.arena);
        self.reset();
        result
    }

    /// The model.
    pub const fn model(&self) -> &Model<'m> {
        &self.model
    }

    /// Whether an input is there; a stream is, as soon as it filled one step.
    pub fn is_present(&self, input: usize) -> bool {
        self.pieces.get(input).is_some_and(|&pieces| pieces > 0)
    }

    /// The answer of a head; `None` before `run`, where there is no such head, or where it answers with a tensor.
    pub fn verdict(&self, head: usize) -> Option<Verdict<'_>> {
        let head = self.head(head)?;
        if Part::Tensor.is_built() && matches!(head.answer, Answer::Tensor { .. }) {
            return None;
        }
        let scores = self.values(&head)?;
        let (mut class, mut best) = (0, i8::MIN);
        for (number, &score) in scores.iter().enumerate() {
            class = if score > best { number as u16 } else { class };
            best = best.max(score);
        }
        let score = (i16::from(best) + 128) as u8;
        Some(Verdict {
            class,
            score,
            defer: score < head.defer_below(),
            scores,
            names: head.classes(),
        })
    }

    /// The tensor that a head answers with, row by row; `None` before `run`, where there is no such head, or where it answers with a
    /// class.
    pub fn tensor(&self, head: usize) -> Option<&[i8]> {
        let head = self.head(head)?;
        let is_tensor = matches!(head.answer, Answer::Tensor { .. });
        self.values(&head).filter(|_| is_tensor)
    }

    /// What a head has written, whether the scores of classes or a tensor; `None` before `run` or where there is no such head.
    pub fn scores(&self, head: usize) -> Option<&[i8]> {
        self.values(&self.head(head)?)
    }

    /// A head of a model that has run.
    #[inline(always)]
    fn head(&self, head: usize) -> Option<Head<'m>> {
        if self.ran {
            self.model.head(head)
        } else {
            None
        }
    }

    #[inline(always)]
    fn values(&self, head: &Head<'m>) -> Option<&[i8]> {
        let scores = self.arena.get(head.scores.range())?;
        Some(bytemuck::cast_slice(scores))
    }

    /// The state of all streams, to go on later with [`Session::restore`]: pieces taken, and the persistent bytes. `None` while ops
    /// wait, which have written a part of it.
    pub fn save(&self) -> Option<([u16; MAX_INPUTS], &[u8])> {
        let len = self.model.header().persistent_len as usize;
        let bytes = self.arena.get(..len)?;
        (!self.is_pending()).then_some((self.pieces, bytes))
    }

    /// Goes on from a saved state of the same model, and forgets what waits. `false`, and no change, where the length differs.
    pub fn restore(&mut self, pieces: [u16; MAX_INPUTS], bytes: &[u8]) -> bool {
        let len = self.model.header().persistent_len as usize;
        let Some(place) = self
            .arena
            .get_mut(..len)
            .filter(|place| place.len() == bytes.len())
        else {
            return false;
        };
        place.copy_from_slice(bytes);
        self.pieces = pieces;
        self.making = None;
        self.waiting = Waiting::default();
        self.ran = false;
        true
    }
}
