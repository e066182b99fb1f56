//! From what a terminal senses to integer features: the same code on the host, in training, and on the device.
//!
//! | frontend | from | to |
//! |---|---|---|
//! | [`image`] | grey or RGB bytes | int8 `[h, w, c]` |
//! | [`audio`] | 16-bit PCM in chunks of any size | int8 `[1, 1, stack * bands]` a step |
//! | [`text`] | UTF-8 | u16 ids |
//! | [`record`] | named numbers and categories | int8 `[1, 1, c]` |
//! | [`tensor`] | int8 values | the same, `[h, w, c]` |
//!
//! Each has a `check`, called once when a model is loaded. After it, a run can only be refused for what the
//! application hands over, and mis-sized memory computes less rather than panics. All arithmetic is exact integer
//! arithmetic. Instruction counts depend on shapes only for pictures and sound. For texts they depend on the characters
//! (by up to 6.4 % of a model's where they are not of one class of ASCII), for records on which values are missing (up to
//! 2.2 %) and on the lengths of the names given.

pub mod audio;
pub mod fft;
pub mod image;
pub mod record;
pub mod tensor;
pub mod text;
mod unicode;

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::parts::Part;

/// Why the parameters of a frontend are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrontendError {
    /// A size is out of range, or sizes contradict each other.
    Shape,
    /// A blob is missing, misaligned or of the wrong length.
    Blob,
    /// A table holds a value outside its range.
    Table,
    /// A state or scratch span is too short or misaligned.
    Memory,
    /// A zero point that the frontend does not write.
    ZeroPoint,
    /// This field record cannot be decoded or breaks a rule.
    Field(u8),
    /// This build lacks the part that the frontend is.
    LeftOut(Part),
    /// The scale of a tensor is none.
    Scale,
}

impl Display for FrontendError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FrontendError::Shape => "a size is out of range or contradicts another",
            FrontendError::Blob => "a table is missing, misaligned or of the wrong length",
            FrontendError::Table => "a table holds a value out of its range",
            FrontendError::Memory => "its state or scratch is too short or misaligned",
            FrontendError::ZeroPoint => "it does not write this zero point",
            FrontendError::Field(number) => {
                return write!(
                    f,
                    "field {number} (counted from 0): it cannot be read or breaks a rule"
                );
            }
            FrontendError::LeftOut(part) => return part.say_left_out(f),
            FrontendError::Scale => "its scale is out of range",
        })
    }
}

impl Error for FrontendError {}

/// `Ok` if `condition` holds.
pub(crate) const fn require(condition: bool, error: FrontendError) -> Result<(), FrontendError> {
    if condition { Ok(()) } else { Err(error) }
}
