//! The network between its description and its model file: [`super::builder`] makes it from a description, the trainer
//! trains it, and [`crate::lower`] turns it into a model file.
//!
//! A graph is a list of nodes in topological order. Trained numbers are kept apart, by name, in [`Trained`], so that
//! lowering and its tests need no training framework.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use tillsense_core::model::records::{BagMode, Cell, Direction, ReadMode};

use crate::bounded;

/// The number of a node: an index into [`Graph::nodes`].
pub type NodeId = usize;

/// A network with its inputs, nodes and heads.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Name of the model.
    pub name: String,
    /// Inputs in the order in which applications number them.
    pub inputs: Vec<GraphInput>,
    /// Nodes in topological order: every operand of a node comes before the node.
    pub nodes: Vec<Node>,
    /// Heads, both exported ones and those that only help training.
    pub heads: Vec<GraphHead>,
}

/// One named input of the network.
#[derive(Clone, Debug)]
pub struct GraphInput {
    /// Name of the input.
    pub name: String,
    /// The node that holds the features written by the frontend.
    pub features: NodeId,
    /// The node whose output is the encoding that fusion reads; its learned substitute is the parameter `<name>.absent`.
    pub encoding: NodeId,
    /// Whether features arrive step by step (audio, sequence of records) and the step nodes run once for each.
    pub streaming: bool,
}

/// One head of the network: a question with its classes.
#[derive(Clone, Debug)]
pub struct GraphHead {
    /// Name of the head.
    pub name: String,
    /// The node that holds its logits (a dense node without activation); softmax is added in lowering.
    pub logits: NodeId,
    /// Names of the classes, one for each logit.
    pub classes: Vec<String>,
    /// Whether the head helps training only and is left out of the model file.
    pub auxiliary: bool,
    /// Scores below this value, 0 to 255, defer to a person, unless [`Trained::thresholds`] sets another threshold.
    pub defer_below: u8,
}

/// The part of the execution plan that runs a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Runs once for each piece pushed to the input of this number.
    Step(usize),
    /// Runs once, after the last piece of the input of this number.
    Finish(usize),
    /// Runs once all inputs are encoded: fusion and heads.
    Trunk,
}

/// One operation with its operands and the shape of its output.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique name of the node; its parameters are named `<node>.<parameter>`.
    pub name: String,
    /// The operation.
    pub op: NodeOp,
    /// Nodes whose outputs the operation reads, in the order that it expects.
    pub inputs: Vec<NodeId>,
    /// Shape of the output, `[height, width, channels]`; a sequence is `[steps, 1, channels]` with the largest number of steps.
    pub shape: [usize; 3],
    /// The part of the plan that runs the node.
    pub segment: Segment,
}

/// An activation function fused into a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// No activation: `x`.
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `tanh(x)`, looked up in a table after the node's sum; the output has scale 1/128 and zero point 0.
    Tanh,
    /// The logistic function of `x`, looked up in a table after the node's sum; the output has scale 1/256 and zero point -128.
    Sigmoid,
}

/// Bits that one stored weight takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "u8")]
pub enum Bits {
    /// Four bits: weights in `[-7, 7]`, two in a byte; each row of an embedding table has a scale of its own.
    Four,
    /// Eight bits: weights in `[-127, 127]`.
    #[default]
    Eight,
}

impl Bits {
    /// The largest magnitude of a stored weight: 7 or 127.
    pub const fn largest(self) -> f32 {
        match self {
            Bits::Four => 7.0,
            Bits::Eight => 127.0,
        }
    }
}

impl TryFrom<u8> for Bits {
    type Error = &'static str;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        match bits {
            4 => Ok(Bits::Four),
            8 => Ok(Bits::Eight),
            _ => Err("bits takes 4 or 8"),
        }
    }
}

/// Padding of convolution and pooling windows, named as in TensorFlow and ONNX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// No padding: windows lie inside the input.
    Valid,
    /// Padding with which the output size is ceil(input / stride); the odd row or column of padding comes after the input.
    Same,
    /// Padding given as (top, left, bottom, right).
    Explicit([usize; 4]),
}

/// Scale and zero point of an int8 value: real = scale * (stored - zero_point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quant {
    /// Real value of one quantisation step.
    pub scale: f32,
    /// Stored value that represents real zero.
    pub zero_point: i32,
}

/// The operation of a node. Shapes of parameters are row-major, in the order in which they are stored.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeOp {
    /// Features that the frontend of the input with this number writes: int8 values in this fixed quantisation.
    Features(Quant),
    /// Ids that the text frontend writes, of shape `[max ids, 1, 1]`.
    Ids,
    /// 2-D convolution with parameters `weight` `[oc, kh, kw, ic]` and `bias` `[oc]`. Lowering expects batch norm to be folded.
    Conv2d {
        /// Size of the kernel (rows, columns).
        kernel: [usize; 2],
        /// Stride (rows, columns).
        stride: [usize; 2],
        /// Dilation: the distance between neighbouring taps (rows, columns).
        dilation: [usize; 2],
        /// Padding around the input.
        padding: Padding,
        /// Activation applied to the result.
        activation: Activation,
        /// Whether training applies batch norm to the sum; it is folded into the weights before lowering.
        batch_norm: bool,
    },
    /// Depthwise convolution with parameters `weight` `[kh, kw, oc]` and `bias` `[oc]`, where `oc = ic * multiplier`.
    DepthwiseConv2d {
        /// Size of the kernel (rows, columns).
        kernel: [usize; 2],
        /// Stride (rows, columns).
        stride: [usize; 2],
        /// Dilation: the distance between neighbouring taps (rows, columns).
        dilation: [usize; 2],
        /// Padding around the input.
        padding: Padding,
        /// Filters for each input channel.
        multiplier: usize,
        /// Activation applied to the result.
        activation: Activation,
        /// Whether training applies batch norm to the sum; it is folded into the weights before lowering.
        batch_norm: bool,
    },
    /// The largest value of each window, by channel.
    MaxPool {
        /// Size of the window (rows, columns).
        kernel: [usize; 2],
        /// Stride (rows, columns).
        stride: [usize; 2],
        /// Padding around the input; padded places do not take part.
        padding: Padding,
    },
    /// The mean value of each window, by channel.
    AveragePool {
        /// Size of the window (rows, columns).
        kernel: [usize; 2],
        /// Stride (rows, columns).
        stride: [usize; 2],
        /// Padding around the input; padded places do not take part.
        padding: Padding,
    },
    /// The operand's values in another shape.
    Reshape,
    /// Fully connected layer: `weight` `[out, in]` over all values of the operand (in order
    /// height, width, channel) and `bias` `[out]`.
    Dense {
        /// Activation applied to the result.
        activation: Activation,
        /// Bits of a stored weight.
        bits: Bits,
    },
    /// One row of `table` `[rows, c]` for each id.
    Embedding {
        /// Number of rows of the table.
        rows: usize,
        /// Bits of a stored value of the table.
        bits: Bits,
    },
    /// All rows of `table` `[rows, c]` that a text's ids name, combined into one vector.
    EmbeddingBag {
        /// Number of rows of the table.
        rows: usize,
        /// How the rows are combined.
        mode: BagMode,
        /// Bits of a stored value of the table.
        bits: Bits,
    },
    /// Element-wise sum of two operands.
    Add {
        /// Activation applied to the result.
        activation: Activation,
    },
    /// Element-wise product of two operands.
    Product {
        /// Activation applied to the result.
        activation: Activation,
    },
    /// Concatenation along the channels; all operands share one quantisation.
    Concat,
    /// Gated sum of n vectors; the operands are gates `[n, 1, c]` (sigmoid outputs) and values `[n, 1, c]`.
    Gate,
    /// The operand's real values, requantised to the range of this node.
    Rescale,
    /// Recurrent layer with parameters `x_weight` `[gates * h, in]`, `x_bias` `[gates * h]`, `h_weight` `[gates * h, h]` and
    /// `h_bias` `[gates * h]`; [`Cell`] gives the order of the gates.
    Rnn {
        /// Equations of the cell.
        cell: Cell,
        /// Direction in which the steps are read.
        direction: Direction,
        /// Number of hidden units, `h`.
        hidden: usize,
    },
    /// One vector of the hidden states of a recurrent layer, which is the operand.
    RnnRead {
        /// How the hidden states of all steps become one vector.
        mode: ReadMode,
    },
}

/// Kernel, stride, dilation and padding of a convolution or pool; pairs are (rows, columns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Taps.
    pub kernel: [usize; 2],
    /// Steps between outputs.
    pub stride: [usize; 2],
    /// Steps between taps; pooling has 1.
    pub dilation: [usize; 2],
    /// What is assumed around the input.
    pub padding: Padding,
}

impl NodeOp {
    /// The geometry of a convolution or pool; `None` for other operations.
    pub const fn geometry(&self) -> Option<Geometry> {
        match *self {
            NodeOp::Conv2d {
                kernel,
                stride,
                dilation,
                padding,
                ..
            }
            | NodeOp::DepthwiseConv2d {
                kernel,
                stride,
                dilation,
                padding,
                ..
            } => Some(Geometry {
                kernel,
                stride,
                dilation,
                padding,
            }),
            NodeOp::MaxPool {
                kernel,
                stride,
                padding,
            }
            | NodeOp::AveragePool {
                kernel,
                stride,
                padding,
            } => Some(Geometry {
                kernel,
                stride,
                dilation: [1, 1],
                padding,
            }),
            _ => None,
        }
    }

    /// Bits of a stored weight of the node's matrix or table.
    pub const fn bits(&self) -> Bits {
        match self {
            NodeOp::Dense { bits, .. }
            | NodeOp::Embedding { bits, .. }
            | NodeOp::EmbeddingBag { bits, .. } => *bits,
            _ => Bits::Eight,
        }
    }
}

/// Parameters by name, each with its shape and its values in row-major order.
pub type Params = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Numbers that training leaves of a graph: parameters, observed ranges, and what was fitted on held-out samples.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trained {
    /// Values of all parameters.
    #[serde(deserialize_with = "params")]
    pub params: Params,
    /// Range (smallest, largest) of a node's output observed in training, by node name, for nodes whose quantisation is neither
    /// fixed by definition nor inherited.
    #[serde(deserialize_with = "bounded::map::<MOST_NAMES, _, _>")]
    pub ranges: BTreeMap<String, (f32, f32)>,
    /// Temperature by head name: logits are divided by it before softmax, so that scores are probabilities. A
    /// head without an entry has temperature 1.
    #[serde(deserialize_with = "bounded::map::<MOST_NAMES, _, _>")]
    pub temperatures: BTreeMap<String, f32>,
    /// Threshold by head name, 0 to 255, for heads whose threshold was chosen after training.
    #[serde(deserialize_with = "bounded::map::<MOST_NAMES, _, _>")]
    pub thresholds: BTreeMap<String, u8>,
}

/// Limit of names in one map of [`Trained`]; no description makes so many.
pub const MOST_NAMES: usize = 1 << 16;
/// Limit of heads: their number has one byte in a model file.
pub const MOST_HEADS: usize = 255;

/// A parameter while it is decoded.
#[derive(Deserialize)]
#[serde(try_from = "Unchecked")]
struct Param((Vec<usize>, Vec<f32>));

#[derive(Deserialize)]
struct Unchecked {
    /// Limit of axes of a parameter: the weights of a convolution have most.
    #[serde(deserialize_with = "bounded::list::<4, _, _>")]
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl TryFrom<Unchecked> for Param {
    type Error = &'static str;

    fn try_from(from: Unchecked) -> Result<Self, Self::Error> {
        let len = from
            .shape
            .iter()
            .try_fold(1, |a: usize, &b| a.checked_mul(b));
        if len != Some(from.values.len()) {
            return Err("another number of values than its shape says");
        }
        Ok(Param((from.shape, from.values)))
    }
}

fn params<'de, D: Deserializer<'de>>(from: D) -> Result<Params, D::Error> {
    let params = bounded::map::<MOST_NAMES, Param, D>(from)?;
    Ok(params
        .into_iter()
        .map(|(name, param)| (name, param.0))
        .collect())
}

impl Trained {
    /// The temperature that divides the logits of a head.
    pub fn temperature(&self, head: &str) -> f32 {
        self.temperatures.get(head).copied().unwrap_or(1.0)
    }

    /// The threshold, 0 to 255, below which a score of this head defers to a person.
    pub fn defer_below(&self, head: &GraphHead) -> u8 {
        let chosen = self.thresholds.get(&head.name);
        chosen.copied().unwrap_or(head.defer_below)
    }
}
