//! Where a model's samples come from, and how they are divided: the section `[data]`, and the columns that inputs and heads name.
//!
//! ```toml
//! [data]
//! table = "sessions.csv"     # or folder = "clips", set = "mnist", compose = "terminal"
//! group = "customer"         # no customer stands on both sides
//! test = 0.2
//!
//! [[inputs]]
//! name = "client"
//! kind = "record"
//! columns = ["age", "country"]
//! category = ["country"]
//!
//! [[heads]]
//! name = "risk"
//! ```
//!
//! Paths are relative to the folder of the description. A table has one row a sample; an input or a head that names no column is
//! called like its column.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Origin of the samples, and the rule by which they are divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Origin of the samples.
    pub origin: Origin,
    /// Rule by which samples are training or test samples.
    pub division: Division,
}

/// Origin of a model's samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A published set, or its generated stand-in.
    Set(SetKind),
    /// Samples composed of rows of several published sets.
    Composition(Composition),
    /// A folder, or a tar or zip archive, of pictures, clips or texts: the name of the sub-folder is the class.
    Folder(String),
    /// A table: one row a sample.
    Table(String),
}

impl Origin {
    /// The origin as a description writes it, for messages.
    pub fn words(&self) -> String {
        match self {
            Origin::Set(set) => format!("set `{}`", set.name()),
            Origin::Composition(composition) => format!("composition `{}`", composition.name()),
            Origin::Folder(path) => format!("folder `{path}`"),
            Origin::Table(path) => format!("table `{path}`"),
        }
    }

    /// Whether the samples are somebody's own, in files whose paths the description names.
    pub fn is_own(&self) -> bool {
        matches!(self, Origin::Folder(_) | Origin::Table(_))
    }
}

/// The published sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetKind {
    /// Handwritten digits.
    Mnist,
    /// Spoken digits.
    Fsdd,
    /// Bank requests.
    Banking77,
    /// Credit card clients.
    CreditDefault,
    /// Web shop sessions.
    OnlineShoppers,
}

impl SetKind {
    /// Every set.
    pub const ALL: [SetKind; 5] = [
        SetKind::Mnist,
        SetKind::Fsdd,
        SetKind::Banking77,
        SetKind::CreditDefault,
        SetKind::OnlineShoppers,
    ];

    /// The name of the set, which is that of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            SetKind::Mnist => "mnist",
            SetKind::Fsdd => "fsdd",
            SetKind::Banking77 => "banking77",
            SetKind::CreditDefault => "credit_default",
            SetKind::OnlineShoppers => "online_shoppers",
        }
    }

    /// The set with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }
}

/// Ways in which samples are composed of rows of several published sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composition {
    /// A degraded written and a degraded spoken digit: which, and are they the same?
    AvDigits,
    /// A session at a payment terminal, of rows of all five sets.
    Terminal,
}

impl Composition {
    /// The name of the composition in descriptions.
    pub const fn name(self) -> &'static str {
        match self {
            Composition::AvDigits => "av-digits",
            Composition::Terminal => "terminal",
        }
    }
}

/// Rule by which samples are training or test samples.
///
/// A column that says it comes first, then a point in time, then groups, then chance. Chance is seeded, keeps the shares of the
/// classes, and depends on what a sample holds: neither on the order of rows or files nor on the operating system.
#[derive(Clone, Debug, PartialEq)]
pub struct Division {
    /// Column whose cells say the part of each row: train, valid or test.
    pub split: Option<String>,
    /// Part of the samples that become test samples, where nothing else decides.
    pub test: f64,
    /// Seed of the chance.
    pub seed: u64,
    /// Column whose groups stay on one side.
    pub group: Option<String>,
    /// Column with the time of each row.
    pub time: Option<String>,
    /// Time from which on rows are test rows.
    pub after: Option<String>,
    /// Group all of whose samples are test samples, and none of them training samples.
    pub leave_out: Option<String>,
}

impl Default for Division {
    fn default() -> Self {
        Division {
            split: None,
            test: 0.2,
            seed: 1,
            group: None,
            time: None,
            after: None,
            leave_out: None,
        }
    }
}

/// Columns of a table that an input reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// Column of a picture, a clip or a text; the input's name where none is stated.
    pub column: Option<String>,
    /// Columns of a record; all that nothing else names, where none are stated.
    pub columns: Option<Vec<String>>,
    /// Columns that are left out of a record whose columns are not stated.
    pub ignore: Vec<String>,
    /// Columns read as numbers, whatever their cells look like.
    pub number: Vec<String>,
    /// Columns read as categories, whatever their cells look like.
    pub category: Vec<String>,
    /// Numbers whose logarithm is taken.
    pub log: Vec<String>,
    /// Units of numbers, for those who write programs that give them.
    pub units: BTreeMap<String, String>,
    /// Columns of each step of a sequence, oldest step first; `columns` names the fields.
    pub steps: Vec<Vec<String>>,
    /// Second table that holds the records of a sequence.
    pub table: Option<Joined>,
}

impl Columns {
    /// Whether the section states nothing.
    pub fn is_empty(&self) -> bool {
        *self == Columns::default()
    }
}

/// Second table, whose rows are the records of sequences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Path of the table.
    pub table: String,
    /// Column of the second table that says to which sample a record belongs.
    pub key: String,
    /// Column of the first table with which `key` is compared; of the same name where none is stated.
    pub of: Option<String>,
    /// Column by which the records of a sample are ordered, oldest first; the order of rows where none is stated.
    pub order: Option<String>,
}
