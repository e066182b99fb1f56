//! Why a network cannot be imported.

use std::fmt;

use super::net::{Net, Operator, TensorId};
use crate::lower::LowerError;

/// Shapes of operands, or of results, that an error tells.
const MOST_SHAPES: usize = 4;

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
        /// Shapes of its operands and results, for a person; empty where nobody has told them yet.
        shapes: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What was read cannot be written as a model file.
    Lower(LowerError),
    /// A network whose batch is open cannot be imported, for this reason.
    Open(Box<ImportError>),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::File(problem) | ImportError::Net(problem) => f.write_str(problem),
            ImportError::Tensor { tensor, problem } => write!(f, "tensor {tensor}: {problem}"),
            ImportError::Operator {
                number,
                name,
                shapes,
                problem,
            } => match shapes.is_empty() {
                true => write!(f, "operator {number} ({name}): {problem}"),
                false => write!(f, "operator {number} ({name}, {shapes}): {problem}"),
            },
            ImportError::Lower(error) => error.fmt(f),
            ImportError::Open(error) => write!(
                f,
                "{error}; the network's batch is open: convert it with a fixed batch of 1 (keras.Input(..., batch_size=1)), so that all shapes are known"
            ),
        }
    }
}

impl std::error::Error for ImportError {}

impl ImportError {
    /// Tells the shapes of an operator that is refused.
    pub fn of(mut self, net: &Net<'_>, operator: &Operator) -> Self {
        if let ImportError::Operator { shapes, .. } = &mut self {
            let sides = |id: TensorId| {
                let sides: Vec<String> =
                    net.tensors[id].shape.iter().map(usize::to_string).collect();
                match sides.is_empty() {
                    true => "one value".to_owned(),
                    false => sides.join(" x "),
                }
            };
            let list = |ids: &mut dyn Iterator<Item = TensorId>| {
                let mut all: Vec<String> = ids.map(sides).collect();
                if all.len() > MOST_SHAPES {
                    all.truncate(MOST_SHAPES);
                    all.push("...".to_owned());
                }
                all.join(", ")
            };
            *shapes = format!(
                "{} to {}",
                list(&mut operator.inputs.iter().flatten().copied()),
                list(&mut operator.outputs.iter().copied())
            );
        }
        self
    }
}

impl From<LowerError> for ImportError {
    fn from(error: LowerError) -> Self {
        ImportError::Lower(error)
    }
}
