//! An input: how long its values are, and what they look like, class by class.

use std::collections::BTreeMap;

use tillsense_compiler::words::grouped;

use super::gather::{From, Seen};
use super::{About, MOST_COLOURS, Room, fields, shown};
use crate::data::audit::Audit;
use crate::data::dataset::{Head, InputColumn, InputKind};
use crate::data::own::Part;
use crate::report::page::{Card, Figure, Section};
use crate::report::plot::{Bins, histogram};

/// Ranges of a histogram.
pub const RANGES: usize = 32;
/// Samples of an input that are shown, and of a class.
const MOST_CARDS: usize = 96;
const MOST_A_CLASS: usize = 8;
/// Classes whose samples are shown.
const MOST_CLASSES: usize = 40;

/// The section of an input.
pub fn input(
    about: About<'_>,
    found: &Audit,
    (index, seen): (usize, &Seen),
    room: &mut Room,
) -> Section {
    let data = &found.data;
    let column = &data.inputs()[index];
    let mut section = Section::new(&format!("Input {}", column.name));
    section.text(&words(column, seen));
    let head = data.heads().first();
    if let Some(lengths) = &seen.lengths {
        let x = match column.kind {
            InputKind::Audio { .. } => "seconds",
            InputKind::Text => "characters",
            _ => "records",
        };
        let kept = lengths.kept();
        let caption = format!("Lengths {}", by(head, kept.len(), lengths.seen()));
        section.figure(Figure::new(histogram(x, &split(head, kept)), &caption));
        let parts = by_part(kept);
        if parts.len() > 1 {
            section.figure(Figure::new(histogram(x, &parts), "Lengths by part."));
        }
    }
    if !column.fields.is_empty() {
        fields::fields(&mut section, about, found, (column, &seen.fields));
    }
    if !about.private {
        sheet(&mut section, found, (index, seen), room);
    }
    section
}

fn words(column: &InputColumn, seen: &Seen) -> String {
    let what = match column.kind {
        InputKind::Image {
            height,
            width,
            channels,
        } => {
            let colour = if channels == 1 { "grey" } else { "in colour" };
            format!("pictures of {width} x {height} pixels, {colour}, as the model takes them")
        }
        InputKind::Audio { sample_rate } => format!(
            "recordings at {} samples a second",
            grouped(sample_rate as usize)
        ),
        InputKind::Text => "texts".to_owned(),
        InputKind::Record => format!("records of {} fields", grouped(column.fields.len())),
        InputKind::Sequence => format!(
            "sequences of records of {} fields",
            grouped(column.fields.len())
        ),
    };
    format!("{} {what}.", grouped(seen.given))
}

/// Values as a series a class where colours tell them apart, else as one.
pub fn split(head: Option<&Head>, values: &[(f64, From)]) -> Vec<(String, Bins)> {
    let classes = match head {
        Some(head) if (2..=MOST_COLOURS).contains(&head.classes.len()) => &head.classes[..],
        _ => {
            return vec![(
                String::new(),
                Bins::of(
                    &values.iter().map(|value| value.0).collect::<Vec<_>>(),
                    RANGES,
                ),
            )];
        }
    };
    let mut series = empty(values, classes.iter().map(String::as_str));
    for (value, from) in values {
        if let Some((_, bins)) = from
            .class
            .and_then(|class| series.get_mut(usize::from(class)))
        {
            bins.add(*value);
        }
    }
    series
}

/// Values as a series a part that has some.
pub fn by_part(values: &[(f64, From)]) -> Vec<(String, Bins)> {
    let mut series = empty(values, ["train", "held out", "test"]);
    for (value, from) in values {
        let at = match from.part {
            Part::Train => 0,
            Part::Valid => 1,
            Part::Test => 2,
        };
        series[at].1.add(*value);
    }
    series.retain(|(_, bins)| bins.total() > 0);
    series
}

fn empty<'a>(
    values: &[(f64, From)],
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, Bins)> {
    let numbers = || values.iter().map(|value| value.0);
    let low = numbers().fold(f64::INFINITY, f64::min);
    let high = numbers().fold(f64::NEG_INFINITY, f64::max);
    let bins = Bins::new(low, high, RANGES);
    names
        .into_iter()
        .map(|name| (name.to_owned(), bins.clone()))
        .collect()
}

/// The end of a caption: by which head, and of how many.
pub fn by(head: Option<&Head>, kept: usize, all: usize) -> String {
    let head = match head {
        Some(head) if (2..=MOST_COLOURS).contains(&head.classes.len()) => {
            format!("by {}", head.name)
        }
        _ => "of all samples".to_owned(),
    };
    match kept < all {
        true => format!(
            "{head} ({} of {} values, spread over them).",
            grouped(kept),
            grouped(all)
        ),
        false => format!("{head}."),
    }
}

/// Samples, class by class.
fn sheet(section: &mut Section, found: &Audit, (index, seen): (usize, &Seen), room: &mut Room) {
    let data = &found.data;
    let names = data.heads().first().map_or(&[][..], |head| &head.classes);
    let classes: BTreeMap<_, _> = seen.classes.iter().take(MOST_CLASSES).collect();
    let each = (MOST_CARDS / classes.len().max(1)).clamp(1, MOST_A_CLASS);
    let each = match data.inputs()[index].kind {
        InputKind::Image { .. } => each,
        _ => each.min(4),
    };
    section.subtitle("Samples by class");
    let all = seen.classes.len();
    if classes.len() < all {
        section.text(&format!(
            "{} of {} classes shown.",
            classes.len(),
            grouped(all)
        ));
    }
    // A few samples of many classes stand in one sheet, each under its class.
    let together = each <= 4;
    let mut sheet = Vec::new();
    for (class, samples) in classes {
        let name = class.and_then(|class| names.get(usize::from(class)));
        let name = name.map_or("no label", String::as_str);
        let title = if together { name } else { "" };
        let cards = samples.some(each).map_while(|&(subset, number)| {
            let sample = data.sample(subset, number);
            let raw = sample.inputs.get(index)?;
            let card = Card::new(title).line(&data.place(subset, number));
            room.card(card, shown(&data.inputs()[index], raw))
        });
        let cards: Vec<_> = cards.collect();
        match together {
            true => sheet.extend(cards),
            false => {
                let count = grouped(samples.seen());
                section.subtitle(&format!("{name} ({} of {count} shown)", cards.len()));
                section.cards(cards);
            }
        }
    }
    if together {
        section.text(&format!(
            "{} of {} shown.",
            grouped(sheet.len()),
            grouped(seen.given)
        ));
        section.cards(sheet);
    }
}
