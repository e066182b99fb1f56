//! Cross-entropy over all heads.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Tensor, TensorData};
use tillsense_compiler::network::Plan;

use crate::data::{FeatureSample, Piece};

/// Weights of the heads, and how their targets are made.
#[derive(Clone, Debug)]
pub(super) struct Targets {
    /// Weight of each head.
    pub weights: Vec<f32>,
    /// For each head that reads one input only, the number of that input: samples without it do not count.
    pub needs: Vec<Option<usize>>,
    /// Label smoothing: the part of the target that is spread over all classes.
    pub smoothing: f32,
    /// Weight of each class of each head; none of a head whose samples all count alike.
    pub balance: Vec<Vec<f32>>,
}

impl Targets {
    /// The weighted sum of all heads' losses over these samples, each divided by the size of the whole batch.
    pub(super) fn loss(
        &self,
        plan: &Plan,
        logits: &[Tensor<2>],
        samples: &[FeatureSample],
        whole: usize,
    ) -> Tensor<1> {
        let device = logits[0].device();
        let losses = logits.iter().enumerate().map(|(head, logits)| {
            let classes = plan.graph.heads[head].classes.len();
            let mut targets = vec![0.0f32; samples.len() * classes];
            for (row, sample) in targets.chunks_exact_mut(classes).zip(samples) {
                if let Some(class) = self.label(head, sample) {
                    row.fill(self.smoothing / classes as f32);
                    row[usize::from(class)] += 1.0 - self.smoothing;
                    if let Some(&weight) = self.balance[head].get(usize::from(class)) {
                        row.iter_mut().for_each(|target| *target *= weight);
                    }
                }
            }
            let targets =
                Tensor::<2>::from_data(TensorData::new(targets, [samples.len(), classes]), &device);
            (log_softmax(logits.clone(), 1) * targets).sum() * (-self.weights[head] / whole as f32)
        });
        losses.reduce(|a, b| a + b).expect("a graph has a head")
    }

    /// The class that a sample trains a head towards.
    pub(super) fn label(&self, head: usize, sample: &FeatureSample) -> Option<u16> {
        let seen =
            self.needs[head].is_none_or(|input| !matches!(sample.inputs[input], Piece::Absent));
        sample.labels[head].filter(|_| seen)
    }
}
