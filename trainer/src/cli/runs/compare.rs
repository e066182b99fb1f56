//! Several runs side by side.

use std::fmt::Display;

use anyhow::Result;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use tillsense_compiler::words::{grouped, percent};

use super::one::readable;
use super::{Told, epochs};
use crate::cli::output::width;
use crate::cli::{Shared, curves, output};
use crate::runs::{Entry, Run, rows};

/// Changed lines of a description that are shown.
const MOST_LINES: usize = 60;

/// What differs between two runs' descriptions, for JSON.
#[derive(Serialize)]
struct Comparison<'a> {
    runs: Vec<Told<'a>>,
    /// Of each run but the first the lines that differ from those of the first, `-` or `+` before them.
    changes: Vec<Vec<String>>,
}

/// Shows what was changed between runs, and what came of it.
pub fn show(entries: &[Entry], shared: &Shared) -> Result<()> {
    let runs = entries.iter().map(readable).collect::<Result<Vec<_>>>()?;
    let texts = entries
        .iter()
        .map(Entry::description)
        .collect::<Result<Vec<_>>>()?;
    let changes: Vec<_> = texts[1..]
        .iter()
        .map(|text| changes(&texts[0], text))
        .collect();
    if shared.json {
        return output::json(&Comparison {
            runs: entries.iter().map(Told::new).collect(),
            changes,
        });
    }
    figures(entries, &runs)?;
    for (entry, lines) in entries[1..].iter().zip(&changes) {
        let (first, other) = (entries[0].name(), entry.name());
        output::line("")?;
        if lines.is_empty() {
            output::line(format_args!(
                "{first} and {other} have the same description"
            ))?;
            continue;
        }
        output::line(format_args!("from {first} (-) to {other} (+):"))?;
        for line in lines.iter().take(MOST_LINES) {
            output::line(line)?;
        }
        if let Some(left) = lines.len().checked_sub(MOST_LINES).filter(|left| *left > 0) {
            output::line(format_args!("and {} more lines", grouped(left)))?;
        }
    }
    curves_of(entries)
}

/// A row a figure, a column a run.
fn figures(entries: &[Entry], runs: &[&Run]) -> Result<()> {
    let names: Vec<_> = entries.iter().map(Entry::name).collect();
    let headings = std::iter::once("").chain(names.iter().map(String::as_str));
    let mut table = output::table(headings, 1);
    let mut row = |name: String, of: &dyn Fn(&Run) -> String| {
        let cells = runs.iter().map(|run| of(run));
        table.add_row(std::iter::once(name).chain(cells));
    };
    row("seed".to_owned(), &|run| run.seed.to_string());
    row("data".to_owned(), &|run| {
        run.data_digest.get(..12).unwrap_or_default().to_owned()
    });
    row("samples".to_owned(), &|run| {
        said(run.limit.map(grouped), "all")
    });
    row("epochs".to_owned(), &epochs);
    row("end".to_owned(), &|run| run.end.to_string());
    row("seconds".to_owned(), &|run| format!("{:.0}", run.seconds));
    for head in heads(
        runs.iter()
            .flat_map(|run| run.held_out.iter().map(|score| &score.head)),
    ) {
        row(format!("{head}, held out"), &|run| {
            let score = run.held_out.iter().find(|score| score.head == *head);
            said(score.and_then(|score| score.accuracy).map(percent), "-")
        });
    }
    for head in heads(
        runs.iter()
            .flat_map(|run| run.test.iter().map(|score| &score.head)),
    ) {
        row(format!("{head}, test"), &|run| {
            let score = run.test.iter().find(|score| score.head == *head);
            said(score.and_then(|score| score.fixed).map(percent), "-")
        });
    }
    row("bytes".to_owned(), &|run| {
        said(run.file.as_ref().map(|file| grouped(file.bytes)), "-")
    });
    table.print()
}

fn said(figure: Option<impl Display>, none: &str) -> String {
    figure.map_or(none.to_owned(), |figure| figure.to_string())
}

/// Each head once, in the order in which they come.
fn heads<'a>(all: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut heads: Vec<&String> = Vec::new();
    for head in all {
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads
}

/// Lines of a text that another one has not, and those that it lacks.
fn changes(first: &str, other: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(first, other);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        Some(format!("{sign} {}", change.value().trim_end()))
    });
    changed.collect()
}

/// The curves of all runs, a figure after the other, so that those of one figure stand under one another.
fn curves_of(entries: &[Entry]) -> Result<()> {
    let mut all = Vec::new();
    for entry in entries {
        all.push((entry.name(), rows(&entry.epochs()?)));
    }
    let column = all
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let figures = all
        .iter()
        .flat_map(|(_, rows)| rows.iter().map(|(figure, _)| figure));
    for figure in heads(figures) {
        output::line("")?;
        output::line(figure)?;
        for (name, rows) in &all {
            if let Some((_, values)) = rows.iter().find(|(name, _)| name == figure) {
                let low = figure == "loss";
                output::line(curves::line((name, column), values, low, width()))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_differ_are_told() {
        let told = changes("a = 1\nb = 2\nc = 3\n", "a = 1\nb = 4\nc = 3\nd = 5\n");
        assert_eq!(told, ["- b = 2", "+ b = 4", "+ d = 5"]);
        assert!(changes("a\n", "a\n").is_empty());
    }
}
