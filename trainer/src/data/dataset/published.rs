//! The published sets as samples.

use tillsense_compiler::run::sample::Sample;
use tillsense_compiler::words::meant;

use super::content::Content;
use super::rows::{client_sample, clip_sample, image_sample, text_sample, visit_sample};
use super::{Field, FieldType, Head, InputColumn, InputKind, SampleSet, Subset};
use crate::data::{Clients, Clips, ColumnKind, Images, Split, Table, Texts, Visits};

/// Names of the ten digits.
pub(super) const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Written digits, [`Images`].
#[derive(Debug)]
pub(super) struct WrittenDigits(pub Split<Images>);

/// Spoken digits, [`Clips`].
#[derive(Debug)]
pub(super) struct SpokenDigits {
    clips: Split<Clips>,
    /// The speaker whose training clips are held out.
    held: Option<u8>,
}

/// Requests to a bank, [`Texts`].
#[derive(Debug)]
pub(super) struct BankRequests(pub Split<Texts>);

/// Card clients, [`Clients`].
#[derive(Debug)]
pub(super) struct CreditClients(pub Split<Clients>);

/// Shop visits, [`Visits`].
#[derive(Debug)]
pub(super) struct ShopVisits(pub Split<Visits>);

pub(super) fn head(name: &str, classes: &[&str]) -> Head {
    Head {
        name: name.to_owned(),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
    }
}

fn input(name: &str, kind: InputKind, fields: Vec<Field>) -> InputColumn {
    InputColumn {
        name: name.to_owned(),
        kind,
        fields,
    }
}

pub(super) fn image_input(name: &str, images: &Images) -> InputColumn {
    let kind = InputKind::Image {
        height: images.height,
        width: images.width,
        channels: 1,
    };
    input(name, kind, Vec::new())
}

pub(super) fn audio_input(name: &str, clips: &Clips) -> InputColumn {
    let kind = InputKind::Audio {
        sample_rate: clips.sample_rate,
    };
    input(name, kind, Vec::new())
}

pub(super) fn text_input(name: &str) -> InputColumn {
    input(name, InputKind::Text, Vec::new())
}

pub(super) fn record_input(name: &str, table: &Table) -> InputColumn {
    input(name, InputKind::Record, fields(table))
}

pub(super) fn sequence_input(name: &str, table: &Table) -> InputColumn {
    input(name, InputKind::Sequence, fields(table))
}

fn fields(table: &Table) -> Vec<Field> {
    let columns = table.columns.iter();
    let field = columns.map(|column| Field {
        name: column.name.to_owned(),
        kind: match column.kind {
            ColumnKind::Number { decimals } => FieldType::Number {
                decimals,
                log: None,
            },
            ColumnKind::Category(_) => FieldType::Category,
        },
    });
    field.collect()
}

impl SampleSet for WrittenDigits {
    fn inputs(&self) -> Vec<InputColumn> {
        vec![image_input("image", &self.0.train)]
    }

    fn heads(&self) -> Vec<Head> {
        vec![head("digit", &DIGITS)]
    }

    fn len(&self, part: Subset) -> usize {
        self.0.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        image_sample(self.0.of(part), index)
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.0, Content::images);
    }
}

impl SpokenDigits {
    pub(super) fn new(clips: Split<Clips>) -> Self {
        SpokenDigits { clips, held: None }
    }

    fn speaker(&self, name: &str) -> Result<u8, String> {
        let speakers = &self.clips.train.speakers;
        let place = speakers.iter().position(|known| known == name);
        place.map(|place| place as u8).ok_or_else(|| {
            let meant = meant(name, speakers.iter().map(String::as_str));
            format!(
                "no speaker `{name}`; there are {}{meant}",
                speakers.join(", ")
            )
        })
    }
}

impl SampleSet for SpokenDigits {
    fn inputs(&self) -> Vec<InputColumn> {
        vec![audio_input("audio", &self.clips.train)]
    }

    fn heads(&self) -> Vec<Head> {
        vec![head("digit", &DIGITS)]
    }

    fn len(&self, part: Subset) -> usize {
        self.clips.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        clip_sample(self.clips.of(part), index)
    }

    fn held_out(&self, index: usize) -> Option<bool> {
        let clip = &self.clips.train.clips[index];
        self.held.map(|speaker| clip.speaker == speaker)
    }

    fn leave_out(&mut self, group: &str) -> Result<(), String> {
        let number = self.speaker(group)?;
        let split = &mut self.clips;
        let all = [&mut split.train, &mut split.test].map(|part| std::mem::take(&mut part.clips));
        (split.test.clips, split.train.clips) = all
            .into_iter()
            .flatten()
            .partition(|clip| clip.speaker == number);
        Ok(())
    }

    fn hold_out(&mut self, group: &str) -> Result<(), String> {
        self.held = Some(self.speaker(group)?);
        Ok(())
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.clips, Content::clips);
    }
}

impl SampleSet for BankRequests {
    fn inputs(&self) -> Vec<InputColumn> {
        vec![text_input("text")]
    }

    fn heads(&self) -> Vec<Head> {
        vec![head("intent", self.0.train.categories)]
    }

    fn len(&self, part: Subset) -> usize {
        self.0.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        text_sample(self.0.of(part), index)
    }

    fn place(&self, part: Subset, index: usize) -> Option<String> {
        self.0.of(part).place(index)
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.0, Content::texts);
    }
}

impl SampleSet for CreditClients {
    fn inputs(&self) -> Vec<InputColumn> {
        let train = &self.0.train;
        vec![
            record_input("client", &train.records),
            sequence_input("history", &train.months),
        ]
    }

    fn heads(&self) -> Vec<Head> {
        vec![head("default", &["pays", "defaults"])]
    }

    fn len(&self, part: Subset) -> usize {
        self.0.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        client_sample(self.0.of(part), index)
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.0, Content::clients);
    }
}

impl SampleSet for ShopVisits {
    fn inputs(&self) -> Vec<InputColumn> {
        vec![record_input("shop", &self.0.train.records)]
    }

    fn heads(&self) -> Vec<Head> {
        vec![head("purchase", &["leaves", "buys"])]
    }

    fn len(&self, part: Subset) -> usize {
        self.0.of(part).len()
    }

    fn sample(&self, part: Subset, index: usize) -> Sample<'_> {
        visit_sample(self.0.of(part), index)
    }

    fn content(&self, content: &mut Content) {
        content.split(&self.0, Content::visits);
    }
}
