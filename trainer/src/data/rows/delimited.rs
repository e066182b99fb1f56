//! Records of a text with separators, read one after the other.
//!
//! Fields are those of RFC 4180: a field between quotation marks may hold separators, line ends and doubled quotation marks. Blank lines are
//! no records. Lines end by `\n`, `\r\n` or `\r`, and are counted by the same rule.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use csv_core::ReadRecordResult;

use super::cells::Cells;
use super::dialect::LineEnds;
use super::fault::TableFault;

/// Bytes of a record that are read.
pub(super) const MOST_RECORD: usize = 1 << 20;

/// Fields of a record that are read.
pub(super) const MOST_FIELDS: usize = 4096;

/// A reader of records.
pub(super) struct Records {
    input: BufReader<File>,
    core: csv_core::Reader,
    lines: Lines,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Whether this record's fields hold quotation marks, an odd number of them.
    odd_quotes: bool,
}

/// What stops reading: the system, or a fault on a line.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    /// A fault, the line, and the field counted from 0.
    Fault(TableFault, u64, Option<usize>),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Io(error)
    }
}

/// Counts line ends.
#[derive(Default)]
struct Lines {
    ends: LineEnds,
    after_cr: bool,
}

impl Lines {
    fn count(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => {
                    self.ends.cr -= 1;
                    self.ends.crlf += 1;
                }
                b'\n' => self.ends.lf += 1,
                b'\r' => self.ends.cr += 1,
                _ => {}
            }
            self.after_cr = byte == b'\r';
        }
    }

    /// The line on which the next byte stands, from 1.
    fn line(&self) -> u64 {
        1 + self.ends.lf + self.ends.crlf + self.ends.cr
    }
}

impl Records {
    /// A reader from where a file stands.
    pub(super) fn new(file: File, separator: u8) -> Self {
        Records {
            input: BufReader::with_capacity(64 << 10, file),
            core: csv_core::ReaderBuilder::new().delimiter(separator).build(),
            lines: Lines::default(),
            bytes: vec![0; 4 << 10],
            ends: vec![0; 64],
            odd_quotes: false,
        }
    }

    /// Passes over a line.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let input = self.input.fill_buf()?;
            let end = input.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let read = end.unwrap_or(input.len());
            self.lines.count(&input[..read]);
            if input.is_empty() || end.is_some() {
                self.input.consume(read);
                return self.skip_line_ends();
            }
            self.input.consume(read);
        }
    }

    /// The line ends so far.
    pub(super) fn line_ends(&self) -> LineEnds {
        self.lines.ends
    }

    /// Reads the next record; `false` where there is none.
    pub(super) fn next(&mut self, cells: &mut Cells) -> Result<bool, Stop> {
        loop {
            self.skip_line_ends()?;
            let first = self.lines.line();
            let Some((len, fields)) = self.record(first)? else {
                return Ok(false);
            };
            let (bytes, ends) = (&self.bytes[..len], &self.ends[..fields]);
            // Blanks on a line of their own are a blank line.
            if fields == 1
                && bytes.iter().all(u8::is_ascii_whitespace)
                && !self.odd_quotes
                && len > 0
            {
                continue;
            }
            cells.clear(first, self.last(first));
            let text = match std::str::from_utf8(bytes) {
                Ok(text) if ends.iter().all(|&end| text.is_char_boundary(end)) => text,
                _ => return Err(not_utf8(bytes, ends, first)),
            };
            if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
                return Err(Stop::Fault(TableFault::Nul, first, field_at(ends, at)));
            }
            cells.fill(text, ends);
            return Ok(true);
        }
    }

    /// The record that begins on a line: its bytes and fields.
    fn record(&mut self, first: u64) -> Result<Option<(usize, usize)>, Stop> {
        let (mut len, mut fields) = (0, 0);
        let mut quotes = 0_usize;
        self.odd_quotes = false;
        loop {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            let (result, read, wrote, ended) =
                self.core
                    .read_record(input, &mut self.bytes[len..], &mut self.ends[fields..]);
            self.lines.count(&input[..read]);
            quotes += input[..read].iter().filter(|&&byte| byte == b'"').count();
            self.input.consume(read);
            len += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() >= MOST_RECORD => {
                    return Err(Stop::Fault(
                        TableFault::LongRecord(MOST_RECORD),
                        first,
                        None,
                    ));
                }
                ReadRecordResult::OutputFull => {
                    self.bytes
                        .resize((2 * self.bytes.len()).min(MOST_RECORD), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MOST_FIELDS => {
                    return Err(Stop::Fault(TableFault::Columns(MOST_FIELDS), first, None));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    self.odd_quotes = !quotes.is_multiple_of(2);
                    // Only an open quotation goes over line ends, and only the end of the file ends it.
                    if at_end && self.odd_quotes && self.lines.line() > first {
                        return Err(Stop::Fault(TableFault::OpenQuote, first, None));
                    }
                    return Ok(Some((len, fields)));
                }
            }
        }
    }

    /// The last line of a record that has just been read.
    fn last(&self, first: u64) -> u64 {
        let line = self.lines.line();
        // The record's own line end is counted already, unless the file ends without one.
        if line > first { line - 1 } else { first }
    }

    /// Passes over what is left of a line end, and blank lines.
    fn skip_line_ends(&mut self) -> io::Result<()> {
        loop {
            let input = self.input.fill_buf()?;
            let ends = input
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let read = ends.count();
            self.lines.count(&input[..read]);
            let done = read < input.len() || input.is_empty();
            self.input.consume(read);
            if done {
                return Ok(());
            }
        }
    }
}

fn field_at(ends: &[usize], at: usize) -> Option<usize> {
    ends.iter().position(|&end| at < end)
}

fn not_utf8(bytes: &[u8], ends: &[usize], line: u64) -> Stop {
    let mut start = 0;
    for (field, &end) in ends.iter().enumerate() {
        if let Err(error) = std::str::from_utf8(&bytes[start..end]) {
            let byte = bytes[start + error.valid_up_to()];
            return Stop::Fault(TableFault::NotUtf8(byte), line, Some(field));
        }
        start = end;
    }
    Stop::Fault(TableFault::NotUtf8(0), line, None)
}
