//! The table of a graph's parameters: names, shapes and initial values.

use tillsense_core::model::records::Cell;

use crate::network::graph::{Activation, Graph, Node, NodeOp, Segment};
use crate::network::quants::activation;

/// Name, shape and initialisation of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// Full name: `<node>.<parameter>`, or `<input>.absent` for the substitute of an absent input.
    pub name: String,
    /// Shape, row-major.
    pub shape: Vec<usize>,
    /// How the initial values are drawn.
    pub init: Init,
    /// Whether weight decay applies to the parameter.
    pub decay: bool,
}

/// Initialisation of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Every value is this number.
    Constant(f32),
    /// Values are uniform in `[-limit, limit]`.
    Uniform(f32),
    /// Blocks of `[n, n]` have orthogonal rows each (Saxe et al. 2014).
    Orthogonal(usize),
    /// LSTM biases `[4 n]` are 1 for the forget gate and 0 elsewhere (Gers et al. 2000).
    Forget(usize),
}

impl ParamSpec {
    /// Number of values of the parameter.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the parameter holds no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Name of the learned vector that stands in for the encoding of an absent input.
pub fn absent_name(input: &str) -> String {
    format!("{input}.absent")
}

/// Whether the node runs on one step of a streaming input at a time.
pub fn per_step(graph: &Graph, node: &Node) -> bool {
    matches!(node.segment, Segment::Step(i) if graph.inputs[i].streaming)
}

/// All parameters in the order of nodes, then the substitutes of absent inputs.
pub fn table(graph: &Graph) -> Vec<ParamSpec> {
    let mut params: Vec<ParamSpec> = graph.nodes.iter().flat_map(|n| of_node(graph, n)).collect();
    for input in &graph.inputs {
        let len = graph.nodes[input.encoding].shape.iter().product();
        params.push(ParamSpec {
            name: absent_name(&input.name),
            shape: vec![len],
            init: Init::Constant(0.0),
            decay: false,
        });
    }
    params
}

/// The parameters of one node, in the order in which they are stored.
pub fn of_node(graph: &Graph, node: &Node) -> Vec<ParamSpec> {
    let from = node
        .inputs
        .first()
        .map_or([0; 3], |&i| graph.nodes[i].shape);
    let [.., c] = node.shape;
    match node.op {
        NodeOp::Conv2d {
            kernel: [kh, kw],
            batch_norm,
            ..
        } => {
            let taps = kh * kw;
            let init = fan(taps * from[2], taps * c, activation(&node.op));
            let weight = param(node, "weight", &[c, kh, kw, from[2]], init, true);
            with_offsets(node, weight, batch_norm)
        }
        NodeOp::DepthwiseConv2d {
            kernel: [kh, kw],
            multiplier,
            batch_norm,
            ..
        } => {
            let init = fan(kh * kw, kh * kw * multiplier, activation(&node.op));
            let weight = param(node, "weight", &[kh, kw, c], init, true);
            with_offsets(node, weight, batch_norm)
        }
        NodeOp::Dense { activation, .. } => {
            let wide = match per_step(graph, node) {
                true => from[2],
                false => from.iter().product(),
            };
            let init = fan(wide, c, activation);
            let weight = param(node, "weight", &[c, wide], init, true);
            with_offsets(node, weight, false)
        }
        NodeOp::Embedding { rows, .. } | NodeOp::EmbeddingBag { rows, .. } => {
            vec![param(node, "table", &[rows, c], Init::Uniform(0.1), true)]
        }
        NodeOp::Rnn { cell, hidden, .. } => rnn(node, from[2], cell, hidden),
        _ => Vec::new(),
    }
}

fn param(node: &Node, name: &str, shape: &[usize], init: Init, decay: bool) -> ParamSpec {
    ParamSpec {
        name: format!("{}.{name}", node.name),
        shape: shape.to_vec(),
        init,
        decay,
    }
}

/// The weight, and what follows its sum: a bias, or the scale and shift of batch norm.
fn with_offsets(node: &Node, weight: ParamSpec, batch_norm: bool) -> Vec<ParamSpec> {
    let shape = &[node.shape[2]];
    let zeros = |name| param(node, name, shape, Init::Constant(0.0), false);
    match batch_norm {
        false => vec![weight, zeros("bias")],
        true => vec![
            weight,
            param(node, "bn_scale", shape, Init::Constant(1.0), false),
            zeros("bn_shift"),
        ],
    }
}

/// The parameters of a recurrent layer that reads steps of `width` values.
fn rnn(node: &Node, width: usize, cell: Cell, hidden: usize) -> Vec<ParamSpec> {
    let rows = cell.gates() * hidden;
    let zeros = Init::Constant(0.0);
    let x_bias = match cell {
        Cell::Lstm => Init::Forget(hidden),
        Cell::Elman | Cell::Gru => zeros,
    };
    let x_weight = fan(width, hidden, Activation::Linear);
    let h_weight = Init::Orthogonal(hidden);
    vec![
        param(node, "x_weight", &[rows, width], x_weight, true),
        param(node, "x_bias", &[rows], x_bias, false),
        param(node, "h_weight", &[rows, hidden], h_weight, true),
        param(node, "h_bias", &[rows], zeros, false),
    ]
}

/// Uniform initialisation with the limit sqrt(6 / in) before ReLU (He et al. 2015), else
/// sqrt(6 / (in + out)) (Glorot & Bengio 2010).
fn fan(inputs: usize, outputs: usize, activation: Activation) -> Init {
    let sum = match activation {
        Activation::Relu | Activation::Relu6 => inputs,
        Activation::Linear | Activation::Tanh | Activation::Sigmoid => inputs + outputs,
    };
    Init::Uniform((6.0 / sum.max(1) as f32).sqrt())
}
