//! Copies side by side.

use super::{Room, shown};
use crate::data::audit::{Audit, Pair};
use crate::data::dataset::Subset;
use crate::report::page::{Card, Section};

/// The pairs that the findings name, a card a sample.
pub fn copies(found: &Audit, room: &mut Room) -> Section {
    let mut section = Section::new("Copies");
    let kinds = [
        (
            "conflicting_duplicates",
            "The same sample with different labels",
        ),
        (
            "duplicates_across",
            "The same sample in training and in test",
        ),
        (
            "near_duplicates_across",
            "Nearly the same in training and in test",
        ),
        (
            "duplicates_within",
            "The same sample several times in one part",
        ),
        ("near_duplicates_within", "Nearly the same in one part"),
    ];
    for (kind, title) in kinds {
        let pairs: Vec<_> = found
            .copies
            .iter()
            .filter(|pair| pair.kind == kind)
            .collect();
        if pairs.is_empty() {
            continue;
        }
        section.subtitle(title);
        let all: usize = found
            .report
            .findings()
            .filter(|finding| finding.kind == kind)
            .map(|finding| finding.count)
            .sum();
        section.text(&format!("{} of {all} shown.", pairs.len()));
        for pair in pairs {
            section.cards(both(found, pair, room).unwrap_or_default());
        }
    }
    section
}

fn both(found: &Audit, pair: &Pair, room: &mut Room) -> Option<Vec<Card>> {
    let data = &found.data;
    let card = |&(subset, index): &(Subset, usize)| {
        let sample = data.sample(subset, index);
        let part = match subset {
            Subset::Train => "training",
            Subset::Test => "test",
        };
        let mut card = Card::new(&data.place(subset, index));
        for (at, (raw, column)) in sample.inputs.iter().zip(data.inputs()).enumerate() {
            if pair.input.is_none_or(|input| input == at) {
                card = room.card(card, shown(column, raw))?;
            }
        }
        let labels = data
            .heads()
            .iter()
            .zip(&sample.labels)
            .map(|(head, label)| {
                let class = label.and_then(|label| head.classes.get(usize::from(label)));
                format!(
                    "{}: {}",
                    head.name,
                    class.map_or("no label", String::as_str)
                )
            });
        Some(labels.fold(card.line(part), |card, label| card.line(&label)))
    };
    pair.samples.iter().map(card).collect()
}
