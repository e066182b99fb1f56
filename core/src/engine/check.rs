//! Every check of a model's inputs, plan and heads, once.

use heapless::Vec;

use crate::arena::Region;
use crate::engine::load::{
    HeadError, InputError, LoadError, MAX_INPUTS, MAX_OPS, Model, OpRefusal,
};
use crate::engine::placement::{self, Limits, inside, overlap};
use crate::engine::work::{self, Budget};
use crate::engine::written::Written;
use crate::frontend::{FrontendError, audio, image, record, text};
use crate::model::Records;
use crate::model::records::{Body, Input, Op, Source, Span};
use crate::ops;
use crate::parts::Part;

/// Most regions of the arena that may be kept between calls.
const MAX_KEPT: usize = 4 * MAX_INPUTS;

/// The records of all heads, names of classes among them, are shorter; a power of two.
const MAX_HEADS_LEN: usize = 1 << 22;

/// The records of all inputs, names among them, are shorter; a power of two.
const MAX_INPUTS_LEN: usize = 1 << 16;

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
            self.encoding(&input).map_err(refuse)?;
            self.keep(input.encoding.span())?;
            if let Source::Audio(p) = &input.source {
                self.keep(p.state)?;
            }
            if !self.encoder(&input, refuse)? {
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
        }
        .map_err(InputError::Frontend)?;
        if matches!(source, Source::Record(p) if p.max_steps != 1) {
            return Err(InputError::Steps);
        }
        match source {
            Source::Image(p) => self.workspace(p.output.span(), 1),
            Source::Record(p) | Source::Sequence(p) => self.workspace(p.output.span(), 1),
            Source::Text(p) => {
                self.workspace(p.ids.span(), 2)?;
                self.workspace(p.scratch, 1)?;
                apart(p.ids.span(), p.scratch)
            }
            Source::Audio(p) => {
                self.workspace(p.output.span(), 1)?;
                self.workspace(p.scratch, 4)?;
                self.persistent(p.state)?;
                apart(p.output.span(), p.scratch)
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
    #[inline(never)]
    fn encoder(
        &mut self,
        input: &Input<'_>,
        refuse: impl Fn(InputError) -> LoadError,
    ) -> Result<bool, LoadError> {
        let encoding = input.encoding.range();
        let is_stream = matches!(input.source, Source::Audio(_) | Source::Sequence(_));
        let (mut written, mut states) = (Written::new(), Written::new());
        written.add(features(&input.source).range());
        let limits = self.limits(Some(&encoding), is_stream);
        let outside = refuse(InputError::Ops);
        self.times = work::pieces(&input.source);
        self.part(
            input.step,
            &limits,
            &mut written,
            Some(&mut states),
            outside,
        )?;
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
            let regions = placement::check(&op, limits, written).map_err(refuse)?;
            if !self.budget.take(&work::of_op(&op, regions), self.times) {
                return Err(LoadError::Work);
            }
            let state = match &op {
                Op::Rnn(rnn) => rnn.state,
                Op::PackedRnn(rnn) => rnn.state,
                _ => continue,
            };
            if state.offset < limits.persistent_len {
                self.keep(state)?;
                if let Some(states) = &mut states {
                    states.add(state.range());
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
            let head = records.next().ok_or(refuse(HeadError::Record))?;
            let classes = record::name_count(head.classes);
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

/// The check of a frontend of this part, where the build holds it.
#[inline(always)]
fn built(
    part: Part,
    check: impl FnOnce() -> Result<(), FrontendError>,
) -> Result<(), FrontendError> {
    part.when(check)
        .unwrap_or(Err(FrontendError::LeftOut(part)))
}

/// What a frontend hands to the ops.
fn features(source: &Source) -> Span {
    match source {
        Source::Image(p) => p.output.span(),
        Source::Audio(p) => p.output.span(),
        Source::Text(p) => p.ids.span(),
        Source::Record(p) | Source::Sequence(p) => p.output.span(),
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
