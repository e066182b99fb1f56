//! Samples as the core's frontends make them, for training.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use tillsense_compiler::trained::ContentDigest;

/// Smallest number of samples to train on, without those held out.
pub const LEAST_TRAINED: usize = 8;

/// A set of samples. Features are kept as the frontends write them and become real numbers batch by batch.
pub trait Batches: Sync {
    /// Number of samples.
    fn len(&self) -> usize;

    /// Whether the set holds no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this sample must be held out (`true`) or must not (`false`) because samples share rows; `None` where any sample
    /// may be. The answer is `None` for all samples or for none.
    fn held_out(&self, _index: usize) -> Option<bool> {
        None
    }

    /// Digest of the samples, by which a checkpoint recognises its data.
    fn digest(&self) -> ContentDigest {
        content(self)
    }

    /// Sample number `index`. In training `epoch` is given and may vary the sample (shifts, noise, another
    /// composition); the same index and epoch always give the same sample.
    fn sample(&self, index: usize, epoch: Option<u32>) -> FeatureSample<'_>;
}

/// The digest of all samples without variation.
fn content<B: Batches + ?Sized>(data: &B) -> ContentDigest {
    let mut hash = Sha256::new();
    let mut piece = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for index in 0..data.len() {
        let sample = data.sample(index, None);
        for input in &sample.inputs {
            match input {
                Piece::Absent => piece(0, &[]),
                Piece::Values(values) => piece(1, bytemuck::cast_slice(values)),
                Piece::Ids(ids) => piece(2, bytemuck::cast_slice(ids)),
            }
        }
        for label in &sample.labels {
            // No class has the number 65,535: a head's size is below that.
            piece(3, &label.unwrap_or(u16::MAX).to_le_bytes());
        }
        let held_out = data.held_out(index);
        piece(4, &[held_out.map_or(2, u8::from)]);
    }
    ContentDigest(hash.finalize().into())
}

/// Features and labels of one sample.
#[derive(Clone, Debug, Default)]
pub struct FeatureSample<'a> {
    /// Features of each input, in the order of the description.
    pub inputs: Vec<Piece<'a>>,
    /// Class of each head, in the order of the description; `None` where it is not known.
    pub labels: Vec<Option<u16>>,
}

/// Features of one input of a sample.
#[derive(Clone, Debug)]
pub enum Piece<'a> {
    /// The sample does not have this input.
    Absent,
    /// A picture `[h, w, c]`, a record `[c]`, or the steps of sound or of a sequence `[steps, c]`.
    Values(Cow<'a, [i8]>),
    /// Ids of a text.
    Ids(Cow<'a, [u16]>),
}

impl Piece<'_> {
    /// Whether the input holds anything; an empty one counts as absent.
    pub fn is_given(&self) -> bool {
        match self {
            Piece::Absent => false,
            Piece::Values(values) => !values.is_empty(),
            Piece::Ids(ids) => !ids.is_empty(),
        }
    }
}
