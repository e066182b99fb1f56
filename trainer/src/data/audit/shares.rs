//! Whether training and test samples have the same shares of something.
//!
//! The population stability index of shares `p` and `q` is the sum of `(p - q) ln(p / q)`. By a rule of credit scoring (Siddiqi, "Credit
//! Risk Scorecards", 2006) a shift is small below 0.1 and large from 0.25 on. Of equal populations the index is not 0 but about
//! `(1/n + 1/m)` times chi-square of one less than the number of shares (Yurdakul and Naranjo, "Statistical properties of the population
//! stability index", Journal of Risk Model Validation, 2020), so what chance alone gives once in 10,000 times is no shift.

/// Index from which on a shift is told.
pub const SMALL: f64 = 0.1;
/// Index from which on a shift is warned of.
pub const LARGE: f64 = 0.25;
/// Samples of each part below which nothing is said.
const FEWEST: f64 = 20.0;
/// Deviations that chance exceeds once in 10,000 times.
const RARE: f64 = 3.72;

/// The index of counts of training and test samples; `None` where it is small or chance may have made it.
pub fn shift(counts: impl IntoIterator<Item = [u64; 2]>) -> Option<f64> {
    let filled = filled(counts);
    let index = index_of(&filled)?;
    let by_chance =
        (1.0 / total(&filled, 0) + 1.0 / total(&filled, 1)) * chi_square(filled.len() as f64 - 1.0);
    (index >= SMALL && index > by_chance).then_some(index)
}

/// The index of counts of training and test samples, whatever may have made it; `None` where there are too few to say anything.
pub fn index(counts: impl IntoIterator<Item = [u64; 2]>) -> Option<f64> {
    index_of(&filled(counts))
}

/// Counts of the shares that hold something.
fn filled(counts: impl IntoIterator<Item = [u64; 2]>) -> Vec<[f64; 2]> {
    let filled = counts.into_iter().filter(|[train, test]| train + test > 0);
    filled.map(|pair| pair.map(|count| count as f64)).collect()
}

fn total(filled: &[[f64; 2]], side: usize) -> f64 {
    filled.iter().map(|pair| pair[side]).sum()
}

fn index_of(filled: &[[f64; 2]]) -> Option<f64> {
    let (n, m) = (total(filled, 0), total(filled, 1));
    let shares = filled.len() as f64;
    if n < FEWEST || m < FEWEST || shares < 2.0 {
        return None;
    }
    // Half a sample is added to each, so that no share is 0.
    let share = |count: f64, all: f64| (count + 0.5) / (all + 0.5 * shares);
    let index = filled.iter().map(|&[train, test]| {
        let (p, q) = (share(train, n), share(test, m));
        (p - q) * libm::log(p / q)
    });
    Some(index.sum())
}

/// What chi-square exceeds once in 10,000 times, after Wilson and Hilferty (1931).
fn chi_square(freedom: f64) -> f64 {
    let part = 2.0 / (9.0 * freedom);
    let root = 1.0 - part + RARE * libm::sqrt(part);
    freedom * root * root * root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_told_and_chance_is_not() {
        // 90 and 10 % against 50 and 50 %: (0.9 - 0.5) ln 1.8 + (0.1 - 0.5) ln 0.2 = 0.879.
        let index = shift([[9000, 500], [1000, 500]]).unwrap();
        assert!((index - 0.879).abs() < 0.01, "{index}");
        assert_eq!(shift([[5000, 480], [5000, 520]]), None);
        // Ten shares of 30 test samples differ by chance.
        let few = [
            [12, 1],
            [12, 6],
            [12, 2],
            [12, 5],
            [12, 3],
            [12, 3],
            [12, 4],
            [12, 2],
            [12, 3],
            [12, 1],
        ];
        assert_eq!(shift(few), None);
        assert_eq!(shift([[10, 0], [0, 10]]), None);
    }

    #[test]
    fn chi_square_is_that_of_tables() {
        // The approximation is best for many degrees.
        for (freedom, stated) in [(1.0, 15.14), (9.0, 33.72), (30.0, 66.62)] {
            let ratio = chi_square(freedom) / stated;
            assert!((0.98..1.08).contains(&ratio), "{freedom}: {ratio}");
        }
    }
}
