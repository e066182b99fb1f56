//! Every check of a model's inputs, plan and heads, once.

use heapless::Vec;

use crate::arena::Region;
use crate::engine::error::{HeadError, InputError, LoadError, OpRefusal};
use crate::engine::model::{MAX_INPUTS, MAX_OPS, Model};
use crate::engine::placement::{self, Limits, Uses, overlap};
use crate::engine::work::{self, Budget};
use crate::engine::written::Written;
use crate::frontend::{FrontendError, audio, image, record, tensor, text};
use crate::model::Records;
use crate::model::records::{Answer, Body, Input, Op, Source, Span};
use crate::model::regions::Access;
use crate::ops;
use crate::parts::Part;

/// Most regions of the arena that may be kept between calls.
const MAX_KEPT: usize = 4 * MAX_INPUTS;

/// The records of all heads, names of classes among them, are shorter; a power of two.
pub const MAX_HEADS_LEN: usize = 1 << 22;

/// The records of all inputs, names among them, are shorter; a power of two.
pub const MAX_INPUTS_LEN: usize = 1 << 16;

/// Checks all that a session relies on.
pub(super) fn plan(model: &Model<'_>, body: &Body<'_>) -> Result<(), LoadError> {
    let mut check = Check {
        model,
        body,
        ops_left: MAX_OPS,
        budget: Budget::new(model.weights().len()),
        times: 1,
        kept: Vec::new(),
    };
    let (inputs, heads) = (usize::from(body.input_count), body.head_count);
    // A verdict reads the records of all heads before its own, and each piece of an input those of the inputs before it.
    let long = body.heads.len() / MAX_HEADS_LEN + body.inputs.len() / MAX_INPUTS_LEN;
    if inputs == 0 || inputs > MAX_INPUTS || heads == 0 || long > 0 {
        return Err(LoadError::Count);
    }
    let mut written = Written::new();
    check.inputs(&mut written)?;
    check.kept_apart()?;
    check.trunk(&mut written)?;
    check.heads(&written)
}

/// A check on its way through a model.
struct Check<'m, 'a> {
    model: &'m Model<'a>,
    body: &'m Body<'a>,
    /// Ops that may still come.
    ops_left: usize,
    budget: Budget,
    /// How often a complete run goes through the part that is checked.
    times: u16,
    /// Regions kept between calls; they belong to one owner each: an encoding, a frontend, or a recurrent layer.
    kept: Vec<Span, MAX_KEPT>,
}

impl Check<'_, '_> {
    /// Checks all inputs with their ops; adds the encodings, which are what the trunk may read first.
    fn inputs(&mut self, encodings: &mut Written) -> Result<(), LoadError> {
        let mut records = self.model.inputs();
        for number in 0..self.body.input_count {
            let refuse = |error| LoadError::Input {
                input: number,
                error,
            };
            let input = records.decode().map_err(|why| refuse(why.into()))?;
            // Before names are compared.
            let cost = work::of_frontend(&input.source, self.body.fields);
            if !self.budget.take(&cost, work::pieces(&input.source)) {
                return Err(LoadError::Work);
            }
            self.frontend(&input.source).map_err(refuse)?;
            let mut features = Written::new();
            let state = self
                .frontend_memory(&input.source, &mut features)
                .map_err(refuse)?;
            self.encoding(&input).map_err(refuse)?;
            self.keep(input.encoding.span())?;
            if let Some(state) = state {
                self.keep(state)?;
            }
            if !self.encoder(&input, &mut features, refuse)? {
                return Err(refuse(InputError::Encoding));
            }
            encodings.add(input.encoding.range());
        }
        if records.rest().is_empty() {
            Ok(())
        } else {
            Err(LoadError::Body)
        }
    }

    fn frontend(&self, source: &Source) -> Result<(), InputError> {
        let weights = self.model.weights();
        match source {
            Source::Image(p) => built(Part::Image, || image::check(p, weights)),
            Source::Audio(p) => built(Part::Audio, || audio::check(p, weights)),
            Source::Text(p) => built(Part::Text, || text::check(p)),
            Source::Record(p) | Source::Sequence(p) => {
                built(Part::Record, || record::check(p, self.body.fields))
            }
            Source::Tensor(p) => built(Part::Tensor, || tensor::check(p)),
        }
        .map_err(InputError::Frontend)?;
        if matches!(source, Source::Record(p) if p.max_steps != 1) {
            return Err(InputError::Steps);
        }
        Ok(())
    }

    /// Checks where a frontend's regions lie and adds to `written` what it hands to the ops; answers the state that it keeps
    /// between calls.
    fn frontend_memory(
        &self,
        source: &Source,
        written: &mut Written,
    ) -> Result<Option<Span>, InputError> {
        let uses = Uses::of_source(source);
        let (misplaced, mut state) = (InputError::Placement, None);
        placement::check(&uses, &self.limits(None, true), written).map_err(|_| misplaced)?;
        for this in uses.iter() {
            if this.access == Access::State {
                // It is not wiped before each piece, as that of an op in the workspace is.
                if this.span.offset >= self.model.header().persistent_len {
                    return Err(misplaced);
                }
                state = Some(this.span);
                written.remove(this.span.range());
            }
        }
        Ok(state)
    }

    fn encoding(&self, input: &Input<'_>) -> Result<(), InputError> {
        let kept = input.encoding.range().end <= self.model.header().persistent_len as usize;
        let absent = self.model.weights().i8s(input.absent).len();
        if kept && !input.encoding.is_empty() && absent == input.encoding.len() {
            Ok(())
        } else {
            Err(InputError::Encoding)
        }
    }

    /// Checks an input's ops; answers whether they write all of its encoding.
    ///
    /// `step` begins with what the frontend has `written`, `finish` with the recurrent states that `step` keeps. Neither may
    /// read the encoding before it wrote it, so that running twice gives what running once gives.
    #[inline(never)]
    fn encoder(
        &mut self,
        input: &Input<'_>,
        written: &mut Written,
        refuse: impl Fn(InputError) -> LoadError,
    ) -> Result<bool, LoadError> {
        let encoding = input.encoding.range();
        let is_stream = matches!(input.source, Source::Audio(_) | Source::Sequence(_));
        let mut states = Written::new();
        let limits = self.limits(Some(&encoding), is_stream);
        let outside = refuse(InputError::Ops);
        self.times = work::pieces(&input.source);
        self.part(input.step, &limits, written, Some(&mut states), outside)?;
        self.times = 1;
        let stepped = written.covers(&encoding);
        let limits = self.limits(Some(&encoding), false);
        self.part(input.finish, &limits, &mut states, None, outside)?;
        Ok(stepped || states.covers(&encoding))
    }

    /// Checks the trunk; adds what it leaves behind.
    fn trunk(&mut self, written: &mut Written) -> Result<(), LoadError> {
        let limits = self.limits(None, false);
        self.part(self.body.trunk, &limits, written, None, LoadError::Body)
    }

    fn limits(&self, encoding: Option<&core::ops::Range<usize>>, keeps_state: bool) -> Limits {
        Limits {
            arena_len: self.model.header().arena_len,
            persistent_len: self.model.header().persistent_len,
            encoding: encoding.cloned(),
            keeps_state,
        }
    }

    /// Checks the ops of one part of the plan, in order; adds the states that they keep to `states`. `outside` is the
    /// error where the part is no range of the op section.
    #[inline(never)]
    fn part(
        &mut self,
        part: Span,
        limits: &Limits,
        written: &mut Written,
        mut states: Option<&mut Written>,
        outside: LoadError,
    ) -> Result<(), LoadError> {
        let bytes = self.body.ops.get(part.range()).ok_or(outside)?;
        let mut records = Records::<Op>::new(bytes);
        while !records.rest().is_empty() {
            let at = part.offset + (bytes.len() - records.rest().len()) as u32;
            let refuse = |error| LoadError::Op { at, error };
            self.ops_left = self.ops_left.checked_sub(1).ok_or(LoadError::Count)?;
            let op = records.decode().map_err(|why| refuse(why.into()))?;
            ops::check(&op, self.model.weights()).map_err(|e| refuse(OpRefusal::Check(e)))?;
            let uses = Uses::of_op(&op);
            placement::check(&uses, limits, written).map_err(refuse)?;
            // None is longer than an arena.
            let bytes_touched = uses.iter().map(|this| this.span.len).sum();
            if !self
                .budget
                .take(&work::of_op(&op, bytes_touched), self.times)
            {
                return Err(LoadError::Work);
            }
            for this in uses.iter() {
                if this.access == Access::State && this.span.offset < limits.persistent_len {
                    self.keep(this.span)?;
                    if let Some(states) = &mut states {
                        states.add(this.span.range());
                    }
                }
            }
        }
        Ok(())
    }

    fn heads(&self, written: &Written) -> Result<(), LoadError> {
        let mut records = self.model.heads();
        for number in 0..self.body.head_count {
            let refuse = |error| LoadError::Head {
                head: number,
                error,
            };
            let head = records.decode().map_err(|why| refuse(why.into()))?;
            let countable = match head.answer {
                Answer::Tensor { scale } if Part::Tensor.is_built() => {
                    if !tensor::is_scale(&scale) {
                        return Err(refuse(HeadError::Scale));
                    }
                    !head.scores.is_empty()
                }
                _ => {
                    let classes = record::name_count(head.classes());
                    let countable = (2..=usize::from(u16::MAX)).contains(&classes);
                    countable && classes == head.scores.len()
                }
            };
            if !countable || !written.covers(&head.scores.range()) {
                return Err(refuse(HeadError::Scores));
            }
        }
        if records.rest().is_empty() {
            Ok(())
        } else {
            Err(LoadError::Body)
        }
    }

    fn keep(&mut self, span: Span) -> Result<(), LoadError> {
        self.kept.push(span).map_err(|_| LoadError::Kept)
    }

    fn kept_apart(&self) -> Result<(), LoadError> {
        let clash = self.kept.iter().enumerate().any(|(i, &a)| {
            let mut others = self.kept.iter().skip(i + 1);
            others.any(|&b| overlap(a, b))
        });
        if clash { Err(LoadError::Kept) } else { Ok(()) }
    }
}

/// The check of a frontend of this part, where the build holds it.
#[inline(always)]
fn built(
    part: Part,
    check: impl FnOnce() -> Result<(), FrontendError>,
) -> Result<(), FrontendError> {
    part.when(check)
        .unwrap_or(Err(FrontendError::LeftOut(part)))
}
