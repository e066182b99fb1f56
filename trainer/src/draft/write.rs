//! The text of a draft.

use tillsense_compiler::text::{shown, start};
use tillsense_compiler::words::grouped;

use super::folder::quoted;
use super::network::{fusion_lines, holdout, input_lines, train_lines};
use super::{Draft, DraftHead};

/// The description of a draft, its network at this scale. `budget` are the lines of a section of that name.
pub fn text(draft: &Draft, scale: f64, budget: &[String]) -> String {
    let mut lines = vec![
        "# Written by `tillsense new`. `tillsense check FILE` says what is in the data, `tillsense train FILE` trains.".to_owned(),
    ];
    // What would end the comment is escaped.
    lines.extend(draft.told.iter().map(|told| format!("# {}", shown(told))));
    lines.push(format!("name = {}", quoted(&draft.name)));
    lines.push(String::new());
    lines.push("[data]".to_owned());
    lines.extend(draft.data.iter().cloned());
    lines.push(String::new());
    for input in &draft.inputs {
        lines.push(format!("# Seen: {}.", input.seen));
        lines.push("[[inputs]]".to_owned());
        lines.push(format!("name = {}", quoted(&input.name)));
        lines.push(format!("kind = \"{}\"", input.kind.name()));
        lines.extend(input.columns.iter().cloned());
        lines.extend(input_lines(draft, input, scale));
        lines.push(String::new());
    }
    lines.extend(fusion_lines(draft, scale));
    for head in &draft.heads {
        lines.extend(head_lines(draft, head));
        lines.push(String::new());
    }
    lines.extend(train_lines(draft));
    if !budget.is_empty() {
        lines.push(String::new());
        lines.push("[budget]".to_owned());
        lines.extend(budget.iter().cloned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Classes that a comment names.
const MOST_NAMED: usize = 6;
/// Characters of a class that a comment shows.
const MOST_SHOWN: usize = 60;

fn head_lines(draft: &Draft, head: &DraftHead) -> Vec<String> {
    let named = head.classes.iter().take(MOST_NAMED);
    let mut named: Vec<String> = named
        .map(|(name, count)| format!("{} ({})", shown(start(name, MOST_SHOWN)), grouped(*count)))
        .collect();
    let more = head.classes.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    let mut lines = vec![
        format!("# Classes: {}.", named.join(", ")),
        "[[heads]]".to_owned(),
        format!("name = {}", quoted(&head.name)),
    ];
    if let Some(column) = &head.column {
        lines.push(format!("column = {}", quoted(column)));
    }
    if let [(_, most), (rare, least)] = &head.classes[..]
        && least < most
    {
        lines.push(format!(
            "positive = {}    # the rarer one is what AUC looks for",
            quoted(rare)
        ));
    }
    if head.is_unbalanced() {
        lines.push("balance = true    # rare classes count as much as frequent ones".to_owned());
    }
    lines.extend(deferral(draft, head));
    lines
}

/// The part of wrong answers that a draft suggests.
const RATE: f64 = 0.05;

/// Held-out samples that show it: [`NEEDED`] answers all of which are right would, and a model is wrong at times.
const ENOUGH: usize = 4 * NEEDED;
/// Answers that show a part of [`RATE`] wrong ones if all are right, by the rule of `tillsense_trainer::judge::calibrate`.
const NEEDED: usize = 90;

fn deferral(draft: &Draft, head: &DraftHead) -> Vec<String> {
    let labelled: usize = head.classes.iter().map(|(_, count)| count).sum();
    let trained = labelled as f64 * draft.trained;
    let held = (trained * holdout(trained as usize)) as usize;
    match held >= ENOUGH {
        true => vec![
            format!("defer_error = {RATE}    # of the answers at most so many may be wrong; the others defer to a person"),
            "defer_at_most = 0.5    # but where more than half would defer, none does, and training says so".to_owned(),
        ],
        false => vec![format!(
            "# defer_error = {RATE} needs about {ENOUGH} held-out samples to be shown; here are {held}."
        )],
    }
}
