//! The graph in real numbers: each op by its formula, one sample at a time.

use tillsense_core::model::records::{BagMode, Cell, Direction, ReadMode};

use crate::frontend::Features;
use crate::network::builder::pads;
use crate::network::graph::{
    Activation, Geometry, Graph, Node, NodeId, NodeOp, Quant, Segment, Trained,
};
use crate::network::quants::activation;

/// Values of a node, `[h, w, c]`; of a sequence as many steps as there are.
#[derive(Clone, Debug, Default)]
pub struct Tensor {
    pub shape: [usize; 3],
    pub data: Vec<f64>,
}

/// All values of one pass, by node; `None` for ids and for what an absent input would have computed.
pub struct Pass {
    pub values: Vec<Option<Tensor>>,
    /// Sums before tanh and sigmoid.
    pub sums: Vec<Option<Tensor>>,
    ids: Vec<Vec<u16>>,
}

impl Pass {
    /// Runs one sample.
    pub fn run(graph: &Graph, trained: &Trained, features: &[Features]) -> Pass {
        let count = graph.nodes.len();
        let mut pass = Pass {
            values: vec![None; count],
            sums: vec![None; count],
            ids: vec![Vec::new(); graph.inputs.len()],
        };
        for id in 0..count {
            let node = &graph.nodes[id];
            let absent = match node.segment {
                Segment::Step(i) | Segment::Finish(i) => features[i] == Features::Absent,
                Segment::Trunk => false,
            };
            if !absent {
                let sum = pass.node(graph, trained, features, node);
                let value = sum.clone().map(|sum| activate(activation(&node.op), sum));
                (pass.sums[id], pass.values[id]) = (sum, value);
            }
            let absent = graph
                .inputs
                .iter()
                .zip(features)
                .find(|(input, f)| input.encoding == id && **f == Features::Absent);
            if let Some((input, _)) = absent {
                let data = param(trained, &format!("{}.absent", input.name));
                pass.values[id] = Some(Tensor {
                    shape: [1, 1, data.len()],
                    data,
                });
            }
        }
        pass
    }

    /// Softmax of a node's values, divided by a temperature.
    pub fn scores(&self, logits: NodeId, temperature: f32) -> Vec<f64> {
        let logits = &self.values[logits].as_ref().unwrap().data;
        let scaled = |x: &f64| x / f64::from(temperature);
        let logits: Vec<f64> = logits.iter().map(scaled).collect();
        let top = logits.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = logits.iter().map(|x| (x - top).exp()).sum();
        logits.iter().map(|x| (x - top).exp() / sum).collect()
    }

    #[expect(clippy::too_many_lines, reason = "one flat arm an op")]
    fn node(
        &mut self,
        graph: &Graph,
        trained: &Trained,
        features: &[Features],
        node: &Node,
    ) -> Option<Tensor> {
        let operand = |i: usize| self.values[node.inputs[i]].as_ref().unwrap();
        let p = |name: &str| param(trained, &format!("{}.{name}", node.name));
        let input = match node.segment {
            Segment::Step(i) | Segment::Finish(i) => i,
            Segment::Trunk => 0,
        };
        let [.., c] = node.shape;
        Some(match &node.op {
            NodeOp::Ids => {
                let Features::Ids(ids) = &features[input] else {
                    panic!("ids")
                };
                self.ids[input] = ids.clone();
                return None;
            }
            NodeOp::Features(quant) => {
                let (Features::Whole(values) | Features::Steps(values)) = &features[input] else {
                    panic!("features")
                };
                let data: Vec<f64> = values.iter().map(|&v| real(v, *quant)).collect();
                let [_, w, c] = node.shape;
                Tensor {
                    shape: [data.len() / (w * c), w, c],
                    data,
                }
            }
            NodeOp::Conv2d { .. } => conv(operand(0), &p("weight"), &p("bias"), node, false),
            NodeOp::DepthwiseConv2d { .. } => {
                conv(operand(0), &p("weight"), &p("bias"), node, true)
            }
            NodeOp::MaxPool { .. } | NodeOp::AveragePool { .. } => pool(operand(0), node),
            NodeOp::Reshape => Tensor {
                shape: node.shape,
                data: operand(0).data.clone(),
            },
            NodeOp::Dense { .. } => {
                let x = operand(0);
                let steps = matches!(node.segment, Segment::Step(i) if graph.inputs[i].streaming);
                let rows = if steps { x.shape[0] } else { 1 };
                let (w, b) = (p("weight"), p("bias"));
                let width = x.data.len() / rows;
                let data = x.data.chunks(width.max(1)).flat_map(|x| affine(&w, &b, x));
                Tensor {
                    shape: [rows, 1, c],
                    data: data.collect(),
                }
            }
            NodeOp::Embedding { .. } => {
                let table = p("table");
                let ids = &self.ids[input];
                let data = ids.iter().flat_map(|&i| row(&table, i, c).to_vec());
                Tensor {
                    shape: [ids.len(), 1, c],
                    data: data.collect(),
                }
            }
            NodeOp::EmbeddingBag { mode, .. } => {
                let (table, ids) = (p("table"), &self.ids[input]);
                let n = (ids.len() as f64).max(1.0);
                let factor = match mode {
                    BagMode::Sum => 1.0,
                    BagMode::Mean => 1.0 / n,
                    BagMode::SqrtN => 1.0 / n.sqrt(),
                };
                let column = |k: usize| ids.iter().map(|&i| row(&table, i, c)[k]).sum::<f64>();
                vector((0..c).map(|k| column(k) * factor).collect())
            }
            NodeOp::Add { .. } => zip(operand(0), operand(1), |a, b| a + b),
            NodeOp::Product { .. } => zip(operand(0), operand(1), |a, b| a * b),
            NodeOp::Concat => {
                let parts: Vec<&Tensor> = (0..node.inputs.len()).map(operand).collect();
                let [h, w, _] = parts[0].shape;
                let pixel = |i: usize| {
                    let of = move |t: &&Tensor| t.data[i * t.shape[2]..][..t.shape[2]].to_vec();
                    parts.iter().flat_map(of).collect::<Vec<_>>()
                };
                Tensor {
                    shape: [h, w, c],
                    data: (0..h * w).flat_map(pixel).collect(),
                }
            }
            NodeOp::Gate => {
                let (z, v) = (operand(0), operand(1));
                let at = |k: usize| {
                    let n = z.shape[0];
                    (0..n).map(|i| z.data[i * c + k] * v.data[i * c + k]).sum()
                };
                vector((0..c).map(at).collect())
            }
            NodeOp::Rescale => operand(0).clone(),
            NodeOp::Rnn {
                cell,
                direction,
                hidden,
            } => {
                let weights = [p("x_weight"), p("x_bias"), p("h_weight"), p("h_bias")];
                rnn(operand(0), *cell, *direction, *hidden, &weights)
            }
            NodeOp::RnnRead { mode } => {
                let NodeOp::Rnn { direction, .. } = graph.nodes[node.inputs[0]].op else {
                    panic!("a recurrent layer")
                };
                let x = operand(0);
                let steps = x.shape[0];
                let last = match direction {
                    Direction::Forward => steps - 1,
                    Direction::Backward => 0,
                };
                let mean =
                    |k: usize| (0..steps).map(|t| x.data[t * c + k]).sum::<f64>() / steps as f64;
                match mode {
                    ReadMode::Last => vector(x.data[last * c..][..c].to_vec()),
                    ReadMode::Mean => vector((0..c).map(mean).collect()),
                }
            }
        })
    }
}

/// The real value of a stored one.
pub fn real(stored: i8, quant: Quant) -> f64 {
    f64::from(quant.scale) * f64::from(i32::from(stored) - quant.zero_point)
}

fn param(trained: &Trained, name: &str) -> Vec<f64> {
    trained.params[name].1.iter().map(|&x| x.into()).collect()
}

fn vector(data: Vec<f64>) -> Tensor {
    Tensor {
        shape: [1, 1, data.len()],
        data,
    }
}

fn row(table: &[f64], id: u16, c: usize) -> &[f64] {
    &table[usize::from(id) * c..][..c]
}

fn zip(a: &Tensor, b: &Tensor, f: impl Fn(f64, f64) -> f64) -> Tensor {
    Tensor {
        shape: a.shape,
        data: a.data.iter().zip(&b.data).map(|(&a, &b)| f(a, b)).collect(),
    }
}

fn activate(kind: Activation, x: Tensor) -> Tensor {
    let f = |x: f64| match kind {
        Activation::Linear => x,
        Activation::Relu => x.max(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => sigmoid(x),
    };
    Tensor {
        shape: x.shape,
        data: x.data.into_iter().map(f).collect(),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn affine(w: &[f64], b: &[f64], x: &[f64]) -> Vec<f64> {
    let dot = |w: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    w.chunks(x.len().max(1))
        .zip(b)
        .map(|(w, b)| dot(w) + b)
        .collect()
}

/// Calls `tap` with output pixel, tap, and input pixel for every tap inside the input.
fn windows(x: &Tensor, node: &Node, mut tap: impl FnMut(usize, usize, usize)) {
    let Geometry {
        kernel,
        stride,
        dilation,
        padding,
    } = node.op.geometry().expect("a convolution or a pool");
    let [h, w, _] = x.shape;
    let (size, pad) = pads([h, w], kernel, stride, dilation, padding).unwrap();
    assert_eq!(size, node.shape[..2]);
    let at = |o: usize, k: usize, axis: usize, pad: usize, limit: usize| {
        (o * stride[axis] + k * dilation[axis])
            .checked_sub(pad)
            .filter(|&i| i < limit)
    };
    for (oy, ox) in (0..size[0]).flat_map(|y| (0..size[1]).map(move |x| (y, x))) {
        for (ky, kx) in (0..kernel[0]).flat_map(|y| (0..kernel[1]).map(move |x| (y, x))) {
            if let (Some(iy), Some(ix)) = (at(oy, ky, 0, pad[0].0, h), at(ox, kx, 1, pad[1].0, w)) {
                tap(oy * size[1] + ox, ky * kernel[1] + kx, iy * w + ix);
            }
        }
    }
}

fn conv(x: &Tensor, weight: &[f64], bias: &[f64], node: &Node, depthwise: bool) -> Tensor {
    let ([h, w, oc], ic) = (node.shape, x.shape[2]);
    let taps = if depthwise {
        weight.len() / oc
    } else {
        weight.len() / (oc * ic)
    };
    let mut data: Vec<f64> = (0..h * w).flat_map(|_| bias.to_vec()).collect();
    windows(x, node, |out, tap, pixel| {
        for o in 0..oc {
            let sum = &mut data[out * oc + o];
            if depthwise {
                *sum += weight[tap * oc + o] * x.data[pixel * ic + o / (oc / ic)];
            } else {
                let w = &weight[(o * taps + tap) * ic..][..ic];
                *sum += w
                    .iter()
                    .zip(&x.data[pixel * ic..])
                    .map(|(w, x)| w * x)
                    .sum::<f64>();
            }
        }
    });
    Tensor {
        shape: node.shape,
        data,
    }
}

fn pool(x: &Tensor, node: &Node) -> Tensor {
    let [h, w, c] = node.shape;
    let max = matches!(node.op, NodeOp::MaxPool { .. });
    let mut data = vec![if max { f64::MIN } else { 0.0 }; h * w * c];
    let mut counts = vec![0.0; h * w];
    windows(x, node, |out, _, pixel| {
        counts[out] += 1.0;
        for k in 0..c {
            let (place, value) = (&mut data[out * c + k], x.data[pixel * c + k]);
            *place = if max {
                place.max(value)
            } else {
                *place + value
            };
        }
    });
    if !max {
        data.iter_mut()
            .enumerate()
            .for_each(|(i, v)| *v /= counts[i / c]);
    }
    Tensor {
        shape: node.shape,
        data,
    }
}

fn rnn(x: &Tensor, cell: Cell, direction: Direction, n: usize, weights: &[Vec<f64>; 4]) -> Tensor {
    let [steps, _, width] = x.shape;
    let (mut h, mut c) = (vec![0.0; n], vec![0.0; n]);
    let mut data = vec![0.0; steps * n];
    for step in 0..steps {
        let t = match direction {
            Direction::Forward => step,
            Direction::Backward => steps - 1 - step,
        };
        let a = affine(&weights[0], &weights[1], &x.data[t * width..][..width]);
        let b = affine(&weights[2], &weights[3], &h);
        let both = |gate: usize, k: usize| a[gate * n + k] + b[gate * n + k];
        let next: Vec<f64> = (0..n)
            .map(|k| match cell {
                Cell::Elman => both(0, k).tanh(),
                Cell::Gru => {
                    let (r, z) = (sigmoid(both(0, k)), sigmoid(both(1, k)));
                    let new = (a[2 * n + k] + r * b[2 * n + k]).tanh();
                    (1.0 - z) * new + z * h[k]
                }
                Cell::Lstm => {
                    let (i, f) = (sigmoid(both(0, k)), sigmoid(both(1, k)));
                    c[k] = f * c[k] + i * both(2, k).tanh();
                    sigmoid(both(3, k)) * c[k].tanh()
                }
            })
            .collect();
        h = next;
        data[t * n..][..n].copy_from_slice(&h);
    }
    Tensor {
        shape: [steps, 1, n],
        data,
    }
}
