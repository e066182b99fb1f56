//! CSV files with a header: named columns, one error per fault.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use csv_core::ReadRecordResult;
use tillsense_compiler::files;
use tillsense_compiler::run::sample::Cell;

use super::decimal;
use super::error::{DataError, Place, Problem};
use super::types::{Column, ColumnKind, Split};

/// Limit of a file: fifty times the largest of the published tables.
const MOST_BYTES: u64 = 128 << 20;

/// Limit of a record's bytes and of its fields. The reader takes memory for a number of each field, and a file may be all commas.
const MOST_RECORD: usize = 64 << 10;
const MOST_FIELDS: usize = 1024;
/// Limit of a file's records, sixteen times those of the largest of the published tables: an
/// empty cell has one byte there and 16 here.
const MOST_ROWS: u64 = 500_000;

/// An open CSV file with the places of its wanted columns.
pub(crate) struct CsvFile {
    path: PathBuf,
    reader: csv::Reader<Cursor<Vec<u8>>>,
    wanted: Vec<&'static str>,
    /// Field index of each wanted column.
    at: Vec<usize>,
}

/// One record of a [`CsvFile`]; columns are numbered as they were asked for.
pub(crate) struct Row<'a> {
    path: &'a Path,
    wanted: &'a [&'static str],
    at: &'a [usize],
    record: &'a csv::StringRecord,
    line: u64,
}

impl CsvFile {
    /// Opens `path` and finds the columns `wanted` in its header, in whatever order they stand there.
    pub(crate) fn open(path: &Path, wanted: Vec<&'static str>) -> Result<Self, DataError> {
        let bytes = files::read(path, MOST_BYTES).map_err(|error| DataError::io(path, error))?;
        if bytes.is_empty() {
            return Err(DataError::new(path, Problem::NoItem));
        }
        require_limits(&bytes)
            .map_err(|(line, problem)| DataError::at(path, Place::Line(line), problem))?;
        let mut reader = csv::ReaderBuilder::new().from_reader(Cursor::new(bytes));
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(csv_error(path, &[], &reader, error)),
        };
        let field = |name: &'static str| {
            header
                .iter()
                // Some editors put a byte order mark before the first name.
                .position(|found| found.trim_start_matches('\u{feff}').trim() == name)
                .ok_or_else(|| DataError::at(path, Place::Line(1), Problem::NoColumn(name)))
        };
        let at = wanted
            .iter()
            .map(|&name| field(name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            wanted,
            at,
        })
    }

    /// Calls `take` with the number of each record, from 0, and the record.
    pub(crate) fn for_each(
        mut self,
        mut take: impl FnMut(usize, &Row<'_>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let names: Vec<String> = match self.reader.headers() {
            Ok(header) => header.iter().map(str::to_owned).collect(),
            Err(error) => return Err(csv_error(&self.path, &[], &self.reader, error)),
        };
        let mut record = csv::StringRecord::new();
        let mut index = 0;
        while self
            .reader
            .read_record(&mut record)
            .map_err(|error| csv_error(&self.path, &names, &self.reader, error))?
        {
            let row = Row {
                path: &self.path,
                wanted: &self.wanted,
                at: &self.at,
                line: line(&self.reader, record.position()),
                record: &record,
            };
            take(index, &row)?;
            index += 1;
        }
        Ok(())
    }
}

impl Row<'_> {
    /// The text of wanted column `column`.
    pub(crate) fn text(&self, column: usize) -> &str {
        &self.record[self.at[column]]
    }

    /// The line on which the record begins.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The value of wanted column `column` under the schema of `kind`.
    pub(crate) fn cell(&self, column: usize, kind: ColumnKind) -> Result<Cell<'static>, DataError> {
        let text = self.text(column).trim();
        if text.is_empty() {
            return Ok(Cell::Missing);
        }
        match kind {
            ColumnKind::Number { decimals } => decimal::scaled(text, decimals).map(Cell::Number),
            ColumnKind::Category(names) => names
                .iter()
                .find(|&&name| name == text)
                .map(|&name| Cell::Name(name))
                .ok_or_else(|| Problem::Category(text.to_owned())),
        }
        .map_err(|problem| self.error(column, problem))
    }

    /// The flag in wanted column `column`: 1 for `yes`, 0 for `no`.
    pub(crate) fn flag(&self, column: usize, no: &str, yes: &str) -> Result<u8, DataError> {
        match self.text(column).trim() {
            text if text == no => Ok(0),
            text if text == yes => Ok(1),
            "" => Err(self.error(column, Problem::NoValue)),
            text => Err(self.error(column, Problem::Label(text.to_owned()))),
        }
    }

    /// An error about wanted column `column` of this record.
    pub(crate) fn error(&self, column: usize, problem: Problem) -> DataError {
        let place = Place::Field(self.line, self.wanted[column].to_owned());
        DataError::at(self.path, place, problem)
    }
}

/// Checks the limits of all records without keeping any; the error has the line of the fault.
fn require_limits(mut bytes: &[u8]) -> Result<(), (u64, Problem)> {
    let (mut record, mut ends) = (vec![0; MOST_RECORD], [0; MOST_FIELDS]);
    let mut reader = csv_core::Reader::new();
    let mut rows = 0;
    loop {
        let (result, read, ..) = reader.read_record(bytes, &mut record, &mut ends);
        bytes = &bytes[read..];
        match result {
            // An empty input behind the last record marks the end of the file.
            ReadRecordResult::InputEmpty => continue,
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                return Err((reader.line(), Problem::LongRecord(MOST_RECORD, MOST_FIELDS)));
            }
            // The header counts as a record.
            ReadRecordResult::Record if rows > MOST_ROWS => {
                return Err((reader.line(), Problem::Rows(MOST_ROWS)));
            }
            ReadRecordResult::Record => rows += 1,
            ReadRecordResult::End => return Ok(()),
        }
    }
}

/// The column names of a schema, to be asked for.
pub(crate) fn names(columns: &[Column]) -> impl Iterator<Item = &'static str> {
    columns.iter().map(|column| column.name)
}

/// The part to which row `index` belongs, for the sets without an official split: every fifth row is a test row.
pub(crate) fn part_of<T>(split: &mut Split<T>, index: usize) -> &mut T {
    if index.is_multiple_of(5) {
        &mut split.test
    } else {
        &mut split.train
    }
}

/// The line on which a record begins.
///
/// The reader notes a record's position before it skips what is left of the line end before it (the `\n` of `\r\n`) and blank lines.
fn line(reader: &csv::Reader<Cursor<Vec<u8>>>, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let bytes = reader.get_ref().get_ref().iter();
    let skipped = bytes
        .skip(position.byte() as usize)
        .take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + skipped.filter(|&&byte| byte == b'\n').count() as u64
}

fn csv_error(
    path: &Path,
    names: &[String],
    reader: &csv::Reader<Cursor<Vec<u8>>>,
    error: csv::Error,
) -> DataError {
    let line = line(reader, error.position());
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => {
            let place = match names.get(err.field()) {
                Some(name) => Place::Field(line, name.clone()),
                None => Place::Line(line),
            };
            DataError::at(path, place, Problem::NotUtf8)
        }
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => DataError::at(
            path,
            Place::Line(line),
            Problem::Fields(*len, *expected_len),
        ),
        csv::ErrorKind::Io(_) => match error.into_kind() {
            csv::ErrorKind::Io(error) => DataError::io(path, error),
            _ => unreachable!("the kind was just seen"),
        },
        _ => DataError::at(path, Place::Line(line), Problem::Csv(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn long_records_and_many_rows_are_refused() {
        let fault = |text: &str| require_limits(text.as_bytes()).map_err(|(line, _)| line);
        let long = "x".repeat(MOST_RECORD - 1);
        assert_eq!(fault(&format!("a,b\n{long},\n1,2")), Ok(()));
        assert_eq!(fault(&format!("a,b\n1,2\n{long}xx,1\n")), Err(3));
        assert_eq!(fault(&",".repeat(MOST_FIELDS - 1)), Ok(()));
        assert_eq!(fault(&",".repeat(MOST_FIELDS + 1)), Err(1));
        // A quoted line end ends no record.
        assert!(fault(&format!("\"{}\"", "\n".repeat(MOST_RECORD + 1))).is_err());
        let rows = "1\n".repeat(MOST_ROWS as usize + 1);
        assert_eq!(fault(&rows), Ok(()));
        assert!(fault(&(rows + "1")).is_err());
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let place = |text: &str| {
            fs::write(&path, text).unwrap();
            let bad = |_, row: &Row<'_>| row.cell(0, ColumnKind::Number { decimals: 0 }).map(drop);
            let read = CsvFile::open(&path, vec!["a"]).and_then(|file| file.for_each(bad));
            read.unwrap_err().place
        };
        let field = Some(Place::Field(4, "a".to_owned()));
        for end in ["\n", "\r\n"] {
            assert_eq!(place(&["a,b", "1,2", "3,4", "x,5", "6,7"].join(end)), field);
            assert_eq!(place(&["a,b", "1,2", "", "x,5"].join(end)), field);
            assert_eq!(place(&["a,b", "1,\"2\n3\"", "x,5"].join(end)), field);
            assert_eq!(
                place(&["a,b", "1,2", "3,4", "5"].join(end)),
                Some(Place::Line(4))
            );
        }
    }
}
