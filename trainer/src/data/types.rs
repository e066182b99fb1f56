//! What the readers and the generators give: one type for each kind of data, in the units of the published files.

use std::path::PathBuf;

use tillsense_compiler::run::sample::Cell;

/// The two parts of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split<T> {
    /// For training, and for every choice that is made.
    pub train: T,
    /// For the figures that are reported.
    pub test: T,
}

/// Grey images of one size with their digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// `[n, height, width]`, 0 = background, 255 = ink.
    pub pixels: Vec<u8>,
    /// `[n]`, each 0..=9.
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
    /// In order of digit, speaker and take.
    pub clips: Vec<Clip>,
    /// Names, sorted; the same list in both parts of a split.
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
    /// Each at least one character.
    pub texts: Vec<String>,
    /// The line of each in `file`; of generated texts there are none.
    pub lines: Vec<u64>,
    /// Where they were read.
    pub file: PathBuf,
    /// `[n]`, indices into `categories`.
    pub labels: Vec<u16>,
    /// The intents.
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
    /// The published name.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: ColumnKind,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number, kept as the integer nearest to `value * 10^decimals` (halves away from zero).
    Number {
        /// Decimal places kept.
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
    /// `[rows, columns.len()]`.
    pub cells: Vec<Cell>,
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
    pub fn row(&self, index: usize) -> &[Cell] {
        &self.cells[index * self.columns.len()..][..self.columns.len()]
    }
}

/// Web shop sessions: one record each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visits {
    /// The record of each session.
    pub records: Table,
    /// `[n]`, 1 where the session ended in a purchase.
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
    /// `MONTHS` records for each client, oldest first: rows `MONTHS * i ..` belong to client `i`.
    pub months: Table,
    /// `[n]`, 1 where the client did not pay in the next month.
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
    pub fn history(&self, index: usize) -> [&[Cell]; MONTHS] {
        core::array::from_fn(|month| self.months.row(MONTHS * index + month))
    }
}
