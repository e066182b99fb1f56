//! How a text of rows is written: separator, decimal mark, byte order mark, line ends.
//!
//! The separator is the one by which most records of the beginning have as many fields as the header; of equally good ones that with most
//! fields. A file `.tsv` or `.tab` has tabs, and a first line `sep=;`, as Excel writes it, says it. The decimal mark is found for each column: cells
//! with one reading decide (`12,5`, `0.123`). A column whose cells all have two readings (`1,234`) follows the other columns, and where those say nothing
//! it has decimal commas in a file with semicolons, which is why spreadsheets write those, and points in others.

use std::fmt::Write;

use csv_core::ReadRecordResult;
use tillsense_compiler::text::brief;

use super::numbers::{DecimalMark, Evidence, evidence};

/// Bytes at the beginning of a file that decide about the separator.
pub(super) const BEGINNING: usize = 64 << 10;

/// Records at the beginning that are compared.
const COMPARED: usize = 100;

/// Separators of fields, in the order in which they are preferred.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The recognised form of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between fields; `None` in formats that have none.
    pub separator: Option<u8>,
    /// Whether the file begins with a byte order mark.
    pub byte_order_mark: bool,
    /// Whether its first line is `sep=` and the separator.
    pub says_separator: bool,
    /// How its lines end.
    pub ends: LineEnds,
    /// The decimal mark of each column that has one in its cells.
    pub marks: Vec<Option<DecimalMark>>,
    /// Whether a column's mark was not to be seen and was taken by the other columns or by the separator.
    pub unsure: Vec<bool>,
}

/// Number of line ends of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineEnds {
    /// `\n`, as Unix writes.
    pub lf: u64,
    /// `\r\n`, as Windows writes.
    pub crlf: u64,
    /// `\r`, as an old Macintosh wrote.
    pub cr: u64,
}

impl Dialect {
    /// The decimal mark of a column; that of points where its cells have none.
    pub fn mark(&self, column: usize) -> DecimalMark {
        let mark = self.marks.get(column).copied().flatten();
        mark.unwrap_or(DecimalMark::Point)
    }

    /// What was recognised, in words.
    pub fn notes(&self, columns: &[String]) -> String {
        let mut notes = Vec::new();
        if let Some(separator) = self.separator {
            notes.push(match separator {
                b'\t' => "separator tab".to_owned(),
                other => format!("separator `{}`", char::from(other)),
            });
            notes.extend(self.marks_in_words(columns));
            notes.push(match self.byte_order_mark {
                true => "UTF-8 with a byte order mark".to_owned(),
                false => "UTF-8".to_owned(),
            });
            notes.extend(self.ends.words().map(str::to_owned));
        }
        notes.join(", ")
    }

    /// Columns whose cells have two readings, such as `1,234`, with the one that was taken.
    pub fn unsure_columns(&self) -> impl Iterator<Item = (usize, DecimalMark)> {
        let unsure = self
            .unsure
            .iter()
            .enumerate()
            .filter(|&(_, &unsure)| unsure);
        unsure.map(|(column, _)| (column, self.mark(column)))
    }

    fn marks_in_words(&self, columns: &[String]) -> Option<String> {
        let with = |wanted| {
            let marks = columns.iter().zip(&self.marks);
            marks
                .filter(move |(_, mark)| **mark == Some(wanted))
                .map(|(name, _)| name)
        };
        if with(DecimalMark::Comma).next().is_none() {
            return with(DecimalMark::Point)
                .next()
                .map(|_| "decimal points".to_owned());
        }
        let mut words = "decimal commas".to_owned();
        if with(DecimalMark::Point).next().is_some() {
            words.push_str(" in ");
            for (place, name) in with(DecimalMark::Comma).take(NAMED).enumerate() {
                let comma = if place == 0 { "" } else { ", " };
                // Writing to a string does not fail.
                let _ = write!(words, "{comma}`{}`", brief(name));
            }
            let more = with(DecimalMark::Comma).count().saturating_sub(NAMED);
            if more > 0 {
                let _ = write!(words, " and {more} more");
            }
            words.push_str(", points in others");
        }
        Some(words)
    }
}

/// Columns that a note names.
const NAMED: usize = 3;

impl LineEnds {
    fn words(&self) -> Option<&'static str> {
        match (self.lf, self.crlf, self.cr) {
            (0, 0, 0) => None,
            (_, 0, 0) => Some("LF line ends"),
            (0, _, 0) => Some("CRLF line ends"),
            (0, 0, _) => Some("CR line ends"),
            _ => Some("mixed line ends"),
        }
    }
}

/// The separator by which the beginning of a text is most like a table. `whole` says that the beginning is all there is.
pub(super) fn separator(beginning: &[u8], whole: bool) -> u8 {
    let score = |separator| {
        let widths = widths(beginning, separator, whole);
        let wanted = widths.first().copied().unwrap_or(0);
        let same = widths.iter().filter(|&&width| width == wanted).count();
        // In parts of a thousand, so that the comparison is exact.
        let share = 1000 * same / widths.len().max(1);
        if wanted > 1 { (share, wanted) } else { (0, 1) }
    };
    // Of equal ones the last is the largest, so the preferred one stands last.
    let best = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|&separator| score(separator));
    best.unwrap_or(b',')
}

/// Number of fields of each of the first records.
fn widths(mut bytes: &[u8], separator: u8, whole: bool) -> Vec<usize> {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(separator).build();
    let (mut text, mut ends) = (vec![0; bytes.len() + 1], vec![0; bytes.len() + 1]);
    let (mut widths, mut fields) = (Vec::new(), 0);
    while widths.len() < COMPARED {
        let (result, read, _, ended) = reader.read_record(bytes, &mut text, &mut ends[fields..]);
        // The last record may be cut off where the beginning ends.
        if bytes.is_empty() && !whole {
            break;
        }
        bytes = &bytes[read..];
        fields += ended;
        match result {
            ReadRecordResult::Record => {
                widths.push(fields);
                fields = 0;
            }
            ReadRecordResult::InputEmpty => {}
            _ => break,
        }
    }
    widths
}

/// What the cells of a column say about its decimal mark.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Votes {
    point: u64,
    comma: u64,
    either: u64,
}

impl Votes {
    pub(super) fn count(&mut self, cell: &str) {
        // Other cells have the same reading with both marks, or none.
        if !cell.contains(['.', ',']) {
            return;
        }
        match evidence(cell) {
            Evidence::Only(DecimalMark::Point) => self.point += 1,
            Evidence::Only(DecimalMark::Comma) => self.comma += 1,
            Evidence::Either => self.either += 1,
            Evidence::Same | Evidence::None => {}
        }
    }

    fn mark(&self) -> Option<DecimalMark> {
        match self.comma.cmp(&self.point) {
            std::cmp::Ordering::Greater => Some(DecimalMark::Comma),
            std::cmp::Ordering::Less => Some(DecimalMark::Point),
            std::cmp::Ordering::Equal => (self.comma > 0).then_some(DecimalMark::Point),
        }
    }
}

/// The mark of each column by the votes of all, and whether it is a guess.
pub(super) fn marks(votes: &[Votes], separator: u8) -> (Vec<Option<DecimalMark>>, Vec<bool>) {
    let seen: Vec<Option<DecimalMark>> = votes.iter().map(Votes::mark).collect();
    let columns = |mark| seen.iter().filter(|&&seen| seen == Some(mark)).count();
    let (points, commas) = (columns(DecimalMark::Point), columns(DecimalMark::Comma));
    let usual = match points.cmp(&commas) {
        std::cmp::Ordering::Greater => DecimalMark::Point,
        std::cmp::Ordering::Less => DecimalMark::Comma,
        std::cmp::Ordering::Equal if separator == b';' => DecimalMark::Comma,
        std::cmp::Ordering::Equal => DecimalMark::Point,
    };
    let guessed =
        |(mark, votes): (&Option<DecimalMark>, &Votes)| mark.is_none() && votes.either > 0;
    let unsure: Vec<bool> = seen.iter().zip(votes).map(guessed).collect();
    let marks = seen.iter().zip(&unsure);
    let marks = marks.map(|(mark, &unsure)| if unsure { Some(usual) } else { *mark });
    (marks.collect(), unsure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_makes_a_table() {
        let cases: [(&str, u8); 9] = [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';'),
            ("a\tb\n1,5\t2;5\n", b'\t'),
            ("a|b|c\n1|2|3", b'|'),
            ("a;b,c;d\n1,5;2,5;3,5", b';'),
            ("text,label\n\"one; two; three\",x\nfour;five,y\n", b','),
            ("a\nhello, world\n", b','),
            ("a;b;c\n1;2\n3;4;5\n6;7;8\n", b';'),
            ("", b','),
        ];
        for (text, expected) in cases {
            assert_eq!(separator(text.as_bytes(), true), expected, "{text}");
        }
    }

    #[test]
    fn a_beginning_may_end_within_a_record() {
        assert_eq!(separator(b"a;b;c\n1;2;3\n4;", false), b';');
        assert_eq!(separator(b"a;b;c", false), b',', "no whole record");
    }

    #[test]
    fn columns_without_a_sign_of_their_own_follow_the_others() {
        let of = |cells: &[&[&str]], separator| {
            let votes = cells.iter().map(|cells| {
                let mut votes = Votes::default();
                cells.iter().for_each(|cell| votes.count(cell));
                votes
            });
            marks(&votes.collect::<Vec<_>>(), separator)
        };
        let (comma, point) = (Some(DecimalMark::Comma), Some(DecimalMark::Point));
        let columns: [&[&str]; 3] = [&["1,5", "2"], &["1.234"], &["x", "7"]];
        assert_eq!(
            of(&columns, b','),
            (vec![comma, comma, None], vec![false, true, false])
        );
        let columns: [&[&str]; 2] = [&["0.5"], &["1,234"]];
        assert_eq!(of(&columns, b';'), (vec![point, point], vec![false, true]));
        assert_eq!(of(&[&["1,234"]], b';').0, [comma]);
        assert_eq!(of(&[&["1,234"]], b',').0, [point]);
    }
}
