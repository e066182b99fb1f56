//! The features of a task's samples, made once by `core`'s frontends on all cores and kept as they are stored.

use std::borrow::Cow;
use std::thread;

use anyhow::{Context, Result};

use crate::build::BuildError;
use crate::frontends::{Features, Frontend};
use crate::sample::Raw;
use crate::spec::Spec;
use crate::task::{Part, TaskData};
use crate::train::{Batches, Piece, Sample};

/// Features and labels of some samples, in the order of a description's inputs and heads.
#[derive(Clone, Debug, Default)]
pub struct FeatureSet {
    samples: Vec<Labelled>,
    /// Of training samples, see [`TaskData::held_out`].
    held_out: Vec<Option<bool>>,
}

/// Which of the task's inputs and heads a description uses, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Index among the task's inputs.
    pub inputs: Vec<usize>,
    /// Index among the task's heads.
    pub heads: Vec<usize>,
}

impl Order {
    /// Matches a description with its task by names.
    pub fn new(spec: &Spec, data: &TaskData) -> Result<Self, BuildError> {
        let (inputs, heads) = (data.input_names(), data.heads());
        let heads: Vec<_> = heads.iter().map(|head| head.name).collect();
        let find = |known: &[&str], name: &str, what: &str| {
            let place = known.iter().position(|n| *n == name);
            place.ok_or_else(|| BuildError {
                field: format!("{what}s.{name}.name"),
                problem: format!(
                    "task `{}` has no such {what}; it has {}",
                    spec.task.name(),
                    known.join(", ")
                ),
            })
        };
        Ok(Order {
            inputs: spec
                .inputs
                .iter()
                .map(|i| find(&inputs, &i.name, "input"))
                .collect::<Result<_, _>>()?,
            heads: spec
                .heads
                .iter()
                .map(|h| find(&heads, &h.name, "head"))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl FeatureSet {
    /// Makes the features of the samples with these numbers.
    pub fn make(
        data: &TaskData,
        part: Part,
        numbers: &[usize],
        frontends: &[Frontend],
        order: &Order,
    ) -> Result<Self> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
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
            Part::Train => numbers
                .iter()
                .map(|&number| data.held_out(number))
                .collect(),
            Part::Test => vec![None; numbers.len()],
        };
        Ok(FeatureSet {
            samples: parts.into_iter().flatten().collect(),
            held_out,
        })
    }

    /// The labels of a head, by its place in the description.
    pub fn labels(&self, head: usize) -> impl Iterator<Item = Option<u16>> {
        self.samples.iter().map(move |(_, labels)| labels[head])
    }

    /// Forgets an input of all samples.
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

    fn sample(&self, index: usize, _epoch: Option<u32>) -> Sample<'_> {
        let (inputs, labels) = &self.samples[index];
        fn borrow(features: &Features) -> Piece<'_> {
            match features {
                Features::Absent => Piece::Absent,
                Features::Whole(values) | Features::Steps(values) => {
                    Piece::Values(Cow::Borrowed(values))
                }
                Features::Ids(ids) => Piece::Ids(Cow::Borrowed(ids)),
            }
        }
        Sample {
            inputs: inputs.iter().map(borrow).collect(),
            labels: labels.clone(),
        }
    }
}

/// The features of a sample's inputs, and its labels.
type Labelled = (Vec<Features>, Vec<Option<u16>>);

fn make_share(
    data: &TaskData,
    part: Part,
    numbers: &[usize],
    frontends: &[Frontend],
    order: &Order,
) -> Result<Vec<Labelled>> {
    let mut makers: Vec<_> = frontends.iter().map(Frontend::maker).collect();
    let mut make = |number: usize| {
        let sample = data.sample(part, number);
        let inputs = order.inputs.iter().zip(&mut makers);
        let features = inputs.map(|(&source, maker)| {
            maker.features(sample.inputs.get(source).unwrap_or(&Raw::Absent))
        });
        let features = features
            .collect::<Result<_>>()
            .with_context(|| format!("sample {number}"))?;
        Ok((
            features,
            order
                .heads
                .iter()
                .map(|&head| sample.labels[head])
                .collect(),
        ))
    };
    numbers.iter().map(|&number| make(number)).collect()
}
