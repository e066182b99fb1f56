//! A model file in memory: why one is refused, and what a loaded one holds.

use serde::{Deserialize, Serialize};

use crate::arena::Region;
use crate::engine::check;
use crate::frontend::FrontendError;
use crate::model::decode::Unreadable;
use crate::model::header::{ALIGN, DIGEST_LEN, HEADER_LEN, Header, HeaderError};
use crate::model::records::{Body, Head, Input, Op, Span};
use crate::model::{Records, decode, digest};
use crate::ops;
use crate::tensor::Weights;

/// Most inputs of a model.
pub const MAX_INPUTS: usize = 8;
/// Most op records that all parts of the plan run; with one frontend for each input they can be counted by a byte.
pub const MAX_OPS: usize = 247;

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
    /// More inputs than [`MAX_INPUTS`], no input, no head, more ops than [`MAX_OPS`], or more than 2^16 bytes of inputs or 2^22 of
    /// heads.
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
    /// A complete run takes more steps, or the checks read more, than [`work`](super::work) allows.
    Work,
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
    /// The encoding does not lie in the persistent part, the learned absence is not as long, or no op writes all of it.
    Encoding,
    /// Its ops reach past the op section.
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
    /// It writes to a persistent region that is not its own, or keeps state where there is no stream.
    Persistent,
    /// It reads bytes that nothing before it in its part of the plan has written.
    Unwritten,
}

impl From<Unreadable> for InputError {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::Damaged => InputError::Record,
            Unreadable::LeftOut(part) => InputError::Frontend(FrontendError::LeftOut(part)),
        }
    }
}

impl From<Unreadable> for OpRefusal {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::Damaged => OpRefusal::Record,
            Unreadable::LeftOut(part) => OpRefusal::Check(ops::OpError::LeftOut(part)),
        }
    }
}

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeadError {
    /// Its record cannot be read.
    Record,
    /// Not one score for each of 2 to 65,535 classes, or the trunk does not write all of them.
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
        // Nothing but the header is looked at before the seal is known to hold.
        if !sealed(file, &header) {
            return Err(LoadError::Digest);
        }
        let body_bytes = section(file, HEADER_LEN, header.body_len)?;
        let weights = Weights::new(section(
            file,
            header.weights_offset as usize,
            header.weights_len,
        )?);
        let (body, rest) = decode::take::<Body<'a>>(body_bytes).map_err(|_| LoadError::Body)?;
        if !rest.is_empty() || body.persistent_len != header.persistent_len {
            return Err(LoadError::Body);
        }
        let model = Model {
            file,
            header,
            body,
            weights,
        };
        check::plan(&model, &body)?;
        Ok(model)
    }

    /// This model over another file's bytes, as if those of its own had changed since they were checked: for tests of what a
    /// flipped bit can do. `None` where the other file has another length or does not lie at a multiple of 16.
    ///
    /// As on a device, what [`Model::load`] keeps by value stays: the header, the body's numbers, its lengths and places.
    #[cfg(feature = "parity")]
    pub fn over(&self, file: &'a [u8]) -> Option<Self> {
        let same = file.len() == self.file.len() && file.as_ptr().addr().is_multiple_of(ALIGN);
        let moved = |section: &[u8]| {
            let at = section
                .as_ptr()
                .addr()
                .checked_sub(self.file.as_ptr().addr());
            file.get(at?..)?.get(..section.len())
        };
        let body = Body {
            inputs: moved(self.body.inputs)?,
            fields: moved(self.body.fields)?,
            ops: moved(self.body.ops)?,
            heads: moved(self.body.heads)?,
            ..self.body
        };
        same.then_some(Model {
            file,
            header: self.header,
            body,
            weights: Weights::new(moved(self.weights.whole())?),
        })
    }

    /// The model's name.
    pub const fn name(&self) -> &'a str {
        self.body.name
    }

    /// The processor that the exporter packed weights for, in its words.
    pub const fn target(&self) -> &'a str {
        self.body.target
    }

    /// By how many percent the exporter was allowed to let the file grow for faster algorithms.
    pub const fn flash_growth(&self) -> u16 {
        self.body.flash_growth
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
        digest_of(self.file, &self.header).unwrap_or([0; DIGEST_LEN])
    }

    /// Whether the file still is what was sealed (bit errors in flash).
    pub fn digest_holds(&self) -> bool {
        sealed(self.file, &self.header)
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
}

fn section(file: &[u8], start: usize, len: u32) -> Result<&[u8], LoadError> {
    file.get(start..start + len as usize).ok_or(LoadError::Body)
}

fn digest_of(file: &[u8], header: &Header) -> Option<[u8; DIGEST_LEN]> {
    file.get(header.digest_offset()..)?.first_chunk().copied()
}

fn sealed(file: &[u8], header: &Header) -> bool {
    let bytes = file.get(..header.digest_offset());
    bytes.is_some_and(|bytes| digest_of(file, header) == Some(digest(bytes)))
}
