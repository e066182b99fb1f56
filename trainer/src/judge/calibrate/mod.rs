//! Calibration on held-out samples after training: temperatures, which make scores probabilities, and
//! thresholds for a stated part of wrong answers.
//!
//! Calibration sees nothing of the test part. It costs the device nothing: a temperature goes into softmax's table, a threshold
//! replaces the one of the description.

mod temperature;
mod threshold;

use anyhow::{Result, anyhow};
pub use threshold::{CONFIDENCE, Choice, choose, needed, smallest};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::run::{self, Answer};
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::words::{grouped, short_percent};

use crate::data::features::FeatureSet;
use crate::judge::score_training;
use crate::learn::{Backend, HeadResult, Predictor, held_out};
use crate::project::Prepared;

/// Result of a calibration.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Number of samples that training has held out; without any, nothing is fitted.
    pub held_out: usize,
    /// Results of the exported heads.
    pub heads: Vec<HeadCalibration>,
}

/// Result of calibrating one head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadCalibration {
    /// Name of the head.
    pub head: String,
    /// Number of held-out samples that have a label for the head.
    pub samples: usize,
    /// Temperature that divides the head's logits.
    pub temperature: f32,
    /// The part of wrong answers that the description allows, and the threshold chosen for it; `None` where none is stated.
    pub threshold: Option<(f32, Choice)>,
}

/// Training samples: their numbers in the training part, and their features.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// Numbers of the samples in the training part.
    pub numbers: &'a [usize],
    /// Features of the samples.
    pub features: &'a FeatureSet,
}

/// Fits temperatures and thresholds on the held-out part of the samples that training had, and stores them in `trained`.
pub fn calibrate(
    prepared: &Prepared,
    samples: Samples<'_>,
    trained: &mut Trained,
    backend: Backend,
) -> Result<Calibration> {
    let held = held_out(samples.features, &prepared.spec.train);
    let mut heads = temperatures(prepared, samples.features, &held, trained, backend)?;
    let rates = prepared.exported_heads().into_iter();
    let rates: Vec<Option<f32>> = rates
        .map(|head| prepared.spec.heads[head].defer_error)
        .collect();
    if rates.iter().any(Option::is_some) {
        let numbers: Vec<usize> = held.iter().map(|&i| samples.numbers[i]).collect();
        let answers = answers(prepared, &numbers, trained)?;
        let most = prepared.exported_heads().into_iter();
        let most = most.map(|head| prepared.spec.heads[head].defer_at_most);
        for (((head, rate), answers), most) in heads.iter_mut().zip(rates).zip(answers).zip(most) {
            let Some(rate) = rate else { continue };
            let mut choice = choose(&answers, f64::from(rate));
            if let Some(most) = most {
                choice = choice.unless_more_than(most);
            }
            trained
                .thresholds
                .insert(head.head.clone(), choice.threshold);
            head.threshold = Some((rate, choice));
        }
    }
    Ok(Calibration {
        held_out: held.len(),
        heads,
    })
}

/// A head whose held-out samples are too few to show any threshold for its stated part of wrong answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Unshown {
    /// Name of the head.
    pub head: String,
    /// The part of wrong answers that the description allows.
    pub rate: f32,
    /// Number of held-out samples that have a label for the head.
    pub samples: usize,
    /// Smallest number of samples that could show the part.
    pub needed: usize,
}

impl Unshown {
    /// The problem in words.
    pub fn words(&self) -> String {
        let [samples, needed] = [self.samples, self.needed].map(grouped);
        let sample = if self.samples == 1 {
            "sample"
        } else {
            "samples"
        };
        format!(
            "{samples} held-out {sample} cannot show that at most {} of its answers are wrong (that takes {needed} answers, all right, or more)",
            short_percent(f64::from(self.rate))
        )
    }

    /// The remedy in words.
    pub fn mend(&self) -> String {
        let raise = match smallest(self.samples) {
            Some(rate) => format!("raise defer_error to at least {rate}, "),
            None => String::new(),
        };
        format!("{raise}hold out more (train.holdout), or leave defer_error out")
    }
}

/// The heads whose held-out samples are too few, known before training.
pub fn unshown(prepared: &Prepared, features: &FeatureSet) -> Vec<Unshown> {
    let held = held_out(features, &prepared.spec.train);
    let heads = prepared.exported_heads().into_iter();
    let heads = heads.filter_map(|head| {
        let spec = &prepared.spec.heads[head];
        let rate = spec.defer_error?;
        let labels: Vec<_> = features.labels(head).collect();
        let samples = held.iter().filter(|&&i| labels[i].is_some()).count();
        let needed = needed(f64::from(rate));
        (samples < needed).then(|| Unshown {
            head: spec.name.clone(),
            rate,
            samples,
            needed,
        })
    });
    heads.collect()
}

/// Fits the temperatures of the network as it is stored, with fake quantisation.
fn temperatures(
    prepared: &Prepared,
    features: &FeatureSet,
    held: &[usize],
    trained: &mut Trained,
    backend: Backend,
) -> Result<Vec<HeadCalibration>> {
    let predictor = Predictor::new(&prepared.graph, trained, true, backend)
        .map_err(|e| anyhow!("{}: {e}", prepared.spec.name))?;
    let results = predictor.evaluate_some(features, held)?;
    let heads = prepared.exported_heads().into_iter().map(|head| {
        let result: &HeadResult = &results[head];
        let (rows, labels) = result.known();
        let temperature = temperature::fit(&rows, &labels);
        trained
            .temperatures
            .insert(result.head.clone(), temperature);
        HeadCalibration {
            head: result.head.clone(),
            samples: labels.len(),
            temperature,
            threshold: None,
        }
    });
    Ok(heads.collect())
}

/// The exported file's answers to these training samples, by exported head; samples without a label are left out.
fn answers(prepared: &Prepared, numbers: &[usize], trained: &Trained) -> Result<Vec<Vec<Answer>>> {
    let file = prepared.export(trained, 1, &ExportOptions::GENERIC)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let (scores, labels) = score_training(prepared, &model, numbers)?;
    let heads = prepared.exported_heads().into_iter().enumerate();
    let answers = heads.map(|(number, head)| {
        let place = prepared.order.heads[head];
        let samples = scores.iter().zip(&labels);
        samples
            .filter_map(|(scores, labels)| Some(Answer::new(&scores[number], labels[place]?)))
            .collect()
    });
    Ok(answers.collect())
}

#[cfg(test)]
mod tests;
