//! Evaluation: every sample runs through the exported file and `core`, beside the float network it came from.

mod ablation;
mod confusion;
mod layers;
pub mod predictions;
mod reliability;

pub use ablation::{Ablation, Set, SetHead, ablate};
use anyhow::{Result, anyhow};
pub use confusion::{Averages, ClassFigures, Confused, Confusions, Matrix};
pub use layers::{LAYER_SAMPLES, LayerFigures, Layers, layers};
pub use predictions::Answers;
pub use reliability::{Bin, Reliability};
use serde::Serialize;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::run::{Answer, Scores, score};
use tillsense_compiler::trained::{ContentDigest, TrainedOn};
use tillsense_core::engine::Model;

use crate::data::dataset::Subset;
use crate::data::features::FeatureSet;
use crate::data::intake::{InputCount, TakenCounts};
use crate::data::own::Finding;
use crate::data::spread;
use crate::judge::suspects::SuspectedLabels;
use crate::learn::{Backend, HeadResult, Predictor};
use crate::project::Prepared;

/// All figures of a model.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Name of the model.
    pub model: String,
    /// Origin of the data, in words.
    pub data: String,
    /// Digest of the data's contents.
    pub data_digest: ContentDigest,
    /// Whether the data were generated.
    pub data_generated: bool,
    /// The data that the model was trained on, where that is known.
    pub trained_on: Option<TrainedOn>,
    /// The reason why there are no float figures, where there are none.
    pub float_missing: Option<String>,
    /// Names of the inputs that were given.
    pub inputs: Vec<String>,
    /// Names of the inputs that were left out of every sample.
    pub without: Vec<String>,
    /// Number of test samples scored.
    pub samples: usize,
    /// Number of samples in which each input holds nothing to read or is longer than what is taken.
    pub input_counts: Vec<InputCount>,
    /// Size of the model file in bytes.
    pub file_bytes: usize,
    /// Size of the arena in bytes.
    pub arena_bytes: usize,
    /// Figures of each head of the file.
    pub heads: Vec<HeadFigures>,
    /// What is worth knowing about samples that the model is only scored on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Labels of held-out training samples that the model confidently contradicts.
    pub suspected_labels: SuspectedLabels,
}

/// Figures of one head.
#[derive(Clone, Debug, Serialize)]
pub struct HeadFigures {
    /// Name of the head.
    pub head: String,
    /// Number of classes.
    pub classes: usize,
    /// Number of samples that have a label for the head.
    pub samples: usize,
    /// The class whose area under the ROC curve is told: the stated one, or the second of two.
    pub positive: Option<String>,
    /// Accuracy of always answering the most frequent class; `None` where no sample has a label.
    pub majority: Option<f64>,
    /// Figures of the float network, where its numbers are at hand.
    pub float: Option<Figures>,
    /// Figures of the exported file.
    pub fixed: Figures,
    /// Temperature that divides the logits before softmax, where the float network is at hand.
    pub temperature: Option<f32>,
    /// The score, from 0 to 1, below which the head defers to a person.
    pub defer_below: f64,
    /// The part of wrong answers for which the threshold was chosen, where the description states one.
    pub defer_error: Option<f32>,
    /// Reliability of the file's scores, and what they defer.
    #[serde(flatten)]
    pub reliability: Reliability,
    /// Which classes are taken for which by the file.
    #[serde(flatten)]
    pub confusions: Confusions,
}

/// Figures of merit of a head.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figures {
    /// Part of the answers whose class is right; `None` where no sample has a label.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve of the positive class, where there is one; `None` too where all samples are of it, or none is.
    pub auc: Option<f64>,
}

/// What a result's rows hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// Logits of the float network.
    Logits,
    /// Score bytes of the file.
    Scores,
}

impl Figures {
    /// Figures of a head's result; `positive` is the number of its positive class.
    fn new(result: &HeadResult, rows: Rows, positive: Option<usize>) -> Self {
        let auc = |class: usize| match (result.classes, rows) {
            // Of two classes the curves of both are mirrored, with the same area.
            (2, _) => result.auc(),
            (_, Rows::Logits) => result.auc_of(class, |row| log_odds(row, class)),
            (_, Rows::Scores) => result.auc_of(class, |row| row[class]),
        };
        Figures {
            accuracy: result.accuracy(),
            auc: positive.and_then(auc),
        }
    }
}

/// The logarithm of a class's odds against all others: it orders samples as the class's probability does, without its rounding.
fn log_odds(logits: &[f32], class: usize) -> f32 {
    let others = || {
        let others = logits
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != class);
        others.map(|(_, &logit)| f64::from(logit))
    };
    let top = others().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = others().map(|logit| libm::exp(logit - top)).sum();
    (f64::from(logits[class]) - top - libm::log(sum)) as f32
}

/// The number of a head's positive class: the stated one, or the second of two.
fn positive(prepared: &Prepared, head: usize) -> Option<usize> {
    let classes = &prepared.graph.heads[head].classes;
    match &prepared.spec.heads[head].positive {
        Some(stated) => classes.iter().position(|class| class == stated),
        None => (classes.len() == 2).then_some(1),
    }
}

/// The samples and inputs to score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Number of test samples, spread over all of them; `None` scores all.
    pub limit: Option<usize>,
    /// Whether each input is given, in the description's order.
    pub given: Vec<bool>,
}

impl Scope {
    /// A scope of all test samples with all inputs.
    pub fn all(prepared: &Prepared) -> Self {
        Scope {
            limit: None,
            given: vec![true; prepared.spec.inputs.len()],
        }
    }

    /// The numbers of the test samples in the scope.
    pub fn numbers(&self, prepared: &Prepared) -> Vec<usize> {
        spread(prepared.data.len(Subset::Test), self.limit)
    }

    fn names(&self, prepared: &Prepared, given: bool) -> Vec<String> {
        let inputs = prepared.spec.inputs.iter().zip(&self.given);
        inputs
            .filter(|(_, is_given)| **is_given == given)
            .map(|(input, _)| input.name.clone())
            .collect()
    }
}

/// Evaluates on the test part, or on `limit` samples of it.
pub fn evaluate(
    prepared: &Prepared,
    trained: Option<&Trained>,
    model: &Model<'_>,
    limit: Option<usize>,
) -> Result<Evaluation> {
    evaluate_scope(
        prepared,
        trained,
        model,
        &Scope {
            limit,
            ..Scope::all(prepared)
        },
        &|| (),
    )
}

/// Evaluates a scope; `scored` is called for every sample that the exported file has scored.
pub fn evaluate_scope(
    prepared: &Prepared,
    trained: Option<&Trained>,
    model: &Model<'_>,
    scope: &Scope,
    scored: &(dyn Fn() + Sync),
) -> Result<Evaluation> {
    Ok(evaluate_answers(prepared, trained, model, scope, scored)?.0)
}

/// As [`evaluate_scope`], with the answers to all samples.
pub fn evaluate_answers(
    prepared: &Prepared,
    trained: Option<&Trained>,
    model: &Model<'_>,
    scope: &Scope,
    scored: &(dyn Fn() + Sync),
) -> Result<(Evaluation, Answers)> {
    let numbers = scope.numbers(prepared);
    let fixed = fixed(prepared, model, &numbers, &scope.given, scored)?;
    let float = trained
        .map(|trained| float(prepared, trained, &numbers, &scope.given))
        .transpose()?;
    let heads = prepared
        .exported_heads()
        .into_iter()
        .enumerate()
        .map(|(number, head)| {
            let (result, answers) = &fixed.heads[number];
            let labels: Vec<u16> = result.labels.iter().flatten().copied().collect();
            let model_head = model.head(number).ok_or_else(|| {
                anyhow!("the model file has no head number {number}; train again")
            })?;
            let classes = &prepared.graph.heads[head].classes;
            let positive = positive(prepared, head);
            Ok(HeadFigures {
                head: result.head.clone(),
                classes: classes.len(),
                samples: labels.len(),
                positive: positive.map(|class| classes[class].clone()),
                majority: majority(&labels),
                float: float
                    .as_ref()
                    .map(|float| Figures::new(&float[head], Rows::Logits, positive)),
                fixed: Figures::new(result, Rows::Scores, positive),
                confusions: Confusions::new(classes, answered(result)),
                temperature: trained.map(|trained| trained.temperature(&result.head)),
                defer_below: f64::from(model_head.defer_below()) / 256.0,
                defer_error: prepared.spec.heads[head].defer_error,
                reliability: Reliability::new(answers, model_head.defer_below()),
            })
        });
    let evaluation = Evaluation {
        model: model.name().to_owned(),
        data: prepared.data_words(),
        data_digest: prepared.data.digest(),
        data_generated: prepared.source.is_synthetic(),
        trained_on: prepared
            .foreign_to
            .or_else(|| trained.map(|_| prepared.trained_on())),
        float_missing: None,
        inputs: scope.names(prepared, true),
        without: scope.names(prepared, false),
        samples: numbers.len(),
        input_counts: fixed.counts,
        file_bytes: model.file().len(),
        arena_bytes: model.header().arena_len as usize,
        heads: heads.collect::<Result<_>>()?,
        findings: Vec::new(),
        suspected_labels: SuspectedLabels::not_judged("that was not asked for"),
    };
    let answers = Answers {
        numbers,
        scores: fixed.scores,
        labels: fixed
            .heads
            .into_iter()
            .map(|(result, _)| result.labels)
            .collect(),
    };
    Ok((evaluation, answers))
}

/// The label of each sample that has one, and the class that was answered. Of equal scores the first counts, as in a verdict.
fn answered(result: &HeadResult) -> impl Iterator<Item = (u16, usize)> {
    let samples = result.logits.iter().zip(&result.labels);
    samples.filter_map(|(row, label)| {
        let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Some(((*label)?, row.iter().position(|&score| score == best)?))
    })
}

/// The exported file's scores of the samples in a scope, by head.
pub fn scores(prepared: &Prepared, model: &Model<'_>, scope: &Scope) -> Result<Vec<HeadResult>> {
    let numbers = scope.numbers(prepared);
    let found = fixed(prepared, model, &numbers, &scope.given, &|| ())?;
    Ok(found.heads.into_iter().map(|(result, _)| result).collect())
}

/// Results of the exported file.
struct Fixed {
    /// Scores and answers of each head.
    heads: Vec<(HeadResult, Vec<Answer>)>,
    /// Score bytes of each sample, by head.
    scores: Vec<Scores>,
    /// Number of samples in which each input holds nothing to read or is longer than what is taken.
    counts: Vec<InputCount>,
}

/// Scores samples with the exported file.
fn fixed(
    prepared: &Prepared,
    model: &Model<'_>,
    numbers: &[usize],
    given: &[bool],
    scored: &(dyn Fn() + Sync),
) -> Result<Fixed> {
    let sample = |i: usize| prepared.sample(Subset::Test, numbers[i]);
    let scores = score(
        model,
        numbers.len(),
        sample,
        &prepared.order.inputs,
        |input| given[input],
        scored,
    )?;
    let truth = Truth::new(prepared, numbers);
    let heads = prepared.exported_heads().into_iter().enumerate();
    let heads = heads.map(|(number, head)| {
        let labels = &truth.labels[number];
        let answers = scores.iter().zip(labels);
        let answers = answers
            .filter_map(|(scores, &label)| Some(Answer::new(&scores[number], label?)))
            .collect();
        (result(prepared, &scores, labels, number, head), answers)
    });
    Ok(Fixed {
        heads: heads.collect(),
        scores,
        counts: truth.counts,
    })
}

/// Labels and lengths of test samples, known before they are scored.
struct Truth {
    /// Labels by exported head.
    labels: Vec<Vec<Option<u16>>>,
    counts: Vec<InputCount>,
}

impl Truth {
    fn new(prepared: &Prepared, numbers: &[usize]) -> Self {
        let heads = prepared.exported_heads().into_iter();
        let places: Vec<_> = heads.map(|head| prepared.order.heads[head]).collect();
        let mut labels = vec![Vec::with_capacity(numbers.len()); places.len()];
        let mut taken = TakenCounts::of(prepared.frontends.len());
        for &number in numbers {
            let (sample, parts) = prepared.fed(Subset::Test, number);
            taken.add(&parts);
            for (labels, &place) in labels.iter_mut().zip(&places) {
                labels.push(sample.labels[place]);
            }
        }
        Truth {
            labels,
            counts: InputCount::all(&prepared.spec, &prepared.frontends, &taken),
        }
    }
}

/// The result of exported head `number`, which is number `head` of the description.
fn result(
    prepared: &Prepared,
    scores: &[Scores],
    labels: &[Option<u16>],
    number: usize,
    head: usize,
) -> HeadResult {
    let row = |s: &Scores| s[number].iter().map(|&b| f32::from(b)).collect();
    HeadResult {
        head: prepared.spec.heads[head].name.clone(),
        classes: prepared.graph.heads[head].classes.len(),
        logits: scores.iter().map(row).collect(),
        labels: labels.to_vec(),
    }
}

fn float(
    prepared: &Prepared,
    trained: &Trained,
    numbers: &[usize],
    given: &[bool],
) -> Result<Vec<HeadResult>> {
    let features = FeatureSet::make(
        &prepared.data,
        Subset::Test,
        numbers,
        &prepared.frontends,
        &prepared.order,
    )?;
    let left_out = (0..given.len()).filter(|&input| !given[input]);
    let features = left_out.fold(features, FeatureSet::without);
    let predictor = Predictor::new(&prepared.graph, trained, false, Backend::default());
    let predictor = predictor.map_err(|e| {
        anyhow!("the trained numbers do not fit the description ({e}); train again")
    })?;
    Ok(predictor.evaluate(&features)?)
}

fn majority(labels: &[u16]) -> Option<f64> {
    let last = labels.iter().copied().max()?;
    let mut counts = vec![0usize; usize::from(last) + 1];
    labels.iter().for_each(|&l| counts[usize::from(l)] += 1);
    let most = counts.into_iter().max()?;
    Some(most as f64 / labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_majority_of_none_is_no_number() {
        assert_eq!(majority(&[1, 1, 0, 1]), Some(0.75));
        assert_eq!(majority(&[]), None);
    }

    #[test]
    fn a_head_without_labels_or_with_one_class_has_null_figures() {
        let result = |labels: Vec<Option<u16>>| HeadResult {
            head: "it".to_owned(),
            classes: 2,
            logits: vec![vec![0.0, 1.0]; labels.len()],
            labels,
        };
        let figures = |labels| Figures::new(&result(labels), Rows::Scores, Some(1));
        let json = |labels| serde_json::to_string(&figures(labels)).unwrap();
        assert_eq!(json(vec![None; 3]), r#"{"accuracy":null,"auc":null}"#);
        assert_eq!(json(vec![Some(1); 3]), r#"{"accuracy":1.0,"auc":null}"#);
        assert_eq!(
            json(vec![Some(1), Some(0)]),
            r#"{"accuracy":0.5,"auc":0.5}"#
        );
    }

    #[test]
    fn the_curve_of_a_stated_class_is_that_of_its_probability() {
        // The probability of class 0 orders the samples otherwise than its logit does.
        let rows = vec![
            vec![2.0, 5.0, 0.0],
            vec![1.0, 0.0, 0.0],
            vec![0.0, 3.0, 0.0],
        ];
        let result = HeadResult {
            head: "it".to_owned(),
            classes: 3,
            logits: rows,
            labels: vec![Some(1), Some(0), Some(2)],
        };
        let auc = |rows, positive| Figures::new(&result, rows, positive).auc;
        assert_eq!(auc(Rows::Logits, Some(0)), Some(1.0));
        assert_eq!(
            auc(Rows::Scores, Some(0)),
            Some(0.5),
            "the rows as they are"
        );
        assert_eq!(auc(Rows::Scores, None), None);
    }
}
