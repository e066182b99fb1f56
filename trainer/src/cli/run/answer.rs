//! What the heads of a model answer, and what each input is worth for that.

use serde::Serialize;
use tillsense_compiler::run::Scores;
use tillsense_core::engine::Model;
use tillsense_core::frontend::record::names;
use tillsense_core::model::records::{Answer as HeadAnswer, Head};

use super::tensor::step;

/// The answer of a head.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Name of the head.
    pub head: String,
    /// What it answers.
    #[serde(flatten)]
    pub said: Said,
}

/// What a head says.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// A class.
    Class(ClassAnswer),
    /// The values of a tensor.
    Tensor(TensorAnswer),
}

/// A class and how sure the head is.
#[derive(Clone, Debug, Serialize)]
pub struct ClassAnswer {
    /// The best class.
    pub answer: String,
    /// Its score, 0 to 1.
    pub score: f64,
    /// Whether a person decides, because the score is below the head's threshold.
    pub defers: bool,
    /// That threshold, 0 to 1.
    pub defer_below: f64,
    /// All classes, the best first.
    pub classes: Vec<ClassScore>,
    #[serde(skip)]
    class: usize,
}

/// A class with its score.
#[derive(Clone, Debug, Serialize)]
pub struct ClassScore {
    /// The class.
    pub class: String,
    /// Its score, 0 to 1.
    pub score: f64,
}

/// The values of a tensor.
#[derive(Clone, Debug, Serialize)]
pub struct TensorAnswer {
    /// Rows, columns and channels.
    pub shape: [u16; 3],
    /// What one step of a stored value is worth.
    pub scale: f64,
    /// The stored value of a real 0.
    pub zero_point: i8,
    /// Real values, row by row.
    pub values: Vec<f64>,
    /// The same as stored.
    pub stored: Vec<i8>,
}

/// How the heads answer without one of the inputs that are given.
#[derive(Clone, Debug, Serialize)]
pub struct Without {
    /// The input that is left out.
    pub input: String,
    /// What becomes of each head's answer.
    pub heads: Vec<Changed>,
}

/// What becomes of an answer when an input is left out.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// Name of the head.
    pub head: String,
    /// Whether the head answers another class.
    pub changes: bool,
    /// What it answers now; `None` of a tensor.
    pub answer: Option<String>,
    /// The score of that, 0 to 1.
    pub score: Option<f64>,
    /// The score of what it answers with all inputs, 0 to 1.
    pub score_of_answer: Option<f64>,
    /// By how much that differs from its score with all inputs.
    pub score_change: Option<f64>,
    /// The largest change of a tensor's value.
    pub largest_change: Option<f64>,
}

/// The score that a stored byte stands for.
fn share(score: i8) -> f64 {
    f64::from(i16::from(score) + 128) / 256.0
}

/// The answers of all heads.
pub fn answers(model: &Model<'_>, scores: &Scores) -> Vec<Answer> {
    let heads = model.heads().zip(scores);
    let answer = |(head, scores): (Head<'_>, &Vec<i8>)| Answer {
        head: head.name.to_owned(),
        said: said(&head, scores),
    };
    heads.map(answer).collect()
}

fn said(head: &Head<'_>, scores: &[i8]) -> Said {
    match head.answer {
        HeadAnswer::Tensor { scale } => {
            let view = &head.scores;
            let real = |&value: &i8| {
                step(scale) * f64::from(i16::from(value) - i16::from(view.zero_point))
            };
            Said::Tensor(TensorAnswer {
                shape: [view.h, view.w, view.c],
                scale: step(scale),
                zero_point: view.zero_point,
                values: scores.iter().map(real).collect(),
                stored: scores.to_vec(),
            })
        }
        HeadAnswer::Classes {
            names: list,
            defer_below,
        } => {
            let mut all: Vec<_> = names(list).zip(scores).enumerate().collect();
            // Stable: of equal scores the first class is the answer, as in a verdict.
            all.sort_by_key(|&(_, (_, &score))| std::cmp::Reverse(score));
            let (class, best) = all
                .first()
                .map_or((0, i8::MIN), |&(n, (_, &score))| (n, score));
            let score = |&(_, (name, &score)): &(usize, (&str, &i8))| ClassScore {
                class: name.to_owned(),
                score: share(score),
            };
            let classes: Vec<_> = all.iter().map(score).collect();
            Said::Class(ClassAnswer {
                answer: classes
                    .first()
                    .map_or(String::new(), |best| best.class.clone()),
                score: share(best),
                defers: i16::from(best) + 128 < i16::from(defer_below),
                defer_below: f64::from(defer_below) / 256.0,
                classes,
                class,
            })
        }
    }
}

/// What becomes of all answers when `input` is left out, which gives `scores`.
pub fn without(model: &Model<'_>, input: &str, answers: &[Answer], scores: &Scores) -> Without {
    let now = self::answers(model, scores);
    let heads = answers.iter().zip(now).zip(scores);
    let changed = |((before, now), scores): ((&Answer, Answer), &Vec<i8>)| {
        let mut changed = Changed {
            head: now.head,
            changes: false,
            answer: None,
            score: None,
            score_of_answer: None,
            score_change: None,
            largest_change: None,
        };
        match (&before.said, now.said) {
            (Said::Class(before), Said::Class(now)) => {
                changed.changes = before.class != now.class;
                changed.score_of_answer = scores.get(before.class).map(|&score| share(score));
                changed.score_change = changed.score_of_answer.map(|now| now - before.score);
                changed.score = Some(now.score);
                changed.answer = Some(now.answer);
            }
            (Said::Tensor(before), Said::Tensor(now)) => {
                let pairs = before.values.iter().zip(&now.values);
                let most = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                changed.changes = most > 0.0;
                changed.largest_change = Some(most);
            }
            _ => {}
        }
        changed
    };
    Without {
        input: input.to_owned(),
        heads: heads.map(changed).collect(),
    }
}
