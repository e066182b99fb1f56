//! Why a model file is refused.

use serde::{Deserialize, Serialize};

use crate::frontend::FrontendError;
use crate::model::decode::Unreadable;
use crate::model::header::HeaderError;
use crate::ops::OpError;

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
    Check(OpError),
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
            Unreadable::LeftOut(part) => OpRefusal::Check(OpError::LeftOut(part)),
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
