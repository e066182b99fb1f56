//! Random draws that are the same on every machine: ChaCha8 for the bits, integer steps and libm's pure-Rust functions for the rest.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A seeded source of draws.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Starts the draws of a seed; each `stream` of a seed is a sequence of its own.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Draws 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Draws one of `0..bound`; `bound` is at least 1 and fits 32 bits.
    pub fn below(&mut self, bound: usize) -> usize {
        // Multiply and shift: the bias is below bound / 2^32.
        ((u64::from(self.0.next_u32()) * bound as u64) >> 32) as usize
    }

    /// Draws uniformly from [0, 1), a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Draws uniformly from [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Draws `true` with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Draws from the standard normal distribution (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(2.0 * core::f64::consts::PI * self.unit())
    }

    /// Draws one of the items, of which there is at least one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Draws an index, each as likely as its weight says.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u32 = weights.iter().sum();
        let mut left = self.below(total as usize) as u32;
        for (index, &weight) in weights.iter().enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        weights.len() - 1
    }

    /// Puts the items in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The logistic function, 1 / (1 + exp(-x)).
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_draws_everywhere() {
        let mut dice = Dice::new(7, 1);
        let drawn = [
            dice.bits(),
            dice.below(1000) as u64,
            dice.unit().to_bits(),
            dice.normal().to_bits(),
        ];
        assert_eq!(
            drawn,
            [
                18301176669829311175,
                107,
                4606884019139791398,
                13825782166523067221
            ]
        );
        assert_ne!(Dice::new(7, 0).bits(), Dice::new(7, 1).bits());
    }

    #[test]
    fn moments() {
        let mut dice = Dice::new(1, 0);
        let n = 20_000;
        let (mut sum, mut squares, mut below, mut second) = (0.0, 0.0, [0usize; 3], 0);
        for _ in 0..n {
            let x = dice.normal();
            sum += x;
            squares += x * x;
            below[dice.below(3)] += 1;
            second += usize::from(dice.weighted(&[1, 3]) == 1);
        }
        assert!((sum / f64::from(n)).abs() < 0.03 && (squares / f64::from(n) - 1.0).abs() < 0.05);
        assert!(
            below.iter().all(|&count| count.abs_diff(6667) < 300),
            "{below:?}"
        );
        assert!(second.abs_diff(15_000) < 300);
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<u32> = (0..50).collect();
        Dice::new(3, 0).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
