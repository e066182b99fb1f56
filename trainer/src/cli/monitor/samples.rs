//! What is sent to a terminal.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tillsense_compiler::network::presets;
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::trained::trained_path;
use tillsense_core::engine::Model;

use crate::cli::Shared;
use crate::cli::feed::Feed;
use crate::cli::run::inputs::{self, Input, Kind};
use crate::cli::run::value;
use crate::data::dataset::Subset;
use crate::project::{Prepared, open};

/// Samples that are made up for a model without data.
const MADE_UP: usize = 1000;

/// Why none can be chosen.
const NONE: &str =
    "there are no samples for this model; give a picture, a recording, a text or a record";

/// A sample with what is known of it.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// Which one it is.
    pub title: String,
    /// Its inputs, by the model's numbers.
    pub inputs: Vec<Raw<'a>>,
    /// The right class of each head of the model, where it is known.
    pub truth: Vec<Option<usize>>,
}

/// Samples to choose from.
pub struct Samples<'a> {
    inputs: Vec<Input<'a>>,
    heads: usize,
    of: Of<'a>,
}

enum Of<'a> {
    Data(&'a Prepared),
    MadeUp(Feed<'a>),
    Nothing,
}

/// The data that belong to a model; `None` for one that has none, such as an imported network.
pub fn prepared(path: &Path, model: &Model<'_>, shared: &Shared) -> Result<Option<Prepared>> {
    let known = trained_path(path).exists() || presets::find(model.name()).is_some();
    if !known || path.extension().is_some_and(|end| end == "tflite") {
        return Ok(None);
    }
    let opened = open(path, shared.source(), shared.data.is_some())?;
    Ok(Some(opened.prepared))
}

impl<'a> Samples<'a> {
    /// Samples of a data set, or such as can be made up.
    pub fn new(model: &Model<'a>, prepared: Option<&'a Prepared>) -> Self {
        let made_up = || Feed::made_up(model, MADE_UP).map_or(Of::Nothing, Of::MadeUp);
        Samples {
            inputs: inputs::of_model(model),
            heads: model.heads().count(),
            of: prepared.map_or_else(made_up, Of::Data),
        }
    }

    /// The order in which a chosen sample's inputs go to the model's.
    pub fn order(&self) -> Vec<usize> {
        (0..self.inputs.len()).collect()
    }

    /// How many there are to choose from.
    pub fn count(&self) -> usize {
        match &self.of {
            Of::Data(prepared) => prepared.data.len(Subset::Test),
            Of::MadeUp(_) => MADE_UP,
            Of::Nothing => 0,
        }
    }

    /// A number of a sample, by chance.
    pub fn random(&self, seed: u64) -> usize {
        StdRng::seed_from_u64(seed).random_range(0..self.count().max(1))
    }

    /// Sample number `number`, counted around.
    pub fn choose(&self, number: usize) -> Result<Chosen<'a>> {
        ensure!(self.count() > 0, NONE);
        let number = number % self.count();
        Ok(match &self.of {
            Of::Data(prepared) => {
                let mut sample = prepared.sample(Subset::Test, number);
                let mut take = |&input: &usize| match sample.inputs.get_mut(input) {
                    Some(raw) => std::mem::replace(raw, Raw::Absent),
                    None => Raw::Absent,
                };
                let inputs = prepared.order.inputs.iter().map(&mut take).collect();
                let heads = prepared.exported_heads().into_iter();
                let truth = heads.map(|head| {
                    let label = sample
                        .labels
                        .get(prepared.order.heads[head])
                        .copied()
                        .flatten();
                    label.map(usize::from)
                });
                Chosen {
                    title: format!(
                        "test sample {number}: {}",
                        prepared.data.place(Subset::Test, number)
                    ),
                    inputs,
                    truth: truth.collect(),
                }
            }
            Of::MadeUp(feed) => Chosen {
                title: format!("made-up sample {number}"),
                inputs: feed.made(number).context(NONE)?.inputs,
                truth: vec![None; self.heads],
            },
            Of::Nothing => bail!(NONE),
        })
    }

    /// What somebody gives: a file, a text or a record for the first input of that kind, or for `NAME=`. Answers the input and what was
    /// done to it.
    pub fn given(&self, kind: Kind, text: &str) -> Result<(usize, Raw<'a>, Vec<String>)> {
        let of_kind = || {
            self.inputs
                .iter()
                .enumerate()
                .filter(|(_, input)| input.kind() == kind)
        };
        let named = text.split_once('=').and_then(|(name, rest)| {
            let (number, _) = of_kind().find(|(_, input)| input.name == name.trim())?;
            Some((number, rest))
        });
        let (number, text) = match named {
            Some(named) => named,
            None => {
                let first = of_kind().next();
                let (number, _) =
                    first.with_context(|| format!("the model takes no {}", kind.word()))?;
                (number, text)
            }
        };
        ensure!(!text.trim().is_empty(), "nothing is given");
        let value = value::read(&self.inputs[number], text.trim(), Path::new(""))?;
        Ok((number, value.raw, value.notes))
    }

    /// The number of an input by its name or by its place, from 1.
    pub fn input(&self, name: &str) -> Result<usize> {
        let place = name
            .parse::<usize>()
            .ok()
            .filter(|place| (1..=self.inputs.len()).contains(place));
        let by_name = || self.inputs.iter().position(|input| input.name == name);
        place
            .map(|place| place - 1)
            .or_else(by_name)
            .ok_or_else(|| {
                let names: Vec<_> = self.inputs.iter().map(|input| input.name).collect();
                anyhow!("no input `{name}`; there are {}", names.join(", "))
            })
    }
}

/// A sample of these inputs.
pub fn sample<'a>(inputs: &[Raw<'a>], given: &[bool]) -> Sample<'a> {
    let inputs = inputs.iter().zip(given).map(|(raw, given)| match given {
        true => raw.clone(),
        false => Raw::Absent,
    });
    Sample {
        inputs: inputs.collect(),
        labels: Vec::new(),
    }
}
