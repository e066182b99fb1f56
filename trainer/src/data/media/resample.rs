//! Another sampling rate, by a band-limited filter.
//!
//! J. O. Smith and P. Gossett, 'A flexible sampling-rate conversion method', ICASSP 1984: every new sample is the sum of the old ones
//! under a sinc in a Kaiser window, which is read from a table with linear interpolation, so that any two rates do. Places are exact
//! integers, sums `f64` in one order, functions those of `libm`: every machine makes the same samples. A crate that computes with the
//! widest instructions of the machine at hand adds in another order on each.

use std::f64::consts::PI;
use std::sync::LazyLock;

/// Zero crossings of the sinc on each side.
const REACH: usize = 32;
/// Entries of the table between two of them.
const STEPS: usize = 512;
/// Shape of the Kaiser window: what would fold back is 80 dB down.
const BETA: f64 = 7.86;
/// Middle of the filter's slope, as a part of the lower half rate: the slope ends about there, and 84 % of the band is untouched.
const CUT: f64 = 0.92;

/// One half of the filter, from its middle on, and a 0 behind it.
static TABLE: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let value = |step: usize| {
        let place = step as f64 / STEPS as f64;
        let sinc = match step {
            0 => 1.0,
            _ => libm::sin(PI * place) / (PI * place),
        };
        let across = place / REACH as f64;
        sinc * bessel(BETA * libm::sqrt((1.0 - across * across).max(0.0))) / bessel(BETA)
    };
    let mut table: Vec<f64> = (0..=REACH * STEPS).map(value).collect();
    table.push(0.0);
    table
});

/// The modified Bessel function of order 0, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
        k += 1.0;
    }
    sum
}

/// Samples at `to` a second of samples at `from` a second; both rates are over 0. A sound stays as long as it is, rounded up to whole
/// samples.
pub(super) fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f64> {
    if from == to {
        return samples.iter().map(|&sample| sample.into()).collect();
    }
    let (from, to) = (u64::from(from), u64::from(to));
    let len = (samples.len() as u64 * to).div_ceil(from);
    // The sinc is as wide as the lower rate asks.
    let narrow = CUT * (to as f64 / from as f64).min(1.0);
    let reach = REACH as f64 / narrow;
    let table = TABLE.as_slice();
    let one = |index: u64| {
        let (whole, rest) = (index * from / to, index * from % to);
        let part = rest as f64 / to as f64;
        let first = (whole as f64 + part - reach) as i64 + 1;
        let last = (whole as f64 + part + reach) as i64;
        let (mut sum, mut weights) = (0.0, 0.0);
        for at in first..=last {
            let distance = ((at - whole as i64) as f64 - part).abs();
            let place = distance * narrow * STEPS as f64;
            let step = (place as usize).min(REACH * STEPS);
            let between = place - step as f64;
            let weight = table[step] + (table[step + 1] - table[step]) * between;
            weights += weight;
            let inside = usize::try_from(at).ok().and_then(|at| samples.get(at));
            sum += weight * inside.map_or(0.0, |&sample| f64::from(sample));
        }
        // Of weights that add up to one, a constant stays what it is.
        sum / weights
    };
    (0..len).map(one).collect()
}
