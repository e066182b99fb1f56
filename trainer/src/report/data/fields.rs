//! The fields of records: what is missing, and how their values lie, class by class.

use std::cmp::Reverse;

use tillsense_compiler::words::{grouped, percent};

use super::gather::SeenField;
use super::inputs::{by, by_part, split};
use super::{About, MOST_COLOURS};
use crate::data::audit::Audit;
use crate::data::dataset::{Field, Head, InputColumn};
use crate::report::page::{Figure, Section, Table};
use crate::report::plot::{Bar, Layout, bars, histogram};

/// Fields that are drawn.
const MOST_FIELDS: usize = 40;
/// Rows of the table of fields.
const MOST_ROWS: usize = 500;
/// Names of a field that are drawn; of more, the most frequent ones.
const MOST_NAMES: usize = 12;

/// Adds what is missing of each field, and how its values lie.
pub fn fields(
    section: &mut Section,
    about: About<'_>,
    found: &Audit,
    (column, seen): (&InputColumn, &[SeenField]),
) {
    let mut table = Table::new(["field", "kind", "cells", "missing", "share"]).words(2);
    let rows = column.fields.iter().zip(seen);
    for (field, seen) in rows.clone().take(MOST_ROWS) {
        let share = seen.missing as f64 / seen.cells.max(1) as f64;
        let kind = match seen.names.is_empty() {
            true => "number",
            false => "category",
        };
        table.row([
            field.name.clone(),
            kind.to_owned(),
            grouped(seen.cells),
            grouped(seen.missing),
            percent(share),
        ]);
    }
    section.subtitle("Fields and missing values");
    if seen.len() > MOST_ROWS {
        section.text(&format!(
            "{MOST_ROWS} of {} fields shown.",
            grouped(seen.len())
        ));
    }
    section.table(table);
    if about.private {
        return;
    }
    section.subtitle("Values");
    if seen.len() > MOST_FIELDS {
        section.text(&format!(
            "{MOST_FIELDS} of {} fields shown.",
            grouped(seen.len())
        ));
    }
    let head = found.data.heads().first();
    for (field, seen) in rows.take(MOST_FIELDS) {
        for figure in values(found, head, column, (field, seen)) {
            section.figure(figure);
        }
    }
}

fn values(
    found: &Audit,
    head: Option<&Head>,
    column: &InputColumn,
    (field, seen): (&Field, &SeenField),
) -> Vec<Figure> {
    let name = &field.name;
    if !seen.names.is_empty() {
        return vec![names(head, name, seen)];
    }
    let scale = libm::exp10(f64::from(field.kind.number().0));
    let numbers: Vec<_> = seen
        .numbers
        .kept()
        .iter()
        .map(|&(value, from)| (f64::from(value) / scale, from))
        .collect();
    let caption = format!("{name} {}", by(head, numbers.len(), seen.numbers.seen()));
    let mut figures = vec![Figure::new(
        histogram(name, &split(head, &numbers)),
        &caption,
    )];
    // Where training and test differ, one wants to see it.
    let drifts = found.report.findings().any(|finding| {
        finding.kind == "drift"
            && finding.subject.contains(&column.name)
            && finding.subject.contains(name.as_str())
    });
    if drifts {
        figures.push(Figure::new(
            histogram(name, &by_part(&numbers)),
            &format!("{name} by part, which differ in it."),
        ));
    }
    figures
}

fn names(head: Option<&Head>, name: &str, seen: &SeenField) -> Figure {
    let classes = match head {
        Some(head) if (2..=MOST_COLOURS).contains(&head.classes.len()) => &head.classes[..],
        _ => &[],
    };
    let mut order: Vec<_> = seen.names.iter().collect();
    order.sort_by_key(|(_, counts)| Reverse(counts.values().sum::<u64>()));
    let shown = order.len().min(MOST_NAMES);
    let drawn: Vec<_> = order[..shown]
        .iter()
        .map(|(name, counts)| Bar {
            name: name.to_string(),
            values: match classes.is_empty() {
                true => vec![counts.values().sum::<u64>() as f64],
                false => (0..classes.len() as u16)
                    .map(|class| counts.get(&Some(class)).copied().unwrap_or(0) as f64)
                    .collect(),
            },
        })
        .collect();
    let legend: Vec<&str> = classes.iter().map(String::as_str).collect();
    let more = match shown < order.len() || seen.others > 0 {
        true => format!(
            " The {shown} most frequent of {} names or more.",
            grouped(order.len())
        ),
        false => String::new(),
    };
    let by = match classes.is_empty() {
        true => "Cells",
        false => "Cells by class",
    };
    Figure::new(
        bars(&legend, &drawn, Layout::Stacked),
        &format!("{name}: {}.{more}", by.to_lowercase()),
    )
}
