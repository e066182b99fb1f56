//! Samples with named inputs and labels, in a training and a test part: one trait for published sets, compositions and anyone's files.
//!
//! | `[data]` | inputs | heads (auxiliary in brackets) |
//! |---|---|---|
//! | `set = "mnist"` | image | digit |
//! | `set = "fsdd"` | audio | digit |
//! | `set = "banking77"` | text | intent |
//! | `set = "credit_default"` | client (record), history (sequence) | default |
//! | `set = "online_shoppers"` | shop (record) | purchase |
//! | `compose = "av-digits"` | image, audio | digit (degraded inputs), match (clean inputs) (written, spoken) |
//! | `compose = "terminal"` | receipt (image), amount (audio), request (text), client, history, shop | service, risk, behaviour
//! (written, spoken) |
//! | `folder = ...`, `table = ...` | those of the description | those of the description |
//!
//! A [`SampleSet`] gives the samples; a [`Dataset`] is one that a description names, with its digest.

mod av_digits;
pub mod content;
mod published;
mod rows;
mod terminal;

use std::fmt::Debug;
use std::sync::OnceLock;

use anyhow::Result;
use tillsense_compiler::network::description::{Composition, Origin, SetKind, Spec};
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::trained::ContentDigest;

use self::av_digits::AvDigits;
use self::content::Content;
use self::published::{BankRequests, CreditClients, ShopVisits, SpokenDigits, WrittenDigits};
use self::terminal::TerminalSessions;
use crate::data::{self, DataSource, Split, own};

/// A part of a data set's samples: training or test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// The training part, also for every choice that is made.
    Train,
    /// The test part, for the figures that are reported.
    Test,
}

/// The kind of value that an input carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A picture.
    Image {
        /// Number of rows.
        height: usize,
        /// Number of columns.
        width: usize,
        /// Number of channels: 1 for grey, 3 for RGB.
        channels: usize,
    },
    /// Sound.
    Audio {
        /// Sampling rate in samples a second.
        sample_rate: u32,
    },
    /// A text.
    Text,
    /// One record.
    Record,
    /// Records in order of time.
    Sequence,
}

impl InputKind {
    /// The name of the kind in descriptions.
    pub const fn name(&self) -> &'static str {
        match self {
            InputKind::Image { .. } => "image",
            InputKind::Audio { .. } => "audio",
            InputKind::Text => "text",
            InputKind::Record => "record",
            InputKind::Sequence => "sequence",
        }
    }
}

/// An input that samples have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputColumn {
    /// Name of the input in descriptions.
    pub name: String,
    /// The kind of value that it carries.
    pub kind: InputKind,
    /// The fields of a record, or of each record of a sequence; none of other kinds.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name of the field.
    pub name: String,
    /// The kind of the field's cells.
    pub kind: FieldType,
}

/// The kind of a field's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A number, kept as the integer nearest to `value * 10^decimals`.
    Number {
        /// Number of decimal places kept.
        decimals: u8,
        /// Whether its logarithm is taken; `None` where the values decide.
        log: Option<bool>,
    },
    /// One of several names.
    Category,
}

impl FieldType {
    /// Decimal places of a number, and whether its logarithm is taken; those of a whole number for a category.
    pub const fn number(self) -> (u8, Option<bool>) {
        match self {
            FieldType::Number { decimals, log } => (decimals, log),
            FieldType::Category => (0, None),
        }
    }
}

/// A head and its classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the head in descriptions.
    pub name: String,
    /// Names of the classes.
    pub classes: Vec<String>,
}

/// Samples in two parts.
pub trait SampleSet: Debug + Send + Sync {
    /// The inputs that samples have, in their order.
    fn inputs(&self) -> Vec<InputColumn>;

    /// The heads that samples have labels for, in their order.
    fn heads(&self) -> Vec<Head>;

    /// Number of samples in a part.
    fn len(&self, part: Subset) -> usize;

    /// Sample number `index`, below [`SampleSet::len`].
    fn sample(&self, part: Subset, index: usize) -> Sample<'_>;

    /// The place of a sample, for messages; `None` where its number says all.
    fn place(&self, _part: Subset, _index: usize) -> Option<String> {
        None
    }

    /// Number of training values of an input, to which its frontend is fitted.
    fn rows(&self, _input: usize) -> usize {
        self.len(Subset::Train)
    }

    /// Training value number `index` of an input, below [`SampleSet::rows`].
    fn row(&self, input: usize, index: usize) -> Raw<'_> {
        self.sample(Subset::Train, index).inputs.swap_remove(input)
    }

    /// Whether a training sample must be held out (`true`) or must not (`false`); `None` where any may be. The answer is `None`
    /// for all samples or for none.
    fn held_out(&self, _index: usize) -> Option<bool> {
        None
    }

    /// Makes all samples of one group the test part, and all others the training part.
    fn leave_out(&mut self, _group: &str) -> Result<(), String> {
        Err("these data have no groups; remove it".to_owned())
    }

    /// Holds out the training samples of one group.
    fn hold_out(&mut self, _group: &str) -> Result<(), String> {
        Err("these data have no groups; remove it".to_owned())
    }

    /// Training sample number `index` as an epoch composes it, clean, and the seed of the noise that goes over it; `None`
    /// where [`SampleSet::sample`] is the sample in every epoch.
    fn composed(&self, _index: usize, _epoch: u32) -> Option<(Sample<'_>, Option<u64>)> {
        None
    }

    /// The truth about a terminal session, as a person would tell it; `None` of other data.
    fn session_truth(&self, _part: Subset, _index: usize) -> Option<SessionTruth<'_>> {
        None
    }

    /// Puts everything that the samples are made of into a digest. Where it lies, and in which files, does not count.
    fn content(&self, content: &mut Content);
}

/// The truth about a terminal session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTruth<'a> {
    /// The digit on the receipt.
    pub written: u8,
    /// The digit spoken.
    pub spoken: u8,
    /// The request.
    pub asked: &'a str,
    /// Intent of the request.
    pub intent: &'static str,
    /// Whether the client fails to pay next month.
    pub defaults: bool,
    /// Whether the shop visit ends in a purchase.
    pub buys: bool,
}

/// The samples that a description names.
#[derive(Debug)]
pub struct Dataset {
    samples: Box<dyn SampleSet>,
    inputs: Vec<InputColumn>,
    heads: Vec<Head>,
    /// The digest, once computed: see [`Dataset::digest`].
    digest: OnceLock<ContentDigest>,
}

impl Dataset {
    /// Loads the samples that a description names.
    pub fn load(spec: &Spec, source: &DataSource) -> Result<Self> {
        Ok(Self::of(match &spec.data.origin {
            Origin::Set(set) => published(*set, source)?,
            Origin::Composition(Composition::AvDigits) => Box::new(AvDigits::load(source)?),
            Origin::Composition(Composition::Terminal) => Box::new(TerminalSessions::load(source)?),
            Origin::Folder(_) | Origin::Table(_) => Box::new(own::samples(spec, source.base()?)?),
        }))
    }

    /// A data set of these samples.
    pub fn of(samples: Box<dyn SampleSet>) -> Self {
        Dataset {
            inputs: samples.inputs(),
            heads: samples.heads(),
            samples,
            digest: OnceLock::new(),
        }
    }

    /// Makes all samples of one group the test part, and all others the training part.
    pub fn leave_out(&mut self, group: &str) -> Result<(), String> {
        self.samples.leave_out(group)?;
        self.digest = OnceLock::new();
        Ok(())
    }

    /// Holds out the training samples of one group.
    pub fn hold_out(&mut self, group: &str) -> Result<(), String> {
        self.samples.hold_out(group)
    }

    /// The inputs that samples have, in their order.
    pub fn inputs(&self) -> &[InputColumn] {
        &self.inputs
    }

    /// The place of the input with this name.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|input| input.name == name)
    }

    /// The heads that samples have labels for, in their order; the last ones of compositions only help training.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Number of samples in a part.
    pub fn len(&self, part: Subset) -> usize {
        self.samples.len(part)
    }

    /// Whether a part holds no sample.
    pub fn is_empty(&self, part: Subset) -> bool {
        self.len(part) == 0
    }

    /// Sample number `index`, below [`Dataset::len`].
    pub fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        self.samples.sample(part, index)
    }

    /// The place of a sample, for messages: its file and line where it has one, else its number.
    pub fn place(&self, part: Subset, index: usize) -> String {
        let place = self.samples.place(part, index);
        place.unwrap_or_else(|| format!("sample {index}"))
    }

    /// The training values of an input, to which its frontend is fitted: all of them, or as many as fit into memory, spread over
    /// them.
    pub fn training_rows(&self, input: usize) -> impl Iterator<Item = Raw<'_>> {
        let numbers = data::spread(self.samples.rows(input), Some(MOST_FITTED));
        numbers
            .into_iter()
            .map(move |number| self.samples.row(input, number))
    }

    /// Whether a training sample must be held out, see [`SampleSet::held_out`].
    pub fn held_out(&self, index: usize) -> Option<bool> {
        self.samples.held_out(index)
    }

    /// A training sample as an epoch composes it, see [`SampleSet::composed`].
    pub fn composed(&self, index: usize, epoch: u32) -> Option<(Sample<'_>, Option<u64>)> {
        self.samples.composed(index, epoch)
    }

    /// The truth about a terminal session, see [`SampleSet::session_truth`].
    pub fn session_truth(&self, part: Subset, index: usize) -> Option<SessionTruth<'_>> {
        self.samples.session_truth(part, index)
    }

    /// The digest of both parts: SHA-256 over everything that the samples are made of.
    pub fn digest(&self) -> ContentDigest {
        *self.digest.get_or_init(|| {
            let mut content = Content::default();
            self.samples.content(&mut content);
            content.digest()
        })
    }
}

/// Limit of the training values to which a frontend is fitted: medians and deviations of more are no better, and all are in memory.
const MOST_FITTED: usize = 1 << 17;

fn published(set: SetKind, source: &DataSource) -> Result<Box<dyn SampleSet>> {
    Ok(match set {
        SetKind::Mnist => Box::new(WrittenDigits(data::images(source)?)),
        SetKind::Fsdd => Box::new(SpokenDigits::new(data::clips(source)?)),
        SetKind::Banking77 => Box::new(BankRequests(data::texts(source)?)),
        SetKind::CreditDefault => Box::new(CreditClients(data::clients(source)?)),
        SetKind::OnlineShoppers => Box::new(ShopVisits(data::visits(source)?)),
    })
}

impl<T> Split<T> {
    fn of(&self, part: Subset) -> &T {
        match part {
            Subset::Train => &self.train,
            Subset::Test => &self.test,
        }
    }
}

#[cfg(test)]
mod tests;
