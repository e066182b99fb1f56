//! Why a network cannot be imported.

use std::fmt;

use crate::lower::LowerError;

/// Why a network cannot be imported: where, what, and how to mend it, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// The file is not what it should be.
    File(String),
    /// The network as a whole.
    Net(String),
    /// A tensor.
    Tensor {
        /// Its number and name.
        tensor: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An operator.
    Operator {
        /// Its number in the file.
        number: usize,
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What was read cannot be written as a model file.
    Lower(LowerError),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::File(problem) | ImportError::Net(problem) => f.write_str(problem),
            ImportError::Tensor { tensor, problem } => write!(f, "tensor {tensor}: {problem}"),
            ImportError::Operator {
                number,
                name,
                problem,
            } => write!(f, "operator {number} ({name}): {problem}"),
            ImportError::Lower(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {}

impl From<LowerError> for ImportError {
    fn from(error: LowerError) -> Self {
        ImportError::Lower(error)
    }
}
