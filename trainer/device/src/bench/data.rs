//! The values of weights and inputs that layers are measured with.

use std::ops::RangeInclusive;

use tillsense_core::parity::SplitMix64;

/// How values are chosen from a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Pseudo-random values.
    Random,
    /// The value nearest to 0.
    Zeros,
    /// The lowest value.
    Lowest,
    /// The highest value.
    Highest,
    /// The lowest and the highest value in turn.
    Alternating,
}

impl Fill {
    /// The fills that use no random numbers.
    pub const CONSTANT: [Fill; 4] = [Fill::Zeros, Fill::Lowest, Fill::Highest, Fill::Alternating];

    /// Whether the fill takes values at the edges of the range only.
    pub const fn is_extreme(self) -> bool {
        matches!(self, Fill::Lowest | Fill::Highest | Fill::Alternating)
    }
}

/// How the weights and inputs of a layer are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    /// Seed of the random values.
    pub seed: u64,
    /// Fill of the inputs.
    pub inputs: Fill,
    /// Fill of weights, biases, factors and shifts.
    pub weights: Fill,
}

impl Data {
    /// Random weights and inputs from a seed.
    pub const fn random(seed: u64) -> Self {
        Data {
            seed,
            inputs: Fill::Random,
            weights: Fill::Random,
        }
    }

    /// Every pair of fills, then random data until there are `count`.
    pub fn variety(count: usize) -> Vec<Self> {
        let fills = || Fill::CONSTANT.into_iter().chain([Fill::Random]);
        let pairs = fills().flat_map(|inputs| fills().map(move |weights| (inputs, weights)));
        let random = std::iter::repeat((Fill::Random, Fill::Random));
        let numbered = (1..).zip(pairs.chain(random)).take(count);
        numbered
            .map(|(seed, (inputs, weights))| Data {
                seed,
                inputs,
                weights,
            })
            .collect()
    }
}

/// A source of values, one after the other.
#[derive(Clone, Debug)]
pub struct Values {
    numbers: SplitMix64,
}

impl Values {
    /// A source that starts from this seed.
    pub const fn new(seed: u64) -> Self {
        Values {
            numbers: SplitMix64::new(seed),
        }
    }

    /// The next `count` values of a range, chosen by `fill`.
    pub fn take(
        &mut self,
        fill: Fill,
        count: usize,
        range: RangeInclusive<i32>,
    ) -> impl Iterator<Item = i32> {
        let (low, high) = range.into_inner();
        (0..count).map(move |index| match fill {
            Fill::Random => self.between(low, high),
            Fill::Zeros => 0.clamp(low, high),
            Fill::Lowest => low,
            Fill::Highest => high,
            Fill::Alternating if index % 2 == 0 => low,
            Fill::Alternating => high,
        })
    }

    fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = (i64::from(high) - i64::from(low) + 1) as u64;
        (i64::from(low) + ((self.numbers.next_u64() >> 32) % span) as i64) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_to_their_range() {
        let mut values = Values::new(3);
        let mut take = |fill| values.take(fill, 4, 2..=9).collect::<Vec<_>>();
        assert_eq!(take(Fill::Zeros), [2, 2, 2, 2]);
        assert_eq!(take(Fill::Lowest), [2, 2, 2, 2]);
        assert_eq!(take(Fill::Highest), [9, 9, 9, 9]);
        assert_eq!(take(Fill::Alternating), [2, 9, 2, 9]);
        let all = i32::MIN..=i32::MAX;
        let wide: Vec<_> = values.take(Fill::Random, 1000, all).collect();
        assert!(wide.iter().any(|&v| v < i32::MIN / 2) && wide.iter().any(|&v| v > i32::MAX / 2));
        let narrow: Vec<_> = values.take(Fill::Random, 1000, -1..=1).collect();
        assert!((-1..=1).all(|v| narrow.contains(&v)) && narrow.iter().all(|v| v.abs() <= 1));
    }

    #[test]
    fn a_variety_holds_all_pairs_and_no_two_alike() {
        let all = Data::variety(50);
        assert_eq!(all.len(), 50);
        let pairs = Fill::CONSTANT.into_iter().flat_map(|inputs| {
            Fill::CONSTANT
                .into_iter()
                .map(move |weights| (inputs, weights))
        });
        for pair in pairs {
            assert!(all.iter().any(|d| (d.inputs, d.weights) == pair));
        }
        assert!((1..50).all(|n| all[n..].iter().all(|d| *d != all[n - 1])));
    }
}
