//! Convolutions with batch norm, in training and folded.

use burn::tensor::{Tensor, TensorData, module};
use tillsense_compiler::network::BN_EPSILON;
use tillsense_compiler::network::graph::{Bits, Geometry, NodeId, NodeOp};

use super::{BatchNorm, Run};
use crate::learn::net::value::Value;
use crate::learn::net::window;
use crate::learn::net::{fake, to_vec};

impl Run<'_> {
    /// Runs a convolution, and with it the max pool that is its only reader.
    pub(super) fn conv(&mut self, id: NodeId) -> Value {
        let plan = self.plan;
        let geometry = self.geometry(id);
        let node = &plan.graph.nodes[id];
        let from = node.inputs[0];
        let (x, ic) = (self.picture(from), plan.graph.nodes[from].shape[2]);
        let [kh, kw] = geometry.kernel;
        let oc = node.shape[2];
        let depthwise = matches!(node.op, NodeOp::DepthwiseConv2d { .. });
        let flat = self.net.value(plan.param(id, "weight"));
        // The weights become one row for each output channel.
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
        let w = if self.quantised() {
            fake::rows(w, Bits::Eight)
        } else {
            w
        };
        let bias = bias.unwrap_or_else(|| Tensor::zeros([oc], &self.device));
        let normalise = normed && matches!(self.mode.batch_norm, BatchNorm::Batch);
        let pool = plan.pools[id].map(|pool| self.geometry(pool));
        let y = match pool {
            Some(pool) if !depthwise && !normalise => {
                window::conv_max_pool(x, w, bias, geometry, pool)
            }
            _ => {
                let y = match depthwise {
                    true => window::depthwise(x, w, bias, geometry),
                    false => window::conv(x, w, bias, geometry),
                };
                let y = if normalise { self.normalise(id, y) } else { y };
                match pool {
                    Some(pool) => window::max_pool(y, pool),
                    None => y,
                }
            }
        };
        Value::Map(self.activate(id, y))
    }

    /// The geometry of a node that is a convolution or a pool.
    fn geometry(&self, id: NodeId) -> Geometry {
        self.plan.graph.nodes[id]
            .op
            .geometry()
            .expect("only convolutions and pools have one")
    }

    /// Runs a max pool; where the plan has computed it with its convolution, the value is there already.
    pub(super) fn max_pool(&self, id: NodeId) -> Value {
        let from = self.plan.graph.nodes[id].inputs[0];
        let x = self.picture(from);
        Value::Map(match self.plan.pools[from] {
            Some(_) => x,
            None => window::max_pool(x, self.geometry(id)),
        })
    }

    /// Runs an average pool.
    pub(super) fn average_pool(&mut self, id: NodeId) -> Value {
        let x = self.picture(self.plan.graph.nodes[id].inputs[0]);
        let y = window::average_pool(x, self.geometry(id));
        Value::Map(self.activate(id, y))
    }

    /// A node's values as pictures.
    fn picture(&self, id: NodeId) -> Tensor<4> {
        self.value(id).map(self.plan.graph.nodes[id].shape)
    }

    /// Folds batch norm: `w' = w * scale / sqrt(var + e)`, `b' = shift - mean * scale / sqrt(var + e)`; the weights stay plain
    /// where this batch's own statistics are used.
    pub(super) fn fold(&self, id: NodeId, w: Tensor<2>) -> (Tensor<2>, Option<Tensor<1>>) {
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

    pub(super) fn normalise(&mut self, id: NodeId, y: Tensor<4>) -> Tensor<4> {
        let param = |name: &str| self.net.value(self.plan.param(id, name));
        // Burn's batch norm wants the channels as the second axis.
        let [n, h, w, c] = y.dims();
        let result = module::batch_norm_train(
            y.reshape([n * h * w, c, 1, 1]),
            param("bn_scale"),
            param("bn_shift"),
            f64::from(BN_EPSILON),
        );
        self.stats[id] = Some((to_vec(result.mean), to_vec(result.variance)));
        result.output.reshape([n, h, w, c])
    }
}
