//! Reports and errors of training.

use std::fmt;

use tillsense_compiler::trained::{EpochReport, HeadScore};

use super::checkpoint::CheckpointError;
use super::data::DataError;
use crate::data::LEAST_TRAINED;

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs were done, or patience ended the last phase.
    Finished,
    /// Training was stopped. Its numbers are those of that moment, perhaps without ranges: not for lowering.
    Stopped,
}

/// Report of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainReport {
    /// How training ended.
    pub end: End,
    /// Reports of all epochs, including those of resumed runs.
    pub epochs: Vec<EpochReport>,
    /// Held-out scores of the numbers that were kept; empty where nothing is held out.
    pub held_out: Vec<HeadScore>,
}

/// Why training failed.
#[derive(Debug)]
pub enum TrainError {
    /// A sample does not fit the network.
    Data(DataError),
    /// There is too little to train on.
    TooFew {
        /// Number of samples that are left to train on.
        left: usize,
        /// Number of all samples.
        all: usize,
    },
    /// The checkpoint cannot be used.
    Checkpoint(CheckpointError),
    /// The loss is no longer a number, in this epoch.
    Diverged(usize),
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainError::Data(e) => e.fmt(f),
            TrainError::TooFew { left, all } if left == all => {
                write!(
                    f,
                    "{all} samples are too few to train on; give at least {LEAST_TRAINED}"
                )
            }
            TrainError::TooFew { left, all } => write!(
                f,
                "{left} of {all} samples are left to train on, the others are held out; at least {LEAST_TRAINED} must be left"
            ),
            TrainError::Checkpoint(e) => e.fmt(f),
            TrainError::Diverged(epoch) => write!(
                f,
                "the loss of epoch {} is not a number; lower train.learning_rate",
                epoch + 1
            ),
        }
    }
}

impl std::error::Error for TrainError {}

impl From<DataError> for TrainError {
    fn from(e: DataError) -> Self {
        TrainError::Data(e)
    }
}

impl From<CheckpointError> for TrainError {
    fn from(e: CheckpointError) -> Self {
        TrainError::Checkpoint(e)
    }
}
