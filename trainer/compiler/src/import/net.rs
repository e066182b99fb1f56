//! A network as somebody else's file describes it: tensors with their quantisation, and operators between them.
//!
//! It holds what the file says, checked for sense, and nothing of the format that it came in: another format is another reader. A reader
//! promises that
//!
//! - numbers of tensors exist, and no shape has more values than are addressable;
//! - constants have as many bytes as shape and type ask for, and are neither inputs nor results;
//! - an operator reads only what is given, constant, variable, or the result of one before it, and each tensor is the result of one at
//!   most;
//! - an operator that is known ([`Op`] but `Other` and `Custom`) has as many operands and results as it asks for, and the operands that it
//!   needs; settings that count are at least 1 where nothing else is said.
//!
//! Whether shapes and types fit an operator, nobody has checked.

use std::fmt;

/// A network.
#[derive(Clone, Debug, Default)]
pub struct Net<'a> {
    /// The file's description of itself; often empty.
    pub description: String,
    /// Tensors, by number.
    pub tensors: Vec<Tensor<'a>>,
    /// Operators, each after those whose results it reads.
    pub operators: Vec<Operator>,
    /// Numbers of the tensors that a caller gives.
    pub inputs: Vec<TensorId>,
    /// Numbers of the tensors that a caller gets.
    pub outputs: Vec<TensorId>,
    /// What a caller calls each input; empty where the file has no name for it.
    pub input_names: Vec<String>,
    /// The same of outputs.
    pub output_names: Vec<String>,
    /// Whether an input's batch is open, so that the shapes behind it may be placeholders.
    pub open: bool,
}

/// The number of a tensor.
pub type TensorId = usize;

/// A tensor.
#[derive(Clone, Debug)]
pub struct Tensor<'a> {
    /// Its name in the file, made fit for a screen where it is shown.
    pub name: String,
    /// Its dimensions, outermost first; none of a scalar.
    pub shape: Vec<usize>,
    /// The form of its values.
    pub element: Element,
    /// What its values stand for; `None` of plain numbers.
    pub quant: Option<Quantisation>,
    /// The values of a constant, little endian, as many as the shape asks for; `None` of what is computed or given.
    pub data: Option<&'a [u8]>,
    /// Whether it keeps its values from one run to the next.
    pub variable: bool,
}

/// The form of a tensor's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floats.
    Float32,
    /// 8-bit integers with a sign.
    Int8,
    /// 8-bit integers without one.
    Uint8,
    /// 16-bit integers.
    Int16,
    /// 32-bit integers.
    Int32,
    /// 64-bit integers.
    Int64,
    /// 4-bit integers, two a byte, the first in the lower half.
    Int4,
    /// Truth values, a byte each.
    Bool,
    /// Any other, by its name; nothing computes with it.
    Other(&'static str),
}

/// Real value = scale * (stored - zero point).
#[derive(Clone, Debug, PartialEq)]
pub struct Quantisation {
    /// One scale, or one for each place along the axis; finite, and none below 0.
    pub scales: Vec<f32>,
    /// As many zero points as scales, each a value of the tensor's type.
    pub zero_points: Vec<i64>,
    /// The axis along which scales differ; 0 where there is one scale.
    pub axis: usize,
}

/// An operator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its number in the file.
    pub number: usize,
    /// What it does.
    pub op: Op,
    /// Operands; `None` of an optional one that is not there.
    pub inputs: Vec<Option<TensorId>>,
    /// Results.
    pub outputs: Vec<TensorId>,
}

/// A function at the end of an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// The value itself.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    /// `x` within [-1, 1].
    ReluN1To1,
    /// `x` within [0, 6].
    Relu6,
    /// The hyperbolic tangent.
    Tanh,
    /// 1 where the sign bit is set.
    SignBit,
}

/// How a window is laid over the edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As many outputs as `ceil(input / stride)`: the padding is split in two halves, the larger one behind.
    Same,
    /// None.
    Valid,
}

/// The steps of a window, rows first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Padding.
    pub padding: Padding,
    /// Steps between outputs.
    pub stride: [usize; 2],
    /// Steps between taps.
    pub dilation: [usize; 2],
}

/// What an operator does, with its settings. Names and order of operands are those of TensorFlow Lite.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    missing_docs,
    reason = "operators and their settings are those that TensorFlow Lite documents"
)]
pub enum Op {
    Conv2d(Steps, Activation),
    DepthwiseConv2d {
        steps: Steps,
        /// Outputs for each channel; 0 where a file leaves that to the shapes.
        multiplier: usize,
        activation: Activation,
    },
    TransposeConv(Steps, Activation),
    FullyConnected {
        activation: Activation,
        keep_dims: bool,
        /// Weights are in the plain order, not shuffled.
        plain: bool,
    },
    BatchMatmul {
        transpose_a: bool,
        transpose_b: bool,
    },
    MaxPool2d(Pool),
    AveragePool2d(Pool),
    Add(Activation),
    Sub(Activation),
    Mul(Activation),
    Div(Activation),
    Maximum,
    Minimum,
    SquaredDifference,
    Concatenation {
        axis: i64,
        activation: Activation,
    },
    Split {
        parts: usize,
    },
    SplitV {
        parts: usize,
    },
    Slice,
    StridedSlice {
        begin_mask: u32,
        end_mask: u32,
        ellipsis_mask: u32,
        new_axis_mask: u32,
        shrink_axis_mask: u32,
        offset: bool,
    },
    Pad,
    PadV2,
    MirrorPad {
        symmetric: bool,
    },
    Mean {
        keep_dims: bool,
    },
    Sum {
        keep_dims: bool,
    },
    ReduceMax {
        keep_dims: bool,
    },
    ReduceMin {
        keep_dims: bool,
    },
    Reshape {
        /// The shape in the settings, which counts where there is no operand for it.
        shape: Option<Vec<i64>>,
    },
    Squeeze {
        axes: Vec<i64>,
    },
    ExpandDims,
    Shape,
    Pack {
        axis: i64,
    },
    Unpack {
        axis: i64,
        parts: usize,
    },
    Transpose,
    Tile,
    BroadcastTo,
    /// Some axes backwards.
    Reverse,
    /// Blocks of pixels become samples.
    SpaceToBatch,
    /// Samples become blocks of pixels.
    BatchToSpace,
    SpaceToDepth {
        block: usize,
    },
    DepthToSpace {
        block: usize,
    },
    Softmax {
        beta: f32,
    },
    LogSoftmax,
    Logistic,
    Tanh,
    Relu,
    Relu6,
    ReluN1To1,
    Relu0To1,
    LeakyRelu {
        alpha: f32,
    },
    Prelu,
    Elu,
    HardSwish,
    Gelu {
        approximate: bool,
    },
    Abs,
    Neg,
    Exp,
    Log,
    Sqrt,
    Rsqrt,
    Quantize,
    Dequantize,
    ResizeNearestNeighbor {
        align_corners: bool,
        half_pixel_centers: bool,
    },
    ResizeBilinear {
        align_corners: bool,
        half_pixel_centers: bool,
    },
    Gather {
        axis: i64,
        batch_dims: i64,
    },
    ArgMax,
    L2Normalization(Activation),
    UnidirectionalSequenceLstm {
        activation: Activation,
        cell_clip: f32,
        proj_clip: f32,
        time_major: bool,
        /// Tensors that are never stored, whose scales the layer rounds to between its steps: one for each gate, and one behind
        /// them.
        intermediates: Vec<TensorId>,
    },
    Svdf {
        rank: usize,
        activation: Activation,
    },
    /// Any other operator that the format has, by its name.
    Other(String),
    /// An operator of somebody's own, by its name.
    Custom(String),
}

/// A pooling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Padding.
    pub padding: Padding,
    /// Steps between outputs, rows first.
    pub stride: [usize; 2],
    /// Taps, rows first.
    pub kernel: [usize; 2],
    /// The function at the end.
    pub activation: Activation,
}

impl Tensor<'_> {
    /// Number of values; `None` beyond what is addressable.
    pub fn len(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1usize, |len, &side| len.checked_mul(side))
    }

    /// Whether it has no values at all.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Scale and zero point of a tensor that has one of both.
    pub fn whole(&self) -> Option<(f32, i64)> {
        match &self.quant {
            Some(quant) if quant.scales.len() == 1 => Some((quant.scales[0], quant.zero_points[0])),
            _ => None,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Float32 => f.write_str("float32"),
            Element::Int8 => f.write_str("int8"),
            Element::Uint8 => f.write_str("uint8"),
            Element::Int16 => f.write_str("int16"),
            Element::Int32 => f.write_str("int32"),
            Element::Int64 => f.write_str("int64"),
            Element::Int4 => f.write_str("int4"),
            Element::Bool => f.write_str("bool"),
            Element::Other(name) => f.write_str(name),
        }
    }
}

impl Op {
    /// The name that TensorFlow Lite has for it.
    pub fn name(&self) -> &str {
        match self {
            Op::Conv2d(..) => "CONV_2D",
            Op::DepthwiseConv2d { .. } => "DEPTHWISE_CONV_2D",
            Op::TransposeConv(..) => "TRANSPOSE_CONV",
            Op::FullyConnected { .. } => "FULLY_CONNECTED",
            Op::BatchMatmul { .. } => "BATCH_MATMUL",
            Op::MaxPool2d(..) => "MAX_POOL_2D",
            Op::AveragePool2d(..) => "AVERAGE_POOL_2D",
            Op::Add(..) => "ADD",
            Op::Sub(..) => "SUB",
            Op::Mul(..) => "MUL",
            Op::Div(..) => "DIV",
            Op::Maximum => "MAXIMUM",
            Op::Minimum => "MINIMUM",
            Op::SquaredDifference => "SQUARED_DIFFERENCE",
            Op::Concatenation { .. } => "CONCATENATION",
            Op::Split { .. } => "SPLIT",
            Op::SplitV { .. } => "SPLIT_V",
            Op::Slice => "SLICE",
            Op::StridedSlice { .. } => "STRIDED_SLICE",
            Op::Pad => "PAD",
            Op::PadV2 => "PADV2",
            Op::MirrorPad { .. } => "MIRROR_PAD",
            Op::Mean { .. } => "MEAN",
            Op::Sum { .. } => "SUM",
            Op::ReduceMax { .. } => "REDUCE_MAX",
            Op::ReduceMin { .. } => "REDUCE_MIN",
            Op::Reshape { .. } => "RESHAPE",
            Op::Squeeze { .. } => "SQUEEZE",
            Op::ExpandDims => "EXPAND_DIMS",
            Op::Shape => "SHAPE",
            Op::Pack { .. } => "PACK",
            Op::Unpack { .. } => "UNPACK",
            Op::Transpose => "TRANSPOSE",
            Op::Tile => "TILE",
            Op::BroadcastTo => "BROADCAST_TO",
            Op::Reverse => "REVERSE_V2",
            Op::SpaceToBatch => "SPACE_TO_BATCH_ND",
            Op::BatchToSpace => "BATCH_TO_SPACE_ND",
            Op::SpaceToDepth { .. } => "SPACE_TO_DEPTH",
            Op::DepthToSpace { .. } => "DEPTH_TO_SPACE",
            Op::Softmax { .. } => "SOFTMAX",
            Op::LogSoftmax => "LOG_SOFTMAX",
            Op::Logistic => "LOGISTIC",
            Op::Tanh => "TANH",
            Op::Relu => "RELU",
            Op::Relu6 => "RELU6",
            Op::ReluN1To1 => "RELU_N1_TO_1",
            Op::Relu0To1 => "RELU_0_TO_1",
            Op::LeakyRelu { .. } => "LEAKY_RELU",
            Op::Prelu => "PRELU",
            Op::Elu => "ELU",
            Op::HardSwish => "HARD_SWISH",
            Op::Gelu { .. } => "GELU",
            Op::Abs => "ABS",
            Op::Neg => "NEG",
            Op::Exp => "EXP",
            Op::Log => "LOG",
            Op::Sqrt => "SQRT",
            Op::Rsqrt => "RSQRT",
            Op::Quantize => "QUANTIZE",
            Op::Dequantize => "DEQUANTIZE",
            Op::ResizeNearestNeighbor { .. } => "RESIZE_NEAREST_NEIGHBOR",
            Op::ResizeBilinear { .. } => "RESIZE_BILINEAR",
            Op::Gather { .. } => "GATHER",
            Op::ArgMax => "ARG_MAX",
            Op::L2Normalization(..) => "L2_NORMALIZATION",
            Op::UnidirectionalSequenceLstm { .. } => "UNIDIRECTIONAL_SEQUENCE_LSTM",
            Op::Svdf { .. } => "SVDF",
            Op::Other(name) | Op::Custom(name) => name,
        }
    }
}
