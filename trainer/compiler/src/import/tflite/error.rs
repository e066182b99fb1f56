//! Why a file of TensorFlow Lite cannot be read.

use std::fmt;

use flatbuffers::{ErrorTraceDetail, InvalidFlatbuffer};

use super::Foreign;
use crate::text::{brief, shown};

/// Why a file cannot be read: the first thing that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub enum TfliteError {
    /// It is something else.
    Foreign(Foreign),
    /// It is larger than offsets in it reach.
    Large {
        /// Its length.
        bytes: usize,
    },
    /// Its structure is broken.
    Damaged {
        /// What is broken, by the names of the schema; empty of the whole.
        place: String,
        /// The byte at which it stands, where that is known.
        at: Option<usize>,
        /// What is wrong.
        damage: Damage,
    },
    /// It follows another version of the schema.
    Version(u32),
    /// It holds no graph.
    NoGraph,
    /// It can be called in several ways, or in one that is not its first graph.
    Signatures(Vec<String>),
    /// A tensor is wrong.
    Tensor {
        /// The tensor.
        tensor: Named,
        /// What is wrong.
        fault: TensorFault,
    },
    /// An operator is wrong.
    Operator {
        /// The operator.
        operator: Named,
        /// What is wrong.
        fault: OperatorFault,
    },
    /// The graph takes or gives something that cannot be.
    Port {
        /// Whether it is an input.
        input: bool,
        /// What is wrong.
        fault: PortFault,
    },
}

/// The number of a thing in the file, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub number: usize,
    /// Its name.
    pub name: String,
}

/// How a file's structure is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// An offset or a length leads out of the file.
    Outside,
    /// It is not at a multiple of its size.
    Unaligned,
    /// Tables are nested, or one is shared, more than any writer does.
    Excessive,
    /// Something else.
    Other,
}

/// What is wrong with a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum TensorFault {
    /// A dimension is negative.
    Dimension(i32),
    /// It has more values than are addressable.
    Size,
    /// Its constant has a number that no buffer has.
    Buffer {
        /// The number.
        buffer: u32,
        /// How many buffers there are.
        buffers: usize,
    },
    /// Its constant lies behind the file's end.
    Outside {
        /// Where it starts.
        offset: u64,
        /// Its length.
        size: u64,
    },
    /// Its constant has another length than its shape and type ask for.
    Length {
        /// Bytes that are there.
        bytes: usize,
        /// Bytes that are asked for.
        expected: usize,
    },
    /// Its constant lies in another file.
    External,
    /// It is sparse.
    Sparse,
    /// It has values, and is said to be variable.
    Variable,
    /// It is quantised in another way than by scales and zero points.
    Details(u8),
    /// A scale is negative or not finite.
    Scale(f32),
    /// Scales and zero points differ in number.
    ZeroPoints {
        /// Zero points.
        zero_points: usize,
        /// Scales.
        scales: usize,
    },
    /// A zero point is no value of its type.
    ZeroPoint(i64),
    /// The axis of its scales does not exist, or has another length.
    Axis {
        /// The axis.
        axis: i32,
        /// Scales.
        scales: usize,
        /// The shape.
        shape: Vec<usize>,
    },
}

/// What is wrong with an operator.
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorFault {
    /// It is of a kind whose number the file does not list.
    Code {
        /// The number.
        code: u32,
        /// How many are listed.
        codes: usize,
    },
    /// It names a tensor that does not exist.
    Tensor {
        /// The number.
        tensor: i32,
        /// How many tensors there are.
        tensors: usize,
    },
    /// It has too few or too many operands.
    Operands {
        /// How many it has.
        found: usize,
        /// The fewest.
        least: usize,
    },
    /// An operand that it needs is not there.
    Absent {
        /// The operand's place.
        place: usize,
    },
    /// It has too few or too many results.
    Results {
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// It reads what nothing has computed before.
    Early(Named),
    /// It computes what is given, constant or computed already.
    Taken(Named),
    /// Its settings are those of another kind of operator, by number.
    Settings(u8),
    /// A setting has a value that it cannot have.
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
    },
    /// It calls another graph of the file.
    Calls,
}

/// What is wrong with an input or an output of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortFault {
    /// There is none.
    None,
    /// It is no tensor of the file.
    Tensor {
        /// The number.
        tensor: i32,
        /// How many tensors there are.
        tensors: usize,
    },
    /// An input is constant, or named twice.
    Taken(Named),
    /// An output is never computed.
    Never(Named),
}

impl std::error::Error for TfliteError {}

impl From<InvalidFlatbuffer> for TfliteError {
    fn from(error: InvalidFlatbuffer) -> Self {
        use InvalidFlatbuffer as Invalid;
        let (damage, trace) = match &error {
            Invalid::RangeOutOfBounds { error_trace, .. }
            | Invalid::SignedOffsetOutOfBounds { error_trace, .. } => {
                (Damage::Outside, error_trace.as_ref())
            }
            Invalid::Unaligned { error_trace, .. } => (Damage::Unaligned, error_trace.as_ref()),
            Invalid::TooManyTables | Invalid::ApparentSizeTooLarge | Invalid::DepthLimitReached => {
                (Damage::Excessive, [].as_slice())
            }
            _ => (Damage::Other, [].as_slice()),
        };
        let mut place = String::new();
        // From within outwards.
        for step in trace.iter().rev() {
            match step {
                ErrorTraceDetail::TableField { field_name, .. } => {
                    let dot = if place.is_empty() { "" } else { "." };
                    place = format!("{place}{dot}{field_name}");
                }
                ErrorTraceDetail::VectorElement { index, .. } => {
                    place = format!("{place}[{index}]")
                }
                ErrorTraceDetail::UnionVariant { .. } => {}
            }
        }
        let at = trace.first().map(|step| match step {
            ErrorTraceDetail::TableField { position, .. }
            | ErrorTraceDetail::VectorElement { position, .. }
            | ErrorTraceDetail::UnionVariant { position, .. } => *position,
        });
        TfliteError::Damaged { place, at, damage }
    }
}

impl fmt::Display for TfliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TfliteError::Foreign(foreign) => foreign.fmt(f),
            TfliteError::Large { bytes } => write!(
                f,
                "the file has {bytes} bytes; at most {} are read",
                i32::MAX
            ),
            TfliteError::Damaged { place, at, damage } => {
                f.write_str("the file is damaged")?;
                if let Some(at) = at {
                    write!(f, " at byte {at}, in `{}`", shown(place))?;
                }
                write!(f, ": {damage}; copy or convert it again")
            }
            TfliteError::Version(version) => write!(
                f,
                "the file follows version {version} of the schema and not 3; convert the network again with a TensorFlow of today"
            ),
            TfliteError::NoGraph => {
                f.write_str("the file holds no graph; convert the network again")
            }
            TfliteError::Signatures(names) => {
                f.write_str("the file can be called in several ways")?;
                for (number, name) in names.iter().enumerate() {
                    let before = if number == 0 { ": " } else { ", " };
                    write!(f, "{before}`{}`", brief(name))?;
                }
                f.write_str("; convert one alone, with tf.lite.TFLiteConverter.from_concrete_functions([function])")
            }
            TfliteError::Tensor { tensor, fault } => write!(f, "tensor {tensor} {fault}"),
            TfliteError::Operator { operator, fault } => {
                write!(
                    f,
                    "operator {} ({}) {fault}",
                    operator.number,
                    brief(&operator.name)
                )
            }
            TfliteError::Port { input, fault } => {
                let (port, verb) = if *input {
                    ("input", "takes")
                } else {
                    ("output", "gives")
                };
                match fault {
                    PortFault::None => write!(
                        f,
                        "the graph {verb} nothing: it has no {port}; convert the network with one"
                    ),
                    PortFault::Tensor { tensor, tensors } => {
                        write!(
                            f,
                            "the graph names tensor {tensor} as {port}, and tensors are 0 to {}; convert it again",
                            last(*tensors)
                        )
                    }
                    PortFault::Taken(tensor) => write!(
                        f,
                        "the graph's {port}, tensor {tensor}, is constant or named twice; convert it again"
                    ),
                    PortFault::Never(tensor) => write!(
                        f,
                        "the graph's {port}, tensor {tensor}, is never computed; convert it again"
                    ),
                }
            }
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Damage::Outside => "it leads out of the file",
            Damage::Unaligned => "it is not at a multiple of its size",
            Damage::Excessive => "its parts are nested or shared without end",
            Damage::Other => "its structure is none of this format",
        })
    }
}

impl fmt::Display for TensorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TensorFault::Dimension(side) => write!(
                f,
                "has the dimension {side}; convert the network with a fixed shape"
            ),
            TensorFault::Size => {
                f.write_str("has more values than any machine holds; convert the network again")
            }
            TensorFault::Buffer { buffer, buffers } => {
                write!(
                    f,
                    "has its values in buffer {buffer}, and buffers are 0 to {}; convert the network again",
                    last(*buffers)
                )
            }
            TensorFault::Outside { offset, size } => {
                write!(
                    f,
                    "has {size} bytes of values at byte {offset}, behind the end of the file; copy or convert it again"
                )
            }
            TensorFault::Length { bytes, expected } => {
                write!(
                    f,
                    "has {bytes} bytes of values, and its shape and type ask for {expected}; convert the network again"
                )
            }
            TensorFault::External => {
                f.write_str("has its values in another file; convert the network into one")
            }
            TensorFault::Sparse => {
                f.write_str("is sparse, which is not read; convert the network without sparsity")
            }
            TensorFault::Variable => {
                f.write_str("is variable and constant at once; convert the network again")
            }
            TensorFault::Details(kind) => write!(
                f,
                "is quantised in blocks or in a way of somebody's own (kind {kind}), not by a scale and a zero point; quantise it for each tensor or channel"
            ),
            TensorFault::Scale(scale) => {
                write!(f, "has the scale {scale}; quantise the network again")
            }
            TensorFault::ZeroPoints {
                zero_points,
                scales,
            } => {
                write!(
                    f,
                    "has {zero_points} zero points for {scales} scales; quantise the network again"
                )
            }
            TensorFault::ZeroPoint(zero_point) => write!(
                f,
                "has the zero point {zero_point}, which is no value of its type; quantise the network again"
            ),
            TensorFault::Axis {
                axis,
                scales,
                shape,
            } => {
                write!(
                    f,
                    "has {scales} scales along axis {axis} of {shape:?}; quantise the network again"
                )
            }
        }
    }
}

impl fmt::Display for OperatorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OperatorFault::Code { code, codes } => {
                write!(f, "is of kind {code}, and the file lists kinds 0 to {}; convert the network again", last(*codes))
            }
            OperatorFault::Tensor { tensor, tensors } => {
                write!(f, "names tensor {tensor}, and tensors are 0 to {}; convert the network again", last(*tensors))
            }
            OperatorFault::Operands { found, least } => write!(f, "has {found} operands, and takes {least} or a few more; convert the network again"),
            OperatorFault::Absent { place } => write!(f, "has no operand {place}, which it needs; convert the network again"),
            OperatorFault::Results { found, expected } => write!(f, "has {found} results instead of {expected}; convert the network again"),
            OperatorFault::Early(tensor) => write!(f, "reads tensor {tensor}, which nothing computes before; convert the network again"),
            OperatorFault::Taken(tensor) => write!(f, "computes tensor {tensor}, which is given, constant or computed already; convert the network again"),
            OperatorFault::Settings(kind) => write!(f, "has the settings of another operator (kind {kind}); convert the network again"),
            OperatorFault::Setting { setting, value } => write!(f, "has the setting `{setting}` = {value}, which it cannot have; convert the network again"),
            OperatorFault::Calls => f.write_str(
                "calls another graph of the file, which is not read; convert the network without loops and branches (Keras: recurrent layers with unroll=True)",
            ),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`{}`)", self.number, brief(&self.name))
    }
}

/// The last of so many numbers, as a text for a person; there may be none.
fn last(count: usize) -> String {
    count
        .checked_sub(1)
        .map_or_else(|| "none".into(), |last| last.to_string())
}
