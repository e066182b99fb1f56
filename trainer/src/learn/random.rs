//! Random choices, each from the seed and the place where it is made, so that neither threads nor a resumed run
//! change them.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// What a choice is for; choices of different kinds are independent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Which samples are held out.
    Holdout = 1,
    /// The order of an epoch.
    Order = 2,
    /// What a sample leaves out.
    FeatureSample = 3,
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
