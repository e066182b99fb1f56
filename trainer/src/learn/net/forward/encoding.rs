//! The encoding of an input as fusion reads it: computed, or the learned substitute.

use burn::tensor::{Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tillsense_compiler::network::absent_name;
use tillsense_compiler::network::graph::{NodeId, Quant};
use tillsense_compiler::network::quants::QuantSource;
use tillsense_compiler::quant;

use super::Run;
use crate::learn::net::fake;

impl Run<'_> {
    /// The encoding with dropout, and with the learned substitute where the input is absent.
    pub(super) fn encoding(&self, input: usize, x: Tensor<2>) -> Tensor<2> {
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
    pub(super) fn stored_quant(&self, id: NodeId) -> Option<Quant> {
        let ranges = self.mode.ranges?;
        match self.plan.kinds[id] {
            QuantSource::Fixed(quant) => Some(quant),
            QuantSource::Observed(key) => {
                ranges[key].map(|(low, high)| quant::activation(low, high))
            }
            QuantSource::Table(_) | QuantSource::None => None,
        }
    }

    pub(super) fn drop_values(
        &self,
        x: Tensor<2>,
        rate: f32,
        seed: u64,
        input: usize,
    ) -> Tensor<2> {
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
