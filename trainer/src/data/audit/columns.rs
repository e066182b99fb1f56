//! Columns of tables and names of files: what is constant or nearly unique, and groups that stand on both sides.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use tillsense_compiler::network::description::{Origin, Source, Spec};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use crate::data::dataset::{InputColumn, InputKind};
use crate::data::own::folder::{self, Grouping};
use crate::data::own::{Level, Part, Report};
use crate::data::rows::TableFile;
use crate::data::rows::guess::{Role, guess};
use crate::data::rows::profile::{ColumnProfile, Profile};

/// Words in the names of columns that say who or what a row belongs to.
const OWNERS: [&str; 18] = [
    "account",
    "client",
    "customer",
    "device",
    "group",
    "house",
    "household",
    "id",
    "merchant",
    "patient",
    "person",
    "session",
    "speaker",
    "subject",
    "terminal",
    "uid",
    "user",
    "voice",
];
/// Different values of a column from which on it may hold groups, and rows a value.
const FEWEST: u64 = 5;
const ROWS_A_GROUP: f64 = 1.5;
/// Test rows whose value training has seen, as a part of all, from which on it is told.
const SEEN: f64 = 0.5;
/// Cells that differ, as a part of all, from which on a category is no category.
const UNIQUE: f64 = 0.9;

/// Reports what is to be said of a description's table or folder, whose rows or files are in these parts.
pub fn report(
    spec: &Spec,
    base: &Path,
    (parts, inputs): (&[Option<Part>], &[InputColumn]),
    report: &mut Report,
) -> Result<()> {
    match &spec.data.origin {
        Origin::Table(path) => {
            let table = TableFile::open(&base.join(path))?;
            let training = |row: u64| parts.get(row as usize) == Some(&Some(Part::Train));
            let profile = Profile::of(&table, |row| training(row.index()))?;
            for &column in &record_columns(inputs, &table) {
                useless(&profile.columns[column], report);
            }
            groups(spec, &table, &profile, parts, report)
        }
        Origin::Folder(path) => folder_groups(spec, &base.join(path), parts, report),
        _ => Ok(()),
    }
}

/// Columns that records of the first table read.
fn record_columns(inputs: &[InputColumn], table: &TableFile) -> Vec<usize> {
    let records = inputs
        .iter()
        .filter(|input| input.kind == InputKind::Record);
    let names = records.flat_map(|input| &input.fields);
    names
        .filter_map(|field| table.column(&field.name).ok())
        .collect()
}

fn useless(column: &ColumnProfile, report: &mut Report) {
    let subject = format!("column `{}`", column.name);
    let role = guess(column).role;
    if column.distinct.count() == 1 && column.empty == 0 {
        report.add(
            (Level::Warning, "constant"),
            &subject,
            None,
            "the same in all training rows, so that nothing is learned from it",
            "leave it out of `columns`, or add it to `ignore`",
        );
    } else if role == Role::Id
        || (!column.is_numeric() && column.distinct_share() >= UNIQUE && column.filled >= 20)
    {
        report.add(
            (Level::Warning, "nearly_unique"),
            &subject,
            None,
            format!(
                "{} different cells in {} training rows: it names rows, and says nothing about others",
                grouped(column.distinct.count()),
                grouped(column.filled)
            ),
            "leave it out of `columns`, or add it to `ignore`; where it names what several rows belong to, make it the group",
        );
    }
}

/// Rows of a group in the training and in the test part, and a name.
#[derive(Debug, Default)]
struct Sides {
    rows: HashMap<String, [u64; 2]>,
}

impl Sides {
    fn add(&mut self, name: &str, part: Option<Part>) {
        let side = match part {
            Some(Part::Test) => 1,
            Some(_) => 0,
            None => return,
        };
        match self.rows.get_mut(name) {
            Some(rows) => rows[side] += 1,
            None => {
                let mut rows = [0; 2];
                rows[side] = 1;
                self.rows.insert(name.to_owned(), rows);
            }
        }
    }

    /// The names on both sides in their order, and the part of the test rows that are theirs.
    fn both(&self) -> (Vec<&str>, f64) {
        let both = self
            .rows
            .iter()
            .filter(|(_, rows)| rows[0] > 0 && rows[1] > 0);
        let (mut names, mut tested) = (Vec::new(), 0);
        for (name, rows) in both {
            names.push(name.as_str());
            tested += rows[1];
        }
        names.sort_unstable();
        let all: u64 = self.rows.values().map(|rows| rows[1]).sum();
        (names, tested as f64 / all.max(1) as f64)
    }

    fn report_stated(&self, report: &mut Report) {
        for name in self.both().0 {
            report.add(
                (Level::Warning, "group_on_both_sides"),
                "data.group",
                Some(format!("`{}`", brief(name))),
                "groups with samples in training and in test, as the data divide them themselves",
                "move each to one side, or remove the column or folders that say the parts, so that groups divide",
            );
        }
    }
}

fn sides(table: &TableFile, column: usize, parts: &[Option<Part>]) -> Result<Sides> {
    let mut sides = Sides::default();
    table.for_each(|row| {
        let cell = row.get(column);
        if !cell.is_empty() {
            sides.add(cell, parts[row.index() as usize]);
        }
        Ok(())
    })?;
    Ok(sides)
}

/// The stated group where the data divide themselves; else columns that look like groups.
fn groups(
    spec: &Spec,
    table: &TableFile,
    profile: &Profile,
    parts: &[Option<Part>],
    report: &mut Report,
) -> Result<()> {
    if let Some(group) = &spec.data.division.group {
        sides(table, table.column(group)?, parts)?.report_stated(report);
        return Ok(());
    }
    let taken = taken(spec, table);
    for (column, about) in profile.columns.iter().enumerate() {
        if taken.contains(&column) || !looks_like_groups(about) {
            continue;
        }
        let sides = sides(table, column, parts)?;
        let (names, share) = sides.both();
        if share < SEEN {
            continue;
        }
        for name in names {
            report.add(
                (Level::Warning, "likely_group"),
                &format!("column `{}`", about.name),
                Some(format!("`{}`", brief(name))),
                "looks like a group, and has values with rows in training and in test: how the model does on new ones stays unknown",
                format!("state group = \"{0}\" in [data] (`tillsense new --group {0}`)", brief(&about.name)),
            );
        }
    }
    Ok(())
}

/// Columns that are labels, divide the samples, or are a picture, a clip or a text.
fn taken(spec: &Spec, table: &TableFile) -> Vec<usize> {
    let division = &spec.data.division;
    let heads = spec
        .heads
        .iter()
        .map(|head| head.column.as_ref().unwrap_or(&head.name));
    let inputs = spec
        .inputs
        .iter()
        .filter(|input| !matches!(input.source, Source::Record | Source::Sequence(_)));
    let inputs = inputs.map(|input| input.columns.column.as_ref().unwrap_or(&input.name));
    let stated = [&division.split, &division.time].into_iter().flatten();
    let names = heads.chain(inputs).chain(stated);
    names.filter_map(|name| table.column(name).ok()).collect()
}

fn looks_like_groups(column: &ColumnProfile) -> bool {
    let distinct = column.distinct.count();
    let rows = column.filled as f64 / distinct.max(1) as f64;
    if distinct < FEWEST || rows < ROWS_A_GROUP {
        return false;
    }
    let named = words(&column.name)
        .iter()
        .any(|word| OWNERS.contains(&word.as_str()));
    named || (guess(column).role == Role::Id && !column.is_numeric())
}

/// The words of a column's name: `customerId`, `customer_id` and `Customer ID` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (small && c.is_uppercase()) {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if c.is_alphanumeric() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(c.to_lowercase()));
        }
    }
    words
}

fn folder_groups(
    spec: &Spec,
    path: &Path,
    parts: &[Option<Part>],
    report: &mut Report,
) -> Result<()> {
    let Some(grouping) = spec
        .data
        .division
        .group
        .as_deref()
        .and_then(Grouping::named)
    else {
        return Ok(());
    };
    let extensions = crate::data::own::extensions(&spec.inputs[0].source);
    let files = folder::files(path, extensions, Some(grouping), &mut Report::default())?;
    let mut sides = Sides::default();
    for (file, part) in files.iter().zip(parts) {
        if let Some(group) = &file.group {
            sides.add(group, *part);
        }
    }
    sides.report_stated(report);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_have_words() {
        assert_eq!(words("customerId"), ["customer", "id"]);
        assert_eq!(words("Customer ID"), ["customer", "id"]);
        assert_eq!(words("paid"), ["paid"]);
    }
}
