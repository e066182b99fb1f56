//! The table of a graph's parameters: names, shapes and initial values.

use crate::network::graph::{Activation, Graph, Node, NodeOp, Segment};
use crate::network::quants::activation;
use tillsense_core::model::records::Cell;

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
    let param = |name: &str, shape: &[usize], init: Init, decay: bool| ParamSpec {
        name: format!("{}.{name}", node.name),
        shape: shape.to_vec(),
        init,
        decay,
    };
    let from = node
        .inputs
        .first()
        .map_or([0; 3], |&i| graph.nodes[i].shape);
    let [.., c] = node.shape;
    let zeros = Init::Constant(0.0);
    // What follows a weighted sum: a bias, or the scale and shift of batch norm.
    let rest = |batch_norm: bool| match batch_norm {
        false => vec![param("bias", &[c], zeros, false)],
        true => vec![
            param("bn_scale", &[c], Init::Constant(1.0), false),
            param("bn_shift", &[c], zeros, false),
        ],
    };
    match node.op {
        NodeOp::Conv2d {
            kernel: [kh, kw],
            batch_norm,
            ..
        } => {
            let taps = kh * kw;
            let init = fan(taps * from[2], taps * c, activation(&node.op));
            let mut params = vec![param("weight", &[c, kh, kw, from[2]], init, true)];
            params.extend(rest(batch_norm));
            params
        }
        NodeOp::DepthwiseConv2d {
            kernel: [kh, kw],
            multiplier,
            batch_norm,
            ..
        } => {
            let init = fan(kh * kw, kh * kw * multiplier, activation(&node.op));
            let mut params = vec![param("weight", &[kh, kw, c], init, true)];
            params.extend(rest(batch_norm));
            params
        }
        NodeOp::Dense { activation, .. } => {
            let wide = if per_step(graph, node) {
                from[2]
            } else {
                from.iter().product()
            };
            vec![
                param("weight", &[c, wide], fan(wide, c, activation), true),
                param("bias", &[c], zeros, false),
            ]
        }
        NodeOp::Embedding { rows, .. } | NodeOp::EmbeddingBag { rows, .. } => {
            vec![param("table", &[rows, c], Init::Uniform(0.1), true)]
        }
        NodeOp::Rnn { cell, hidden, .. } => {
            let rows = cell.gates() * hidden;
            let bias = if cell == Cell::Lstm {
                Init::Forget(hidden)
            } else {
                zeros
            };
            vec![
                param(
                    "x_weight",
                    &[rows, from[2]],
                    fan(from[2], hidden, Activation::Linear),
                    true,
                ),
                param("x_bias", &[rows], bias, false),
                param("h_weight", &[rows, hidden], Init::Orthogonal(hidden), true),
                param("h_bias", &[rows], zeros, false),
            ]
        }
        _ => Vec::new(),
    }
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
