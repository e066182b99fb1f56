//! What `evaluate` and `train` show below the table of heads: confusions, classes, suspected labels.

use anyhow::Result;
use tillsense_compiler::words::{grouped, percent};

use crate::cli::output;
use crate::judge::evaluate::{ClassFigures, Evaluation, HeadFigures};
use crate::judge::suspects::SuspectedLabels;

/// Classes that the screen shows.
const MOST_CLASSES: usize = 10;
/// Suspected labels that the screen shows.
const MOST_SUSPECTS: usize = 10;
/// Columns of a class's name in a line.
const NAME: usize = 30;

/// Prints what is known of the classes of each head, and suspected labels.
pub fn print(evaluation: &Evaluation) -> Result<()> {
    evaluation.heads.iter().try_for_each(print_classes)?;
    print_suspects(&evaluation.suspected_labels)
}

/// Prints a head's confusions and the figures of its classes.
fn print_classes(head: &HeadFigures) -> Result<()> {
    if head.samples == 0 {
        return Ok(());
    }
    output::line("")?;
    let confusions = &head.confusions;
    if confusions.confused.is_empty() {
        output::line(format_args!("{}: no class is taken for another", head.head))?;
    } else {
        output::line(format_args!("{}: most frequent confusions", head.head))?;
    }
    for confused in &confusions.confused {
        let [class, taken_for] =
            [&confused.class, &confused.taken_for].map(|name| output::shortened(name, NAME));
        let [samples, of] = [confused.samples, confused.of].map(grouped);
        output::paragraph(format_args!(
            "  {class} taken for {taken_for}: {samples} of {of}"
        ))?;
    }
    let shown = match head.classes > MOST_CLASSES {
        true => confusions.worst(MOST_CLASSES),
        false => confusions.by_class.iter().collect(),
    };
    class_table(head, &shown).print()?;
    if head.classes > shown.len() {
        let (shown, classes) = (shown.len(), grouped(head.classes));
        output::line(format_args!(
            "the {shown} classes with the lowest F1 of {classes}; --json has all"
        ))?;
    }
    Ok(())
}

fn class_table(head: &HeadFigures, shown: &[&ClassFigures]) -> output::Table {
    let headings = ["class", "samples", "answered", "precision", "recall", "F1"];
    let mut table = output::table(headings, 1).optional(&["answered", "samples"]);
    let share = |share: Option<f64>| share.map_or("-".to_owned(), percent);
    for class in shown {
        let mark = match head.positive.as_ref() == Some(&class.class) {
            true => " (positive)",
            false => "",
        };
        table.add_row([
            format!("{}{mark}", class.class),
            grouped(class.samples),
            grouped(class.answered),
            share(class.precision),
            share(class.recall),
            share(class.f1),
        ]);
    }
    let mean = &head.confusions.macro_average;
    table.add_row([
        "(mean of all classes)".to_owned(),
        grouped(head.samples),
        grouped(head.samples),
        share(mean.precision),
        share(mean.recall),
        share(mean.f1),
    ]);
    table
}

/// Prints labels of held-out samples that the model confidently contradicts.
fn print_suspects(labels: &SuspectedLabels) -> Result<()> {
    output::line("")?;
    if let Some(why) = &labels.not_judged {
        return output::paragraph(format_args!("labels are not judged: {why}"));
    }
    let held_out = grouped(labels.held_out);
    let samples =
        format!("{held_out} held-out training samples, which the model was not trained on");
    if labels.suspects.is_empty() {
        return output::paragraph(format_args!(
            "no label is suspected to be wrong among {samples}"
        ));
    }
    output::paragraph(format_args!(
        "labels that may be wrong: {} of {samples}",
        grouped(labels.suspects.len())
    ))?;
    for suspect in labels.suspects.iter().take(MOST_SUSPECTS) {
        let [label, answer] =
            [&suspect.label, &suspect.answer].map(|name| output::shortened(name, NAME));
        let [score, label_score] = [suspect.score, suspect.label_score].map(percent);
        output::paragraph(format_args!(
            "  {}, {}: labelled {label} ({label_score}), answered {answer} ({score})",
            suspect.place, suspect.head
        ))?;
    }
    let more = labels.suspects.len().saturating_sub(MOST_SUSPECTS);
    if more > 0 {
        output::line(format_args!("  and {} more; --json has all", grouped(more)))?;
    }
    Ok(())
}
