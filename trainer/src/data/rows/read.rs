//! Reads the rows of a table, in any of its formats.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use super::cells::Cells;
use super::delimited::{MOST_FIELDS, Records, Stop};
use super::dialect::{self, Dialect, Votes};
use super::fault::TableFault;
use super::format::{self, Beginning, Format, Refusal};
use super::json_lines::Objects;
use super::{TableFile, header};
use crate::data::error::{DataError, Place, Problem};

/// What is called with the cells of each row.
pub(super) type Take<'a> = dyn FnMut(&Cells) -> Result<(), DataError> + 'a;

/// Reads a file once through and says what it holds.
pub(super) fn survey(path: &Path) -> Result<TableFile, DataError> {
    let beginning = format::look(path).map_err(|refusal| match refusal {
        Refusal::Io(error) => DataError::io(path, error),
        Refusal::Fault(fault) => DataError::new(path, Problem::Table(fault)),
    })?;
    let table = match beginning.format {
        Format::Delimited => delimited(path, &beginning)?,
        Format::JsonLines => json_lines(path, &beginning)?,
        Format::Parquet => parquet(path)?,
    };
    match table.rows {
        0 => Err(DataError::new(path, Problem::Table(TableFault::HeaderOnly))),
        _ => Ok(table),
    }
}

/// Calls `take` with every row.
pub(super) fn rows(table: &TableFile, take: &mut Take<'_>) -> Result<(), DataError> {
    match table.format {
        Format::Delimited => {
            let mut records = open_records(&table.path, &table.dialect)?;
            let mut cells = Cells::default();
            let names = next_header(&table.path, &mut records, &mut cells)?;
            if names != table.columns {
                return Err(DataError::new(
                    &table.path,
                    Problem::Table(TableFault::Changed),
                ));
            }
            each_record(&table.path, &mut records, &names, take).map(drop)
        }
        Format::JsonLines => each_object(table, take),
        #[cfg(feature = "parquet")]
        Format::Parquet => super::parquet::each_row(&table.path, &table.columns, take),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => parquet(&table.path).map(drop),
    }
}

fn delimited(path: &Path, beginning: &Beginning) -> Result<TableFile, DataError> {
    let mut dialect = Dialect {
        separator: Some(beginning.separator),
        byte_order_mark: beginning.byte_order_mark,
        says_separator: beginning.says_separator,
        ..Dialect::default()
    };
    let mut records = open_records(path, &dialect)?;
    let columns = next_header(path, &mut records, &mut Cells::default())?;
    let mut votes = vec![Votes::default(); columns.len()];
    let rows = each_record(path, &mut records, &columns, &mut |cells| {
        for (column, votes) in votes.iter_mut().enumerate() {
            votes.count(cells.get(column).trim());
        }
        Ok(())
    })?;
    dialect.ends = records.line_ends();
    (dialect.marks, dialect.unsure) = dialect::marks(&votes, beginning.separator);
    Ok(TableFile {
        path: path.to_owned(),
        format: Format::Delimited,
        dialect,
        columns,
        rows,
    })
}

/// The reader of a text, behind what stands before its header.
fn open_records(path: &Path, dialect: &Dialect) -> Result<Records, DataError> {
    let io = |error| DataError::io(path, error);
    let mut file = open(path, dialect.byte_order_mark)?;
    if !dialect.byte_order_mark {
        file.rewind().map_err(io)?;
    }
    let mut records = Records::new(file, dialect.separator.unwrap_or(b','));
    if dialect.says_separator {
        records.skip_line().map_err(io)?;
    }
    Ok(records)
}

fn open(path: &Path, byte_order_mark: bool) -> Result<File, DataError> {
    let io = |error| DataError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let start = if byte_order_mark { 3 } else { 0 };
    file.seek(SeekFrom::Start(start)).map_err(io)?;
    Ok(file)
}

fn next_header(
    path: &Path,
    records: &mut Records,
    cells: &mut Cells,
) -> Result<Vec<String>, DataError> {
    let there = records
        .next(cells)
        .map_err(|stop| stopped(path, stop, &[]))?;
    if !there {
        return Err(DataError::new(path, Problem::Table(TableFault::Empty)));
    }
    header::names(cells)
        .map_err(|fault| DataError::at(path, Place::Line(cells.first), Problem::Table(fault)))
}

/// Calls `take` with every record, which must be as wide as the header; answers their number.
fn each_record(
    path: &Path,
    records: &mut Records,
    columns: &[String],
    take: &mut Take<'_>,
) -> Result<u64, DataError> {
    let mut cells = Cells::default();
    let mut count = 0;
    while records
        .next(&mut cells)
        .map_err(|stop| stopped(path, stop, columns))?
    {
        if cells.len() != columns.len() {
            let fault = TableFault::Width {
                found: cells.len(),
                wanted: columns.len(),
                last: if cells.last > cells.first {
                    cells.last
                } else {
                    0
                },
            };
            return Err(DataError::at(
                path,
                Place::Line(cells.first),
                Problem::Table(fault),
            ));
        }
        count += 1;
        take(&cells)?;
    }
    Ok(count)
}

fn json_lines(path: &Path, beginning: &Beginning) -> Result<TableFile, DataError> {
    let mut objects = Objects::new(open(path, beginning.byte_order_mark)?);
    let mut places = HashMap::new();
    let mut columns = Vec::new();
    let mut rows = 0;
    while let Some((line, object)) = objects.next().map_err(|stop| stopped(path, stop, &[]))? {
        rows += 1;
        for (key, _) in object.0 {
            if places.contains_key(&key) {
                continue;
            }
            let fault = match columns.len() {
                MOST_FIELDS => Some(TableFault::Columns(MOST_FIELDS)),
                place if key.trim().is_empty() => Some(TableFault::NoName(place + 1)),
                _ => None,
            };
            if let Some(fault) = fault {
                return Err(DataError::at(
                    path,
                    Place::Line(line),
                    Problem::Table(fault),
                ));
            }
            places.insert(key.clone(), columns.len());
            columns.push(key);
        }
    }
    Ok(TableFile {
        path: path.to_owned(),
        format: Format::JsonLines,
        dialect: Dialect {
            byte_order_mark: beginning.byte_order_mark,
            ..Dialect::default()
        },
        columns,
        rows,
    })
}

fn each_object(table: &TableFile, take: &mut Take<'_>) -> Result<(), DataError> {
    let path = &table.path;
    let mut objects = Objects::new(open(path, table.dialect.byte_order_mark)?);
    let places: HashMap<&str, usize> = table.columns.iter().map(String::as_str).zip(0..).collect();
    let mut cells = Cells::default();
    let mut values = vec![String::new(); table.columns.len()];
    while let Some((line, object)) = objects
        .next()
        .map_err(|stop| stopped(path, stop, &table.columns))?
    {
        values.iter_mut().for_each(String::clear);
        for (key, value) in object.0 {
            let Some(&place) = places.get(key.as_str()) else {
                return Err(DataError::at(
                    path,
                    Place::Line(line),
                    Problem::Table(TableFault::Changed),
                ));
            };
            values[place] = value;
        }
        cells.clear(line, line);
        values.iter().for_each(|value| cells.push(value));
        take(&cells)?;
    }
    Ok(())
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path) -> Result<TableFile, DataError> {
    let (columns, rows) = super::parquet::survey(path)?;
    header::require_names(&columns).map_err(|fault| DataError::new(path, Problem::Table(fault)))?;
    Ok(TableFile {
        path: path.to_owned(),
        format: Format::Parquet,
        dialect: Dialect::default(),
        columns,
        rows,
    })
}

/// The look at a file refuses Parquet in a build without it, so that nobody comes here but for a file that changed meanwhile.
#[cfg(not(feature = "parquet"))]
fn parquet(path: &Path) -> Result<TableFile, DataError> {
    let fault = TableFault::Foreign(super::fault::Foreign::Parquet);
    Err(DataError::new(path, Problem::Table(fault)))
}

fn stopped(path: &Path, stop: Stop, columns: &[String]) -> DataError {
    match stop {
        Stop::Io(error) => DataError::io(path, error),
        Stop::Fault(fault, line, field) => {
            let place = match field {
                Some(field) => {
                    let name = columns.get(field).cloned();
                    Place::Field(
                        line,
                        name.unwrap_or_else(|| format!("column {}", field + 1)),
                    )
                }
                None => Place::Line(line),
            };
            DataError::at(path, place, Problem::Table(fault))
        }
    }
}
