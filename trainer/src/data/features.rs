//! The features of a task's samples, made once by `core`'s frontends on all threads and kept on disk.

use std::borrow::Cow;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use tillsense_compiler::frontend::{Features, Frontend, Maker, Taken};
use tillsense_compiler::network::description::{Input, Spec};
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::threads::Threads;
use tillsense_compiler::trained::ContentDigest;
use tillsense_compiler::words::grouped;

use crate::data::dataset::{Dataset, Subset};
use crate::data::dice::Dice;
use crate::data::input_map::InputMap;
use crate::data::intake::{InputCount, TakenCounts, feed};
use crate::data::store::{Store, StoreWriter};
use crate::data::{Batches, FeatureSample, Piece, augment};

/// Features and labels of some samples, in the order of a description's inputs and heads.
///
/// The features lie in a store on disk, so that memory does not grow with what the samples hold: what is kept of each is its
/// place, its labels and whether it is held out.
#[derive(Debug)]
pub struct FeatureSet {
    /// The features of each sample, as `postcard` writes a `Vec<Features>`.
    store: Store,
    /// The labels of all samples, a sample after the other.
    labels: Vec<Option<u16>>,
    /// Number of heads.
    heads: usize,
    /// Whether each training sample is held out, see [`Dataset::held_out`].
    held_out: Vec<Option<bool>>,
    /// In how many samples each input holds nothing, and in how many it is cut.
    taken: TakenCounts,
    /// Whether an input is made absent, by input.
    left_out: Vec<bool>,
}

impl FeatureSet {
    /// Makes the features of the samples with these numbers.
    pub fn make(
        data: &Dataset,
        part: Subset,
        numbers: &[usize],
        frontends: &[Frontend],
        order: &InputMap,
    ) -> Result<Self> {
        require_room(numbers.len(), frontends)?;
        let mut store = StoreWriter::new()?;
        let mut labels = Vec::with_capacity(numbers.len() * order.heads.len());
        let mut taken = TakenCounts::of(frontends.len());
        for chunk in numbers.chunks(chunk(frontends)) {
            for share in make_chunk(data, part, chunk, frontends, order)? {
                for sample in share {
                    store.push(&sample.features)?;
                    labels.extend(sample.labels);
                    taken.add(&sample.taken);
                }
            }
        }
        let held_out = match part {
            Subset::Train => numbers
                .iter()
                .map(|&number| data.held_out(number))
                .collect(),
            Subset::Test => vec![None; numbers.len()],
        };
        Ok(FeatureSet {
            store: store.finish()?,
            labels,
            heads: order.heads.len(),
            held_out,
            taken,
            left_out: vec![false; frontends.len()],
        })
    }

    /// The labels of a head, by the head's place in the description.
    pub fn labels(&self, head: usize) -> impl Iterator<Item = Option<u16>> {
        (0..self.len()).map(move |index| self.labels_of(index)[head])
    }

    /// Counts, by input, of the samples in which it holds nothing and in which it is cut.
    pub fn counts(&self, spec: &Spec, frontends: &[Frontend]) -> Vec<InputCount> {
        InputCount::all(spec, frontends, &self.taken)
    }

    /// Makes an input absent in all samples.
    pub fn without(mut self, input: usize) -> Self {
        self.left_out[input] = true;
        self
    }

    fn labels_of(&self, index: usize) -> &[Option<u16>] {
        &self.labels[index * self.heads..][..self.heads]
    }

    /// The features of a sample's inputs.
    fn features(&self, index: usize) -> Vec<Features> {
        let features: Vec<Features> = postcard::from_bytes(&self.store.read(index))
            .expect("the store holds what was encoded");
        let inputs = features.into_iter().zip(&self.left_out);
        inputs
            .map(|(features, left_out)| match left_out {
                true => Features::Absent,
                false => features,
            })
            .collect()
    }
}

impl Batches for FeatureSet {
    fn len(&self) -> usize {
        self.held_out.len()
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        self.held_out[index]
    }

    fn sample(&self, index: usize, _epoch: Option<u32>) -> FeatureSample<'_> {
        FeatureSample {
            inputs: self.features(index).into_iter().map(piece).collect(),
            labels: self.labels_of(index).to_vec(),
        }
    }
}

/// The samples of the training part, which every epoch composes and varies anew.
pub struct TrainingSet<'a> {
    /// The samples without variation, for held-out samples and ranges.
    plain: FeatureSet,
    data: &'a Dataset,
    numbers: Vec<usize>,
    frontends: &'a [Frontend],
    order: &'a InputMap,
    inputs: &'a [Input],
    seed: u64,
    /// Makers that no thread uses at present.
    makers: Mutex<Vec<Vec<Maker>>>,
}

impl<'a> TrainingSet<'a> {
    /// A training set of the samples with these numbers.
    pub fn make(
        data: &'a Dataset,
        numbers: Vec<usize>,
        frontends: &'a [Frontend],
        order: &'a InputMap,
        spec: &'a Spec,
    ) -> Result<Self> {
        Ok(TrainingSet {
            plain: FeatureSet::make(data, Subset::Train, &numbers, frontends, order)?,
            data,
            numbers,
            frontends,
            order,
            inputs: &spec.inputs,
            seed: spec.train.seed,
            makers: Mutex::default(),
        })
    }

    /// The samples without variation.
    pub fn plain(&self) -> &FeatureSet {
        &self.plain
    }

    fn varied(&self, index: usize, epoch: u32) -> FeatureSample<'_> {
        let number = self.numbers[index];
        let mut dice = Dice::new(self.seed, u64::from(epoch) << 32 | index as u64);
        let fed = |sample| feed(sample, self.frontends, self.order).0;
        let composed = self.data.composed(number, epoch);
        let composed = composed.map(|(sample, noise)| (fed(sample), noise));
        let labels = match &composed {
            Some((sample, _)) => {
                let heads = self.order.heads.iter();
                heads.map(|&head| sample.labels[head]).collect()
            }
            None => self.plain.labels_of(index).to_vec(),
        };
        let anew = composed.is_some();
        let noise = composed.as_ref().and_then(|(_, noise)| *noise);
        let mut noise = noise.map(|seed| Dice::new(seed, 0));

        let raws = match composed {
            Some((sample, _)) => sample.inputs,
            None if self.inputs.iter().any(augment::changes_raw) => {
                fed(self.data.sample(Subset::Train, number)).inputs
            }
            None => Vec::new(),
        };
        let mut makers = self.makers();
        let mut inputs = Vec::with_capacity(self.inputs.len());
        let plain = self.plain.features(index).into_iter();
        for ((at, input), plain) in self.inputs.iter().enumerate().zip(plain) {
            let (augment, frontend) = (&input.augment, &self.frontends[at]);
            let raw = raws
                .get(self.order.inputs[at])
                .filter(|_| anew || augment::changes_raw(input));
            let made = raw.and_then(|raw| {
                let mut varied = augment::raw(raw, frontend, input, &mut dice);
                if let Some(noise) = &mut noise {
                    varied = varied.degraded(frontend, noise);
                }
                let made = makers[at].features(&varied.raw()).ok();
                // Where the frontend refuses the varied sample, or finds nothing in it, the sample is taken without variation.
                made.filter(|made| anew || *made != Features::Absent)
            });
            let mut features = made.unwrap_or(plain);
            if augment::changes_features(augment) {
                augment::features(&mut features, frontend, augment, &mut dice);
            }
            inputs.push(piece(features));
        }
        self.give_back(makers);
        FeatureSample { inputs, labels }
    }

    fn makers(&self) -> Vec<Maker> {
        let idle = self.makers.lock().ok().and_then(|mut idle| idle.pop());
        idle.unwrap_or_else(|| self.frontends.iter().map(Frontend::maker).collect())
    }

    fn give_back(&self, makers: Vec<Maker>) {
        if let Ok(mut idle) = self.makers.lock() {
            idle.push(makers);
        }
    }
}

impl Batches for TrainingSet<'_> {
    fn len(&self) -> usize {
        self.plain.len()
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        self.plain.held_out(index)
    }

    /// Digest of the rows too: epochs compose samples of rows that the plain samples need not have.
    fn digest(&self) -> ContentDigest {
        let [plain, rows] = [self.plain.digest(), self.data.digest()];
        ContentDigest(Sha256::digest([plain.0, rows.0].concat()).into())
    }

    fn sample(&self, index: usize, epoch: Option<u32>) -> FeatureSample<'_> {
        match epoch {
            Some(epoch) => self.varied(index, epoch),
            None => self.plain.sample(index, None),
        }
    }
}

fn piece(features: Features) -> Piece<'static> {
    match features {
        Features::Absent => Piece::Absent,
        Features::Whole(values) | Features::Steps(values) => Piece::Values(Cow::Owned(values)),
        Features::Ids(ids) => Piece::Ids(Cow::Owned(ids)),
    }
}

/// Limit of the bytes of all features of a part, which lie on disk.
const MOST_BYTES: u64 = 8 << 30;

/// Refuses samples whose pictures and records would fill a disk; texts and sounds are as long as they are.
fn require_room(samples: usize, frontends: &[Frontend]) -> Result<()> {
    let bytes = fixed_bytes(frontends).saturating_mul(samples as u64);
    ensure!(
        bytes <= MOST_BYTES,
        "{samples} samples of this description take {} bytes of disk, more than {}; describe smaller pictures, or take fewer samples with --limit",
        grouped(bytes),
        grouped(MOST_BYTES)
    );
    Ok(())
}

/// Bytes of features that are in memory at a time, and the most samples that they belong to.
const CHUNK: (u64, u64) = (64 << 20, 4096);

/// Samples whose features are made at a time.
fn chunk(frontends: &[Frontend]) -> usize {
    (CHUNK.0 / fixed_bytes(frontends).max(1)).clamp(1, CHUNK.1) as usize
}

/// Bytes of the features that have one length: those of pictures and records.
fn fixed_bytes(frontends: &[Frontend]) -> u64 {
    let bytes = frontends.iter().map(|frontend| match frontend {
        Frontend::Image(_) | Frontend::Record(_) => frontend.facts().width as u64,
        Frontend::Audio { .. } | Frontend::Text(_) | Frontend::Sequence(_) => 0,
    });
    bytes.sum()
}

/// What is made of one sample.
struct Made {
    /// The features as they are stored.
    features: Vec<u8>,
    labels: Vec<Option<u16>>,
    taken: Vec<Taken>,
}

/// The features of some samples, made on all threads, in the order of the samples.
fn make_chunk(
    data: &Dataset,
    part: Subset,
    numbers: &[usize],
    frontends: &[Frontend],
    order: &InputMap,
) -> Result<Vec<Vec<Made>>> {
    let share = numbers.len().div_ceil(Threads::default().count()).max(1);
    thread::scope(|scope| {
        let shares = numbers.chunks(share);
        let workers: Vec<_> = shares
            .map(|numbers| scope.spawn(move || make_share(data, part, numbers, frontends, order)))
            .collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().expect("frontends do not panic"));
        joined.collect()
    })
}

fn make_share(
    data: &Dataset,
    part: Subset,
    numbers: &[usize],
    frontends: &[Frontend],
    order: &InputMap,
) -> Result<Vec<Made>> {
    let mut makers: Vec<_> = frontends.iter().map(Frontend::maker).collect();
    let mut make = |number: usize| {
        let (sample, taken) = feed(data.sample(part, number), frontends, order);
        let inputs = order.inputs.iter().zip(&mut makers);
        let features: Vec<Features> = inputs
            .map(|(&source, maker)| {
                maker.features(sample.inputs.get(source).unwrap_or(&Raw::Absent))
            })
            .collect::<Result<_>>()
            .with_context(|| data.place(part, number))?;
        let labels = order.heads.iter().map(|&head| sample.labels[head]);
        Ok(Made {
            features: postcard::to_allocvec(&features)?,
            labels: labels.collect(),
            taken,
        })
    };
    numbers.iter().map(|&number| make(number)).collect()
}

#[cfg(test)]
mod tests {
    use tillsense_compiler::frontend::ImageFrontend;
    use tillsense_compiler::network::description::Fit;

    use super::*;

    #[test]
    fn what_would_fill_a_disk_is_refused_and_memory_holds_few_large_pictures() {
        let picture = |side: usize| {
            [Frontend::Image(ImageFrontend {
                source: [side; 2],
                source_channels: 1,
                output: [side, side, 1],
                table: [0; 256],
                fit: Fit::Stretch,
            })]
        };
        assert!(require_room(1_000_000, &picture(64)).is_ok());
        let error = require_room(60_000, &picture(512)).unwrap_err().to_string();
        assert!(
            error.contains("60000 samples") && error.contains("bytes of disk"),
            "{error}"
        );
        assert_eq!((chunk(&picture(512)), chunk(&picture(8))), (256, 4096));
    }
}
