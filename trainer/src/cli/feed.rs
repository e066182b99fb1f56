//! What is fed to a board: test samples of the data that belong to a model, or made-up ones where no data are known.

use anyhow::{Result, bail};
use tillsense_compiler::network::presets;
use tillsense_compiler::run::sample::{Cell, Raw, Sample};
use tillsense_compiler::trained::{ContentDigest, trained_path};
use tillsense_core::arena::Region;
use tillsense_core::engine::Model;
use tillsense_core::frontend::image::source_len;
use tillsense_core::model::Records;
use tillsense_core::model::records::{Field, FieldKind, Input, RecordParams, Source};
use tillsense_core::parity::SplitMix64;
use tillsense_core::trial::longest_text;

use crate::data::dataset::Subset;
use crate::data::spread;
use crate::project::{ModelSource, Prepared};

/// Samples for a board.
pub struct Feed<'p> {
    of: Of<'p>,
    numbers: Vec<usize>,
    order: Vec<usize>,
}

enum Of<'p> {
    Data(&'p Prepared),
    /// The kind and length of each input.
    MadeUp(Vec<(Kind, usize)>),
    /// Every input at its longest.
    Longest(Sample<'p>),
}

#[derive(Clone, Copy)]
enum Kind {
    Pixels,
    Values,
}

impl<'p> Feed<'p> {
    /// So many test samples, spread over all.
    pub fn of_data(prepared: &'p Prepared, samples: usize) -> Self {
        Feed {
            numbers: spread(prepared.data.len(Subset::Test), Some(samples)),
            order: prepared.order.inputs.clone(),
            of: Of::Data(prepared),
        }
    }

    /// So many made-up samples for a model that takes tensors and pictures.
    pub fn made_up(model: &Model<'_>, samples: usize) -> Result<Self> {
        let input = |input: Input<'_>| match input.source {
            Source::Image(params) => Ok((Kind::Pixels, source_len(&params))),
            Source::Tensor(params) => Ok((Kind::Values, params.output.len())),
            _ => bail!(
                "input `{}` cannot be made up; `tillsense run` tries one of yours",
                input.name
            ),
        };
        let inputs = model.inputs().map(input).collect::<Result<Vec<_>>>()?;
        Ok(Feed {
            numbers: (0..samples).collect(),
            order: (0..inputs.len()).collect(),
            of: Of::MadeUp(inputs),
        })
    }

    /// One sample whose inputs are all at their longest, as `bench model` pushes them: its time is that of the worst case.
    pub fn longest(model: &Model<'p>) -> Self {
        let inputs = model.inputs().map(|input| longest(model, &input.source));
        let inputs: Vec<_> = inputs.collect();
        Feed {
            numbers: vec![0],
            order: (0..inputs.len()).collect(),
            of: Of::Longest(Sample {
                inputs,
                labels: Vec::new(),
            }),
        }
    }

    /// Number of samples.
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The sample's input that each of the model's inputs takes.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// All samples.
    pub fn samples(&self) -> impl Iterator<Item = Sample<'_>> {
        self.numbers.iter().map(|&number| match &self.of {
            Of::Data(prepared) => prepared.sample(Subset::Test, number),
            Of::MadeUp(inputs) => made_up(inputs, number as u64),
            Of::Longest(sample) => sample.clone(),
        })
    }

    /// A made-up sample of any number; `None` where samples are not made up.
    pub fn made(&self, number: usize) -> Option<Sample<'static>> {
        match &self.of {
            Of::MadeUp(inputs) => Some(made_up(inputs, number as u64)),
            Of::Data(_) | Of::Longest(_) => None,
        }
    }

    /// What the samples are, in words.
    pub fn words(&self) -> String {
        match &self.of {
            Of::Data(prepared) => prepared.data_words(),
            Of::MadeUp(_) => "made up, since no data of it are known".to_owned(),
            Of::Longest(_) => "every input at its longest".to_owned(),
        }
    }

    /// The digest of the data.
    pub fn digest(&self) -> Option<ContentDigest> {
        match &self.of {
            Of::Data(prepared) => Some(prepared.data.digest()),
            Of::MadeUp(_) | Of::Longest(_) => None,
        }
    }
}

/// Whether a model is one of somebody else's, for which no data are known: it takes plain tensors or pictures, nothing of a training
/// lies beside it, and no preset of its name takes the same inputs.
pub fn is_foreign(source: &ModelSource, model: &Model<'_>) -> bool {
    if source.network().is_some() {
        return true;
    }
    let takes = |wanted: fn(&Source) -> bool| move |input: Input<'_>| wanted(&input.source);
    let tensor = takes(|source| matches!(source, Source::Tensor(_)));
    let both = takes(|source| matches!(source, Source::Tensor(_) | Source::Image(_)));
    let own = trained_path(source.path()).exists();
    let preset = presets::find(model.name())
        .and_then(|preset| preset.spec().ok())
        .is_some_and(|spec| {
            let names = spec.inputs.iter().map(|input| input.name.as_str());
            model.inputs().map(|input| input.name).eq(names)
        });
    !own && model.inputs().all(both) && (!preset || model.inputs().any(tensor))
}

/// The longest of an input. Values decide nothing about time, but for the characters of a text and what a record lacks.
fn longest<'m>(model: &Model<'m>, source: &Source) -> Raw<'m> {
    let byte = |at: usize| (at * 37 % 256) as u8;
    match source {
        Source::Image(params) => Raw::Image((0..source_len(params)).map(byte).collect()),
        Source::Tensor(params) => {
            let values = (0..params.output.len()).map(|at| byte(at).cast_signed());
            Raw::Tensor(values.collect())
        }
        Source::Audio(params) => {
            let frames = usize::from(params.max_steps) * usize::from(params.stack);
            let hops = frames.saturating_sub(1) * usize::from(params.hop);
            let samples = 0..hops + usize::from(params.frame_len);
            Raw::Audio(samples.map(|at| (i16::from(byte(at)) - 128) * 64).collect())
        }
        Source::Text(params) => {
            let text = longest_text(params).map(char::from).collect::<String>();
            Raw::Text(text.into())
        }
        Source::Record(params) => Raw::Record(full_record(model, params)),
        Source::Sequence(params) => {
            Raw::Sequence(vec![full_record(model, params); params.max_steps.into()])
        }
    }
}

/// A record that lacks nothing.
fn full_record<'m>(model: &Model<'m>, params: &RecordParams) -> Vec<Cell<'m>> {
    let fields = model.fields().get(params.fields.range()).unwrap_or(&[]);
    let cell = |field: Field<'m>| match field.kind {
        FieldKind::Number { center, .. } => Cell::Number(center),
        FieldKind::Category { names, .. } => {
            Cell::Name(names.split('\n').next().unwrap_or_default())
        }
    };
    Records::<Field<'m>>::new(fields).map(cell).collect()
}

/// A sample: every third is noise, extremes, or a slope with some noise.
fn made_up(inputs: &[(Kind, usize)], number: u64) -> Sample<'static> {
    let mut numbers = SplitMix64::new(number);
    let mut bytes = |len: usize| -> Vec<u8> {
        let byte = |at: usize| {
            let noise = numbers.next_u64() as u8;
            match number % 3 {
                0 => noise,
                1 => (noise & 1) * 255,
                _ => ((at * 3 + usize::from(noise % 8)) % 256) as u8,
            }
        };
        (0..len).map(byte).collect()
    };
    let raw = |&(kind, len): &(Kind, usize)| match kind {
        Kind::Pixels => Raw::Image(bytes(len).into()),
        Kind::Values => {
            let values = bytes(len)
                .into_iter()
                .map(|byte| (byte ^ 0x80).cast_signed());
            Raw::Tensor(values.collect())
        }
    };
    Sample {
        inputs: inputs.iter().map(raw).collect(),
        labels: Vec::new(),
    }
}
