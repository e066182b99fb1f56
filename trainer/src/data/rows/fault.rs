//! What can be wrong with anyone's table, each with the remedy.

use std::fmt;

use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use super::super::error::quoted;

/// A problem with a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableFault {
    /// The file is not there.
    NotFound,
    /// The path leads to a folder, a pipe or a device: its name.
    NotAFile(&'static str),
    /// The file has no byte, or blank lines only.
    Empty,
    /// There is a header and no row.
    HeaderOnly,
    /// The first line holds values where names should be: one of them.
    NoHeader(String),
    /// Two columns have one name: the name and the places, counted from 1.
    SameName(String, usize, usize),
    /// A column has no name: its place, counted from 1.
    NoName(usize),
    /// There is no column of this name; the nearest one that there is.
    NoColumn(String, Option<String>),
    /// A row has another number of fields than the header.
    Width {
        /// Number of fields of the row.
        found: usize,
        /// Number of fields of the header.
        wanted: usize,
        /// The line on which the row ends.
        last: u64,
    },
    /// A quotation mark is not closed before the file ends.
    OpenQuote,
    /// A record has more bytes than are read.
    LongRecord(usize),
    /// There are more columns than are read.
    Columns(usize),
    /// The bytes are UTF-16 or UTF-32.
    Utf16,
    /// A byte does not belong to UTF-8.
    NotUtf8(u8),
    /// A byte is 0.
    Nul,
    /// The file is of another format: its name.
    Foreign(Foreign),
    /// A line is not JSON: the parser's words.
    Json(String),
    /// A line of JSON is no object.
    NotAnObject,
    /// A value is an array or an object; its key, where the place does not name it.
    Nested(Option<String>),
    /// A JSON object has a key twice.
    SameKey(String),
    /// The Parquet reader refuses the file, in its words.
    Parquet(String),
    /// The file has been changed while it was read.
    Changed,
    /// A cell is not a number.
    NotANumber(String),
    /// A number does not fit in 32 bits with its decimals.
    OutOfRange(String, u8),
    /// A cell is not a time of the column's form: the cell, the form in words.
    NotATime(String, &'static str),
}

/// Formats that are told from text but are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A workbook of Excel or LibreOffice, or another zip archive.
    Workbook,
    /// A workbook of an old Excel.
    OldWorkbook,
    /// Compressed by gzip, zstd, bzip2 or xz.
    Compressed,
    /// A page of the web.
    Page,
    /// A JSON file that is one array or object over many lines.
    Json,
    /// Parquet, in a build without the feature.
    Parquet,
}

impl Foreign {
    const fn name(self) -> &'static str {
        match self {
            Foreign::Workbook => "an Excel or LibreOffice workbook (or another zip archive)",
            Foreign::OldWorkbook => "a workbook of an old Excel",
            Foreign::Compressed => "a compressed file",
            Foreign::Page => "an HTML page",
            Foreign::Json => "JSON, but not one object a line",
            Foreign::Parquet => "Parquet, which this build does not read",
        }
    }

    const fn mend(self) -> &'static str {
        match self {
            Foreign::Workbook | Foreign::OldWorkbook => "open it and save the sheet as `CSV UTF-8`",
            Foreign::Compressed => "unpack it",
            Foreign::Page => "download the table itself, not the page that shows it",
            Foreign::Json => "write one object a line (`jq -c '.[]' FILE > FILE.jsonl`)",
            Foreign::Parquet => "convert it to CSV, or take a build with the feature `parquet`",
        }
    }
}

impl TableFault {
    /// The remedy for the problem.
    pub(crate) const fn mend(&self) -> &'static str {
        match self {
            TableFault::NotFound => "correct the path, which starts from the description's folder",
            TableFault::NotAFile(_) => "name a CSV, TSV or JSON lines file",
            TableFault::Empty | TableFault::HeaderOnly => {
                "write the names of the columns on the first line and a row a line below"
            }
            TableFault::NoHeader(_) => "write a line with the names of the columns above it",
            TableFault::SameName(..) => {
                "rename one of them; if these are values, the file has no header: write one above"
            }
            TableFault::NoName(_) => {
                "write a name there, or take away the separator at the end of every line (pandas: `to_csv(..., index=False)`)"
            }
            TableFault::NoColumn(..) => "name a column of the header",
            TableFault::Width { .. } => {
                "correct the row; a field that holds the separator or a quotation mark stands between quotation marks, with those within doubled"
            }
            TableFault::OpenQuote => {
                "close it; a quotation mark within a quoted field is written twice"
            }
            TableFault::LongRecord(_) => {
                "look for a quotation mark that is not closed, and keep long contents in files of their own"
            }
            TableFault::Columns(_) => "keep the columns that matter",
            TableFault::Utf16 => {
                "save it as UTF-8 (Excel: `CSV UTF-8`; or `iconv -f UTF-16 -t UTF-8 OLD > NEW`)"
            }
            TableFault::NotUtf8(_) => {
                "save it as UTF-8 (Excel: `CSV UTF-8`; or `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`)"
            }
            TableFault::Nul => "write the file again; a text has no zero bytes",
            TableFault::Foreign(format) => format.mend(),
            TableFault::Json(_) | TableFault::NotAnObject => {
                "write one object a line, such as {\"amount\": 12.5, \"city\": \"Bern\"}"
            }
            TableFault::Nested(_) => "write its parts as keys of their own",
            TableFault::SameKey(_) => "keep one of them",
            TableFault::Parquet(_) => {
                "write it again, uncompressed or with Snappy, or convert it to CSV"
            }
            TableFault::Changed => "run again when nobody writes it",
            TableFault::NotANumber(_) => {
                "write a number there, leave the cell empty, or name the column in `category`"
            }
            TableFault::OutOfRange(..) => {
                "keep fewer decimals or a larger unit (thousands), or name the column in `ignore`"
            }
            TableFault::NotATime(..) => {
                "write all times of a column in one form, such as 2026-01-31 or 2026-01-31T12:30:00Z"
            }
        }
    }
}

impl fmt::Display for TableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableFault::NotFound => f.write_str("there is no such file"),
            TableFault::NotAFile(kind) => write!(f, "it is {kind}, not a table"),
            TableFault::Empty => f.write_str("there is nothing in it"),
            TableFault::HeaderOnly => f.write_str("there is a header and no row below it"),
            TableFault::NoHeader(value) => write!(
                f,
                "the first line has no names of columns: {} is a value",
                quoted(value)
            ),
            TableFault::SameName(name, one, other) => {
                write!(
                    f,
                    "columns {one} and {other} have the same name {}",
                    quoted(name)
                )
            }
            TableFault::NoName(at) => write!(f, "column {at} has no name"),
            TableFault::NoColumn(name, None) => write!(f, "there is no column {}", quoted(name)),
            TableFault::NoColumn(name, Some(near)) => write!(
                f,
                "there is no column {}; did you mean `{}`?",
                quoted(name),
                brief(near)
            ),
            TableFault::Width {
                found,
                wanted,
                last,
            } => {
                let fields = if *found == 1 { "field" } else { "fields" };
                write!(f, "{found} {fields} where the header has {wanted}")?;
                match last {
                    0 => Ok(()),
                    last => write!(f, ", in a row that goes on to line {last}"),
                }
            }
            TableFault::OpenQuote => f.write_str("a quotation mark that is not closed"),
            TableFault::LongRecord(most) => {
                write!(f, "a row of more than {} bytes", grouped(*most as u64))
            }
            TableFault::Columns(most) => {
                write!(f, "more than {} columns", grouped(*most as u64))
            }
            TableFault::Utf16 => f.write_str("the text is UTF-16 or UTF-32, not UTF-8"),
            TableFault::NotUtf8(byte) => write!(f, "byte {byte:#04x} that is not UTF-8"),
            TableFault::Nul => f.write_str("a byte that is zero"),
            TableFault::Foreign(format) => write!(f, "it is {}", format.name()),
            TableFault::Json(words) => write!(f, "not JSON: {}", brief(words)),
            TableFault::NotAnObject => f.write_str("a line that is no JSON object"),
            TableFault::Nested(None) => {
                f.write_str("an array or object where a single value is due")
            }
            TableFault::Nested(Some(key)) => write!(
                f,
                "an array or object below the key {}, where a single value is due",
                quoted(key)
            ),
            TableFault::SameKey(key) => write!(f, "the key {} stands there twice", quoted(key)),
            TableFault::Parquet(words) => {
                write!(f, "Parquet that cannot be read: {}", brief(words))
            }
            TableFault::Changed => f.write_str("the file was changed while it was read"),
            TableFault::NotANumber(text) => write!(f, "{} is not a number", quoted(text)),
            TableFault::OutOfRange(text, decimals) => write!(
                f,
                "{} with {decimals} decimals does not fit in 32 bits",
                quoted(text)
            ),
            TableFault::NotATime(text, form) => {
                write!(f, "{} is not a time of the form {form}", quoted(text))
            }
        }
    }
}
