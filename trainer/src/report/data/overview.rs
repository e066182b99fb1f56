//! How many samples there are, of which classes, and what is wrong with them.

use std::cmp::Reverse;

use tillsense_compiler::words::grouped;

use crate::data::audit::{Audit, Counts, HeadCount, Parts};
use crate::data::own::{self, Finding};
use crate::report::page::{Figure, Level, Note, Section, Table, Tile};
use crate::report::plot::{Bar, Layout, bars};

/// Classes that have a bar; of more, the most frequent ones.
const MOST_BARS: usize = 40;

/// The names of the parts, in the order of [`values`].
const PARTS: [&str; 3] = ["train", "held out", "test"];

/// How many samples each part has, and which inputs are absent.
pub fn samples(found: &Audit) -> Section {
    let counts = &found.counts;
    let mut section = Section::new("Samples");
    let tile = |name: &str, count: u64| Tile::new(name, &grouped(count));
    let levels = [
        (
            "errors",
            own::Level::Error,
            "must be mended before training",
        ),
        ("warnings", own::Level::Warning, "worth a look"),
        ("notes", own::Level::Note, "good to know"),
    ];
    let parts = PARTS.iter().zip(values(counts.samples));
    let tiles = [tile("samples", counts.samples.all())].into_iter();
    let tiles = tiles.chain(parts.map(|(name, count)| tile(name, count)));
    section.tiles(tiles.chain(levels.map(|(name, level, note)| {
        Tile::new(name, &grouped(found.report.count(level))).note(note)
    })));
    let mut table = Table::new(["input", "kind", "without it: train", "held out", "test"]).words(2);
    for input in &counts.inputs {
        let absent = values(input.absent).map(grouped);
        table.row(
            [input.name.clone(), input.kind.to_owned()]
                .into_iter()
                .chain(absent),
        );
    }
    section.table(table);
    if counts.samples.held_out == 0 {
        section.text("No sample is held out yet: training chooses some of the training samples when it begins.");
    }
    section
}

/// What is wrong, or worth knowing. A private page leaves places out, and errors that name files.
pub fn findings(found: &Audit, private: bool) -> Section {
    let mut section = Section::new("Findings");
    let notes: Vec<_> = found
        .report
        .findings()
        .map(|finding| note(finding, private))
        .collect();
    match notes.is_empty() {
        true => section.notes([Note::new(
            Level::Good,
            "all well",
            "nothing was found that is wrong.",
        )]),
        false => section.notes(notes),
    }
    let mut table = Table::new(["", "kind", "about", "places"]).words(3);
    for finding in found.report.findings() {
        let about = subject(finding, private);
        table.row([
            finding.level.word(),
            finding.kind,
            about,
            &grouped(finding.count),
        ]);
    }
    section.table(table);
    section
}

fn note(finding: &Finding, private: bool) -> Note {
    let level = match finding.level {
        own::Level::Error => Level::Error,
        own::Level::Warning => Level::Warning,
        own::Level::Note => Level::Note,
    };
    let mut told = finding.clone();
    if private {
        told.places.clear();
        told.count = 1;
        told.subject = subject(finding, private).to_owned();
        // A line of an error may say anything, as may what media are called.
        if finding.level == own::Level::Error && finding.kind != "too_few" {
            told.what = format!(
                "an error of the kind `{}`, which `tillsense check` tells",
                finding.kind
            );
        }
    }
    Note::new(level, finding.level.word(), &told.to_string())
}

/// What a finding is about; a private page names what a description names, and no file.
fn subject(finding: &Finding, private: bool) -> &str {
    let named = ["input ", "head ", "column ", "data."];
    match !private || named.iter().any(|start| finding.subject.starts_with(start)) {
        true => &finding.subject,
        false => "",
    }
}

/// The classes of each head.
pub fn heads(counts: &Counts) -> Vec<Section> {
    counts.heads.iter().map(head).collect()
}

fn head(head: &HeadCount) -> Section {
    let mut section = Section::new(&format!("Head {}", head.name));
    let mut order: Vec<_> = head.classes.iter().collect();
    if order.len() > MOST_BARS {
        order.sort_by_key(|class| Reverse(class.samples.all()));
        order.truncate(MOST_BARS);
    }
    let caption = match head.classes.len() > order.len() {
        true => format!(
            "Samples by class and part; the {} most frequent of {} classes.",
            order.len(),
            grouped(head.classes.len())
        ),
        false => "Samples by class and part.".to_owned(),
    };
    let drawn: Vec<_> = order
        .iter()
        .map(|class| Bar {
            name: class.name.clone(),
            values: values(class.samples).map(|count| count as f64).to_vec(),
        })
        .collect();
    section.figure(Figure::new(bars(&PARTS, &drawn, Layout::Stacked), &caption));
    let headings = ["class", "train", "held out", "test"];
    let mut table = Table::new(headings).words(1);
    for class in &head.classes {
        table.row(
            [class.name.clone()]
                .into_iter()
                .chain(values(class.samples).map(grouped)),
        );
    }
    if head.unlabelled.all() > 0 || head.classes.is_empty() {
        let counts = values(head.unlabelled).map(grouped);
        table.row(["(no label)".to_owned()].into_iter().chain(counts));
    }
    section.table(table);
    section
}

fn values(parts: Parts) -> [u64; 3] {
    [parts.train, parts.held_out, parts.test]
}
