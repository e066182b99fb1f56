//! Every check of a model file, once.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::arena::Region;
use crate::engine::placement::{self, inside, overlap, span_of};
use crate::frontend::{FrontendError, audio, image, record, text};
use crate::model::header::{ALIGN, DIGEST_LEN, Header, HeaderError};
use crate::model::records::{Body, Head, Input, Op, Source, Span, View};
use crate::model::{Records, digest};
use crate::ops;
use crate::tensor::Weights;

/// Most inputs of a model.
pub const MAX_INPUTS: usize = 8;
/// Most regions of the arena that may be kept between calls.
const MAX_KEPT: usize = 4 * MAX_INPUTS;

/// Why a model file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadError {
    /// The file does not lie at an address that is a multiple of 16.
    Misaligned,
    /// The header.
    Header(HeaderError),
    /// The bytes are not those that were sealed.
    Digest,
    /// The body is not what its lengths say.
    Body,
    /// More inputs than [`MAX_INPUTS`], no input, or no head.
    Count,
    /// Two regions kept between calls overlap, or there are too many.
    Kept,
    /// An input.
    Input {
        /// Its number.
        input: u8,
        /// The reason.
        error: InputError,
    },
    /// An op.
    Op {
        /// Where its record starts in the op section.
        at: u32,
        /// The reason.
        error: OpRefusal,
    },
    /// A head.
    Head {
        /// Its number.
        head: u8,
        /// The reason.
        error: HeadError,
    },
}

/// Why an input is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InputError {
    /// Its record cannot be read.
    Record,
    /// Its frontend parameters do not check.
    Frontend(FrontendError),
    /// A single record with more than one step.
    Steps,
    /// A region of its frontend lies outside the arena, is misaligned, or overlaps another.
    Placement,
    /// The encoding does not lie in the persistent part, or the learned absence is not as long.
    Encoding,
    /// Its ops are not a range of whole op records.
    Ops,
}

/// Why an op is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpRefusal {
    /// Its record cannot be read.
    Record,
    /// Shapes, constants or factors do not check.
    Check(ops::OpError),
    /// A region reaches past the arena.
    OutsideArena,
    /// A region does not start at a multiple of its alignment.
    Misaligned,
    /// What it writes overlaps what else it uses.
    Overlap,
    /// It writes to a persistent region that is not its own.
    Persistent,
}

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeadError {
    /// Its record cannot be read.
    Record,
    /// Scores reach past the arena, or are not one for each of at least two classes.
    Scores,
}

/// A checked model: a view of a file in memory. It takes no memory of its own.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    file: &'a [u8],
    header: Header,
    body: Body<'a>,
    weights: Weights<'a>,
}

impl<'a> Model<'a> {
    /// Checks a model file. After this, nothing that the model says can fail.
    pub fn load(file: &'a [u8]) -> Result<Self, LoadError> {
        if !file.as_ptr().addr().is_multiple_of(ALIGN) {
            return Err(LoadError::Misaligned);
        }
        let header = Header::parse(file).map_err(LoadError::Header)?;
        let body_start = crate::model::header::HEADER_LEN;
        let body_bytes = section(file, body_start, header.body_len)?;
        let weights = Weights::new(section(
            file,
            header.weights_offset as usize,
            header.weights_len,
        )?);
        let (body, rest) =
            postcard::take_from_bytes::<Body<'a>>(body_bytes).map_err(|_| LoadError::Body)?;
        if !rest.is_empty() || body.persistent_len != header.persistent_len {
            return Err(LoadError::Body);
        }
        let model = Model {
            file,
            header,
            body,
            weights,
        };
        if !model.digest_holds() {
            return Err(LoadError::Digest);
        }
        model.check_inputs()?;
        model
            .check_ops(body.trunk, None)
            .map_err(|(at, error)| LoadError::Op { at, error })?;
        model.check_heads()?;
        model.check_kept()?;
        Ok(model)
    }

    /// The model's name.
    pub const fn name(&self) -> &'a str {
        self.body.name
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The whole file.
    pub const fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The constants.
    pub const fn weights(&self) -> &Weights<'a> {
        &self.weights
    }

    /// The seal: SHA-256 of what is before it.
    pub fn digest(&self) -> [u8; DIGEST_LEN] {
        let start = self.header.digest_offset();
        self.file
            .get(start..)
            .and_then(|seal| seal.first_chunk())
            .copied()
            .unwrap_or([0; DIGEST_LEN])
    }

    /// Whether the file still is what was sealed (bit errors in flash).
    pub fn digest_holds(&self) -> bool {
        self.file
            .get(..self.header.digest_offset())
            .is_some_and(|sealed| digest(sealed) == self.digest())
    }

    /// The inputs, in the order of their numbers.
    pub const fn inputs(&self) -> Records<'a, Input<'a>> {
        Records::new(self.body.inputs)
    }

    /// The input with this number.
    pub fn input(&self, number: usize) -> Option<Input<'a>> {
        self.inputs().nth(number)
    }

    /// The number of the input with this name.
    pub fn input_named(&self, name: &str) -> Option<usize> {
        self.inputs().position(|input| input.name == name)
    }

    /// The heads, in the order of their numbers.
    pub const fn heads(&self) -> Records<'a, Head<'a>> {
        Records::new(self.body.heads)
    }

    /// The head with this number.
    pub fn head(&self, number: usize) -> Option<Head<'a>> {
        self.heads().nth(number)
    }

    /// The section of field records.
    pub const fn fields(&self) -> &'a [u8] {
        self.body.fields
    }

    /// The op records of fusion and heads.
    pub const fn trunk(&self) -> Span {
        self.body.trunk
    }

    /// The ops of a part of the plan, each with the place of its record in the op section.
    pub fn ops(&self, part: Span) -> impl Iterator<Item = (u32, Op)> + use<'a> {
        let bytes = self.body.ops.get(part.range()).unwrap_or(&[]);
        let mut records = Records::new(bytes);
        core::iter::from_fn(move || {
            let at = part.offset as usize + bytes.len() - records.rest().len();
            records.next().map(|op| (at as u32, op))
        })
    }

    fn check_inputs(&self) -> Result<(), LoadError> {
        let (inputs, heads) = (usize::from(self.body.input_count), self.body.head_count);
        if inputs == 0 || inputs > MAX_INPUTS || heads == 0 {
            return Err(LoadError::Count);
        }
        let mut records = self.inputs();
        for number in 0..self.body.input_count {
            let refuse = |error| LoadError::Input {
                input: number,
                error,
            };
            let input = records.next().ok_or(refuse(InputError::Record))?;
            self.check_frontend(&input.source).map_err(refuse)?;
            self.check_encoding(&input).map_err(refuse)?;
            for part in [input.step, input.finish] {
                self.check_ops(part, Some(&input.encoding))
                    .map_err(|(at, error)| LoadError::Op { at, error })?;
            }
        }
        if records.rest().is_empty() {
            Ok(())
        } else {
            Err(LoadError::Body)
        }
    }

    fn check_frontend(&self, source: &Source) -> Result<(), InputError> {
        match source {
            Source::Image(p) => image::check(p, &self.weights),
            Source::Audio(p) => audio::check(p, &self.weights),
            Source::Text(p) => text::check(p),
            Source::Record(p) | Source::Sequence(p) => record::check(p, self.body.fields),
        }
        .map_err(InputError::Frontend)?;
        if matches!(source, Source::Record(p) if p.max_steps != 1) {
            return Err(InputError::Steps);
        }
        let workspace = |span: Span, align: u32| {
            let free = span.offset >= self.header.persistent_len;
            (free && inside(span, self.header.arena_len, align).is_ok())
                .then_some(())
                .ok_or(InputError::Placement)
        };
        match source {
            Source::Image(p) => workspace(span_of(&p.output), 1),
            Source::Record(p) | Source::Sequence(p) => workspace(span_of(&p.output), 1),
            Source::Text(p) => {
                workspace(span_of(&p.ids), 2)?;
                workspace(p.scratch, 1)?;
                apart(&[span_of(&p.ids), p.scratch])
            }
            Source::Audio(p) => {
                workspace(span_of(&p.output), 1)?;
                workspace(p.scratch, 4)?;
                apart(&[span_of(&p.output), p.scratch])?;
                let kept = p.state.range().end <= self.header.persistent_len as usize
                    && p.state.offset.is_multiple_of(4);
                if kept {
                    Ok(())
                } else {
                    Err(InputError::Placement)
                }
            }
        }
    }

    fn check_encoding(&self, input: &Input<'_>) -> Result<(), InputError> {
        let encoding = input.encoding.range();
        let kept = encoding.end <= self.header.persistent_len as usize;
        let absent = self.weights.i8s(input.absent).len();
        if kept && !input.encoding.is_empty() && absent == input.encoding.len() {
            Ok(())
        } else {
            Err(InputError::Encoding)
        }
    }

    fn check_ops(&self, part: Span, encoding: Option<&View>) -> Result<(), (u32, OpRefusal)> {
        let bytes = self
            .body
            .ops
            .get(part.range())
            .ok_or((part.offset, OpRefusal::Record))?;
        let mut decoded = 0;
        for (at, op) in self.ops(part) {
            ops::check(&op, &self.weights).map_err(|error| (at, OpRefusal::Check(error)))?;
            placement::check(
                &op,
                self.header.arena_len,
                self.header.persistent_len,
                encoding,
            )
            .map_err(|error| (at, error))?;
            decoded = at;
        }
        let mut records = Records::<Op>::new(bytes);
        while records.next().is_some() {}
        if records.rest().is_empty() {
            Ok(())
        } else {
            Err((decoded, OpRefusal::Record))
        }
    }

    fn check_heads(&self) -> Result<(), LoadError> {
        let mut records = self.heads();
        for number in 0..self.body.head_count {
            let refuse = |error| LoadError::Head {
                head: number,
                error,
            };
            let head = records.next().ok_or(refuse(HeadError::Record))?;
            let classes = head.classes.split('\n').count();
            if head.scores.range().end > self.header.arena_len as usize
                || classes != head.scores.len()
                || classes < 2
            {
                return Err(refuse(HeadError::Scores));
            }
        }
        if records.rest().is_empty() {
            Ok(())
        } else {
            Err(LoadError::Body)
        }
    }

    /// Regions kept between calls belong to one owner each: an encoding, a frontend, or a recurrent layer.
    fn check_kept(&self) -> Result<(), LoadError> {
        let mut kept: Vec<Span, MAX_KEPT> = Vec::new();
        for input in self.inputs() {
            let mut keep = |span: Span| kept.push(span).map_err(|_| LoadError::Kept);
            keep(span_of(&input.encoding))?;
            if let Source::Audio(p) = input.source {
                keep(p.state)?;
            }
            for (_, op) in self.ops(input.step).chain(self.ops(input.finish)) {
                match op {
                    Op::Rnn(rnn) if rnn.state.offset < self.header.persistent_len => {
                        keep(rnn.state)?
                    }
                    _ => {}
                }
            }
        }
        apart(&kept).map_err(|_| LoadError::Kept)
    }
}

fn section(file: &[u8], start: usize, len: u32) -> Result<&[u8], LoadError> {
    file.get(start..start + len as usize).ok_or(LoadError::Body)
}

fn apart(spans: &[Span]) -> Result<(), InputError> {
    let clash = spans
        .iter()
        .enumerate()
        .any(|(i, &a)| spans.iter().skip(i + 1).any(|&b| overlap(a, b)));
    if clash {
        Err(InputError::Placement)
    } else {
        Ok(())
    }
}
