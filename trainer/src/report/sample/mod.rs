//! Samples of somebody's data on a page, each within a limit of size.

mod picture;
mod spectrum;
#[cfg(test)]
mod tests;

use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::text::{brief, shown_lines, start};

pub use picture::{Picture, picture};
pub use spectrum::spectrogram;

use super::plot::{self, Plot};

/// Characters of a text that are shown.
const MOST_TEXT: usize = 400;
/// Fields of a record that are shown.
const MOST_FIELDS: usize = 24;

/// Something of a sample, as a page shows it.
#[derive(Clone, Debug)]
pub enum Content {
    /// A picture, or a spectrogram as one.
    Picture(Picture),
    /// A recording over time.
    Wave(Plot),
    /// A text.
    Text(String),
    /// Names of fields and their values.
    Record(Vec<(String, String)>),
    /// Words in place of what is missing.
    Absent(String),
}

/// What a page has to know of an input to show it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form<'a> {
    /// Height, width and channels of pictures.
    pub shape: [usize; 3],
    /// Samples a second of recordings.
    pub rate: u32,
    /// Names of the fields of records and the decimal places of their numbers, in order.
    pub fields: &'a [(String, u8)],
}

/// An input of a sample: a picture; a recording with its spectrogram; a text; a record; the last record of a sequence.
pub fn contents(raw: &Raw<'_>, form: Form<'_>) -> Vec<Content> {
    let picture = |made: Option<Picture>, words: &str| match made {
        Some(picture) => Content::Picture(picture),
        None => Content::Absent(words.to_owned()),
    };
    match raw {
        Raw::Absent => vec![Content::Absent("missing".to_owned())],
        Raw::Image(pixels) => vec![picture(
            self::picture(pixels, form.shape, "a picture"),
            "a picture of another size",
        )],
        Raw::Audio(samples) => {
            let mut contents = vec![Content::Wave(plot::wave(samples))];
            contents.extend(spectrogram(samples, form.rate).map(Content::Picture));
            contents
        }
        Raw::Text(text) => vec![self::text(text)],
        Raw::Record(cells) => vec![record(cells, form.fields)],
        Raw::Sequence(records) => match records.last() {
            Some(last) => vec![
                Content::Absent(format!("the last of {} records:", records.len())),
                record(last, form.fields),
            ],
            None => vec![Content::Absent("no record".to_owned())],
        },
        Raw::Tensor(values) => vec![Content::Absent(format!("{} stored values", values.len()))],
    }
}

impl Content {
    /// About how many bytes it takes of a page.
    pub fn size(&self) -> usize {
        match self {
            Self::Picture(picture) => picture.uri.len() + 200,
            Self::Wave(plot) => plot.svg().len() + 200,
            Self::Text(text) | Self::Absent(text) => text.len() + 100,
            Self::Record(cells) => cells
                .iter()
                .map(|(name, value)| name.len() + value.len() + 60)
                .sum(),
        }
    }
}

/// A number of so many decimal places, which is stored as a whole one.
fn decimal(value: i32, decimals: u8) -> String {
    let whole = value.unsigned_abs().to_string();
    let decimals = usize::from(decimals);
    let digits = format!("{whole:0>width$}", width = decimals + 1);
    let (before, behind) = digits.split_at(digits.len() - decimals);
    let sign = if value < 0 { "-" } else { "" };
    match behind.is_empty() {
        true => format!("{sign}{before}"),
        false => format!("{sign}{before}.{behind}"),
    }
}

/// A text, cut where it is longer than a person reads.
pub fn text(text: &str) -> Content {
    match text.trim().is_empty() {
        true => Content::Absent("an empty text".to_owned()),
        false => Content::Text(shown_lines(start(text, MOST_TEXT))),
    }
}

/// A record as names and values.
pub fn record(cells: &[Cell<'_>], fields: &[(String, u8)]) -> Content {
    let decimals = |at: usize| fields.get(at).map_or(0, |field| field.1);
    let value = |at: usize, cell: &Cell<'_>| match *cell {
        Cell::Missing => "\u{2013}".to_owned(),
        Cell::Number(value) => decimal(value, decimals(at)),
        Cell::Name(name) => brief(name),
    };
    let name = |at: usize| match fields.get(at) {
        Some((name, _)) => brief(name),
        None => format!("field {}", at + 1),
    };
    let mut shown: Vec<_> = cells
        .iter()
        .enumerate()
        .take(MOST_FIELDS)
        .map(|(at, cell)| (name(at), value(at, cell)))
        .collect();
    if let Some(left @ 1..) = cells.len().checked_sub(MOST_FIELDS) {
        shown.push((format!("and {left} more"), String::new()));
    }
    Content::Record(shown)
}
