//! The samples that a command names: one, those of a folder or pattern of one input, or the rows of a table.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use tillsense_compiler::run::sample::{Raw, Sample};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::nearest;

use super::inputs::{self, Assigned, Input, Kind};
use super::record::{Entry, Notes, Unknown, cells, each_row};
use super::value::{self, Value, shown};
use crate::data::rows::{Row, TableFile};

/// A sample that was read.
#[derive(Debug)]
pub struct Taken<'m> {
    /// The inputs, by number.
    pub sample: Sample<'m>,
    /// What was done to each input, in words.
    pub notes: Vec<Vec<String>>,
}

/// Where samples come from.
#[derive(Debug)]
pub struct Samples<'a, 'm> {
    inputs: &'a [Input<'m>],
    /// What is the same in all samples.
    fixed: Vec<Option<Value<'m>>>,
    varied: Varied,
}

#[derive(Debug)]
enum Varied {
    /// Nothing: there is one sample.
    Nothing,
    /// An input, by the files that are given to it.
    Files(usize, Vec<PathBuf>),
    /// The inputs that a table has columns for.
    Table(TableFile, Vec<Cells>),
}

/// The columns that an input takes of a table.
#[derive(Debug)]
enum Cells {
    /// None.
    None,
    /// One: a path, or a text.
    One(usize),
    /// One each for some fields of a record, by the field's place.
    Fields(Vec<(usize, usize)>),
}

impl<'a, 'm> Samples<'a, 'm> {
    /// Finds out what is given: values of the command line, and a table.
    pub fn new(
        inputs: &'a [Input<'m>],
        given: &Assigned<'_>,
        table: Option<&Path>,
    ) -> Result<Self> {
        let mut varied = Varied::Nothing;
        let mut fixed = Vec::with_capacity(inputs.len());
        for (number, (input, given)) in inputs.iter().zip(given).enumerate() {
            let Some(given) = given else {
                fixed.push(None);
                continue;
            };
            if let Some(files) = value::files(input, given)? {
                ensure!(
                    matches!(varied, Varied::Nothing) && table.is_none(),
                    "{}: `{}` are several files, and only one input may have several; list samples in a table and give it by --table",
                    input.kind(),
                    brief(given)
                );
                varied = Varied::Files(number, files);
                fixed.push(None);
                continue;
            }
            fixed.push(Some(value::read(input, given, Path::new(""))?));
        }
        if let Some(path) = table {
            let path = value::existing(&path.to_string_lossy(), Path::new(""))?;
            let table = TableFile::open(&path)?;
            let columns = columns(inputs, &fixed, &table)?;
            varied = Varied::Table(table, columns);
        }
        Ok(Samples {
            inputs,
            fixed,
            varied,
        })
    }

    /// Whether there may be several.
    pub fn are_many(&self) -> bool {
        !matches!(self.varied, Varied::Nothing)
    }

    /// Calls `take` with every sample, by name; the name of the only one is empty.
    pub fn each(
        &self,
        mut take: impl FnMut(String, Result<Taken<'m>>) -> Result<()>,
    ) -> Result<()> {
        match &self.varied {
            Varied::Nothing => take(String::new(), Ok(self.joined(|_| Ok(None))?)),
            Varied::Files(number, files) => {
                for file in files {
                    let sample = self.joined(|(at, input)| match at == *number {
                        true => {
                            let path = file.to_string_lossy();
                            value::read(input, &path, Path::new("")).map(Some)
                        }
                        false => Ok(None),
                    });
                    take(shown(file), sample)?;
                }
                Ok(())
            }
            Varied::Table(table, columns) => each_row(table, |row| {
                let sample = self.joined(|(at, input)| from_row(input, &columns[at], row, table));
                take(format!("line {}", row.line()), sample)
            }),
        }
    }

    /// What is fixed, and what `varied` gives to inputs that are not.
    fn joined(
        &self,
        mut varied: impl FnMut((usize, &Input<'m>)) -> Result<Option<Value<'m>>>,
    ) -> Result<Taken<'m>> {
        let mut taken = Taken {
            sample: Sample {
                inputs: Vec::new(),
                labels: Vec::new(),
            },
            notes: Vec::new(),
        };
        for (number, input) in self.inputs.iter().enumerate() {
            let value = match &self.fixed[number] {
                Some(value) => Some(value.clone()),
                None => varied((number, input))?,
            };
            let (raw, notes) = value.map_or((Raw::Absent, Vec::new()), |v| (v.raw, v.notes));
            taken.sample.inputs.push(raw);
            taken.notes.push(notes);
        }
        Ok(taken)
    }
}

/// The columns of each input. A column has the name of an input, of a field, or of both with a point between.
fn columns(
    inputs: &[Input<'_>],
    fixed: &[Option<Value<'_>>],
    table: &TableFile,
) -> Result<Vec<Cells>> {
    let place = |name: &str| table.columns().iter().position(|column| column == name);
    let mut used = vec![false; table.columns().len()];
    let mut left: Vec<String> = Vec::new();
    let mut all = Vec::with_capacity(inputs.len());
    for (input, fixed) in inputs.iter().zip(fixed) {
        if fixed.is_some() {
            all.push(Cells::None);
            continue;
        }
        if input.kind() != Kind::Record {
            let column = place(input.name);
            column.into_iter().for_each(|column| used[column] = true);
            if column.is_none() {
                left.push(input.name.to_owned());
            }
            all.push(column.map_or(Cells::None, Cells::One));
            continue;
        }
        let mut fields = Vec::new();
        for (number, field) in input.fields.iter().enumerate() {
            let whole = format!("{}.{}", input.name, field.name);
            let is_input = inputs.iter().any(|input| input.name == field.name);
            let bare = place(field.name).filter(|_| !is_input);
            match place(&whole).or(bare) {
                Some(column) => {
                    used[column] = true;
                    fields.push((number, column));
                }
                None => left.push(field.name.to_owned()),
            }
        }
        all.push(match fields.is_empty() {
            true => Cells::None,
            false => Cells::Fields(fields),
        });
    }
    let path = shown(table.path());
    let others = table
        .columns()
        .iter()
        .zip(&used)
        .filter(|(_, used)| !**used);
    for (column, _) in others {
        if let Some(near) = nearest(column, left.iter().map(String::as_str)) {
            bail!(
                "{path}: column `{}` is no input or field of the model; did you mean `{}`? (rename the column, or take it away)",
                brief(column),
                brief(near)
            );
        }
    }
    ensure!(
        used.contains(&true),
        "{path}: none of its columns is an input or field of the model, which takes {}; name columns so (fields of a record by their own names)",
        inputs::all(inputs)
    );
    Ok(all)
}

fn from_row<'m>(
    input: &Input<'m>,
    columns: &Cells,
    row: &Row<'_>,
    table: &TableFile,
) -> Result<Option<Value<'m>>> {
    match columns {
        Cells::None => Ok(None),
        Cells::One(column) => match row.get(*column) {
            "" => Ok(None),
            cell => value::read(input, cell, table.folder()).map(Some),
        },
        Cells::Fields(fields) => {
            let entry = |&(field, column): &(usize, usize)| Entry {
                key: input.fields[field].name,
                text: row.get(column),
                mark: row.mark(column),
            };
            let entries: Vec<_> = fields.iter().map(entry).collect();
            let mut notes = Notes::default();
            let cells = cells(input, &entries, Unknown::Tell, &mut notes)?;
            Ok(Some(super::record::value(input, cells, notes)))
        }
    }
}
