//! Every check of a model's inputs, plan and heads, once.

use heapless::Vec;

use crate::arena::Region;
use crate::engine::load::{
    HeadError, InputError, LoadError, MAX_INPUTS, MAX_OPS, Model, OpRefusal,
};
use crate::engine::placement::{self, Limits, inside, overlap, span_of};
use crate::engine::written::Written;
use crate::frontend::{audio, image, record, text};
use crate::model::Records;
use crate::model::records::{Body, Input, Op, Source, Span};
use crate::ops;

/// Most regions of the arena that may be kept between calls.
const MAX_KEPT: usize = 4 * MAX_INPUTS;

/// Checks all that a session relies on.
pub(super) fn plan(model: &Model<'_>, body: &Body<'_>) -> Result<(), LoadError> {
    let mut check = Check {
        model,
        body,
        ops_left: MAX_OPS,
        kept: Vec::new(),
    };
    let (inputs, heads) = (usize::from(body.input_count), body.head_count);
    if inputs == 0 || inputs > MAX_INPUTS || heads == 0 {
        return Err(LoadError::Count);
    }
    let encodings = check.inputs()?;
    check.kept_apart()?;
    let written = check.trunk(encodings)?;
    check.heads(&written)
}

/// A check on its way through a model.
struct Check<'m, 'a> {
    model: &'m Model<'a>,
    body: &'m Body<'a>,
    /// Ops that may still come.
    ops_left: usize,
    /// Regions kept between calls; they belong to one owner each: an encoding, a frontend, or a recurrent layer.
    kept: Vec<Span, MAX_KEPT>,
}

impl Check<'_, '_> {
    /// Checks all inputs with their ops; answers the encodings, which are what the trunk may read first.
    fn inputs(&mut self) -> Result<Written, LoadError> {
        let mut encodings = Written::new();
        let mut records = self.model.inputs();
        for number in 0..self.body.input_count {
            let refuse = |error| LoadError::Input {
                input: number,
                error,
            };
            let input = records.next().ok_or(refuse(InputError::Record))?;
            self.frontend(&input.source).map_err(refuse)?;
            self.encoding(&input).map_err(refuse)?;
            self.keep(span_of(&input.encoding))?;
            if let Source::Audio(p) = &input.source {
                self.keep(p.state)?;
            }
            if !self.encoder(&input, refuse)? {
                return Err(refuse(InputError::Encoding));
            }
            encodings.add(input.encoding.range());
        }
        if records.rest().is_empty() {
            Ok(encodings)
        } else {
            Err(LoadError::Body)
        }
    }

    fn frontend(&self, source: &Source) -> Result<(), InputError> {
        match source {
            Source::Image(p) => image::check(p, self.model.weights()),
            Source::Audio(p) => audio::check(p, self.model.weights()),
            Source::Text(p) => text::check(p),
            Source::Record(p) | Source::Sequence(p) => record::check(p, self.body.fields),
        }
        .map_err(InputError::Frontend)?;
        if matches!(source, Source::Record(p) if p.max_steps != 1) {
            return Err(InputError::Steps);
        }
        match source {
            Source::Image(p) => self.workspace(span_of(&p.output), 1),
            Source::Record(p) | Source::Sequence(p) => self.workspace(span_of(&p.output), 1),
            Source::Text(p) => {
                self.workspace(span_of(&p.ids), 2)?;
                self.workspace(p.scratch, 1)?;
                apart(span_of(&p.ids), p.scratch)
            }
            Source::Audio(p) => {
                self.workspace(span_of(&p.output), 1)?;
                self.workspace(p.scratch, 4)?;
                self.persistent(p.state)?;
                apart(span_of(&p.output), p.scratch)
            }
        }
    }

    fn workspace(&self, span: Span, align: u32) -> Result<(), InputError> {
        let header = self.model.header();
        let free = span.offset >= header.persistent_len;
        place(free && inside(span, header.arena_len, align).is_ok())
    }

    fn persistent(&self, span: Span) -> Result<(), InputError> {
        place(inside(span, self.model.header().persistent_len, 4).is_ok())
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
    /// `step` begins with what the frontend wrote, `finish` with the recurrent states that `step` keeps. Neither may
    /// read the encoding before it wrote it, so that running twice gives what running once gives.
    fn encoder(
        &mut self,
        input: &Input<'_>,
        refuse: impl Fn(InputError) -> LoadError,
    ) -> Result<bool, LoadError> {
        let encoding = input.encoding.range();
        let is_stream = matches!(input.source, Source::Audio(_) | Source::Sequence(_));
        let mut written = Written::new();
        written.add(features(&input.source).range());
        let limits = self.limits(Some(&encoding), is_stream);
        let states = self.part(input.step, &limits, &mut written, refuse(InputError::Ops))?;
        let stepped = written.covers(&encoding);
        let mut written = states;
        let limits = self.limits(Some(&encoding), false);
        self.part(input.finish, &limits, &mut written, refuse(InputError::Ops))?;
        Ok(stepped || written.covers(&encoding))
    }

    /// Checks the trunk; answers what it leaves behind.
    fn trunk(&mut self, encodings: Written) -> Result<Written, LoadError> {
        let mut written = encodings;
        let limits = self.limits(None, false);
        self.part(self.body.trunk, &limits, &mut written, LoadError::Body)?;
        Ok(written)
    }

    fn limits(&self, encoding: Option<&core::ops::Range<usize>>, keeps_state: bool) -> Limits {
        Limits {
            arena_len: self.model.header().arena_len,
            persistent_len: self.model.header().persistent_len,
            encoding: encoding.cloned(),
            keeps_state,
        }
    }

    /// Checks the ops of one part of the plan, in order; answers the states that they keep. `outside` is the error
    /// where the part is no range of the op section.
    fn part(
        &mut self,
        part: Span,
        limits: &Limits,
        written: &mut Written,
        outside: LoadError,
    ) -> Result<Written, LoadError> {
        let bytes = self.body.ops.get(part.range()).ok_or(outside)?;
        let mut records = Records::<Op>::new(bytes);
        let mut states = Written::new();
        while !records.rest().is_empty() {
            let at = part.offset + (bytes.len() - records.rest().len()) as u32;
            let refuse = |error| LoadError::Op { at, error };
            self.ops_left = self.ops_left.checked_sub(1).ok_or(LoadError::Count)?;
            let op = records.next().ok_or(refuse(OpRefusal::Record))?;
            ops::check(&op, self.model.weights()).map_err(|e| refuse(OpRefusal::Check(e)))?;
            placement::check(&op, limits, written).map_err(refuse)?;
            let state = match &op {
                Op::Rnn(rnn) => Some(rnn.state),
                Op::PackedRnn(rnn) => Some(rnn.state),
                _ => None,
            };
            if let Some(state) = state.filter(|state| state.offset < limits.persistent_len) {
                self.keep(state)?;
                states.add(state.range());
            }
        }
        Ok(states)
    }

    fn heads(&self, written: &Written) -> Result<(), LoadError> {
        let mut records = self.model.heads();
        for number in 0..self.body.head_count {
            let refuse = |error| LoadError::Head {
                head: number,
                error,
            };
            let head = records.next().ok_or(refuse(HeadError::Record))?;
            let classes = record::names(head.classes).count();
            let countable = (2..=usize::from(u16::MAX)).contains(&classes);
            if !countable || classes != head.scores.len() || !written.covers(&head.scores.range()) {
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

/// What a frontend hands to the ops.
fn features(source: &Source) -> Span {
    match source {
        Source::Image(p) => span_of(&p.output),
        Source::Audio(p) => span_of(&p.output),
        Source::Text(p) => span_of(&p.ids),
        Source::Record(p) | Source::Sequence(p) => span_of(&p.output),
    }
}

fn place(right: bool) -> Result<(), InputError> {
    if right {
        Ok(())
    } else {
        Err(InputError::Placement)
    }
}

fn apart(a: Span, b: Span) -> Result<(), InputError> {
    place(!overlap(a, b))
}
