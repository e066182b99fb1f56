//! Which format a file has, by its beginning and the ending of its name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::dialect::{self, BEGINNING};
use super::fault::{Foreign, TableFault};

/// The format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A text of rows, fields of which stand between separators.
    Delimited,
    /// An object a line.
    JsonLines,
    /// Parquet.
    Parquet,
}

/// What the beginning of a file tells.
pub(super) struct Beginning {
    pub(super) format: Format,
    pub(super) separator: u8,
    pub(super) byte_order_mark: bool,
    pub(super) says_separator: bool,
}

/// What stops the look at a file.
pub(super) enum Refusal {
    Io(io::Error),
    Fault(TableFault),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Refusal::Fault(TableFault::NotFound),
            _ => Refusal::Io(error),
        }
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Looks at the beginning of a file.
pub(super) fn look(path: &Path) -> Result<Beginning, Refusal> {
    // Opening a pipe would wait for its writer, so its kind is looked at before.
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_file() {
        let kind = if kind.is_dir() {
            "a folder"
        } else {
            "a pipe or device"
        };
        return Err(Refusal::Fault(TableFault::NotAFile(kind)));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(BEGINNING as u64)
        .read_to_end(&mut bytes)?;
    let whole = bytes.len() < BEGINNING;
    let ending = path.extension().and_then(|ending| ending.to_str());
    of(&bytes, whole, &ending.unwrap_or_default().to_lowercase()).map_err(Refusal::Fault)
}

fn of(bytes: &[u8], whole: bool, ending: &str) -> Result<Beginning, TableFault> {
    if let Some(foreign) = foreign(bytes) {
        return Err(TableFault::Foreign(foreign));
    }
    if is_wide(bytes) {
        return Err(TableFault::Utf16);
    }
    let byte_order_mark = bytes.starts_with(MARK);
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let mut beginning = Beginning {
        format: Format::Delimited,
        separator: b',',
        byte_order_mark,
        says_separator: false,
    };
    let content = text.trim_ascii_start();
    if content.is_empty() && whole {
        return Err(TableFault::Empty);
    }
    if bytes.starts_with(b"PAR1") {
        return match cfg!(feature = "parquet") {
            true => Ok(Beginning {
                format: Format::Parquet,
                ..beginning
            }),
            false => Err(TableFault::Foreign(Foreign::Parquet)),
        };
    }
    if matches!(ending, "jsonl" | "ndjson" | "json") || content.starts_with(b"{\"") {
        let lines = !content.starts_with(b"[") && !spread_object(content);
        beginning.format = Format::JsonLines;
        return if lines {
            Ok(beginning)
        } else {
            Err(TableFault::Foreign(Foreign::Json))
        };
    }
    beginning.separator = match said_separator(text) {
        Some(said) => {
            beginning.says_separator = true;
            said
        }
        None if matches!(ending, "tsv" | "tab") => b'\t',
        None => dialect::separator(text, whole),
    };
    Ok(beginning)
}

/// Formats that begin with bytes of their own.
fn foreign(bytes: &[u8]) -> Option<Foreign> {
    let magic: [(&[u8], Foreign); 8] = [
        (b"PK\x03\x04", Foreign::Workbook),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::OldWorkbook),
        (b"\x1f\x8b", Foreign::Compressed),
        (b"\x28\xb5\x2f\xfd", Foreign::Compressed),
        (b"BZh", Foreign::Compressed),
        (b"\xfd7zXZ\0", Foreign::Compressed),
        (b"<!DOCTYPE", Foreign::Page),
        (b"<html", Foreign::Page),
    ];
    let is = |start: &[u8]| {
        bytes.len() >= start.len() && bytes[..start.len()].eq_ignore_ascii_case(start)
    };
    magic
        .into_iter()
        .find(|(start, _)| is(start))
        .map(|(_, foreign)| foreign)
}

/// Whether a text has two or four bytes a character: by its mark, or by zeros in every second place of its beginning.
fn is_wide(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || bytes.starts_with(b"\0\0\xfe\xff")
    {
        return true;
    }
    let pairs = &bytes[..bytes.len().min(512)];
    let zeros = |first| {
        pairs
            .iter()
            .skip(first)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    // Latin letters have a zero half, other scripts only between words: a quarter is far above a damaged text.
    pairs.len() >= 4 && zeros(0).max(zeros(1)) * 8 > pairs.len()
}

/// Whether a JSON text begins with an object that goes on over lines.
fn spread_object(content: &[u8]) -> bool {
    let first = content
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    first.trim_ascii() == b"{"
}

/// The separator that a first line `sep=;` names.
fn said_separator(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    match line.strip_prefix(b"sep=")? {
        &[separator]
            if separator.is_ascii() && separator != b'"' && !separator.is_ascii_alphanumeric() =>
        {
            Some(separator)
        }
        _ => None,
    }
}
