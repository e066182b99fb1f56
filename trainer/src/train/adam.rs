//! Adam with decoupled weight decay, one state for each parameter, so that a checkpoint can hold it.

use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::nn::{Net, Plan, to_vec};

/// Keras' default.
const EPSILON: f32 = 1e-7;

/// The optimiser.
pub(super) struct Adam {
    decaying: AdamW,
    plain: AdamW,
    decays: Vec<bool>,
    states: Vec<Option<AdamWState<1>>>,
}

/// One parameter's state in plain numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Moments {
    time: u64,
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Adam {
    pub(super) fn new(plan: &Plan, weight_decay: f32) -> Self {
        let config = |decay| {
            AdamWConfig::new()
                .with_epsilon(EPSILON)
                .with_weight_decay(decay)
                .build()
        };
        let decays: Vec<bool> = plan.params.iter().map(|p| p.decay).collect();
        Adam {
            decaying: config(weight_decay),
            plain: config(0.0),
            states: vec![None; decays.len()],
            decays,
        }
    }

    /// One step; parameters without a gradient stay.
    pub(super) fn step(&mut self, net: &mut Net, grads: Vec<Option<Tensor<1>>>, rate: f64) {
        for (index, grad) in grads.into_iter().enumerate() {
            let Some(grad) = grad else { continue };
            let optimizer = if self.decays[index] {
                &self.decaying
            } else {
                &self.plain
            };
            let (value, state) =
                optimizer.step(rate, net.value(index), grad, self.states[index].take());
            self.states[index] = state;
            net.set(index, value);
        }
    }

    pub(super) fn save(&self) -> Vec<Option<Moments>> {
        let save = |state: &Option<AdamWState<1>>| {
            state.as_ref().map(|s| {
                let m = s.momentum.clone();
                Moments {
                    time: m.time as u64,
                    first: to_vec(m.moment_1),
                    second: to_vec(m.moment_2),
                }
            })
        };
        self.states.iter().map(save).collect()
    }

    pub(super) fn load(&mut self, saved: Vec<Option<Moments>>, device: &Device) {
        let tensor = |values: Vec<f32>| {
            let len = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [len]), device)
        };
        let load = |m: Moments| {
            AdamWState::new(AdaptiveMomentumState::new(
                m.time as usize,
                tensor(m.first),
                tensor(m.second),
            ))
        };
        self.states = saved.into_iter().map(|m| m.map(load)).collect();
    }
}
