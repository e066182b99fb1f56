//! Data as the readers and the generators give them: one type for each kind of data, in the units of the published files.

use std::path::PathBuf;

use tillsense_compiler::run::sample::Cell;

/// The two parts of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split<T> {
    /// The training part, also for every choice that is made.
    pub train: T,
    /// The test part, for the figures that are reported.
    pub test: T,
}

/// Grey images of one size with their digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Number of rows of pixels.
    pub height: usize,
    /// Number of pixels in a row.
    pub width: usize,
    /// Pixels `[n, height, width]`; 0 is background, 255 is ink.
    pub pixels: Vec<u8>,
    /// Digits `[n]`, each 0..=9.
    pub labels: Vec<u8>,
}

impl Images {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of image `index`, `[height, width]`.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.height * self.width;
        &self.pixels[index * size..][..size]
    }
}

/// One spoken digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// The sound, at least one sample.
    pub samples: Vec<i16>,
    /// The digit, 0..=9.
    pub label: u8,
    /// Index into [`Clips::speakers`].
    pub speaker: u8,
    /// Number of the recording of this digit by this speaker.
    pub take: u16,
}

/// Spoken digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clips {
    /// Clips in order of digit, speaker and take.
    pub clips: Vec<Clip>,
    /// Names of the speakers, sorted; the same list in both parts of a split.
    pub speakers: Vec<String>,
    /// Samples per second.
    pub sample_rate: u32,
}

impl Clips {
    /// Number of clips.
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// Whether there is no clip.
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }
}

/// Requests to a bank with their intents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Texts of at least one character each.
    pub texts: Vec<String>,
    /// Line of each text in `file`; empty for generated texts.
    pub lines: Vec<u64>,
    /// The file from which the texts were read.
    pub file: PathBuf,
    /// Intent of each text, `[n]`: an index into `categories`.
    pub labels: Vec<u16>,
    /// Names of the intents.
    pub categories: &'static [&'static str],
}

impl Texts {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// File and line of a text, for messages.
    pub fn place(&self, text: usize) -> Option<String> {
        let line = self.lines.get(text)?;
        Some(format!("{}, line {line}", self.file.display()))
    }
}

/// A column of a table of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The published name of the column.
    pub name: &'static str,
    /// The kind of the column's cells.
    pub kind: ColumnKind,
}

/// The kind of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number, kept as the integer nearest to `value * 10^decimals` (halves away from zero).
    Number {
        /// Number of decimal places kept.
        decimals: u8,
    },
    /// One of these names.
    Category(&'static [&'static str]),
}

/// Records of one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The schema.
    pub columns: &'static [Column],
    /// Cells `[rows, columns.len()]`.
    pub cells: Vec<Cell<'static>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &'static [Column]) -> Self {
        Self {
            columns,
            cells: Vec::new(),
        }
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.cells.len() / self.columns.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells of record `index`, in the order of `columns`.
    pub fn row(&self, index: usize) -> &[Cell<'static>] {
        &self.cells[index * self.columns.len()..][..self.columns.len()]
    }
}

/// Web shop sessions: one record each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visits {
    /// The record of each session.
    pub records: Table,
    /// Labels `[n]`: 1 where the session ended in a purchase.
    pub labels: Vec<u8>,
}

impl Visits {
    /// Number of sessions.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no session.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// Months in the history of a card client.
pub const MONTHS: usize = 6;

/// Card clients: one record and [`MONTHS`] monthly records each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// The record of each client.
    pub records: Table,
    /// Monthly records, `MONTHS` for each client, oldest first: rows `MONTHS * i ..` belong to client `i`.
    pub months: Table,
    /// Labels `[n]`: 1 where the client did not pay in the next month.
    pub labels: Vec<u8>,
}

impl Clients {
    /// Number of clients.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no client.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The monthly records of client `index`, oldest first.
    pub fn history(&self, index: usize) -> [&[Cell<'static>]; MONTHS] {
        core::array::from_fn(|month| self.months.row(MONTHS * index + month))
    }
}
