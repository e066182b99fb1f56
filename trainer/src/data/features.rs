//! The features of a task's samples, made once by `core`'s frontends on all threads and kept as they are stored.

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
use crate::data::intake::{InputCount, feed};
use crate::data::{Batches, FeatureSample, Piece, augment};

/// Features and labels of some samples, in the order of a description's inputs and heads.
#[derive(Clone, Debug, Default)]
pub struct FeatureSet {
    samples: Vec<Labelled>,
    /// Whether each training sample is held out, see [`Dataset::held_out`].
    held_out: Vec<Option<bool>>,
    /// How much is taken of each input, by sample.
    taken: Vec<Vec<Taken>>,
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
        let workers = Threads::default().count();
        let share = numbers.len().div_ceil(workers).max(1);
        let parts = thread::scope(|scope| {
            let workers: Vec<_> = numbers
                .chunks(share)
                .map(|numbers| {
                    scope.spawn(move || make_share(data, part, numbers, frontends, order))
                })
                .collect();
            let joined = workers
                .into_iter()
                .map(|w| w.join().expect("frontends do not panic"));
            joined.collect::<Result<Vec<_>>>()
        })?;
        let held_out = match part {
            Subset::Train => numbers
                .iter()
                .map(|&number| data.held_out(number))
                .collect(),
            Subset::Test => vec![None; numbers.len()],
        };
        let (samples, taken) = parts.into_iter().flatten().unzip();
        Ok(FeatureSet {
            samples,
            held_out,
            taken,
        })
    }

    /// The labels of a head, by the head's place in the description.
    pub fn labels(&self, head: usize) -> impl Iterator<Item = Option<u16>> {
        self.samples.iter().map(move |(_, labels)| labels[head])
    }

    /// Counts, by input, of the samples in which it holds nothing and in which it is cut.
    pub fn counts(&self, spec: &Spec, frontends: &[Frontend]) -> Vec<InputCount> {
        InputCount::all(spec, frontends, &self.taken)
    }

    /// Makes an input absent in all samples.
    pub fn without(mut self, input: usize) -> Self {
        for (inputs, _) in &mut self.samples {
            inputs[input] = Features::Absent;
        }
        self
    }
}

impl Batches for FeatureSet {
    fn len(&self) -> usize {
        self.samples.len()
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        self.held_out[index]
    }

    fn sample(&self, index: usize, _epoch: Option<u32>) -> FeatureSample<'_> {
        let (inputs, labels) = &self.samples[index];
        FeatureSample {
            inputs: inputs.iter().map(borrowed).collect(),
            labels: labels.clone(),
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
            None => self.plain.samples[index].1.clone(),
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
        for (at, input) in self.inputs.iter().enumerate() {
            let (augment, frontend) = (&input.augment, &self.frontends[at]);
            let plain = &self.plain.samples[index].0[at];
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
            inputs.push(match (made, augment::changes_features(augment)) {
                (Some(made), false) => owned(made),
                (None, false) => borrowed(plain),
                (made, true) => {
                    let mut features = made.unwrap_or_else(|| plain.clone());
                    augment::features(&mut features, frontend, augment, &mut dice);
                    owned(features)
                }
            });
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

fn borrowed(features: &Features) -> Piece<'_> {
    match features {
        Features::Absent => Piece::Absent,
        Features::Whole(values) | Features::Steps(values) => Piece::Values(Cow::Borrowed(values)),
        Features::Ids(ids) => Piece::Ids(Cow::Borrowed(ids)),
    }
}

fn owned(features: Features) -> Piece<'static> {
    match features {
        Features::Absent => Piece::Absent,
        Features::Whole(values) | Features::Steps(values) => Piece::Values(Cow::Owned(values)),
        Features::Ids(ids) => Piece::Ids(Cow::Owned(ids)),
    }
}

/// Limit of the bytes of all features of a part.
const MOST_BYTES: u64 = 1 << 30;

/// Refuses samples whose pictures and records would not fit into memory; texts and sounds are as long as they are.
fn require_room(samples: usize, frontends: &[Frontend]) -> Result<()> {
    let bytes = frontends.iter().map(|frontend| match frontend {
        Frontend::Image(_) | Frontend::Record(_) => frontend.facts().width as u64,
        Frontend::Audio { .. } | Frontend::Text(_) | Frontend::Sequence(_) => 0,
    });
    let bytes = bytes.sum::<u64>().saturating_mul(samples as u64);
    ensure!(
        bytes <= MOST_BYTES,
        "{samples} samples of this description take {} bytes of memory, more than {}; describe smaller pictures, or take fewer samples with --limit",
        grouped(bytes),
        grouped(MOST_BYTES)
    );
    Ok(())
}

/// The features of a sample's inputs, and its labels.
type Labelled = (Vec<Features>, Vec<Option<u16>>);

fn make_share(
    data: &Dataset,
    part: Subset,
    numbers: &[usize],
    frontends: &[Frontend],
    order: &InputMap,
) -> Result<Vec<(Labelled, Vec<Taken>)>> {
    let mut makers: Vec<_> = frontends.iter().map(Frontend::maker).collect();
    let mut make = |number: usize| {
        let (sample, taken) = feed(data.sample(part, number), frontends, order);
        let inputs = order.inputs.iter().zip(&mut makers);
        let features = inputs.map(|(&source, maker)| {
            maker.features(sample.inputs.get(source).unwrap_or(&Raw::Absent))
        });
        let features = features
            .collect::<Result<_>>()
            .with_context(|| data.place(part, number))?;
        let labels = order.heads.iter().map(|&head| sample.labels[head]);
        Ok(((features, labels.collect()), taken))
    };
    numbers.iter().map(|&number| make(number)).collect()
}
