//! Scores of a trained network in real numbers, with or without fake quantisation.

use tillsense_compiler::network::graph::{Graph, Trained};
use tillsense_compiler::network::{Plan, without_batch_norm};
use tillsense_compiler::threads::Threads;
use tillsense_compiler::trained::HeadScore;

use super::data::{DataError, collate};
use super::metrics::{accuracy, auc, top_k};
use super::options::Backend;
use super::workers::Workers;
use crate::data::{Batches, FeatureSample};
use crate::learn::net::{BatchNorm, Mode, Net, forward, node_values, to_vec};

/// Number of samples in one pass.
const PASS: usize = 128;

/// A trained network that computes logits.
pub struct Predictor {
    plan: Plan,
    net: Net,
    ranges: Option<Vec<Option<(f32, f32)>>>,
    workers: Workers,
}

/// Logits and labels of one head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadResult {
    /// Name of the head.
    pub head: String,
    /// Number of classes.
    pub classes: usize,
    /// Logits of each sample.
    pub logits: Vec<Vec<f32>>,
    /// Label of each sample, where it is known.
    pub labels: Vec<Option<u16>>,
}

impl Predictor {
    /// A network in float, or fake-quantised with the trained ranges. The error names the number that is missing.
    pub fn new(
        graph: &Graph,
        trained: &Trained,
        quantised: bool,
        backend: Backend,
    ) -> Result<Self, String> {
        let plan = Plan::new(&without_batch_norm(graph));
        let net = Net::new(plan.values(trained)?, &backend.device());
        let range = |id: usize| match plan.observed(id) {
            Some(key) => trained
                .ranges
                .get(&plan.graph.nodes[key].name)
                .copied()
                .map(Some)
                .ok_or(key),
            None => Ok(None),
        };
        let ranges: Result<Vec<_>, usize> = (0..plan.graph.nodes.len()).map(range).collect();
        let ranges = match (ranges, quantised) {
            (_, false) => None,
            (Ok(ranges), true) => Some(ranges),
            (Err(id), true) => {
                return Err(format!("node {} has no range", plan.graph.nodes[id].name));
            }
        };
        Ok(Predictor {
            plan,
            net,
            ranges,
            workers: Workers::new(Threads::default()),
        })
    }

    /// Logits of samples: by head, sample and class.
    pub fn logits(&self, samples: &[FeatureSample]) -> Result<Vec<Vec<Vec<f32>>>, DataError> {
        logits(&self.plan, &self.net, samples, self.mode())
    }

    /// Logits and labels of all samples, by head.
    pub fn evaluate(&self, data: &dyn Batches) -> Result<Vec<HeadResult>, DataError> {
        let all: Vec<usize> = (0..data.len()).collect();
        self.evaluate_some(data, &all)
    }

    /// Logits and labels of the samples with these numbers, by head.
    pub fn evaluate_some(
        &self,
        data: &dyn Batches,
        numbers: &[usize],
    ) -> Result<Vec<HeadResult>, DataError> {
        let (plan, net) = (&self.plan, &self.net);
        evaluate(plan, net, data, numbers, self.mode(), &self.workers)
    }

    /// The output of every node for the samples with these numbers, see [`node_values`].
    pub fn node_values(
        &self,
        data: &dyn Batches,
        numbers: &[usize],
    ) -> Result<Vec<Vec<f32>>, DataError> {
        let samples: Vec<FeatureSample> = numbers.iter().map(|&i| data.sample(i, None)).collect();
        let batch = collate(&self.plan, &samples).map_err(|e| DataError {
            sample: numbers[e.sample],
            ..e
        })?;
        Ok(node_values(&self.plan, &self.net, &batch, self.mode()))
    }

    fn mode(&self) -> Mode<'_> {
        Mode {
            ranges: self.ranges.as_deref(),
            observe: false,
            batch_norm: BatchNorm::Running(&[]),
            dropout: None,
        }
    }
}

impl HeadResult {
    /// The logits of samples whose class is known, and those classes.
    pub fn known(&self) -> (Vec<Vec<f32>>, Vec<u16>) {
        self.logits
            .iter()
            .zip(&self.labels)
            .filter_map(|(row, label)| label.map(|l| (row.clone(), l)))
            .unzip()
    }

    /// Part of the samples whose class is right; `None` where no class is known, as for the figures below.
    pub fn accuracy(&self) -> Option<f64> {
        let (rows, labels) = self.known();
        accuracy(&rows, &labels)
    }

    /// Part of the samples whose class is among the k likeliest.
    pub fn top_k(&self, k: usize) -> Option<f64> {
        let (rows, labels) = self.known();
        top_k(&rows, &labels, k)
    }

    /// Area under the ROC curve of class 1; `None` unless the head has two classes, and samples of both.
    pub fn auc(&self) -> Option<f64> {
        if self.classes != 2 {
            return None;
        }
        let (rows, labels) = self.known();
        let scores: Vec<f32> = rows.iter().map(|r| r[1] - r[0]).collect();
        let positive: Vec<bool> = labels.iter().map(|&l| l == 1).collect();
        auc(&scores, &positive)
    }

    /// Area under the ROC curve of one class against all others, by a score made of a sample's row; `None` unless there are samples
    /// of both.
    pub fn auc_of(&self, class: usize, score: impl Fn(&[f32]) -> f32) -> Option<f64> {
        let (rows, labels) = self.known();
        let scores: Vec<f32> = rows.iter().map(|row| score(row)).collect();
        let positive: Vec<bool> = labels.iter().map(|&l| usize::from(l) == class).collect();
        auc(&scores, &positive)
    }

    /// Mean cross-entropy of the softmax.
    pub fn loss(&self) -> Option<f64> {
        let (rows, labels) = self.known();
        let one = |(row, label): (&Vec<f32>, &u16)| {
            let top = row
                .iter()
                .fold(f64::NEG_INFINITY, |m, &x| m.max(f64::from(x)));
            let sum: f64 = row.iter().map(|&x| libm::exp(f64::from(x) - top)).sum();
            top + libm::log(sum) - f64::from(row[usize::from(*label)])
        };
        let sum: f64 = rows.iter().zip(&labels).map(one).sum();
        (!rows.is_empty()).then(|| sum / rows.len() as f64)
    }

    /// All figures of merit of the head.
    pub fn score(&self) -> HeadScore {
        HeadScore {
            head: self.head.clone(),
            classes: self.classes,
            loss: self.loss(),
            accuracy: self.accuracy(),
            auc: self.auc(),
        }
    }
}

/// Evaluates the samples with these indices.
pub(super) fn evaluate(
    plan: &Plan,
    net: &Net,
    data: &dyn Batches,
    indices: &[usize],
    mode: Mode,
    workers: &Workers,
) -> Result<Vec<HeadResult>, DataError> {
    let heads = plan.graph.heads.iter().map(|head| HeadResult {
        head: head.name.clone(),
        classes: head.classes.len(),
        ..HeadResult::default()
    });
    let passes = workers.map(indices.chunks(PASS).collect(), |pass: &[usize]| {
        let samples: Vec<FeatureSample> = pass.iter().map(|&i| data.sample(i, None)).collect();
        let rows = logits(plan, net, &samples, mode).map_err(|e| DataError {
            sample: pass[e.sample],
            ..e
        })?;
        let labels = |head: usize| samples.iter().map(move |s| s.labels[head]).collect();
        let heads = rows.into_iter().enumerate();
        Ok(heads
            .map(|(head, rows)| (rows, labels(head)))
            .collect::<Vec<(_, Vec<_>)>>())
    });
    let mut results: Vec<HeadResult> = heads.collect();
    for pass in passes {
        for (result, (logits, labels)) in results.iter_mut().zip(pass?) {
            result.logits.extend(logits);
            result.labels.extend(labels);
        }
    }
    Ok(results)
}

fn logits(
    plan: &Plan,
    net: &Net,
    samples: &[FeatureSample],
    mode: Mode,
) -> Result<Vec<Vec<Vec<f32>>>, DataError> {
    if samples.is_empty() {
        return Ok(vec![Vec::new(); plan.graph.heads.len()]);
    }
    let batch = collate(plan, samples)?;
    let rows = |logits| {
        let classes = burn::tensor::Tensor::<2>::dims(&logits)[1];
        to_vec(logits)
            .chunks(classes)
            .map(<[f32]>::to_vec)
            .collect()
    };
    Ok(forward(plan, net, &batch, mode)
        .logits
        .into_iter()
        .map(rows)
        .collect())
}
