//! Activations: applied to a sum, with observation of the range and fake quantisation.

use burn::tensor::{Tensor, activation as act};
use tillsense_compiler::network::graph::{Activation, NodeId, Quant};
use tillsense_compiler::network::quants::{QuantSource, SIGMOID, UNIT, activation};
use tillsense_compiler::quant;

use super::Run;
use crate::learn::net::fake;
use crate::learn::net::ops::{ClampToGrid, apply, extremes};

impl Run<'_> {
    /// Applies the activation to a node's sum, observes the range, and applies fake quantisation.
    pub(super) fn activate<const D: usize>(&mut self, id: NodeId, x: Tensor<D>) -> Tensor<D> {
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
        let clamp = match kind {
            Activation::Relu => ClampToGrid::within(0.0, f32::INFINITY).strict(),
            Activation::Relu6 => ClampToGrid::within(0.0, 6.0).strict(),
            _ => ClampToGrid::within(f32::NEG_INFINITY, f32::INFINITY),
        };
        let clamp = match (self.quant(id), kind) {
            (Some(quant), _) => clamp.and(fake::bounds(quant)).on(quant.scale),
            (None, Activation::Relu | Activation::Relu6) => clamp,
            (None, _) => return x,
        };
        let shape = x.dims();
        apply(clamp, [x.into()], shape)
    }

    /// Observes the range of what the node stores: activations that cut it are applied, the table of tanh is not.
    pub(super) fn observe<const D: usize>(&mut self, id: NodeId, x: &Tensor<D>) {
        let Some(key) = self.plan.observed(id).filter(|_| self.mode.observe) else {
            return;
        };
        if x.shape().num_elements() == 0 {
            return;
        }
        let (low, high) = extremes(x);
        let (low, high) = match activation(&self.plan.graph.nodes[id].op) {
            Activation::Relu => (low.max(0.0), high.max(0.0)),
            Activation::Relu6 => (low.clamp(0.0, 6.0), high.clamp(0.0, 6.0)),
            _ => (low, high),
        };
        let seen = self.seen[key].get_or_insert((low, high));
        *seen = (seen.0.min(low), seen.1.max(high));
    }

    /// The quantisation of a node's sum where this pass quantises.
    pub(super) fn quant(&self, id: NodeId) -> Option<Quant> {
        let ranges = self.mode.ranges?;
        match (self.plan.observed(id), self.plan.kinds[id]) {
            (Some(key), _) => ranges[key].map(|(low, high)| quant::activation(low, high)),
            (None, QuantSource::Fixed(quant)) => Some(quant),
            (None, _) => None,
        }
    }
}
