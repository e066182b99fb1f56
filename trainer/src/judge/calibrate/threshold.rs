//! Chooses the lowest threshold that keeps to a stated part of wrong answers.
//!
//! Few samples prove little, and the lowest of many thresholds that happen to look good is worse than it looks. Both are
//! allowed for, as in "Learn then Test" (Angelopoulos et al. 2021, fixed sequences with several starts): from four
//! thresholds, at which a half, a quarter and so on of the samples are answered, the search goes down step by step as long as
//! the upper Clopper-Pearson bound of the part of wrong answers, at a confidence of 1 - 0.05 / 4, is within the stated part.
//! The lowest threshold reached is taken. So with a confidence of 95 % the stated part holds for new samples that are like
//! the held-out ones and independent of one another.

use tillsense_compiler::run::Answer;

/// Confidence of the whole choice.
pub const CONFIDENCE: f64 = 0.95;
/// Starts of the search: for each, the smallest part of samples that is answered there.
const STARTS: [f64; 4] = [0.75, 0.5, 0.25, 0.125];

/// A threshold with its answers to held-out samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Scores below this, in 1/256, defer to a person; 0 never defers. Where no threshold is fit, it
    /// is 255: only the surest answers are given.
    pub threshold: u8,
    /// Whether the rate is shown to hold.
    pub shown: bool,
    /// Number of samples answered.
    pub answered: usize,
    /// Number of those answered wrong.
    pub wrong: usize,
    /// Number of all samples.
    pub samples: usize,
    /// Smallest number of answered samples that can show the rate, if none of them is wrong.
    pub needed: usize,
    /// Whether the threshold was given up, because more would defer than the description allows.
    pub given_up: bool,
}

impl Choice {
    /// Gives the threshold up where more than this part of the samples would defer: then none does.
    pub fn unless_more_than(mut self, part: f32) -> Self {
        let deferred = self.samples - self.answered;
        if !self.shown || deferred as f64 > f64::from(part) * self.samples as f64 {
            (self.threshold, self.given_up) = (0, true);
        }
        self
    }
}

/// Chance that the whole choice is wrong, divided among the starts.
const MISS: f64 = (1.0 - CONFIDENCE) / STARTS.len() as f64;

/// Smallest number of answered samples that can show a rate of wrong answers, if none of them is wrong. With fewer held-out
/// samples it is known before training that no threshold will be shown.
pub fn needed(rate: f64) -> usize {
    libm::ceil(libm::log(MISS) / libm::log1p(-rate)) as usize
}

/// The smallest rate, to two digits, that this number of answered samples can show if none of
/// them is wrong; `None` without samples.
pub fn smallest(samples: usize) -> Option<f32> {
    let exact = -libm::expm1(libm::log(MISS) / samples.max(1) as f64);
    let unit = libm::pow(10.0, libm::floor(libm::log10(exact)) - 1.0);
    let first = libm::ceil(exact / unit) as u32;
    // What a description says is rounded once more; the next step is then large enough.
    let rates = [first, first + 1].map(|steps| (f64::from(steps) * unit) as f32);
    let shown = |rate: &f32| *rate < 1.0 && needed(f64::from(*rate)) <= samples;
    rates.into_iter().find(shown)
}

/// Chooses a threshold from a head's answers to samples that it was not trained on.
pub fn choose(answers: &[Answer], rate: f64) -> Choice {
    let count = |threshold: u8| {
        let answered = answers.iter().filter(|a| a.score >= threshold);
        answered.fold((0, 0), |(all, wrong), a| {
            (all + 1, wrong + usize::from(!a.right))
        })
    };
    let fit = |&threshold: &u8| {
        let (answered, wrong) = count(threshold);
        answered > 0 && binomial(answered, wrong, rate) <= MISS
    };
    // Starts depend on scores alone, not on which answers are right.
    let reached = STARTS.iter().filter_map(|part| {
        let least = part * answers.len() as f64;
        let start = (1..=255).rev().find(|&t| count(t).0 as f64 >= least)?;
        (1..=start).rev().take_while(fit).last()
    });
    let chosen = reached.min();
    let threshold = match chosen {
        Some(1) => 0,
        Some(threshold) => threshold,
        None => 255,
    };
    let (answered, wrong) = count(threshold);
    Choice {
        threshold,
        shown: chosen.is_some(),
        answered,
        wrong,
        samples: answers.len(),
        needed: needed(rate),
        given_up: false,
    }
}

/// The chance of at most `wrong` wrong answers among `answered`, where each is wrong with this chance. It is at most `miss`
/// exactly if the upper Clopper-Pearson bound at confidence `1 - miss` is not above the chance.
fn binomial(answered: usize, wrong: usize, chance: f64) -> f64 {
    let (n, factorial) = (answered as f64, |x: f64| libm::lgamma(x + 1.0));
    let term = |k: usize| {
        let k = k as f64;
        let ways = factorial(n) - factorial(k) - factorial(n - k);
        libm::exp(ways + k * libm::log(chance) + (n - k) * libm::log1p(-chance))
    };
    (0..=wrong).map(term).sum()
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn the_smallest_rate_that_can_be_shown_is_just_that() {
        assert_eq!(smallest(40), Some(0.11));
        assert_eq!(smallest(0), None);
        for samples in (2..3000).chain([43_820, 1_000_000]) {
            let rate = f64::from(smallest(samples).unwrap());
            assert!(needed(rate) <= samples, "{samples}: {rate}");
            assert!(needed(0.88 * rate) > samples, "{samples}: {rate}");
        }
    }

    /// Random answers that are right as often as their score says.
    fn honest(count: usize, seed: u64) -> Vec<Answer> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut answer = || {
            // The distribution makes most scores high.
            let u: f64 = rng.random();
            let chance = 1.0 - 0.5 * u * u * u;
            Answer {
                score: (256.0 * chance).min(255.0) as u8,
                right: rng.random::<f64>() < chance,
            }
        };
        (0..count).map(|_| answer()).collect()
    }

    fn error(answers: &[Answer], threshold: u8) -> f64 {
        let given: Vec<_> = answers.iter().filter(|a| a.score >= threshold).collect();
        given.iter().filter(|a| !a.right).count() as f64 / given.len().max(1) as f64
    }

    #[test]
    fn binomial_tails() {
        // 0.98^10, and from tables of the Clopper-Pearson bound at 95 %: 0 of 59 is within 5 %, 1 of 93, 0 of 149 within 2 %.
        assert!((binomial(10, 0, 0.02) - 0.817_072_8).abs() < 1e-6);
        assert!(binomial(59, 0, 0.05) <= 0.05 && binomial(58, 0, 0.05) > 0.05);
        assert!(binomial(93, 1, 0.05) <= 0.05 && binomial(92, 1, 0.05) > 0.05);
        assert!(binomial(149, 0, 0.02) <= 0.05 && binomial(148, 0, 0.02) > 0.05);
        assert!((binomial(40, 40, 0.3) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_rate_holds_on_new_samples() {
        let new = honest(400_000, 1000);
        for rate in [0.02, 0.05] {
            let (mut broken, mut answered, mut shown) = (0, 0, 0);
            for seed in 0..200 {
                let choice = choose(&honest(1500, seed), rate);
                shown += usize::from(choice.shown);
                broken += usize::from(error(&new, choice.threshold) > rate);
                answered += choice.answered;
            }
            // The rate may be broken by 5 % of the choices; and it is not kept to by answering next to nothing.
            assert!(broken <= 10, "{rate}: {broken} of 200");
            assert!(shown >= 170, "{rate}: {shown} of 200");
            assert!(answered > 200 * 1500 * 3 / 10, "{rate}: {answered}");
        }
    }

    #[test]
    fn what_cannot_be_shown_is_not_claimed() {
        let right = |count: usize, score| vec![Answer { score, right: true }; count];
        let choice = choose(&right(216, 200), 0.02);
        assert_eq!((choice.threshold, choice.shown), (255, false));
        assert_eq!((choice.needed, choice.answered), (217, 0));
        let choice = choose(&right(217, 200), 0.02);
        assert_eq!((choice.threshold, choice.shown), (0, true), "all are right");
        let wrong = vec![
            Answer {
                score: 255,
                right: false
            };
            900
        ];
        assert!(!choose(&wrong, 0.02).shown);
        assert!(!choose(&[], 0.02).shown);
        // Wrong answers lie below 100, right ones above.
        let low = vec![
            Answer {
                score: 99,
                right: false
            };
            500
        ];
        let choice = choose(&[right(500, 180), low].concat(), 0.02);
        assert_eq!(
            (choice.threshold, choice.answered, choice.wrong),
            (100, 500, 0)
        );
    }
}
