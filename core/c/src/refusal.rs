//! Why something was refused: what a session keeps of it.

use tillsense_core::engine::LoadError;
use tillsense_core::{ArenaError, Part, PushError};

use crate::status::{Status, left_out};

/// Why something was refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// The call, for what C passed.
    Call(Status),
    /// The model file.
    File(LoadError),
    /// The arena.
    Arena(ArenaError),
    /// What was pushed to the input with this number.
    Push(usize, PushError),
}

impl Refusal {
    /// What C is told.
    pub(crate) fn status(&self) -> Status {
        match self {
            Refusal::Call(status) => *status,
            Refusal::File(error) => error.into(),
            Refusal::Arena(error) => error.into(),
            Refusal::Push(_, error) => error.into(),
        }
    }

    /// The part that the model needs and this build lacks, where it is that.
    pub(crate) const fn left_out(&self) -> Option<Part> {
        match self {
            Refusal::File(error) => left_out(error),
            _ => None,
        }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Refusal::Call(status)
    }
}
