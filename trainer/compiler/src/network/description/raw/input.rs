//! One `[[inputs]]` section as written.
//!
//! The fields of all kinds lie in one structure, so that the parser keeps the line of each;
//! `resolve` checks which of them a kind takes.

use std::collections::BTreeMap;

use serde::Deserialize;
use tillsense_core::model::records::TextForm;
use toml::Spanned;

use super::super::{
    AudioSource, Augment, Fit, ImageSource, Input, Keep, SequenceSource, Source, TextSource,
};
use super::Fault;
use super::data::columns;
use super::layer::RawLayer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInput {
    pub name: String,
    kind: Kind,
    #[serde(default)]
    pub encoder: Vec<Spanned<RawLayer>>,
    absent_rate: Option<f32>,
    #[serde(default)]
    dropout: f32,
    size: Option<[usize; 2]>,
    channels: Option<usize>,
    fit: Option<Fit>,
    sample_rate: Option<usize>,
    frame: Option<usize>,
    hop: Option<usize>,
    fft: Option<usize>,
    bands: Option<usize>,
    stack: Option<usize>,
    level: Option<bool>,
    trim: Option<bool>,
    max_steps: Option<usize>,
    keep: Option<Keep>,
    form: Option<RawForm>,
    buckets: Option<usize>,
    max_bytes: Option<usize>,
    max_ids: Option<usize>,
    #[serde(default)]
    augment: Augment,
    pub column: Option<String>,
    pub columns: Option<Vec<String>>,
    #[serde(default)]
    pub ignore: Vec<String>,
    #[serde(default)]
    pub number: Vec<String>,
    #[serde(default)]
    pub category: Vec<String>,
    #[serde(default)]
    pub log: Vec<String>,
    #[serde(default)]
    pub units: BTreeMap<String, String>,
    #[serde(default)]
    pub steps: Vec<Vec<String>>,
    pub table: Option<String>,
    pub key: Option<String>,
    pub of: Option<String>,
    pub order: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Image,
    Audio,
    Text,
    Record,
    Sequence,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Audio => "audio",
            Kind::Text => "text",
            Kind::Record => "record",
            Kind::Sequence => "sequence",
        }
    }
}

/// What a text input hashes: `"tokens"`, or a table that says what a bag holds.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    untagged,
    expecting = "takes \"tokens\" or a table { words, bigrams, chars = [shortest, longest] }"
)]
enum RawForm {
    Tokens(Tokens),
    Bag(RawBag),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tokens {
    Tokens,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBag {
    #[serde(default)]
    words: bool,
    #[serde(default)]
    bigrams: bool,
    #[serde(default)]
    chars: [u8; 2],
}

impl RawInput {
    /// Checks the section; `absent_rate` is the rate of the training section, for inputs without one of their own.
    pub(super) fn resolve(&self, absent_rate: f32) -> Result<Input, Fault> {
        self.refuse_foreign()?;
        let rate = self.absent_rate.unwrap_or(absent_rate);
        range("absent_rate", f64::from(rate), 0.0, 0.95)?;
        range("dropout", f64::from(self.dropout), 0.0, 0.95)?;
        let source = match self.kind {
            Kind::Image => self.image()?,
            Kind::Audio => self.audio()?,
            Kind::Text => self.text()?,
            Kind::Record => Source::Record,
            Kind::Sequence => Source::Sequence(SequenceSource {
                max_steps: between("max_steps", self.max_steps.unwrap_or(16), 1, 4096)?,
                keep: self.keep.unwrap_or_default(),
            }),
        };
        if let Some((field, problem)) = self.augment.fault(source.kind()) {
            return Err((format!("augment.{field}"), problem));
        }
        if matches!(source, Source::Image(image) if image.channels == 1)
            && self.augment.colour > 0.0
        {
            let problem = "changes colours, and channels = 1 is grey; remove it";
            return Err(("augment.colour".to_owned(), problem.to_owned()));
        }
        let encoder = self.encoder.iter().map(|l| l.get_ref().resolve()).collect();
        Ok(Input {
            name: self.name.clone(),
            source,
            encoder,
            absent_rate: rate,
            dropout: self.dropout,
            augment: self.augment,
            columns: columns(self)?,
        })
    }

    /// Refuses fields that belong to another kind of input.
    fn refuse_foreign(&self) -> Result<(), Fault> {
        const RECORDS: &[Kind] = &[Kind::Record, Kind::Sequence];
        const SINGLE: &[Kind] = &[Kind::Image, Kind::Audio, Kind::Text];
        let fields: [(&str, bool, &[Kind]); 29] = [
            ("column", self.column.is_some(), SINGLE),
            ("columns", self.columns.is_some(), RECORDS),
            ("ignore", !self.ignore.is_empty(), RECORDS),
            ("number", !self.number.is_empty(), RECORDS),
            ("category", !self.category.is_empty(), RECORDS),
            ("log", !self.log.is_empty(), RECORDS),
            ("units", !self.units.is_empty(), RECORDS),
            ("steps", !self.steps.is_empty(), &[Kind::Sequence]),
            ("table", self.table.is_some(), &[Kind::Sequence]),
            ("key", self.key.is_some(), &[Kind::Sequence]),
            ("of", self.of.is_some(), &[Kind::Sequence]),
            ("order", self.order.is_some(), &[Kind::Sequence]),
            ("size", self.size.is_some(), &[Kind::Image]),
            ("channels", self.channels.is_some(), &[Kind::Image]),
            ("fit", self.fit.is_some(), &[Kind::Image]),
            ("sample_rate", self.sample_rate.is_some(), &[Kind::Audio]),
            ("frame", self.frame.is_some(), &[Kind::Audio]),
            ("hop", self.hop.is_some(), &[Kind::Audio]),
            ("fft", self.fft.is_some(), &[Kind::Audio]),
            ("bands", self.bands.is_some(), &[Kind::Audio]),
            ("stack", self.stack.is_some(), &[Kind::Audio]),
            ("level", self.level.is_some(), &[Kind::Audio]),
            ("trim", self.trim.is_some(), &[Kind::Audio]),
            (
                "max_steps",
                self.max_steps.is_some(),
                &[Kind::Audio, Kind::Sequence],
            ),
            ("keep", self.keep.is_some(), &[Kind::Sequence]),
            ("form", self.form.is_some(), &[Kind::Text]),
            ("buckets", self.buckets.is_some(), &[Kind::Text]),
            ("max_bytes", self.max_bytes.is_some(), &[Kind::Text]),
            ("max_ids", self.max_ids.is_some(), &[Kind::Text]),
        ];
        match fields
            .into_iter()
            .find(|(_, given, kinds)| *given && !kinds.contains(&self.kind))
        {
            Some((field, _, kinds)) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
                let (own, kinds) = (self.kind.name(), kinds.join(" or "));
                let problem =
                    format!("does not belong to kind \"{own}\" but to {kinds}; remove it");
                Err((field.to_owned(), problem))
            }
            None => Ok(()),
        }
    }

    fn image(&self) -> Result<Source, Fault> {
        let size = self.size.unwrap_or([28, 28]);
        between("size", size[0], 1, 512)?;
        between("size", size[1], 1, 512)?;
        let channels = self.channels.unwrap_or(1);
        if channels != 1 && channels != 3 {
            return Err((
                "channels".to_owned(),
                "takes 1 (grey) or 3 (RGB)".to_owned(),
            ));
        }
        let fit = self.fit.unwrap_or_default();
        Ok(Source::Image(ImageSource {
            size,
            channels,
            fit,
        }))
    }

    fn audio(&self) -> Result<Source, Fault> {
        let fft = self.fft.unwrap_or(256);
        if !fft.is_power_of_two() || !(64..=1024).contains(&fft) {
            return Err((
                "fft".to_owned(),
                "takes a power of two from 64 to 1024".to_owned(),
            ));
        }
        let sample_rate = self.sample_rate.unwrap_or(8000);
        if sample_rate != 8000 && sample_rate != 16000 {
            return Err(("sample_rate".to_owned(), "takes 8000 or 16000".to_owned()));
        }
        let frame = between("frame", self.frame.unwrap_or(fft), 16, fft)?;
        Ok(Source::Audio(AudioSource {
            sample_rate,
            frame,
            hop: between("hop", self.hop.unwrap_or(frame / 2), 1, frame)?,
            fft,
            bands: between("bands", self.bands.unwrap_or(20), 1, 128)?,
            stack: between("stack", self.stack.unwrap_or(2), 1, 8)?,
            max_steps: between("max_steps", self.max_steps.unwrap_or(64), 1, 4096)?,
            level: self.level.unwrap_or(true),
            trim: self.trim.unwrap_or(false),
        }))
    }

    fn text(&self) -> Result<Source, Fault> {
        let form = match self.form {
            None => TextForm::Bag {
                words: true,
                bigrams: true,
                chars: (3, 4),
            },
            Some(RawForm::Tokens(Tokens::Tokens)) => TextForm::Tokens,
            Some(RawForm::Bag(bag)) => bag.resolve()?,
        };
        let max_bytes = between("max_bytes", self.max_bytes.unwrap_or(512), 1, 8192)?;
        let max_ids = self
            .max_ids
            .unwrap_or(if form == TextForm::Tokens { 48 } else { 512 });
        Ok(Source::Text(TextSource {
            form,
            buckets: between("buckets", self.buckets.unwrap_or(3900), 1, 65535)?,
            max_bytes,
            max_ids: between("max_ids", max_ids, 1, 8192)?,
        }))
    }
}

impl RawBag {
    fn resolve(self) -> Result<TextForm, Fault> {
        let [short, long] = self.chars;
        let fault = |p: &str| Err(("form".to_owned(), p.to_owned()));
        if (short == 0) != (long == 0) || short > long || long > 8 {
            return fault("chars = [shortest, longest], from 1 to 8, or [0, 0] for none");
        }
        if !self.words && !self.bigrams && long == 0 {
            return fault("the bag holds nothing; set words, bigrams or chars");
        }
        Ok(TextForm::Bag {
            words: self.words,
            bigrams: self.bigrams,
            chars: (short, long),
        })
    }
}

fn between(field: &str, value: usize, low: usize, high: usize) -> Result<usize, Fault> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err((
            field.to_owned(),
            format!("must be from {low} to {high}, is {value}"),
        ))
    }
}

fn range(field: &str, value: f64, low: f64, high: f64) -> Result<(), Fault> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err((
            field.to_owned(),
            format!("must be from {low} to {high}, is {value}"),
        ))
    }
}
