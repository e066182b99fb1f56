//! Random choices, each from the seed and the place where it is made, so that neither threads nor a resumed run
//! change them.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a choice is for; choices of different kinds are independent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Which samples are held out.
    Holdout = 1,
    /// The order of an epoch.
    Order = 2,
    /// What a sample leaves out.
    Sample = 3,
    /// Dropout of encodings.
    Dropout = 4,
}

/// The generator for one place.
pub(super) fn rng(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    let mut bytes = [0; 32];
    let words = [seed, purpose as u64, a, b];
    bytes
        .chunks_exact_mut(8)
        .zip(words)
        .for_each(|(chunk, word)| chunk.copy_from_slice(&word.to_le_bytes()));
    ChaCha8Rng::from_seed(bytes)
}

/// The training samples of an epoch in their order, or the held-out ones and the others.
pub(super) fn shuffled(
    mut items: Vec<usize>,
    seed: u64,
    purpose: Purpose,
    epoch: u64,
) -> Vec<usize> {
    items.shuffle(&mut rng(seed, purpose, epoch, 0));
    items
}

/// Which inputs a sample keeps, given each one's rate; at least one of those it has stays.
pub(super) fn keeps(rates: &[f32], present: &[bool], rng: &mut ChaCha8Rng) -> Vec<bool> {
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

    #[test]
    fn one_input_always_stays() {
        for n in 0..200 {
            let mut rng = rng(1, Purpose::Sample, n, 0);
            let keep = keeps(&[0.9, 0.9, 0.9], &[true, false, true], &mut rng);
            assert!(!keep[1] && (keep[0] || keep[2]));
        }
    }
}
