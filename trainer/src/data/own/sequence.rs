//! Sequences whose records are rows of a second table.
//!
//! The second table is read once into a store of its own, with a list of `(key, order, row)` by which the records of a sample are
//! found: 24 bytes a record stay in memory.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};
use tillsense_compiler::network::description::{Input, Joined, Keep, SequenceSource};

use super::division::short_digest;
use super::fields::{self, FieldPlan, Wanted};
use super::finished::Finished;
use super::report::{Level, Report};
use super::stored::StoredCell;
use super::times;
use crate::data::DataError;
use crate::data::rows::numbers::{Number, is_missing};
use crate::data::rows::time::TimeForm;
use crate::data::rows::{Row, TableFault, TableFile};
use crate::data::store::{Store, StoreWriter};

/// The records of all samples of an input.
#[derive(Debug)]
pub struct Sequences {
    /// Fields of the records.
    pub fields: Vec<FieldPlan>,
    /// Column of the first table that says which records belong to a row.
    pub of: usize,
    source: SequenceSource,
    store: Store,
    /// Key, place in order, and number in the store of each record, sorted.
    index: Vec<(u64, i64, u32)>,
}

impl Sequences {
    /// Reads the second table of an input. `keys` are the digests of all keys of the first table, `training` those of training rows.
    /// `finished` is the model that they are to be scored with, and the input's number in it.
    pub fn read(
        input: &Input,
        source: SequenceSource,
        (joined, of): (&Joined, usize),
        base: &Path,
        (keys, training): (&HashSet<u64>, &HashSet<u64>),
        finished: Option<(Finished<'_>, usize)>,
        report: &mut Report,
    ) -> Result<Self> {
        let table = TableFile::open(&base.join(&joined.table))
            .with_context(|| format!("inputs.{}.table", input.name))?;
        let key = table.column(&joined.key)?;
        let order = joined.order.as_ref().map(|name| table.column(name));
        let order = order.transpose()?;
        let order = order.map(|column| ordering(&table, column)).transpose()?;
        let wanted = wanted(&table, input, [Some(key), order.map(|(column, _)| column)])?;
        let digest = |row: &Row<'_>| short_digest(row.get(key).as_bytes());
        let of_training = |row: &Row<'_>| training.contains(&digest(row));
        let (name, stated) = (&input.name, &input.columns);
        let fields = match finished {
            Some((finished, number)) => {
                let fields = finished.fields(number, name, &wanted)?;
                fields.into_iter().map(|field| field.plan).collect()
            }
            None => fields::fit(&table, name, &wanted, stated, of_training, report)?,
        };
        let (mut store, mut index) = (StoreWriter::new()?, Vec::new());
        let mut stored = Ok(());
        table.for_each(|row| {
            let belongs = digest(row);
            if !keys.contains(&belongs) && finished.is_some() {
                // The table may hold the records of all samples that there ever were.
                return Ok(());
            }
            if !keys.contains(&belongs) {
                report.error(
                    "unknown_key",
                    format!(
                        "{}, line {}: `{}` is no `{}` of the first table, so that the record belongs to no sample; remove it, or add the sample",
                        table.path().display(),
                        row.line(),
                        tillsense_compiler::text::brief(row.get(key)),
                        joined.of.as_ref().unwrap_or(&joined.key),
                    ),
                );
                return Ok(());
            }
            let place = match order {
                Some((column, form)) => position(row, column, form)?,
                None => 0,
            };
            let record = fields.iter().map(|field| (field, field.column));
            let record: Vec<StoredCell> = record
                .map(|(field, column)| field.cell_or_error(row, column, report))
                .collect();
            let bytes = postcard::to_allocvec(&record).expect("a record is plain data");
            index.push((belongs, place, index.len() as u32));
            if let Err(error) = store.push(&bytes) {
                stored = Err(error);
            }
            Ok(())
        })?;
        stored?;
        index.sort_unstable();
        if finished.is_some() && index.is_empty() {
            report.add(
                (Level::Warning, "no_records"),
                &format!("input {name}"),
                None,
                format!("`{}` has a record for not one of the rows", table.path().display()),
                "name the folder in which that of these rows lies with --data DIR, or score a description (NAME.toml) that names it",
            );
        }
        Ok(Sequences {
            fields,
            of,
            source,
            store: store.finish()?,
            index,
        })
    }

    /// The records that belong to a key, oldest first; of more than the description's `max_steps` those that it keeps.
    pub fn records(&self, key: &str) -> Vec<Vec<StoredCell>> {
        let key = short_digest(key.as_bytes());
        let start = self.index.partition_point(|(of, ..)| *of < key);
        let len = self.index[start..].partition_point(|(of, ..)| *of == key);
        let mut found = &self.index[start..start + len];
        // One more than is kept, so that it is told that some were not.
        let most = self.source.max_steps + 1;
        if found.len() > most {
            found = match self.source.keep {
                Keep::First => &found[..most],
                Keep::Last => &found[found.len() - most..],
            };
        }
        let record = |&(_, _, number): &(u64, i64, u32)| {
            let bytes = self.store.read(number as usize);
            postcard::from_bytes(&bytes).expect("the store holds what was encoded")
        };
        found.iter().map(record).collect()
    }
}

/// Columns of a second table that are fields: those stated, else all but key, order and those ignored.
fn wanted(table: &TableFile, input: &Input, others: [Option<usize>; 2]) -> Result<Vec<Wanted>> {
    let names: Vec<String> = match &input.columns.columns {
        Some(names) => names.clone(),
        None => {
            let columns = table.columns().iter().enumerate();
            let free = columns.filter(|(place, name)| {
                !others.contains(&Some(*place)) && !input.columns.ignore.contains(name)
            });
            free.map(|(_, name)| name.clone()).collect()
        }
    };
    let of = |name: String| {
        let columns = vec![table.column(&name)?];
        Ok(Wanted { name, columns })
    };
    names.into_iter().map(of).collect()
}

/// How a column orders records: by times of one form, or by numbers.
fn ordering(table: &TableFile, column: usize) -> Result<(usize, Option<TimeForm>)> {
    let mut numbers = true;
    table.for_each(|row| {
        let cell = row.get(column);
        numbers &= is_missing(cell) || Number::read(cell, row.mark(column)).is_some();
        Ok(())
    })?;
    let form = match numbers {
        true => None,
        false => Some(times::form(table, column)?.0),
    };
    Ok((column, form))
}

/// The place of a record in the order of a column of numbers or times; records without one come first.
fn position(row: &Row<'_>, column: usize, form: Option<TimeForm>) -> Result<i64, DataError> {
    let cell = row.get(column);
    if is_missing(cell) {
        return Ok(i64::MIN);
    }
    let place = match form {
        Some(form) => form.read(cell),
        None => Number::read(cell, row.mark(column)).and_then(|number| number.wide(3)),
    };
    place.ok_or_else(|| {
        let words = form.map_or("a number", TimeForm::words);
        row.error(column, TableFault::NotATime(cell.to_owned(), words))
    })
}
