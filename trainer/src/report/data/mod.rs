//! The page about data before training: what there is, what is wrong with it, and what it looks like.

mod copies;
mod fields;
mod gather;
mod inputs;
mod overview;
mod thin;

use tillsense_compiler::network::description::Spec;
use tillsense_compiler::words::grouped;

pub use gather::Gathered;

use super::page::{Card, Page};
use super::sample::{Content, Form, contents};
use crate::data::audit::Audit;
use crate::data::dataset::{InputColumn, InputKind};

/// Bytes of samples that a page holds; what does not fit is left out, and the page says how much is shown.
const MOST_SAMPLES: usize = 2_500_000;
/// Classes that are told apart by colours.
const MOST_COLOURS: usize = 8;

/// What a page is about, and how much of it is told.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The description.
    pub spec: &'a Spec,
    /// Where the data lie, in words.
    pub source: &'a str,
    /// Whether samples, texts, values and names of files are left out.
    pub private: bool,
}

/// The page about data that were looked at.
pub fn page(about: About<'_>, found: &Audit, gathered: &Gathered) -> Page {
    let samples = format!("{} samples", grouped(found.counts.samples.all()));
    let subtitle = match about.private {
        true => samples,
        false => format!("{}: {samples}", about.source),
    };
    // A model is often named after the file of its data.
    let title = match about.private {
        true => "Data before training".to_owned(),
        false => format!("Data of {}", about.spec.name),
    };
    let mut page = Page::new(&title, &subtitle);
    match about.private {
        true => page.private(
            "Private: samples, texts, values and names of files are left out. Names of inputs, columns and classes, and counts, are told.",
        ),
        false => page.warn(
            "This page holds samples of the data, which may be those of customers: give it to nobody who must not see them. `--private` leaves them out.",
        ),
    }
    let mut room = Room(MOST_SAMPLES);
    page.section(overview::samples(found));
    page.section(overview::findings(found, about.private));
    for section in overview::heads(&found.counts) {
        page.section(section);
    }
    if !about.private {
        page.section(copies::copies(found, &mut room));
    }
    for (index, seen) in gathered.inputs.iter().enumerate() {
        page.section(inputs::input(about, found, (index, seen), &mut room));
    }
    page
}

/// What is left of the bytes that samples may take.
#[derive(Debug)]
struct Room(usize);

impl Room {
    /// Adds contents to a card; `None` where they do not fit.
    fn card(&mut self, card: Card, contents: Vec<Content>) -> Option<Card> {
        let size: usize = contents.iter().map(Content::size).sum();
        self.0 = self.0.checked_sub(size)?;
        Some(contents.into_iter().fold(card, Card::content))
    }
}

/// What a page shows of one input of a sample.
pub(super) fn shown(
    input: &InputColumn,
    raw: &tillsense_compiler::run::sample::Raw<'_>,
) -> Vec<Content> {
    let fields: Vec<_> = input
        .fields
        .iter()
        .map(|field| (field.name.clone(), field.kind.number().0))
        .collect();
    let mut form = Form {
        fields: &fields,
        ..Form::default()
    };
    match input.kind {
        InputKind::Image {
            height,
            width,
            channels,
        } => form.shape = [height, width, channels],
        InputKind::Audio { sample_rate } => form.rate = sample_rate,
        _ => {}
    }
    contents(raw, form)
}
