//! Suspected wrong labels: held-out samples whose label the model confidently contradicts.
//!
//! The rule is that of confident learning (Northcutt, Jiang & Chuang 2021, 'Confident Learning: Estimating Uncertainty in Dataset Labels', JAIR
//! 70): the threshold of a class is the mean score that samples labelled with it give it. A sample is
//! confidently of a class where that class reaches its threshold, of several the one with the highest score; where that is not
//! its label, the label is suspected. Beyond the paper the label's own score must be at most half of that class's: where a model
//! hardly tells classes apart, thresholds are low, and being above one says nothing. Only samples that training held out are judged: those that it saw, it may know by heart.

use anyhow::Result;
use serde::Serialize;
use tillsense_compiler::run::Scores;
use tillsense_compiler::trained::Course;
use tillsense_core::engine::Model;

use crate::data::dataset::Subset;
use crate::data::spread;
use crate::judge::score_training;
use crate::learn::held_out_of;
use crate::project::Prepared;

/// Suspected wrong labels among held-out training samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SuspectedLabels {
    /// The reason why none was judged, where that is so.
    pub not_judged: Option<String>,
    /// Number of held-out samples that were judged.
    pub held_out: usize,
    /// The suspected labels, the most contradicted first.
    pub suspects: Vec<Suspect>,
}

/// A label that the model confidently contradicts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspect {
    /// Name of the head.
    pub head: String,
    /// Number of the sample in the training part.
    pub sample: usize,
    /// Its file and line, or its number where it has none.
    pub place: String,
    /// The label.
    pub label: String,
    /// The class that the model is confident of.
    pub answer: String,
    /// Score of that class.
    pub score: f64,
    /// Score of the label.
    pub label_score: f64,
}

impl SuspectedLabels {
    /// No judgement, for this reason.
    pub fn not_judged(why: &str) -> Self {
        SuspectedLabels {
            not_judged: Some(why.to_owned()),
            ..SuspectedLabels::default()
        }
    }
}

/// Judges the labels of the training samples that a training with this course held out, or of `limit` of them, by the exported file.
pub fn suspected_labels(
    prepared: &Prepared,
    model: &Model<'_>,
    course: Course,
    limit: Option<usize>,
) -> Result<SuspectedLabels> {
    let training = prepared.training_numbers(course.limit.map(|limit| limit as usize));
    let mut train = prepared.spec.train.clone();
    train.seed = course.seed;
    let held = held_out_of(
        training.len(),
        &|i| prepared.data.held_out(training[i]),
        &train,
    );
    if held.is_empty() {
        return Ok(SuspectedLabels::not_judged("training held no samples out"));
    }
    let some = spread(held.len(), limit).into_iter();
    let numbers: Vec<usize> = some.map(|i| training[held[i]]).collect();
    let (scores, labels) = score_training(prepared, model, &numbers)?;
    let mut suspects = Vec::new();
    for (number, head) in prepared.exported_heads().into_iter().enumerate() {
        let place = prepared.order.heads[head];
        let rows = rows(&scores, number);
        let labels: Vec<_> = labels.iter().map(|labels| labels[place]).collect();
        let classes = &prepared.graph.heads[head].classes;
        for found in contradicted(&rows, &labels) {
            let sample = numbers[found.sample];
            suspects.push(Suspect {
                head: prepared.spec.heads[head].name.clone(),
                sample,
                place: prepared.data.place(Subset::Train, sample),
                label: classes[found.label].clone(),
                answer: classes[found.class].clone(),
                score: rows[found.sample][found.class],
                label_score: rows[found.sample][found.label],
            });
        }
    }
    // Of one place and head the order is kept.
    let margin = |suspect: &Suspect| suspect.score - suspect.label_score;
    suspects.sort_by(|a, b| margin(b).total_cmp(&margin(a)));
    Ok(SuspectedLabels {
        not_judged: None,
        held_out: numbers.len(),
        suspects,
    })
}

/// The scores of one head as a terminal reports them, from 0 to 255/256.
fn rows(scores: &[Scores], head: usize) -> Vec<Vec<f64>> {
    let row = |sample: &Scores| {
        let bytes = sample[head].iter();
        bytes
            .map(|&byte| (f64::from(byte) + 128.0) / 256.0)
            .collect()
    };
    scores.iter().map(row).collect()
}

/// The part of a class's score that the label's may have where the label is contradicted.
const MOST_OWN: f64 = 0.5;

/// A sample that is confidently of another class than its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Contradicted {
    sample: usize,
    label: usize,
    class: usize,
}

/// The samples whose label is confidently contradicted; samples without a label are left out.
fn contradicted(rows: &[Vec<f64>], labels: &[Option<u16>]) -> Vec<Contradicted> {
    let known = || {
        let samples = rows.iter().zip(labels).enumerate();
        samples.filter_map(|(sample, (row, label))| Some((sample, row, usize::from((*label)?))))
    };
    let classes = rows.first().map_or(0, Vec::len);
    let mut sums = vec![(0.0, 0usize); classes];
    for (_, row, label) in known() {
        sums[label].0 += row[label];
        sums[label].1 += 1;
    }
    // A class that no held-out sample has as its label has no threshold, and nobody is confidently of it.
    let threshold = |&(sum, count): &(f64, usize)| (count > 0).then(|| sum / count as f64);
    let thresholds: Vec<Option<f64>> = sums.iter().map(threshold).collect();
    let found = known().filter_map(|(sample, row, label)| {
        let classes = row.iter().zip(&thresholds).enumerate();
        let confident =
            classes.filter(|(_, (score, threshold))| threshold.is_some_and(|t| **score >= t));
        // Of equal scores the label's class counts, else the first.
        let best = confident.map(|(class, (score, _))| (class, *score));
        let best = best.reduce(|best, other| {
            match other.1 > best.1 || (other.1 == best.1 && other.0 == label) {
                true => other,
                false => best,
            }
        });
        let (class, score) = best?;
        (class != label && row[label] <= MOST_OWN * score).then_some(Contradicted {
            sample,
            label,
            class,
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_by_class() {
        let rows = [
            vec![0.9, 0.1],
            vec![0.8, 0.2],
            vec![0.1, 0.9], // labelled 0: class 1 reaches its threshold of 0.6, class 0 not its 0.6
            vec![0.3, 0.7],
            vec![0.5, 0.5],
        ];
        let labels = [Some(0), Some(0), Some(0), Some(1), Some(1)];
        let found = contradicted(&rows, &labels);
        assert_eq!(
            found,
            [Contradicted {
                sample: 2,
                label: 0,
                class: 1
            }]
        );
    }

    #[test]
    fn a_wrong_answer_that_is_not_confident_is_no_suspect() {
        // Answers to class 1 are usually sure (threshold 0.95): 0.6 is wrong, but no evidence.
        let rows = [
            vec![0.7, 0.3],
            vec![0.4, 0.6],
            vec![0.05, 0.95],
            vec![0.05, 0.95],
        ];
        let labels = [Some(0), Some(0), Some(1), Some(1)];
        assert_eq!(contradicted(&rows, &labels), []);
    }

    #[test]
    fn a_model_that_hardly_tells_classes_apart_suspects_nothing() {
        let rows = [vec![0.52, 0.48], vec![0.47, 0.53], vec![0.51, 0.49]];
        assert_eq!(contradicted(&rows, &[Some(1), Some(0), Some(0)]), []);
    }

    #[test]
    fn classes_and_samples_without_labels() {
        let rows = [
            vec![0.2, 0.1, 0.7],
            vec![0.9, 0.1, 0.0],
            vec![0.0, 1.0, 0.0],
        ];
        // Nothing is labelled 2, so that it has no threshold; the last sample has no label.
        assert_eq!(contradicted(&rows, &[Some(0), Some(0), None]), []);
        assert_eq!(contradicted(&[], &[]), []);
        let equal = [vec![0.5, 0.5], vec![0.5, 0.5]];
        assert_eq!(contradicted(&equal, &[Some(0), Some(1)]), []);
    }
}
