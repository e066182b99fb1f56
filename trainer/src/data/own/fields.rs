//! Fields of records: which columns they read, whether they are numbers or categories, and how a cell is stored.
//!
//! A column is a number where the description says so, or where each of its cells in the training rows is one; else it is a category.
//! A number keeps the decimals that training rows have, at most six, as long as twice the largest of them fits into 32 bits. A
//! category keeps its most frequent names, as many as a model's field holds; rows with others count as missing.

use std::collections::BTreeMap;
use std::collections::HashMap;

use anyhow::{Result, bail};
use tillsense_compiler::frontend::FittedField;
use tillsense_compiler::network::description::Columns;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;
use tillsense_core::frontend::record::MAX_NAMES;
use tillsense_core::model::records::FieldKind;
use tillsense_core::trial::MAX_FIELDS;

use super::report::{Level, Report};
use super::stored::StoredCell;
use crate::data::DataError;
use crate::data::dataset::{Field, FieldType};
use crate::data::rows::numbers::{Number, is_missing};
use crate::data::rows::{Row, TableFault, TableFile};

/// Fields that a record of a model file has at most.
pub const MOST_FIELDS: usize = 255;
/// Decimals that a number keeps at most.
const MOST_DECIMALS: u8 = 6;
/// Different names of a column from which on it is no category but an identifier or a text.
const MOST_DISTINCT: usize = 10_000;

/// A name that training has not seen: one of the others.
const UNSEEN: StoredCell = StoredCell::Name(u16::MAX);

/// A field of a record, fitted to the training rows of its table.
#[derive(Clone, Debug)]
pub struct FieldPlan {
    /// The field.
    pub field: Field,
    /// Column of the table; the first one of a field that is spread over several.
    pub column: usize,
    /// Names of a category, the most frequent first.
    pub names: Vec<String>,
    numbers: HashMap<String, u16>,
    /// Whether it is a finished model's, which other rows were trained on.
    of_model: bool,
}

/// What the training rows tell of a column.
#[derive(Debug, Default)]
struct Seen {
    /// Cells that hold something, and those of them that are numbers.
    given: usize,
    numeric: usize,
    decimals: u8,
    largest: f64,
    names: BTreeMap<String, usize>,
    overflow: bool,
}

impl Seen {
    fn take(&mut self, row: &Row<'_>, column: usize) {
        let cell = row.get(column);
        if cell.is_empty() {
            return;
        }
        if !self.overflow {
            *self.names.entry(row.name(column).into_owned()).or_default() += 1;
            self.overflow = self.names.len() > MOST_DISTINCT;
            if self.overflow {
                self.names.clear();
            }
        }
        if is_missing(cell) {
            return;
        }
        self.given += 1;
        if let Some(number) = Number::read(cell, row.mark(column)) {
            self.numeric += 1;
            self.decimals = self.decimals.max(number.decimals());
            self.largest = self.largest.max(number.value().abs());
        }
    }
}

/// Columns that a record reads, by field: one column each, or several that hold the same field.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Name of the field.
    pub name: String,
    /// Columns whose cells are the field's.
    pub columns: Vec<usize>,
}

/// Fits the fields of a record to the rows that `training` chooses.
pub fn fit(
    table: &TableFile,
    input: &str,
    wanted: &[Wanted],
    stated: &Columns,
    training: impl Fn(&Row<'_>) -> bool,
    report: &mut Report,
) -> Result<Vec<FieldPlan>> {
    let units: Vec<String> = stated.units.keys().cloned().collect();
    for (key, names) in [
        ("number", &stated.number),
        ("category", &stated.category),
        ("log", &stated.log),
        ("units", &units),
    ] {
        for name in names {
            if !wanted.iter().any(|field| field.name == *name) {
                bail!(
                    "inputs.{input}.{key}: `{name}` is no column of this input; add it to `columns`, or remove it"
                );
            }
        }
    }
    limits(input, wanted.len(), report);
    let mut seen: Vec<Seen> = wanted.iter().map(|_| Seen::default()).collect();
    table.for_each(|row| {
        if training(row) {
            for (field, seen) in wanted.iter().zip(&mut seen) {
                field
                    .columns
                    .iter()
                    .for_each(|&column| seen.take(row, column));
            }
        }
        Ok(())
    })?;
    let plans = wanted.iter().zip(seen);
    plans
        .map(|(field, seen)| plan(input, field, seen, stated, report))
        .collect()
}

/// Reports more fields than a model file, or a terminal's program, holds.
fn limits(input: &str, fields: usize, report: &mut Report) {
    let mend = "name those that matter with `columns`, or leave others out with `ignore`";
    if fields > MOST_FIELDS {
        report.error(
            "limits",
            format!("inputs.{input}: {fields} columns, and a record has at most {MOST_FIELDS} fields; {mend}"),
        );
    } else if fields > MAX_FIELDS {
        report.add(
            (Level::Warning, "many_fields"),
            &format!("input {input}"),
            None,
            format!("{fields} fields, of which the terminal's program that `compare` and boards run takes {MAX_FIELDS}"),
            mend,
        );
    }
}

fn plan(
    input: &str,
    wanted: &Wanted,
    seen: Seen,
    stated: &Columns,
    report: &mut Report,
) -> Result<FieldPlan> {
    let is = |list: &[String]| list.contains(&wanted.name);
    let number = match (is(&stated.number), is(&stated.category)) {
        (true, true) => bail!(
            "inputs.{input}: `{}` is both a number and a category; keep one",
            wanted.name
        ),
        (true, false) => true,
        (false, true) => false,
        (false, false) => seen.given > 0 && seen.numeric == seen.given,
    };
    let subject = format!("column `{}`", wanted.name);
    if seen.given == 0 && (number || seen.names.is_empty()) {
        report.error(
            "empty_column",
            format!("inputs.{input}: {subject} is empty in all training rows; leave it out of `columns`, or add it to `ignore`"),
        );
    }
    if !number && stated.units.contains_key(&wanted.name) {
        bail!(
            "inputs.{input}.units: `{}` is a category, and only numbers have a unit; remove it there",
            wanted.name
        );
    }
    let mut names = Vec::new();
    let kind = if number {
        FieldType::Number {
            decimals: decimals(&seen, &subject, report),
            log: is(&stated.log).then_some(true),
        }
    } else {
        names = categories(input, &seen, &subject, report);
        FieldType::Category
    };
    let numbers = names.iter().cloned().zip(0..).collect();
    Ok(FieldPlan {
        field: Field {
            name: wanted.name.clone(),
            kind,
        },
        column: wanted.columns[0],
        names,
        numbers,
        of_model: false,
    })
}

/// The decimals that fit.
fn decimals(seen: &Seen, subject: &str, report: &mut Report) -> u8 {
    let wanted = seen.decimals.min(MOST_DECIMALS);
    let fits =
        |decimals: u8| 2.0 * seen.largest * 10f64.powi(decimals.into()) <= f64::from(i32::MAX);
    let kept = (0..=wanted).rev().find(|&decimals| fits(decimals));
    if kept != Some(seen.decimals) && seen.decimals > 0 {
        report.add(
            (Level::Note, "decimals"),
            subject,
            None,
            format!(
                "{} of {} decimals are kept, which is what fits into 32 bits",
                kept.unwrap_or(0),
                seen.decimals
            ),
            "",
        );
    }
    if kept.is_none() {
        report.add(
            (Level::Warning, "large_numbers"),
            subject,
            None,
            format!("numbers up to {:e}, of which those beyond 2,147,483,647 count as that", seen.largest),
            "divide them (thousands instead of units), read them as a category, or leave the column out",
        );
    }
    kept.unwrap_or(0)
}

/// The names that a field holds, the most frequent first; equally frequent ones by their characters.
fn categories(input: &str, seen: &Seen, subject: &str, report: &mut Report) -> Vec<String> {
    if seen.overflow {
        report.error(
            "too_many_categories",
            format!(
                "inputs.{input}: {subject} has more than {} different values, an identifier or a text and no category; leave it out of `columns` (or add it to `ignore`), or read it as an input of kind \"text\"",
                grouped(MOST_DISTINCT)
            ),
        );
        return Vec::new();
    }
    let mut names: Vec<(&String, usize)> = seen.names.iter().map(|(n, &c)| (n, c)).collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if names.len() > MAX_NAMES {
        let rest: usize = names[MAX_NAMES..].iter().map(|(_, count)| count).sum();
        report.add(
            (Level::Warning, "many_categories"),
            subject,
            None,
            format!("{} categories, of which a model holds the {MAX_NAMES} most frequent; {} cells with others count as missing", grouped(names.len()), grouped(rest)),
            "join rare ones, or leave the column out",
        );
        names.truncate(MAX_NAMES);
    }
    names.into_iter().map(|(name, _)| name.clone()).collect()
}

impl FieldPlan {
    /// A field as a finished model reads it.
    pub fn of_model(fitted: &FittedField, wanted: &Wanted) -> Self {
        let (kind, names) = match fitted.field().kind {
            FieldKind::Number { decimals, log, .. } => {
                let log = Some(log);
                (FieldType::Number { decimals, log }, Vec::new())
            }
            FieldKind::Category { names, .. } => {
                let names = names.lines().map(str::to_owned);
                (FieldType::Category, names.collect())
            }
        };
        FieldPlan {
            field: Field {
                name: wanted.name.clone(),
                kind,
            },
            column: wanted.columns[0],
            numbers: names.iter().cloned().zip(0..).collect(),
            names,
            of_model: true,
        }
    }

    /// A cell of this field as it is stored; one that is no number is reported and counts as missing.
    pub fn cell_or_error(&self, row: &Row<'_>, column: usize, report: &mut Report) -> StoredCell {
        let cell = self.cell(row, column).unwrap_or_else(|error| {
            report.error("not_a_number", error.to_string());
            StoredCell::Missing
        });
        if self.of_model && cell == UNSEEN && !is_missing(row.get(column)) {
            report.add(
                (Level::Note, "unseen_category"),
                &format!("column `{}`", self.field.name),
                Some(format!("line {}: `{}`", row.line(), brief(row.get(column)))),
                "values that the model has not seen in training and takes as one that it does not know",
                "",
            );
        }
        cell
    }

    /// A cell of this field as it is stored.
    fn cell(&self, row: &Row<'_>, column: usize) -> Result<StoredCell, DataError> {
        let cell = row.get(column);
        if cell.is_empty() {
            return Ok(StoredCell::Missing);
        }
        let FieldType::Number { decimals, .. } = self.field.kind else {
            let name = self.numbers.get(&*row.name(column)).copied();
            return Ok(name.map_or(UNSEEN, StoredCell::Name));
        };
        if is_missing(cell) {
            return Ok(StoredCell::Missing);
        }
        let not = || row.error(column, TableFault::NotANumber(cell.to_owned()));
        let number = Number::read(cell, row.mark(column)).ok_or_else(not)?;
        let wide = number.wide(decimals).unwrap_or(match number.value() < 0.0 {
            true => i64::MIN,
            false => i64::MAX,
        });
        let most = i64::from(i32::MAX);
        Ok(StoredCell::Number(wide.clamp(-most, most) as i32))
    }
}
