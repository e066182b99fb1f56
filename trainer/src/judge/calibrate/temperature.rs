//! Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks").

/// Bounds of the temperature; a table of softmax can be made for any value in between.
const BOUNDS: (f64, f64) = (1.0 / 16.0, 16.0);
/// Number of steps of the search: the interval shrinks to less than a float can tell.
const STEPS: usize = 60;

/// The temperature at which `softmax(logits / T)` is likeliest to give the labels; 1 where there are none.
///
/// The target of a sample is its label but for one part in `n + 1`, which is spread over all classes, as if one more sample of
/// unknown class had been seen (Platt 1999 does the same): else a head that is right on all of few samples would claim
/// to be always right. The mean loss is convex in 1 / T, so a golden-section search over log T finds its only minimum.
pub(super) fn fit(rows: &[Vec<f32>], labels: &[u16]) -> f32 {
    if rows.is_empty() {
        return 1.0;
    }
    let loss = |log: f64| loss(rows, labels, libm::exp(log));
    let ratio = (libm::sqrt(5.0) - 1.0) / 2.0;
    let (mut low, mut high) = (libm::log(BOUNDS.0), libm::log(BOUNDS.1));
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_a, mut at_b) = (loss(a), loss(b));
    for _ in 0..STEPS {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = loss(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = loss(b);
        }
    }
    libm::exp((low + high) / 2.0) as f32
}

/// Mean cross-entropy of the softened targets with `softmax(logits / temperature)`.
fn loss(rows: &[Vec<f32>], labels: &[u16], temperature: f64) -> f64 {
    let spread = 1.0 / (rows.len() as f64 + 1.0);
    let one = |(row, &label): (&Vec<f32>, &u16)| {
        let scaled = |x: f32| f64::from(x) / temperature;
        let top = row.iter().fold(f64::NEG_INFINITY, |m, &x| m.max(scaled(x)));
        let sum: f64 = row.iter().map(|&x| libm::exp(scaled(x) - top)).sum();
        let mean = row.iter().map(|&x| scaled(x)).sum::<f64>() / row.len() as f64;
        let target = (1.0 - spread) * scaled(row[usize::from(label)]) + spread * mean;
        top + libm::log(sum) - target
    };
    rows.iter().zip(labels).map(one).sum::<f64>() / rows.len() as f64
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Logits whose softmax at this temperature is the truth from which labels are drawn.
    fn drawn(count: usize, classes: usize, temperature: f64) -> (Vec<Vec<f32>>, Vec<u16>) {
        let mut rng = StdRng::seed_from_u64(5);
        let sample = |_| {
            let row: Vec<f32> = (0..classes).map(|_| rng.random_range(-6.0..6.0)).collect();
            let weights = row.iter().map(|&x| libm::exp(f64::from(x) / temperature));
            let weights: Vec<f64> = weights.collect();
            let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
            let class = weights.iter().position(|w| {
                left -= w;
                left < 0.0
            });
            (row, class.unwrap_or(0) as u16)
        };
        (0..count).map(sample).unzip()
    }

    #[test]
    fn the_temperature_of_the_draw_is_found() {
        for (classes, truth) in [(2, 0.5), (2, 3.0), (5, 1.0), (10, 2.0)] {
            let (rows, labels) = drawn(8000, classes, truth);
            let got = f64::from(fit(&rows, &labels));
            assert!((got / truth - 1.0).abs() < 0.08, "{got} for {truth}");
            let best = loss(&rows, &labels, got);
            for other in [0.9 * got, 1.1 * got] {
                assert!(best < loss(&rows, &labels, other), "{classes} {truth}");
            }
        }
    }

    #[test]
    fn few_samples_do_not_make_a_head_sure() {
        let rows = vec![vec![1.0f32, 0.0]; 20];
        // All answers are right: the head is not surer than 20 right answers allow.
        let sure = f64::from(fit(&rows, &[0; 20]));
        let score = 1.0 / (1.0 + libm::exp(-1.0 / sure));
        assert!((score - 41.0 / 42.0).abs() < 1e-3, "{score}");
        // All answers are wrong: the head is as unsure as the bounds allow.
        assert!((fit(&rows, &[1; 20]) - 16.0).abs() < 1e-3);
        assert_eq!(fit(&[], &[]), 1.0);
    }

    #[test]
    fn the_same_samples_give_the_same_bits() {
        let (rows, labels) = drawn(300, 4, 1.5);
        let bits = || fit(&rows, &labels).to_bits();
        assert_eq!(bits(), bits());
    }
}
