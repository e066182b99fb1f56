//! Random choices, each derived from the seed and its place, so that neither threads nor a resumed run change them.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Purpose of a choice; choices for different purposes are independent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// The samples that are held out.
    Holdout = 1,
    /// The order of an epoch's samples.
    Order = 2,
    /// The inputs that a sample leaves out.
    Sample = 3,
    /// The values that dropout clears.
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

/// Shuffles the training samples of an epoch, or all samples before some are held out.
pub(super) fn shuffled(
    mut items: Vec<usize>,
    seed: u64,
    purpose: Purpose,
    epoch: u64,
) -> Vec<usize> {
    items.shuffle(&mut rng(seed, purpose, epoch, 0));
    items
}
