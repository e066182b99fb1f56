//! Anyone's tables: rows of named cells out of CSV, TSV, JSON lines and Parquet, one after the other.
//!
//! [`TableFile::open`] reads a file once through: it recognises how it is written, checks every row, and counts them. [`TableFile::for_each`] then
//! gives the rows, as often as it is called. One row is in memory at a time, so a file may have millions.
//!
//! | fault | place |
//! |---|---|
//! | no file, a folder, another format, UTF-16 | file |
//! | no header, a column without a name or with that of another | line |
//! | a row of another width, an open quotation mark, a row of more than 1 MiB or 4,096 fields | line |
//! | bytes that are not UTF-8, zero bytes | line and column |
//! | JSON that is nested, or has a key twice | line |
//!
//! - **Delimited text** ([`dialect`]): comma, semicolon, tab or `|`; quoting by RFC 4180, line ends in quoted fields too; LF, CRLF or CR; UTF-8 with
//!   or without a byte order mark. Blank lines are no rows.
//! - **JSON lines**: an object a line with numbers, texts, `true`, `false` and `null`. The columns are the keys of all lines, in the order in which
//!   they come first; a key that a line lacks, and `null`, is an empty cell.
//! - **Parquet** with the cargo feature `parquet`: columns of plain values, uncompressed or compressed by Snappy.
//!
//! [`profile`] says what the cells of a column are, [`guess`] what the column is for, [`time`] reads times, [`numbers`] numbers.

mod cells;
mod delimited;
pub mod dialect;
mod fault;
mod format;
pub mod guess;
mod header;
mod json_lines;
pub mod numbers;
#[cfg(feature = "parquet")]
mod parquet;
pub mod profile;
mod read;
#[cfg(test)]
mod tests;
pub mod time;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use tillsense_compiler::words::nearest;

use self::cells::Cells;
use self::dialect::Dialect;
pub use self::fault::{Foreign, TableFault};
pub use self::format::Format;
pub(crate) use self::json_lines::{Object, fault as json_fault};
use self::numbers::{DecimalMark, Number};
use super::error::{DataError, Place, Problem};

/// A table whose rows have been read once and are as they must be.
#[derive(Clone, Debug)]
pub struct TableFile {
    path: PathBuf,
    format: Format,
    dialect: Dialect,
    columns: Vec<String>,
    rows: u64,
}

/// A row of a [`TableFile`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'a TableFile,
    cells: &'a Cells,
    index: u64,
}

impl TableFile {
    /// Reads a file once through; it must be a table in every row.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        read::survey(path)
    }

    /// The names of the columns, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of rows, without the header.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The path by which it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder in which it lies, from which paths in its cells start.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How it is written.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// What was recognised, in words.
    pub fn notes(&self) -> String {
        match self.format {
            Format::Delimited => self.dialect.notes(&self.columns),
            Format::JsonLines => "JSON lines".to_owned(),
            Format::Parquet => "Parquet".to_owned(),
        }
    }

    /// The place of a column among the columns; the error has the nearest name.
    pub fn column(&self, name: &str) -> Result<usize, DataError> {
        let place = self.columns.iter().position(|column| column == name);
        place.ok_or_else(|| {
            let near = nearest(name, self.columns.iter().map(String::as_str));
            let fault = TableFault::NoColumn(name.to_owned(), near.map(str::to_owned));
            DataError::new(&self.path, Problem::Table(fault))
        })
    }

    /// Calls `take` with every row in the order of the file.
    pub fn for_each(
        &self,
        mut take: impl FnMut(&Row<'_>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let mut index = 0;
        read::rows(self, &mut |cells| {
            let row = Row {
                table: self,
                cells,
                index,
            };
            index += 1;
            take(&row)
        })?;
        match index == self.rows {
            true => Ok(()),
            false => Err(DataError::new(
                &self.path,
                Problem::Table(TableFault::Changed),
            )),
        }
    }
}

impl<'a> Row<'a> {
    /// The line on which the row begins; in Parquet the row's number from 1.
    pub fn line(&self) -> u64 {
        self.cells.first
    }

    /// The names of the columns, in their order.
    pub fn columns(&self) -> &'a [String] {
        &self.table.columns
    }

    /// The row's number, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The cell of a column, without blanks around it.
    pub fn get(&self, column: usize) -> &'a str {
        self.raw(column).trim()
    }

    /// As [`Row::get`], on one line: names of classes and categories have no line breaks.
    pub fn name(&self, column: usize) -> Cow<'a, str> {
        one_line(self.get(column))
    }

    /// The cell of a column as it stands in the file.
    pub fn raw(&self, column: usize) -> &'a str {
        self.cells.get(column)
    }

    /// The cell of a column as a number; `None` where it is empty or one of the words of [`numbers::MISSING`].
    pub fn number(&self, column: usize) -> Result<Option<Number<'a>>, DataError> {
        let text = self.get(column);
        if numbers::is_missing(text) {
            return Ok(None);
        }
        let number = Number::read(text, self.mark(column));
        let not = || self.error(column, TableFault::NotANumber(text.to_owned()));
        number.map(Some).ok_or_else(not)
    }

    /// The cell of a column as a terminal takes it: `value * 10^decimals` in 32 bits.
    pub fn scaled(&self, column: usize, decimals: u8) -> Result<Option<i32>, DataError> {
        let scaled = self.number(column)?.map(|number| number.scaled(decimals));
        scaled
            .transpose()
            .map_err(|fault| self.error(column, fault))
    }

    /// The decimal mark of a column.
    pub fn mark(&self, column: usize) -> DecimalMark {
        self.table.dialect.mark(column)
    }

    /// The place of a cell, for messages.
    pub fn place(&self, column: usize) -> Place {
        let name = self.table.columns[column].clone();
        match self.table.format {
            Format::Parquet => Place::Row(self.line(), Some(name)),
            Format::Delimited | Format::JsonLines => Place::Field(self.line(), name),
        }
    }

    /// An error about a cell of this row.
    pub fn error(&self, column: usize, fault: TableFault) -> DataError {
        DataError::at(&self.table.path, self.place(column), Problem::Table(fault))
    }
}

/// A name of a class or a category on one line, as a model file holds it: its line breaks become blanks.
pub fn one_line(name: &str) -> Cow<'_, str> {
    if !name.contains(['\n', '\r']) {
        return name.into();
    }
    let lines = name.split(['\n', '\r']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(" ").into()
}
