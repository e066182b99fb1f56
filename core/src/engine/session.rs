//! What an application holds: push inputs in any order, run, read verdicts.

use serde::{Deserialize, Serialize};

use crate::arena::{Region, i8s_mut, ids_mut, split};
use crate::engine::error::{ArenaError, PushError};
use crate::engine::model::{MAX_INPUTS, Model};
use crate::engine::run;
use crate::frontend::image::ImageError;
use crate::frontend::record::{self, Value};
use crate::frontend::tensor::TensorError;
use crate::frontend::{audio, image, tensor, text};
use crate::model::header::ALIGN;
use crate::model::records::{Answer, Head, Input, Source, Span};
use crate::parts::Part;

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
}

/// One transaction: a model, an arena, and what was pushed so far.
#[derive(Debug)]
pub struct Session<'m, 'a, P = NoProbe> {
    model: Model<'m>,
    arena: &'a mut [u8],
    /// Pieces taken of each input; 0 is absent.
    pieces: [u16; MAX_INPUTS],
    /// The input whose beginning lies where its frontend writes, and how much of it.
    making: Option<(u8, u32)>,
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
            ran: false,
            probe,
        };
        session.reset();
        Ok(session)
    }

    /// Forgets the transaction: wipes inputs, recurrent state, encodings and scores.
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

    /// Takes a picture, row by row, `source_c` bytes a pixel.
    pub fn push_image(&mut self, input: usize, pixels: &[u8]) -> Result<(), PushError> {
        let found = self.find(input, Part::Image)?;
        let Source::Image(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let weights = *self.model.weights();
        self.frontend(input, |_, arena| match split(arena, [&params.output]) {
            Some([output]) => image::run(&params, &weights, pixels, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Image)?;
        self.encode(input, &found, usize::MAX);
        Ok(())
    }

    /// Takes the next bytes of a picture, those from `offset` on, and tells whether it is whole now; see [`Session::push_tensor_piece`].
    /// Only of a picture that is neither cropped nor resized, and whole pixels at a time.
    pub fn push_image_piece(
        &mut self,
        input: usize,
        offset: usize,
        bytes: &[u8],
    ) -> Result<bool, PushError> {
        let found = self.find(input, Part::Image)?;
        let Source::Image(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let total = image::source_len(&params);
        let wrong = PushError::Image(ImageError::WrongSize);
        let end = self.follow(input, offset, bytes.len(), total, wrong)?;
        let weights = *self.model.weights();
        self.frontend(input, |_, arena| match split(arena, [&params.output]) {
            Some([output]) => image::piece(&params, &weights, offset, bytes, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Image)?;
        Ok(self.go_on(input, &found, end, total))
    }

    /// Takes the next samples of a clip. What comes after the clip's last step is not heard.
    pub fn push_audio(&mut self, input: usize, samples: &[i16]) -> Result<(), PushError> {
        let found = self.find(input, Part::Audio)?;
        let Source::Audio(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        if samples.is_empty() {
            return Err(PushError::NoSamples);
        }
        let weights = *self.model.weights();
        let mut rest = samples;
        while !rest.is_empty() {
            let regions: [&dyn Region; 3] = [&params.state, &params.scratch, &params.output];
            let pushed = self.frontend(input, |_, arena| {
                let [state, scratch, output] = split(arena, regions)?;
                let output = i8s_mut(output);
                Some(audio::push(&params, &weights, state, scratch, rest, output))
            });
            let Some(pushed) = pushed else { break };
            if pushed.step {
                self.encode(input, &found, 1);
            }
            // Every call takes at least one sample.
            rest = rest.get(pushed.consumed.max(1)..).unwrap_or(&[]);
        }
        Ok(())
    }

    /// Takes a text.
    pub fn push_text(&mut self, input: usize, text: &[u8]) -> Result<(), PushError> {
        let found = self.find(input, Part::Text)?;
        let Source::Text(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let regions: [&dyn Region; 2] = [&params.scratch, &params.ids];
        let count = self
            .frontend(input, |_, arena| {
                let Some([scratch, ids]) = split(arena, regions) else {
                    return Ok(0);
                };
                // Places past the last id would hold what another input left.
                ids.fill(0);
                text::run(&params, text, scratch, ids_mut(ids))
            })
            .map_err(PushError::Text)?;
        self.encode(input, &found, count);
        Ok(())
    }

    /// Takes a record, or the next one of a sequence; values in the order of the schema.
    pub fn push_record(&mut self, input: usize, values: &[Value<'_>]) -> Result<(), PushError> {
        let found = self.find(input, Part::Record)?;
        let taken = self.pieces.get(input).copied().unwrap_or(0);
        let params = match found.source {
            // A single record replaces the one before it.
            Source::Record(params) => params,
            Source::Sequence(params) if taken < params.max_steps => params,
            Source::Sequence(_) => return Err(PushError::TooManySteps),
            _ => return Err(PushError::WrongKind),
        };
        self.frontend(input, |model, arena| match split(arena, [&params.output]) {
            Some([output]) => record::run(&params, model.fields(), values, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Record)?;
        self.encode(input, &found, 1);
        Ok(())
    }

    /// Takes a plain tensor, row by row, as many values as its record's `output` has.
    pub fn push_tensor(&mut self, input: usize, values: &[i8]) -> Result<(), PushError> {
        let found = self.find(input, Part::Tensor)?;
        let Source::Tensor(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        self.frontend(input, |_, arena| match split(arena, [&params.output]) {
            Some([output]) => tensor::run(values, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Tensor)?;
        self.encode(input, &found, usize::MAX);
        Ok(())
    }

    /// Takes the next values of a plain tensor, those from number `offset` on, and tells whether it is whole now.
    ///
    /// Values need no room but where the model reads them. A piece from offset 0 starts the tensor again; the input is absent from then
    /// until its last value is there. What is half there is forgotten when anything else is pushed, on [`Session::run`] and on
    /// [`Session::reset`]; the next piece is then refused with [`PushError::Order`].
    pub fn push_tensor_piece(
        &mut self,
        input: usize,
        offset: usize,
        values: &[i8],
    ) -> Result<bool, PushError> {
        let found = self.find(input, Part::Tensor)?;
        let Source::Tensor(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let total = params.output.len();
        let wrong = PushError::Tensor(TensorError::WrongSize);
        let end = self.follow(input, offset, values.len(), total, wrong)?;
        self.frontend(input, |_, arena| {
            if let Some([output]) = split(arena, [&params.output]) {
                tensor::piece(values, offset, i8s_mut(output));
            }
        });
        Ok(self.go_on(input, &found, end, total))
    }

    /// Fuses what is there, with the learned encoding of absence for what is not, and scores all heads.
    pub fn run(&mut self) {
        self.making = None;
        for (number, input) in self.model.inputs().enumerate().take(MAX_INPUTS) {
            if self.is_present(number) {
                self.run_part(input.finish, usize::MAX);
            } else if let Some([encoding]) = split(self.arena, [&input.encoding]) {
                // As long as one another, checked at load.
                let absent = self.model.weights().u8s(input.absent);
                encoding
                    .iter_mut()
                    .zip(absent)
                    .for_each(|(to, from)| *to = *from);
            }
        }
        self.run_part(self.model.trunk(), usize::MAX);
        self.ran = true;
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

    /// The state of all streams, to go on later with [`Session::restore`]: pieces taken, and the persistent bytes.
    pub fn save(&self) -> ([u16; MAX_INPUTS], &[u8]) {
        let len = self.model.header().persistent_len as usize;
        (self.pieces, self.arena.get(..len).unwrap_or(&[]))
    }

    /// Goes on from a saved state of the same model. `false`, and no change, where the length differs.
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
        self.ran = false;
        true
    }

    /// The input with this number. No model that was loaded has one of a kind that this build holds no frontend for.
    #[inline(always)]
    fn find(&self, input: usize, part: Part) -> Result<Input<'m>, PushError> {
        if !part.is_built() {
            return Err(PushError::WrongKind);
        }
        self.model
            .input(input)
            .filter(|_| input < MAX_INPUTS)
            .ok_or(PushError::NoSuchInput)
    }

    /// Runs a frontend, whether or not it takes what it is given. It writes to the workspace, where scores lie too.
    fn frontend<T>(&mut self, input: usize, work: impl FnOnce(&Model<'m>, &mut [u8]) -> T) -> T {
        (self.ran, self.making) = (false, None);
        self.probe.begin(self.arena);
        let result = work(&self.model, self.arena);
        self.probe.end(Stage::Frontend(input as u8), self.arena);
        result
    }

    /// Where a piece of an input ends. One that does not follow those before it is refused, and so is one that is too long.
    fn follow(
        &self,
        input: usize,
        offset: usize,
        len: usize,
        total: usize,
        too_long: PushError,
    ) -> Result<usize, PushError> {
        let next = match self.making {
            Some((which, next)) if usize::from(which) == input && offset > 0 => next,
            _ => 0,
        };
        if offset != next as usize {
            return Err(PushError::Order { next });
        }
        let end = offset.checked_add(len).filter(|&end| end <= total);
        end.ok_or(too_long)
    }

    /// Goes on after a piece: the input is there with its last one, and absent until then.
    fn go_on(&mut self, input: usize, found: &Input<'m>, end: usize, total: usize) -> bool {
        if end == total {
            self.encode(input, found, usize::MAX);
            return true;
        }
        if let Some(pieces) = self.pieces.get_mut(input) {
            *pieces = 0;
        }
        self.making = Some((input as u8, end as u32));
        false
    }

    /// Runs the encoder of an input for the piece that its frontend has just written.
    fn encode(&mut self, input: usize, found: &Input<'m>, steps: usize) {
        self.run_part(found.step, steps);
        if let Some(pieces) = self.pieces.get_mut(input) {
            *pieces = pieces.saturating_add(1);
        }
    }

    fn run_part(&mut self, part: Span, steps: usize) {
        let model = self.model;
        let persistent_len = model.header().persistent_len as usize;
        for (at, op) in model.ops(part) {
            self.probe.begin(self.arena);
            run::run(&op, model.weights(), self.arena, steps, persistent_len);
            self.probe.end(Stage::Op(at), self.arena);
        }
    }
}
