//! The network between its description and its model file: what `spec` builds, `train` trains and `lower` lowers.
//!
//! A graph is a list of nodes in topological order. Trained numbers are kept apart, by name, in [`Trained`], so that
//! lowering and its tests need no training framework.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use tillsense_core::model::records::{BagMode, Cell, Direction, ReadMode};

use crate::bounded;

/// Index into [`Graph::nodes`].
pub type NodeId = usize;

/// A whole network.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The model's name.
    pub name: String,
    /// Inputs in the order in which applications number them.
    pub inputs: Vec<GraphInput>,
    /// Nodes; a node's operands come before it.
    pub nodes: Vec<Node>,
    /// Heads, exported and training-only.
    pub heads: Vec<GraphHead>,
}

/// One named input.
#[derive(Clone, Debug)]
pub struct GraphInput {
    /// The input's name.
    pub name: String,
    /// The node that holds the frontend's features.
    pub features: NodeId,
    /// The node whose output is the encoding that fusion reads; its learned substitute is the parameter `<name>.absent`.
    pub encoding: NodeId,
    /// Whether features arrive step by step (audio, sequence of records) and the step nodes run once for each.
    pub streaming: bool,
}

/// One head.
#[derive(Clone, Debug)]
pub struct GraphHead {
    /// The head's name.
    pub name: String,
    /// The node that holds its logits (a dense node without activation); softmax is added in lowering.
    pub logits: NodeId,
    /// Class names.
    pub classes: Vec<String>,
    /// Used in training only and not exported.
    pub auxiliary: bool,
    /// Defer to a person below this score, 0 to 255, unless [`Trained::thresholds`] says otherwise.
    pub defer_below: u8,
}

/// Which part of the plan a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Runs for each piece of input number i.
    Step(usize),
    /// Runs once after the last piece of input number i.
    Finish(usize),
    /// Runs when all encodings are there.
    Trunk,
}

/// One operation and its output.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique; parameters are named `<node>.<parameter>`.
    pub name: String,
    /// What it computes.
    pub op: NodeOp,
    /// Operands.
    pub inputs: Vec<NodeId>,
    /// Output `[h, w, c]`; a sequence is `[t, 1, c]` with the most steps there may be.
    pub shape: [usize; 3],
    /// Where it runs.
    pub segment: Segment,
}

/// Activation fused into a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// None.
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// By table, after the node; output scale 1/128, zero point 0.
    Tanh,
    /// By table, after the node; output scale 1/256, zero point -128.
    Sigmoid,
}

/// Bits of a stored weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "u8")]
pub enum Bits {
    /// In `[-7, 7]`, two a byte; rows of tables have scales of their own.
    Four,
    /// In `[-127, 127]`.
    #[default]
    Eight,
}

impl Bits {
    /// The largest magnitude stored.
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

/// Padding of convolution and pooling, as TensorFlow and ONNX name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// None.
    Valid,
    /// Output size = ceil(input / stride); the odd pixel goes after.
    Same,
    /// (top, left, bottom, right).
    Explicit([usize; 4]),
}

/// Quantisation fixed by definition: real = scale * (stored - zero_point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quant {
    /// Real value of one step.
    pub scale: f32,
    /// Stored value of real zero.
    pub zero_point: i32,
}

/// The operations. Parameter shapes are given in the order in which they are stored (row-major).
#[derive(Clone, Debug, PartialEq)]
pub enum NodeOp {
    /// What the frontend of input i writes: int8 with this fixed quantisation.
    Features(Quant),
    /// Ids that the text frontend writes; shape `[max ids, 1, 1]`.
    Ids,
    /// `weight` `[oc, kh, kw, ic]`, `bias` `[oc]`. Batch norm is folded before lowering.
    Conv2d {
        /// Taps (rows, columns).
        kernel: [usize; 2],
        /// Steps between outputs.
        stride: [usize; 2],
        /// Steps between taps.
        dilation: [usize; 2],
        /// What is assumed around the input.
        padding: Padding,
        /// Applied to the result.
        activation: Activation,
        /// Whether training normalises the sum; folded before lowering.
        batch_norm: bool,
    },
    /// `weight` `[kh, kw, oc]`, `bias` `[oc]`; `oc = ic * multiplier`.
    DepthwiseConv2d {
        /// Taps (rows, columns).
        kernel: [usize; 2],
        /// Steps between outputs.
        stride: [usize; 2],
        /// Steps between taps.
        dilation: [usize; 2],
        /// What is assumed around the input.
        padding: Padding,
        /// Filters for each channel.
        multiplier: usize,
        /// Applied to the result.
        activation: Activation,
        /// Whether training normalises the sum; folded before lowering.
        batch_norm: bool,
    },
    /// Maximum over a window.
    MaxPool {
        /// Taps (rows, columns).
        kernel: [usize; 2],
        /// Steps between outputs.
        stride: [usize; 2],
        /// What is assumed around the input.
        padding: Padding,
    },
    /// Mean over a window.
    AveragePool {
        /// Taps (rows, columns).
        kernel: [usize; 2],
        /// Steps between outputs.
        stride: [usize; 2],
        /// What is assumed around the input.
        padding: Padding,
    },
    /// Same bytes, new shape.
    Reshape,
    /// `weight` `[out, in]` over all values of the operand (in order h, w, c), `bias` `[out]`.
    Dense {
        /// Applied to the result.
        activation: Activation,
        /// Of `weight`.
        bits: Bits,
    },
    /// `table` `[rows, c]`.
    Embedding {
        /// Rows of the table.
        rows: usize,
        /// Of `table`.
        bits: Bits,
    },
    /// `table` `[rows, c]`.
    EmbeddingBag {
        /// Rows of the table.
        rows: usize,
        /// How values are combined.
        mode: BagMode,
        /// Of `table`.
        bits: Bits,
    },
    /// Sum of two.
    Add {
        /// Applied to the result.
        activation: Activation,
    },
    /// Element-wise product of two.
    Product {
        /// Applied to the result.
        activation: Activation,
    },
    /// Along the channels; all operands get one common range.
    Concat,
    /// Operands: gates `[n, 1, c]` (sigmoid), values `[n, 1, c]`.
    Gate,
    /// The operand in the quantisation of this node's own range.
    Rescale,
    /// `x_weight` `[gates * h, in]`, `x_bias`, `h_weight` `[gates * h, h]`, `h_bias` `[gates * h]`; gate order as in [`Cell`].
    Rnn {
        /// Equations.
        cell: Cell,
        /// Order of reading.
        direction: Direction,
        /// Units.
        hidden: usize,
    },
    /// Operand: an Rnn node.
    RnnRead {
        /// How values are combined.
        mode: ReadMode,
    },
}

impl NodeOp {
    /// Bits of a weight of its matrix or table.
    pub const fn bits(&self) -> Bits {
        match self {
            NodeOp::Dense { bits, .. }
            | NodeOp::Embedding { bits, .. }
            | NodeOp::EmbeddingBag { bits, .. } => *bits,
            _ => Bits::Eight,
        }
    }
}

/// Parameters by name: shape and values.
pub type Params = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Trained numbers of a graph.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trained {
    /// Its parameters.
    #[serde(deserialize_with = "params")]
    pub params: Params,
    /// Observed output range by node name, for nodes whose quantisation is not fixed by definition or inherited.
    #[serde(deserialize_with = "bounded::map::<MOST_NAMES, _, _>")]
    pub ranges: BTreeMap<String, (f32, f32)>,
    /// By head name, what its logits are divided by before softmax, so that scores are probabilities; 1 where it is not named.
    #[serde(deserialize_with = "bounded::map::<MOST_NAMES, _, _>")]
    pub temperatures: BTreeMap<String, f32>,
    /// By head name, thresholds that were chosen after training.
    #[serde(deserialize_with = "bounded::map::<MOST_NAMES, _, _>")]
    pub thresholds: BTreeMap<String, u8>,
}

/// Names in one map of [`Trained`]: more than any description makes.
pub const MOST_NAMES: usize = 1 << 16;
/// Heads whose number fits into a model file.
pub const MOST_HEADS: usize = 255;

/// A parameter as it is decoded.
#[derive(Deserialize)]
#[serde(try_from = "Unchecked")]
struct Param((Vec<usize>, Vec<f32>));

#[derive(Deserialize)]
struct Unchecked {
    /// No parameter has more axes than the weights of a convolution.
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
    /// What the logits of a head are divided by.
    pub fn temperature(&self, head: &str) -> f32 {
        self.temperatures.get(head).copied().unwrap_or(1.0)
    }

    /// Below which score a head defers.
    pub fn defer_below(&self, head: &GraphHead) -> u8 {
        let chosen = self.thresholds.get(&head.name);
        chosen.copied().unwrap_or(head.defer_below)
    }
}
