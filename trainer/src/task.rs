//! What a preset is trained and tested on: samples with named inputs and labels, drawn from the data sets.
//!
//! | task | inputs | heads (auxiliary in brackets) |
//! |---|---|---|
//! | `digits` | image | digit |
//! | `spoken-digits` | audio | digit |
//! | `av-digits` | image, audio | digit (degraded inputs), match (clean inputs) |
//! | `bank-intents` | text | intent |
//! | `credit-risk` | client (record), history (sequence) | default |
//! | `shoppers` | shop (record) | purchase |
//! | `terminal` | receipt (image), amount (audio), request (text), client, history, shop | service, risk, behaviour (written, spoken) |
//!
//! The two composed tasks join rows of public sets that have nothing to do with one another: train with train, test with test,
//! see [`crate::data::compose`]. They show that a model can fuse; they are not recordings of real sessions.

use std::borrow::Cow;

use crate::data::{self, Clients, Clips, DataError, Images, Sessions, Source, Split, Table, Texts, compose};
use crate::sample::{Raw, Sample};
use crate::spec::Task;

/// Training or test part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// For training, and for every choice that is made.
    Train,
    /// For the figures that are reported.
    Test,
}

/// What an input carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A grey picture.
    Image {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
    /// Sound.
    Audio {
        /// Samples a second.
        sample_rate: u32,
    },
    /// A text.
    Text,
    /// One record.
    Record,
    /// Records in order of time.
    Sequence,
}

/// A head's name and classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The name that descriptions use.
    pub name: &'static str,
    /// Class names.
    pub classes: Vec<String>,
}

/// The samples of a task.
#[derive(Debug)]
pub struct TaskData {
    task: Task,
    images: Option<Split<Images>>,
    clips: Option<Split<Clips>>,
    texts: Option<Split<Texts>>,
    clients: Option<Split<Clients>>,
    sessions: Option<Split<Sessions>>,
    pairs: Option<Split<Vec<compose::Pair>>>,
    composed: Option<Split<Vec<compose::Session>>>,
}
