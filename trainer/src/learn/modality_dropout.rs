//! Modality dropout: training leaves inputs out of samples.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::data::{FeatureSample, Piece};

/// Leaves inputs out of a sample with these probabilities; at least one of the inputs that it has stays.
pub(super) fn leave_out(sample: &mut FeatureSample, rates: &[f32], rng: &mut ChaCha8Rng) {
    let present = |piece: &Piece| !matches!(piece, Piece::Absent);
    let present: Vec<bool> = sample.inputs.iter().map(present).collect();
    let keep = keeps(rates, &present, rng);
    for (piece, _) in sample.inputs.iter_mut().zip(keep).filter(|(_, keep)| !keep) {
        *piece = Piece::Absent;
    }
}

/// For each input, whether a sample keeps it, given the rates; at least one of the inputs present stays.
fn keeps(rates: &[f32], present: &[bool], rng: &mut ChaCha8Rng) -> Vec<bool> {
    let mut keep: Vec<bool> = rates
        .iter()
        .zip(present)
        .map(|(&rate, &has)| has && rng.random::<f32>() >= rate)
        .collect();
    let held: Vec<usize> = (0..present.len()).filter(|&i| present[i]).collect();
    if !keep.contains(&true) && !held.is_empty() {
        keep[held[rng.random_range(0..held.len())]] = true;
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::random::{Purpose, rng};

    #[test]
    fn one_input_always_stays() {
        for n in 0..200 {
            let mut rng = rng(1, Purpose::Sample, n, 0);
            let keep = keeps(&[0.9, 0.9, 0.9], &[true, false, true], &mut rng);
            assert!(!keep[1] && (keep[0] || keep[2]));
        }
    }
}
