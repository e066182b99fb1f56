//! Reliability of scores: of the answers with a score of 80 %, 80 % should be right.

use serde::Serialize;
use tillsense_compiler::run::Answer;

/// Number of bins of equal width from 0 to 1.
const BINS: usize = 10;

/// Answers whose best score lies in one bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Lowest score of the bin.
    pub from: f64,
    /// Upper end of the bin, which does not belong to it.
    pub below: f64,
    /// Number of answers in the bin.
    pub samples: usize,
    /// Mean score of the answers.
    pub score: f64,
    /// Part of the answers that is right.
    pub accuracy: f64,
}

/// Reliability of a head's answers to samples with a label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// Bins that hold answers, lowest first.
    pub bins: Vec<Bin>,
    /// Mean distance of score and accuracy over the bins, weighted by their answers (expected
    /// calibration error); `None` without answers.
    pub error: Option<f64>,
    /// Part of the samples that is deferred to a person; `None` without samples.
    pub deferred: Option<f64>,
    /// Part of the other samples that is answered wrong; `None` where all are deferred.
    pub wrong_answers: Option<f64>,
}

impl Reliability {
    /// The reliability of a head that defers below this score.
    pub fn new(answers: &[Answer], defer_below: u8) -> Self {
        let all = answers.len() as f64;
        let part = |of: f64| (!answers.is_empty()).then(|| of / all);
        let bins: Vec<Bin> = (0..BINS).filter_map(|bin| Bin::of(bin, answers)).collect();
        let distance = |bin: &Bin| bin.samples as f64 * (bin.score - bin.accuracy).abs();
        let answered: Vec<_> = answers.iter().filter(|a| a.score >= defer_below).collect();
        let wrong = answered.iter().filter(|a| !a.right).count();
        Reliability {
            error: part(bins.iter().map(distance).sum()),
            bins,
            deferred: part((answers.len() - answered.len()) as f64),
            wrong_answers: (!answered.is_empty()).then(|| wrong as f64 / answered.len() as f64),
        }
    }
}

impl Bin {
    fn of(bin: usize, answers: &[Answer]) -> Option<Self> {
        let held = |a: &&Answer| usize::from(a.score) * BINS / 256 == bin;
        let held: Vec<_> = answers.iter().filter(held).collect();
        let count = held.len() as f64;
        let scores: f64 = held.iter().map(|a| f64::from(a.score) / 256.0).sum();
        (!held.is_empty()).then(|| Bin {
            from: bin as f64 / BINS as f64,
            below: (bin + 1) as f64 / BINS as f64,
            samples: held.len(),
            score: scores / count,
            accuracy: held.iter().filter(|a| a.right).count() as f64 / count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_by_hand() {
        let answer = |score, right| Answer { score, right };
        // 64 is 1/4, 192 is 3/4, 255 is the last step of the last bin.
        let answers = [
            answer(64, true),
            answer(192, true),
            answer(192, false),
            answer(255, true),
        ];
        let found = Reliability::new(&answers, 192);
        let (from, samples): (Vec<_>, Vec<_>) =
            found.bins.iter().map(|b| (b.from, b.samples)).unzip();
        assert_eq!((from, samples), (vec![0.2, 0.7, 0.9], vec![1, 2, 1]));
        assert_eq!(
            found.bins[1],
            Bin {
                from: 0.7,
                below: 0.8,
                samples: 2,
                score: 0.75,
                accuracy: 0.5
            }
        );
        let error = (0.75 + 2.0 * 0.25 + 1.0 / 256.0) / 4.0;
        assert!((found.error.unwrap() - error).abs() < 1e-12);
        assert_eq!(
            (found.deferred, found.wrong_answers),
            (Some(0.25), Some(1.0 / 3.0))
        );
        assert_eq!(Reliability::new(&answers[..1], 65).wrong_answers, None);
    }

    #[test]
    fn of_no_answers_nothing_is_known() {
        let none = Reliability::new(&[], 1);
        assert_eq!(
            (none.error, none.deferred, none.wrong_answers),
            (None, None, None)
        );
    }
}
