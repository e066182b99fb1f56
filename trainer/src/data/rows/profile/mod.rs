//! What the cells of a table's columns are: one pass over chosen rows, with bounded memory.
//!
//! Of a column it keeps at most [`MOST_EXACT`] different cells, a sketch of as many hashes, and [`EXAMPLES`] cells of each kind that a person may want to see.

mod distinct;
mod looks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tillsense_compiler::text::start;

use self::distinct::Counter;
pub use self::distinct::{Distinct, MOST_EXACT};
use self::looks::{FileKind, file_kind, is_boolean};
pub use self::looks::{damage, file_of};
use super::numbers::{self, DecimalMark, Number};
use super::time::{self, TimeForm};
use super::{Row, TableFile};
use crate::data::error::DataError;

/// Cells of a kind that are kept as examples.
pub const EXAMPLES: usize = 5;

/// Paths of a column that are looked for: a disk over a network answers some thousand a second.
const LOOKED_FOR: u64 = 1000;

/// The profiles of all columns.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Number of rows that were looked at.
    pub rows: u64,
    /// A profile a column, in their order.
    pub columns: Vec<ColumnProfile>,
}

/// What the cells of one column are.
#[derive(Clone, Debug)]
pub struct ColumnProfile {
    /// The column's name.
    pub name: String,
    /// Number of cells that hold something.
    pub filled: u64,
    /// Number of cells that are blank.
    pub empty: u64,
    /// Words that stand for nothing in a column of numbers or times, such as `NA`, and how often; they count as filled.
    pub missing_words: BTreeMap<String, u64>,
    /// The numbers.
    pub numbers: NumberProfile,
    /// The times.
    pub times: TimeProfile,
    /// The texts.
    pub texts: TextProfile,
    /// The paths of pictures.
    pub pictures: FileProfile,
    /// The paths of sounds.
    pub sounds: FileProfile,
    /// Number of cells that are `true`, `false`, `yes`, `no` and the like.
    pub booleans: u64,
    /// The different cells.
    pub distinct: Distinct,
    /// Cells that were damaged by a wrong encoding, such as `ZÃ¼rich`.
    pub damaged: Examples,
}

/// The numbers of a column.
#[derive(Clone, Debug)]
pub struct NumberProfile {
    /// Number of cells that are numbers.
    pub count: u64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Decimals without which a cell would be another number.
    pub decimals: u8,
    /// Number of cells that begin with needless zeros, as codes do.
    pub leading_zeros: u64,
    /// Currency and percent signs, with how often each stands there.
    pub units: BTreeMap<char, u64>,
    /// Whether each number is greater than the one before.
    pub rising: bool,
    /// Whether each number is less than the one before.
    pub falling: bool,
    /// Cells that are neither numbers nor words for nothing.
    pub others: Examples,
    last: f64,
}

/// The times of a column.
#[derive(Clone, Debug, Default)]
pub struct TimeProfile {
    /// Number of cells that have each form; a cell may have two.
    pub forms: BTreeMap<TimeForm, u64>,
}

/// The texts of a column.
#[derive(Clone, Debug, Default)]
pub struct TextProfile {
    /// Number of words of all cells.
    pub words: u64,
    /// Number of letters of all cells.
    pub letters: u64,
    /// Number of characters of all cells.
    pub characters: u64,
    /// Bytes of the longest cell.
    pub most_bytes: usize,
}

/// The cells of a column that are paths of files.
#[derive(Clone, Debug, Default)]
pub struct FileProfile {
    /// Number of cells that end like names of such files.
    pub count: u64,
    /// Number of files that were looked for: those of the first cells.
    pub looked_for: u64,
    /// Those that are not there.
    pub absent: Examples,
}

/// Cells of one kind: how many, and the first ones.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// Number of cells.
    pub count: u64,
    /// The first ones, with their lines.
    pub first: Vec<(u64, String)>,
}

impl Profile {
    /// Looks at the rows for which `keep` is true.
    pub fn of(
        table: &TableFile,
        mut keep: impl FnMut(&Row<'_>) -> bool,
    ) -> Result<Self, DataError> {
        let names = table.columns().iter();
        let mut builders: Vec<Builder> = names
            .map(|name| Builder::new(name, table.folder()))
            .collect();
        let mut rows = 0;
        table.for_each(|row| {
            if keep(row) {
                rows += 1;
                for (column, builder) in builders.iter_mut().enumerate() {
                    builder.take(row.line(), row.get(column), row.mark(column));
                }
            }
            Ok(())
        })?;
        let columns = builders.into_iter().map(Builder::finish).collect();
        Ok(Profile { rows, columns })
    }
}

impl ColumnProfile {
    /// Number of cells that hold something, if words such as `NA` do not count.
    pub fn without_missing_words(&self) -> u64 {
        self.filled - self.missing_words.values().sum::<u64>()
    }

    /// Whether all cells that hold something are numbers.
    pub fn is_numeric(&self) -> bool {
        self.numbers.count > 0 && self.numbers.count == self.without_missing_words()
    }

    /// The form of all its times; two where they are dates such as `01/02/2026` only.
    pub fn time_forms(&self) -> Vec<TimeForm> {
        let all = self.without_missing_words();
        let whole = self
            .times
            .forms
            .iter()
            .filter(|&(_, &count)| all > 0 && count == all);
        whole.map(|(&form, _)| form).collect()
    }

    /// Words a cell.
    pub fn mean_words(&self) -> f64 {
        self.texts.words as f64 / self.filled.max(1) as f64
    }

    /// The share of characters that are letters.
    pub fn letter_share(&self) -> f64 {
        self.texts.letters as f64 / self.texts.characters.max(1) as f64
    }

    /// Different cells for each cell that holds something: 1 where no cell comes twice.
    pub fn distinct_share(&self) -> f64 {
        (self.distinct.count() as f64 / self.filled.max(1) as f64).min(1.0)
    }
}

impl Examples {
    fn add(&mut self, line: u64, text: &str) {
        self.count += 1;
        if self.first.len() < EXAMPLES {
            self.first.push((line, start(text, 60).into_owned()));
        }
    }
}

/// A profile under construction.
struct Builder {
    profile: ColumnProfile,
    distinct: Counter,
    folder: PathBuf,
}

impl Builder {
    fn new(name: &str, folder: &Path) -> Self {
        let profile = ColumnProfile {
            name: name.to_owned(),
            filled: 0,
            empty: 0,
            missing_words: BTreeMap::new(),
            numbers: NumberProfile {
                count: 0,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                decimals: 0,
                leading_zeros: 0,
                units: BTreeMap::new(),
                rising: true,
                falling: true,
                others: Examples::default(),
                last: f64::NAN,
            },
            times: TimeProfile::default(),
            texts: TextProfile::default(),
            pictures: FileProfile::default(),
            sounds: FileProfile::default(),
            booleans: 0,
            distinct: Distinct::Exact(Vec::new()),
            damaged: Examples::default(),
        };
        Builder {
            profile,
            distinct: Counter::default(),
            folder: folder.to_owned(),
        }
    }

    fn take(&mut self, line: u64, text: &str, mark: DecimalMark) {
        if text.is_empty() {
            self.profile.empty += 1;
            return;
        }
        self.profile.filled += 1;
        self.distinct.add(text);
        if numbers::is_missing(text) {
            *self
                .profile
                .missing_words
                .entry(text.to_owned())
                .or_default() += 1;
        } else {
            match Number::read(text, mark) {
                Some(number) => self.profile.numbers.take(&number),
                None => self.profile.numbers.others.add(line, text),
            }
            self.take_words(line, text);
        }
    }

    /// What a cell is besides a number.
    fn take_words(&mut self, line: u64, text: &str) {
        let profile = &mut self.profile;
        for form in time::forms(text) {
            *profile.times.forms.entry(form).or_default() += 1;
        }
        profile.booleans += u64::from(is_boolean(text));
        profile.texts.take(text);
        if damage(text) {
            profile.damaged.add(line, text);
        }
        let files = match file_kind(text) {
            Some(FileKind::Picture) => &mut profile.pictures,
            Some(FileKind::Sound) => &mut profile.sounds,
            None => return,
        };
        files.count += 1;
        if files.looked_for < LOOKED_FOR {
            files.looked_for += 1;
            if !file_of(&self.folder, text).is_file() {
                files.absent.add(line, text);
            }
        }
    }

    fn finish(mut self) -> ColumnProfile {
        self.profile.distinct = self.distinct.finish();
        self.profile
    }
}

impl NumberProfile {
    fn take(&mut self, number: &Number<'_>) {
        let value = number.value();
        if self.count > 0 {
            self.rising &= value > self.last;
            self.falling &= value < self.last;
        }
        self.last = value;
        self.count += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.decimals = self.decimals.max(number.decimals());
        self.leading_zeros += u64::from(number.has_leading_zeros());
        if let Some(unit) = number.unit {
            *self.units.entry(unit).or_default() += 1;
        }
    }

    /// The greatest absolute value; 0 where there is no number.
    pub fn largest(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.min.abs().max(self.max.abs())
        }
    }

    /// Whether the numbers go up, or down, from row to row, in a column of more than one.
    pub fn is_monotone(&self) -> bool {
        self.count > 1 && (self.rising || self.falling)
    }
}

impl TextProfile {
    fn take(&mut self, text: &str) {
        self.words += text.split_whitespace().count() as u64;
        self.letters += text.chars().filter(|c| c.is_alphabetic()).count() as u64;
        self.characters += text.chars().count() as u64;
        self.most_bytes = self.most_bytes.max(text.len());
    }
}
