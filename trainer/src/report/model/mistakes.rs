//! Samples that are worth a look: the surest wrong answers and the least sure ones.

use tillsense_compiler::words::{grouped, percent};

use super::{Facts, Scored};
use crate::data::dataset::Subset;
use crate::judge::evaluate::Answers;
use crate::report::data::shown;
use crate::report::page::{Card, Section, Table, Tile};

use crate::report::sample::Content;

/// Samples of a kind that are shown of each head.
const MOST: usize = 7;

/// An answer to a sample.
struct Told {
    /// Its place among the scored samples.
    at: usize,
    label: usize,
    class: usize,
    score: f64,
    /// Score of the right class.
    right: f64,
}

/// The section of samples; of a private page only what is said of them in figures.
pub fn mistakes(facts: &Facts<'_>, scored: &Scored<'_>) -> Section {
    let mut section = Section::new("Samples worth a look");
    for (number, head) in scored.evaluation.heads.iter().enumerate() {
        let mut told = told(scored.answers, number);
        if told.is_empty() {
            continue;
        }
        let wrong = told.iter().filter(|told| told.class != told.label).count();
        section.subtitle(&head.head);
        section.text(&format!(
            "{} of {} answers are wrong.",
            grouped(wrong),
            grouped(told.len())
        ));
        if facts.private {
            continue;
        }
        let classes = &head.confusions.confusion.classes;
        told.sort_by(|a, b| b.score.total_cmp(&a.score));
        let surest = told
            .iter()
            .filter(|told| told.class != told.label)
            .take(MOST);
        let cards: Vec<_> = surest.map(|told| card(scored, told, classes)).collect();
        if !cards.is_empty() {
            section.text("Wrong, and surest of it:");
            section.cards(cards);
        }
        told.sort_by(|a, b| a.score.total_cmp(&b.score));
        section.text("Least sure:");
        section.cards(
            told.iter()
                .take(MOST)
                .map(|told| card(scored, told, classes)),
        );
    }
    suspects(&mut section, facts, scored);
    section
}

/// The answers of a head to samples with a label.
fn told(answers: &Answers, head: usize) -> Vec<Told> {
    let labels = answers.labels[head].iter().enumerate();
    let told = labels.filter_map(|(at, label)| {
        let (scores, label) = (&answers.scores[at][head], usize::from((*label)?));
        let best = scores.iter().copied().max()?;
        let share = |score: i8| f64::from(i16::from(score) + 128) / 256.0;
        Some(Told {
            at,
            label,
            class: scores.iter().position(|&score| score == best)?,
            score: share(best),
            right: share(*scores.get(label)?),
        })
    });
    told.collect()
}

/// A sample with what is known of its answer.
fn card(scored: &Scored<'_>, told: &Told, classes: &[String]) -> Card {
    let (prepared, number) = (scored.prepared, scored.answers.numbers[told.at]);
    let place = prepared.data.place(Subset::Test, number);
    let name = |class: usize| classes.get(class).map_or("?", String::as_str);
    let sample = prepared.sample(Subset::Test, number);
    let mut card = Card::new(&place);
    for &input in &prepared.order.inputs {
        let (Some(raw), Some(column)) =
            (sample.inputs.get(input), prepared.data.inputs().get(input))
        else {
            continue;
        };
        if prepared.order.inputs.len() > 1 {
            card = card.content(Content::Absent(format!("{}:", column.name)));
        }
        card = shown(column, raw).into_iter().fold(card, Card::content);
    }
    let card = card.line(&format!("right: {}", name(told.label)));
    let card = card.line(&format!(
        "answer: {} ({})",
        name(told.class),
        percent(told.score)
    ));
    match told.class == told.label {
        true => card,
        false => card.line(&format!(
            "score of the right class: {}",
            percent(told.right)
        )),
    }
}

/// Labels of held-out training samples that the model contradicts.
fn suspects(section: &mut Section, facts: &Facts<'_>, scored: &Scored<'_>) {
    let found = &scored.evaluation.suspected_labels;
    section.subtitle("Suspected labels");
    if let Some(why) = &found.not_judged {
        section.text(&format!("Not judged: {why}."));
        return;
    }
    section.tiles([
        Tile::new("samples judged", &grouped(found.held_out)).note("that training held out"),
        Tile::new("suspected labels", &grouped(found.suspects.len()))
            .note("confidently contradicted: perhaps they are wrong"),
    ]);
    let mut table = Table::new([
        "head",
        "sample",
        "label",
        "answer",
        "number",
        "score",
        "score of the label",
    ])
    .words(4);
    for suspect in &found.suspects {
        // On a private page the place is left out, as a file's name may be a customer's.
        let place = if facts.private { "" } else { &suspect.place };
        table.row([
            suspect.head.clone(),
            place.to_owned(),
            suspect.label.clone(),
            suspect.answer.clone(),
            grouped(suspect.sample),
            percent(suspect.score),
            percent(suspect.label_score),
        ]);
    }
    section.table(table);
}
