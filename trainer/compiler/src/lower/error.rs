//! Why a network cannot be lowered.

use std::fmt;

use tillsense_core::engine::MAX_OPS;

/// The first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerError {
    /// A trained parameter that the graph needs is not there.
    Missing {
        /// `<node>.<parameter>` or `<input>.absent`.
        parameter: String,
    },
    /// A trained parameter has another shape than the graph.
    ParameterShape {
        /// Its name.
        parameter: String,
        /// What the graph says.
        expected: Vec<usize>,
        /// What was trained.
        found: Vec<usize>,
    },
    /// A trained parameter holds NaN or infinity.
    NotFinite {
        /// Its name.
        parameter: String,
    },
    /// No range of a node's values was observed.
    NoRange {
        /// The node.
        node: String,
    },
    /// An observed range holds NaN or infinity, or its ends are in the wrong order.
    Range {
        /// The node.
        node: String,
    },
    /// A node's quantisation is fixed twice and differs, or its op wants another one.
    Quantisation {
        /// The node.
        node: String,
    },
    /// Shapes or operands of a node do not fit its op.
    Shape {
        /// The node.
        node: String,
    },
    /// A dimension is 0 or does not fit the model file.
    Size {
        /// The node.
        node: String,
    },
    /// A factor from sums to stored values is out of range.
    Factor {
        /// The node.
        node: String,
    },
    /// So many terms that a 32-bit sum could overflow.
    Sums {
        /// The node.
        node: String,
    },
    /// A node reads what another part of the plan has computed and no encoding or recurrent state keeps.
    Crosses {
        /// The node.
        node: String,
    },
    /// A frontend does not make what the graph expects, or is of another kind.
    Frontend {
        /// The input.
        input: String,
    },
    /// Not one frontend for each input, no input, no head, or more than a model file takes.
    Count,
    /// More ops than a core takes.
    Ops {
        /// Ops of the network.
        ops: usize,
    },
    /// A head's classes are not one name (without line break) for each of at least two logits.
    Classes {
        /// The head.
        head: String,
    },
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LowerError::Missing { parameter } => {
                write!(f, "parameter `{parameter}` is missing; train again")
            }
            LowerError::ParameterShape {
                parameter,
                expected,
                found,
            } => {
                write!(
                    f,
                    "parameter `{parameter}` has shape {found:?}, the network has {expected:?}; train again"
                )
            }
            LowerError::NotFinite { parameter } => {
                write!(
                    f,
                    "parameter `{parameter}` is not finite: training diverged; lower the learning rate"
                )
            }
            LowerError::NoRange { node } => {
                write!(
                    f,
                    "node `{node}`: no range was observed; calibrate or train with quantisation"
                )
            }
            LowerError::Range { node } => write!(
                f,
                "node `{node}`: the observed range is not finite: training diverged; lower the learning rate"
            ),
            LowerError::Quantisation { node } => {
                write!(
                    f,
                    "node `{node}`: its operands are stored with different scales; put a rescale between"
                )
            }
            LowerError::Shape { node } => {
                write!(f, "node `{node}`: its operands do not fit its operation")
            }
            LowerError::Size { node } => {
                write!(
                    f,
                    "node `{node}`: every dimension must be between 1 and {}",
                    u16::MAX
                )
            }
            LowerError::Factor { node } => {
                write!(
                    f,
                    "node `{node}`: its scales are too far apart for 32-bit arithmetic"
                )
            }
            LowerError::Sums { node } => {
                write!(
                    f,
                    "node `{node}`: sums over so many values could overflow; make the layer before it smaller"
                )
            }
            LowerError::Crosses { node } => {
                write!(
                    f,
                    "node `{node}`: reads values of an encoder that are not its encoding"
                )
            }
            LowerError::Frontend { input } => {
                write!(
                    f,
                    "input `{input}`: its frontend does not make what the network reads"
                )
            }
            LowerError::Count => write!(f, "a model takes 1 to 8 inputs and 1 to 255 heads"),
            LowerError::Ops { ops } => write!(
                f,
                "the network has {ops} operations; a terminal runs {MAX_OPS} at most"
            ),
            LowerError::Classes { head } => write!(
                f,
                "head `{head}`: needs at least two class names, one for each logit, without line breaks"
            ),
        }
    }
}

impl std::error::Error for LowerError {}
