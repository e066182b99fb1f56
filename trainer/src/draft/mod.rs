//! Drafts: descriptions written for somebody's data, which train well as they are and explain themselves.
//!
//! [`folder`] and [`table`] look at the data and say what inputs and heads there are ([`Draft`]); `network` chooses frontends and a
//! network for the number of samples; `write` puts all into a text with comments. With a budget, the network is made smaller until
//! it fits.

pub mod folder;
mod names;
mod network;
mod seen;
pub mod table;
mod write;

use std::path::{Path, PathBuf};

use tillsense_compiler::network::description::Fit;

pub use self::names::Names;
pub use self::network::SCALES;
pub use self::write::text;

/// What a draft says about somebody's data.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Name of the model.
    pub name: String,
    /// Lines of the section `[data]`.
    pub data: Vec<String>,
    /// Inputs.
    pub inputs: Vec<DraftInput>,
    /// Heads.
    pub heads: Vec<DraftHead>,
    /// Number of samples, of all parts.
    pub samples: usize,
    /// Part of the samples that is trained on, those held out included.
    pub trained: f64,
    /// What a person should know, one line each.
    pub told: Vec<String>,
}

impl Draft {
    /// Number of training samples, those held out included.
    pub fn training_samples(&self) -> usize {
        (self.samples as f64 * self.trained) as usize
    }
}

/// An input of a draft.
#[derive(Clone, Debug)]
pub struct DraftInput {
    /// Name of the input.
    pub name: String,
    /// What was seen, for a comment.
    pub seen: String,
    /// Lines that name its columns.
    pub columns: Vec<String>,
    /// Its kind, with what the network is chosen by.
    pub kind: DraftKind,
}

/// The kind of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum DraftKind {
    /// Pictures.
    Image {
        /// Rows and columns that the network reads.
        size: [usize; 2],
        /// Whether they have colours.
        rgb: bool,
        /// How pictures of other shapes are made that size.
        fit: Fit,
    },
    /// Sound.
    Audio {
        /// Sampling rate, 8000 or 16000.
        rate: usize,
        /// Seconds that are heard.
        seconds: f64,
        /// Decibels from the quiet parts of most recordings to the loud ones.
        range: f64,
    },
    /// Texts.
    Text {
        /// Bytes that hold nearly all of them.
        bytes: usize,
    },
    /// Records of so many fields.
    Record {
        /// Number of fields.
        fields: usize,
    },
    /// Sequences of records.
    Sequence {
        /// Number of fields.
        fields: usize,
        /// Records that hold nearly all of them.
        steps: usize,
    },
}

impl DraftKind {
    /// The name of the kind in descriptions.
    pub const fn name(&self) -> &'static str {
        match self {
            DraftKind::Image { .. } => "image",
            DraftKind::Audio { .. } => "audio",
            DraftKind::Text { .. } => "text",
            DraftKind::Record { .. } => "record",
            DraftKind::Sequence { .. } => "sequence",
        }
    }
}

/// A head of a draft.
#[derive(Clone, Debug)]
pub struct DraftHead {
    /// Name of the head.
    pub name: String,
    /// Column of its labels, where that is another name.
    pub column: Option<String>,
    /// Number of samples of each class, the most frequent first.
    pub classes: Vec<(String, usize)>,
}

impl DraftHead {
    /// Whether the most frequent class has ten times the samples of the rarest, or more.
    pub fn is_unbalanced(&self) -> bool {
        match (self.classes.first(), self.classes.last()) {
            (Some((_, most)), Some((_, least))) => *most >= 10 * (*least).max(1),
            _ => false,
        }
    }
}

/// What a person asks of a draft.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The folder or table.
    pub data: PathBuf,
    /// Folder in which the description will lie.
    pub beside: PathBuf,
    /// Name of the model.
    pub name: String,
    /// Columns of the labels.
    pub labels: Vec<String>,
    /// Column of the groups.
    pub group: Option<String>,
    /// Column that says the parts.
    pub split: Option<String>,
    /// Column of the times.
    pub time: Option<String>,
    /// Time from which on rows are test rows.
    pub after: Option<String>,
    /// Sequences out of second tables.
    pub sequences: Vec<SequenceRequest>,
}

/// A sequence out of a second table: `NAME=FILE:key=COLUMN,order=COLUMN,of=COLUMN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceRequest {
    /// Name of the input.
    pub name: String,
    /// The second table.
    pub table: PathBuf,
    /// Its column that says to which sample a record belongs.
    pub key: String,
    /// Column of the first table with which the key is compared.
    pub of: Option<String>,
    /// Its column by which records are ordered.
    pub order: Option<String>,
}

impl std::str::FromStr for SequenceRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "takes NAME=FILE:key=COLUMN,order=COLUMN (order, and of=COLUMN of the first table, may be left out; of a column whose name has a comma, write the name between quotation marks)";
        let (name, rest) = text.split_once('=').ok_or(form)?;
        let (table, columns) = rest.split_once(":key=").ok_or(form)?;
        let mut request = SequenceRequest {
            name: name.to_owned(),
            table: PathBuf::from(table),
            key: String::new(),
            of: None,
            order: None,
        };
        for (at, part) in outside_quotes(columns).into_iter().enumerate() {
            match part.split_once('=') {
                _ if at == 0 => request.key = unquoted(part),
                Some(("order", column)) => request.order = Some(unquoted(column)),
                Some(("of", column)) => request.of = Some(unquoted(column)),
                _ => return Err(form.to_owned()),
            }
        }
        match request.key.is_empty() || name.is_empty() || table.is_empty() {
            true => Err(form.to_owned()),
            false => Ok(request),
        }
    }
}

/// The parts of a list between the commas that do not stand in quotation marks. A name is quoted from its begin on.
fn outside_quotes(list: &str) -> Vec<&str> {
    let (mut quoted, mut before) = (false, '=');
    let parts = list.split(|letter| {
        if letter == '"' && (quoted || matches!(before, '=' | '"')) {
            quoted = !quoted;
        }
        before = letter;
        letter == ',' && !quoted
    });
    parts.collect()
}

/// A name without the quotation marks around it; one in it is doubled.
fn unquoted(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    match inner {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// A path as a description in the folder `beside` writes it: relative where both lie below one folder that is named.
pub fn relative(path: &Path, beside: &Path) -> String {
    let whole = |path: &Path| path.canonicalize().ok();
    let here = match beside.as_os_str().is_empty() {
        true => Path::new("."),
        false => beside,
    };
    let (Some(to), Some(from)) = (whole(path), whole(here)) else {
        return path.display().to_string();
    };
    let shared = to
        .components()
        .zip(from.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().count() - shared;
    // A long way up is clearer as a whole path.
    if shared <= 1 || up > 3 {
        return to.display().to_string();
    }
    let mut parts = vec!["..".to_owned(); up];
    parts.extend(
        to.components()
            .skip(shared)
            .map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_asked_for_in_one_word() {
        let request: SequenceRequest = "history=pay=1.csv:key=session,order=when".parse().unwrap();
        assert_eq!(request.table, Path::new("pay=1.csv"));
        assert_eq!((&*request.name, &*request.key), ("history", "session"));
        assert_eq!((request.of, request.order), (None, Some("when".to_owned())));
        let request: SequenceRequest = r#"h=p.csv:key="a,b=""c""",order="x, y",of=5" wide"#
            .parse()
            .unwrap();
        assert_eq!(request.key, r#"a,b="c""#);
        assert_eq!(request.order.as_deref(), Some("x, y"));
        assert_eq!(request.of.as_deref(), Some("5\" wide"));
        for bad in ["history", "a=b", "a=b:key=", "a=b:key=c,sort=d", "=b:key=c"] {
            assert!(bad.parse::<SequenceRequest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_are_those_that_the_description_reads() {
        let root = tempfile::tempdir().unwrap();
        let (data, deep) = (root.path().join("clips"), root.path().join("a/b"));
        std::fs::create_dir_all(&data).unwrap();
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(relative(&data, root.path()), "clips");
        assert_eq!(relative(&data, &deep), "../../clips");
        assert_eq!(relative(&data, &data), ".");
    }
}
