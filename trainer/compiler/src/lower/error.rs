//! Why a network cannot be lowered.

use std::fmt;

use tillsense_core::engine::MAX_OPS;

/// Why a network cannot be lowered: the first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerError {
    /// A trained parameter that the graph needs is not there.
    Missing {
        /// Full name: `<node>.<parameter>` or `<input>.absent`.
        parameter: String,
    },
    /// A trained parameter has another shape than the graph.
    ParameterShape {
        /// Full name of the parameter.
        parameter: String,
        /// The shape that the graph gives the parameter.
        expected: Vec<usize>,
        /// The shape that was trained.
        found: Vec<usize>,
    },
    /// A trained parameter holds NaN or infinity.
    NotFinite {
        /// Full name of the parameter.
        parameter: String,
    },
    /// No range of a node's values was observed.
    NoRange {
        /// Name of the node.
        node: String,
    },
    /// An observed range holds NaN or infinity, or its ends are in the wrong order.
    Range {
        /// Name of the node.
        node: String,
    },
    /// A node's quantisation is fixed twice and differs, or its op wants another one.
    Quantisation {
        /// Name of the node.
        node: String,
    },
    /// Shapes or operands of a node do not fit its op.
    Shape {
        /// Name of the node.
        node: String,
    },
    /// A dimension is 0 or does not fit the model file.
    Size {
        /// Name of the node.
        node: String,
    },
    /// A factor from sums to stored values is out of range.
    Factor {
        /// Name of the node.
        node: String,
    },
    /// A sum has so many terms that it could overflow 32 bits.
    Sums {
        /// Name of the node.
        node: String,
    },
    /// A node reads what another part of the plan has computed and no encoding or recurrent state keeps.
    Crosses {
        /// Name of the node.
        node: String,
    },
    /// A frontend does not make what the graph expects, or is of another kind.
    Frontend {
        /// Name of the input.
        input: String,
    },
    /// The numbers do not fit: frontends are not one for each input, there is no input or no
    /// head, or more than a model file takes.
    Count,
    /// The network has more ops than a core takes.
    Ops {
        /// Number of ops of the network.
        ops: usize,
    },
    /// A head's classes are not one name (without line break) for each of at least two logits.
    Classes {
        /// Name of the head.
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
