//! One pass of a batch through the graph.

use burn::tensor::{Device, Tensor, TensorData, activation as act, module};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::params::{absent_name, per_step};
use super::quants::{Kind, SIGMOID, UNIT, activation};
use super::value::Value;
use super::window::{self, Geometry};
use super::{BN_EPSILON, Batch, BatchData, Net, Plan, bag, fake, rnn, to_vec};
use crate::graph::{Activation, Node, NodeId, NodeOp, Quant};
use crate::quant;
use tillsense_core::model::records::Direction;

/// How a pass is computed.
#[derive(Clone, Copy, Debug)]
pub struct Mode<'a> {
    /// Fake quantisation with these ranges, by the node that observes them; `None` computes in float.
    pub ranges: Option<&'a [Option<(f32, f32)>]>,
    /// Note the range of every node.
    pub observe: bool,
    /// What batch norm uses.
    pub batch_norm: BatchNorm<'a>,
    /// Dropout rate of each input's encoding and the seed of its choices; `None` drops nothing.
    pub dropout: Option<(&'a [f32], u64)>,
}

/// Statistics of batch norm.
#[derive(Clone, Copy, Debug)]
pub enum BatchNorm<'a> {
    /// Of this batch; they are noted.
    Batch,
    /// Mean and variance by node, folded into the weights.
    Running(&'a [Option<(Vec<f32>, Vec<f32>)>]),
}

/// What a pass yields.
pub struct Output {
    /// `[n, classes]` for each head.
    pub logits: Vec<Tensor<2>>,
    /// Range seen, by the node that observes it.
    pub seen: Vec<Option<(f32, f32)>>,
    /// Mean and variance of the batch, by batch-normed node.
    pub stats: Vec<Option<(Vec<f32>, Vec<f32>)>>,
}

/// Runs the batch through the graph on the device that holds the net.
pub fn forward(plan: &Plan, net: &Net, batch: &Batch, mode: Mode) -> Output {
    let device = net.value(0).device();
    let count = plan.graph.nodes.len();
    let mut run = Run {
        plan,
        net,
        batch,
        mode,
        device,
        values: vec![None; count],
        seen: vec![None; count],
        stats: vec![None; count],
    };
    for id in 0..count {
        let value = run.node(id);
        let value = match plan.encodes[id] {
            Some(input) => Value::Vector(run.encoding(input, value.vector())),
            None => value,
        };
        run.values[id] = Some(value);
    }
    let logits = plan
        .graph
        .heads
        .iter()
        .map(|h| run.value(h.logits).vector())
        .collect();
    Output {
        logits,
        seen: run.seen,
        stats: run.stats,
    }
}

struct Run<'a> {
    plan: &'a Plan,
    net: &'a Net,
    batch: &'a Batch,
    mode: Mode<'a>,
    device: Device,
    values: Vec<Option<Value>>,
    seen: Vec<Option<(f32, f32)>>,
    stats: Vec<Option<(Vec<f32>, Vec<f32>)>>,
}

impl Run<'_> {
    fn value(&self, id: NodeId) -> Value {
        self.values[id].clone().expect("operands come before")
    }

    fn operand(&self, node: &Node, number: usize) -> Value {
        self.value(node.inputs[number])
    }

    fn quantised(&self) -> bool {
        self.mode.ranges.is_some()
    }

    fn node(&mut self, id: NodeId) -> Value {
        let plan = self.plan;
        let node = &plan.graph.nodes[id];
        match node.op {
            NodeOp::Features(_) => self.features(id),
            NodeOp::Ids => Value::Ids,
            NodeOp::Conv2d {
                kernel,
                stride,
                dilation,
                padding,
                ..
            } => self.conv(
                id,
                Geometry {
                    kernel,
                    stride,
                    dilation,
                    padding,
                },
            ),
            NodeOp::DepthwiseConv2d {
                kernel,
                stride,
                dilation,
                padding,
                ..
            } => self.conv(
                id,
                Geometry {
                    kernel,
                    stride,
                    dilation,
                    padding,
                },
            ),
            NodeOp::MaxPool {
                kernel,
                stride,
                padding,
            } => {
                let from = node.inputs[0];
                let geometry = Geometry {
                    kernel,
                    stride,
                    dilation: [1, 1],
                    padding,
                };
                let x =
                    window::max_pool(self.value(from).map(plan.graph.nodes[from].shape), geometry);
                Value::Map(if plan.deferred[from] {
                    self.settle(from, x)
                } else {
                    x
                })
            }
            NodeOp::AveragePool {
                kernel,
                stride,
                padding,
            } => {
                let from = node.inputs[0];
                let geometry = Geometry {
                    kernel,
                    stride,
                    dilation: [1, 1],
                    padding,
                };
                Value::Map(self.settle(
                    id,
                    window::average_pool(
                        self.value(from).map(plan.graph.nodes[from].shape),
                        geometry,
                    ),
                ))
            }
            NodeOp::Reshape => Value::Vector(self.operand(node, 0).vector()),
            NodeOp::Dense { .. } => self.dense(id),
            NodeOp::Embedding { .. } => {
                Value::Steps(bag::steps(self.table(id), self.ids(id), &self.device))
            }
            NodeOp::EmbeddingBag { mode, .. } => {
                let x = bag::bag(self.table(id), self.ids(id), mode, &self.device);
                Value::Vector(self.settle(id, x))
            }
            NodeOp::Add { .. } => self.pair(id, |a, b| a + b),
            NodeOp::Product { .. } => self.pair(id, |a, b| a * b),
            NodeOp::Concat => self.concat(node),
            NodeOp::Gate => self.gate(id),
            NodeOp::Rescale => self.each(id, node.inputs[0], |x| x),
            NodeOp::Rnn {
                cell,
                direction,
                hidden,
            } => {
                let xs = self.operand(node, 0).steps();
                let counts = self.counts(id);
                let weights = rnn::Weights {
                    x: self.rows(id, "x_weight").transpose(),
                    x_bias: self.net.value(plan.param(id, "x_bias")),
                    h: self.rows(id, "h_weight").transpose(),
                    h_bias: self.net.value(plan.param(id, "h_bias")),
                };
                let layer = rnn::Layer {
                    cell,
                    direction,
                    hidden,
                    weights,
                    counts: &counts,
                    quantised: self.quantised(),
                    device: &self.device,
                };
                layer.run(&xs)
            }
            NodeOp::RnnRead { mode } => {
                let from = &plan.graph.nodes[node.inputs[0]];
                let direction = match from.op {
                    NodeOp::Rnn { direction, .. } => direction,
                    _ => Direction::Forward,
                };
                let x = rnn::read(
                    self.operand(node, 0),
                    direction,
                    mode,
                    node.shape[2],
                    &self.counts(id),
                    &self.device,
                );
                Value::Vector(if self.quantised() {
                    fake::activation(x, UNIT)
                } else {
                    x
                })
            }
        }
    }

    /// Activation, observation and fake quantisation of a node's sum.
    fn settle<const D: usize>(&mut self, id: NodeId, x: Tensor<D>) -> Tensor<D> {
        let kind = activation(&self.plan.graph.nodes[id].op);
        if matches!(kind, Activation::Tanh | Activation::Sigmoid) {
            self.observe(id, &x);
            let x = match self.quant(id) {
                Some(quant) => fake::activation(x, quant),
                None => x,
            };
            let (y, quant) = if kind == Activation::Tanh {
                (act::tanh(x), UNIT)
            } else {
                (act::sigmoid(x), SIGMOID)
            };
            return if self.quantised() {
                fake::activation(y, quant)
            } else {
                y
            };
        }
        self.observe(id, &x);
        let (floor, ceiling) = match kind {
            Activation::Relu => (0.0, f32::INFINITY),
            Activation::Relu6 => (0.0, 6.0),
            _ => (f32::NEG_INFINITY, f32::INFINITY),
        };
        match (self.quant(id), kind) {
            (Some(quant), _) => {
                let (low, high) = fake::bounds(quant);
                fake::snap(x.clamp(low.max(floor), high.min(ceiling)), quant.scale)
            }
            (None, Activation::Relu) => act::relu(x),
            (None, Activation::Relu6) => x.clamp(floor, ceiling),
            (None, _) => x,
        }
    }

    /// Notes the range of what the node stores: activations that cut it are applied, the table of tanh is not.
    fn observe<const D: usize>(&mut self, id: NodeId, x: &Tensor<D>) {
        let Some(key) = self.plan.observed(id).filter(|_| self.mode.observe) else {
            return;
        };
        let plain = x.clone().inner();
        let low: f32 = plain.clone().min().into_scalar();
        let high: f32 = plain.max().into_scalar();
        let (low, high) = match activation(&self.plan.graph.nodes[id].op) {
            Activation::Relu => (low.max(0.0), high.max(0.0)),
            Activation::Relu6 => (low.clamp(0.0, 6.0), high.clamp(0.0, 6.0)),
            _ => (low, high),
        };
        let seen = self.seen[key].get_or_insert((low, high));
        *seen = (seen.0.min(low), seen.1.max(high));
    }

    /// The quantisation of a node's sum where this pass quantises.
    fn quant(&self, id: NodeId) -> Option<Quant> {
        let ranges = self.mode.ranges?;
        match (self.plan.observed(id), self.plan.kinds[id]) {
            (Some(key), _) => ranges[key].map(|(low, high)| quant::activation(low, high)),
            (None, Kind::Fixed(quant)) => Some(quant),
            (None, _) => None,
        }
    }

    fn features(&self, id: NodeId) -> Value {
        let input = self
            .plan
            .graph
            .inputs
            .iter()
            .position(|i| i.features == id)
            .expect("features belong to an input");
        let n = self.batch.size;
        match &self.batch.inputs[input].data {
            BatchData::Whole(values) => {
                let data = TensorData::new(values.clone(), [n, values.len() / n]);
                Value::Vector(Tensor::from_data(data, &self.device))
            }
            BatchData::Steps { values, steps, .. } => {
                let width = self.plan.graph.nodes[id].shape[2];
                let step = |t: usize| values[t * n * width..(t + 1) * n * width].to_vec();
                Value::Steps(
                    (0..*steps)
                        .map(|t| {
                            Tensor::from_data(TensorData::new(step(t), [n, width]), &self.device)
                        })
                        .collect(),
                )
            }
            BatchData::Ids(_) => Value::Ids,
        }
    }

    /// The input that a node of an encoder belongs to.
    fn input_of(&self, id: NodeId) -> usize {
        use crate::graph::Segment;
        match self.plan.graph.nodes[id].segment {
            Segment::Step(i) | Segment::Finish(i) => i,
            Segment::Trunk => unreachable!("the builder puts encoders outside of the trunk"),
        }
    }

    fn ids(&self, id: NodeId) -> &[Vec<u16>] {
        match &self.batch.inputs[self.input_of(id)].data {
            BatchData::Ids(ids) => ids,
            _ => &[],
        }
    }

    /// Valid steps of each sample.
    fn counts(&self, id: NodeId) -> Vec<usize> {
        match &self.batch.inputs[self.input_of(id)].data {
            BatchData::Steps { counts, .. } => counts.clone(),
            BatchData::Ids(ids) => ids.iter().map(Vec::len).collect(),
            BatchData::Whole(_) => vec![1; self.batch.size],
        }
    }

    /// A weight as `[rows, values of a row]`, fake-quantised by row where this pass quantises.
    fn rows(&self, id: NodeId, name: &str) -> Tensor<2> {
        let index = self.plan.param(id, name);
        let shape = &self.plan.params[index].shape;
        let w = self
            .net
            .value(index)
            .reshape([shape[0], shape[1..].iter().product()]);
        if self.quantised() { fake::rows(w) } else { w }
    }

    fn table(&self, id: NodeId) -> Tensor<2> {
        let index = self.plan.param(id, "table");
        let shape = &self.plan.params[index].shape;
        let w = self.net.value(index).reshape([shape[0], shape[1]]);
        if self.quantised() { fake::table(w) } else { w }
    }

    fn conv(&mut self, id: NodeId, geometry: Geometry) -> Value {
        let plan = self.plan;
        let node = &plan.graph.nodes[id];
        let from = node.inputs[0];
        let (x, ic) = (
            self.value(from).map(plan.graph.nodes[from].shape),
            plan.graph.nodes[from].shape[2],
        );
        let [kh, kw] = geometry.kernel;
        let oc = node.shape[2];
        let depthwise = matches!(node.op, NodeOp::DepthwiseConv2d { .. });
        let flat = self.net.value(plan.param(id, "weight"));
        // One row for each output channel.
        let w = if depthwise {
            flat.reshape([kh * kw, oc]).transpose()
        } else {
            flat.reshape([oc, kh * kw * ic])
        };
        let normed = matches!(
            node.op,
            NodeOp::Conv2d {
                batch_norm: true,
                ..
            } | NodeOp::DepthwiseConv2d {
                batch_norm: true,
                ..
            }
        );
        let (w, bias) = if normed {
            self.fold(id, w)
        } else {
            (w, Some(self.net.value(plan.param(id, "bias"))))
        };
        let w = if self.quantised() { fake::rows(w) } else { w };
        let (w, groups) = match depthwise {
            true => (w.reshape([oc, 1, kh, kw]), ic),
            false => (w.reshape([oc, kh, kw, ic]).permute([0, 3, 1, 2]), 1),
        };
        let y = window::conv(x, w, bias, geometry, groups);
        let y = if normed && matches!(self.mode.batch_norm, BatchNorm::Batch) {
            self.normalise(id, y)
        } else {
            y
        };
        Value::Map(if plan.deferred[id] {
            y
        } else {
            self.settle(id, y)
        })
    }

    /// `w' = w * scale / sqrt(var + e)`, `b' = shift - mean * scale / sqrt(var + e)`; plain weights where this batch's statistics serve.
    fn fold(&self, id: NodeId, w: Tensor<2>) -> (Tensor<2>, Option<Tensor<1>>) {
        let BatchNorm::Running(stats) = self.mode.batch_norm else {
            return (w, None);
        };
        let len = w.dims()[0];
        let (mean, var) = stats[id]
            .clone()
            .unwrap_or_else(|| (vec![0.0; len], vec![1.0; len]));
        let inverse: Vec<f32> = var.iter().map(|v| 1.0 / (v + BN_EPSILON).sqrt()).collect();
        let vector =
            |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [len]), &self.device);
        let factor = self.net.value(self.plan.param(id, "bn_scale")) * vector(inverse);
        let bias = self.net.value(self.plan.param(id, "bn_shift")) - vector(mean) * factor.clone();
        (w * factor.reshape([len, 1]), Some(bias))
    }

    fn normalise(&mut self, id: NodeId, y: Tensor<4>) -> Tensor<4> {
        let param = |name: &str| self.net.value(self.plan.param(id, name));
        let result = module::batch_norm_train(
            y,
            param("bn_scale"),
            param("bn_shift"),
            f64::from(BN_EPSILON),
        );
        self.stats[id] = Some((to_vec(result.mean), to_vec(result.variance)));
        result.output
    }

    fn dense(&mut self, id: NodeId) -> Value {
        let w = self.rows(id, "weight").transpose();
        let bias = self.net.value(self.plan.param(id, "bias")).unsqueeze::<2>();
        let node = &self.plan.graph.nodes[id];
        if per_step(&self.plan.graph, node) {
            return self.each(id, node.inputs[0], |x| x.matmul(w.clone()) + bias.clone());
        }
        let x = self.operand(node, 0).vector();
        Value::Vector(self.settle(id, x.matmul(w) + bias))
    }

    /// A function of a vector, or of each step.
    fn each(&mut self, id: NodeId, from: NodeId, f: impl Fn(Tensor<2>) -> Tensor<2>) -> Value {
        match self.value(from) {
            Value::Map(_) | Value::Vector(_) => {
                let x = self.value(from).vector();
                Value::Vector(self.settle(id, f(x)))
            }
            steps => Value::Steps(
                steps
                    .steps()
                    .into_iter()
                    .map(|x| self.settle(id, f(x)))
                    .collect(),
            ),
        }
    }

    fn pair(&mut self, id: NodeId, f: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2>) -> Value {
        let node = &self.plan.graph.nodes[id];
        let (a, b) = (
            self.operand(node, 0).vector(),
            self.operand(node, 1).vector(),
        );
        Value::Vector(self.settle(id, f(a, b)))
    }

    fn concat(&self, node: &Node) -> Value {
        if node.shape[..2] == [1, 1] {
            let parts = node
                .inputs
                .iter()
                .map(|&i| self.value(i).vector())
                .collect();
            return Value::Vector(Tensor::cat(parts, 1));
        }
        let parts: Vec<Vec<Tensor<2>>> =
            node.inputs.iter().map(|&i| self.value(i).steps()).collect();
        let steps = parts.iter().map(Vec::len).min().unwrap_or(0);
        Value::Steps(
            (0..steps)
                .map(|t| Tensor::cat(parts.iter().map(|p| p[t].clone()).collect(), 1))
                .collect(),
        )
    }

    /// `sum_i z_i * v_i` over the rows of `[n, rows, c]`.
    fn gate(&mut self, id: NodeId) -> Value {
        let node = &self.plan.graph.nodes[id];
        let [rows, _, c] = self.plan.graph.nodes[node.inputs[0]].shape;
        let (z, v) = (
            self.operand(node, 0).vector(),
            self.operand(node, 1).vector(),
        );
        let n = z.dims()[0];
        let sum = (z * v).reshape([n, rows, c]).sum_dim(1).reshape([n, c]);
        Value::Vector(self.settle(id, sum))
    }

    /// The encoding with the learned substitute where the input is absent, and dropout.
    fn encoding(&self, input: usize, x: Tensor<2>) -> Tensor<2> {
        let (plan, id) = (self.plan, self.plan.graph.inputs[input].encoding);
        let present = &self.batch.inputs[input].present;
        let mut x = x;
        if present.iter().any(|p| !p) {
            let absent = self
                .net
                .value(plan.named(&absent_name(&plan.graph.inputs[input].name)))
                .unsqueeze::<2>();
            let absent = match self.stored_quant(id) {
                Some(quant) => fake::activation(absent, quant),
                None => absent,
            };
            let mask: Vec<f32> = present.iter().map(|&p| f32::from(u8::from(p))).collect();
            let mask =
                Tensor::<2>::from_data(TensorData::new(mask, [present.len(), 1]), &self.device);
            x = x * mask.clone() + absent * (mask.neg() + 1.0);
        }
        match self.mode.dropout {
            Some((rates, seed)) if rates[input] > 0.0 => {
                self.drop_values(x, rates[input], seed, input)
            }
            _ => x,
        }
    }

    /// The quantisation in which a node's output is stored, after any table.
    fn stored_quant(&self, id: NodeId) -> Option<Quant> {
        let ranges = self.mode.ranges?;
        match self.plan.kinds[id] {
            Kind::Fixed(quant) => Some(quant),
            Kind::Observed(key) => ranges[key].map(|(low, high)| quant::activation(low, high)),
            Kind::Table(_) | Kind::None => None,
        }
    }

    fn drop_values(&self, x: Tensor<2>, rate: f32, seed: u64, input: usize) -> Tensor<2> {
        let [n, c] = x.dims();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(input as u64);
        let keep = 1.0 / (1.0 - rate);
        let mask: Vec<f32> = (0..n * c)
            .map(|_| {
                if rng.random::<f32>() < rate {
                    0.0
                } else {
                    keep
                }
            })
            .collect();
        x * Tensor::<2>::from_data(TensorData::new(mask, [n, c]), &self.device)
    }
}
