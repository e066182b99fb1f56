//! Runs: what each training was given and what came of it, each in a folder of its own.
//!
//! ```text
//! runs/NAME/0001/run.json           what it was given, how it ended, final figures
//!                description.toml   the description, as it was trained
//!                curve.csv          a row an epoch, for spreadsheets and plots
//!                curve.json         the same with names, for programs
//! ```
//!
//! NAME is the model's name and the number the next free one. A folder is written beside its place and renamed as a whole, so it is never there in
//! half, and of two trainings that end at once the second takes the next number. No sample is in a run, nor anything of one: digests say
//! which data they were.
//!
//! Runs lie in `runs` of the folder in which the command works, as other trainers keep them, and not beside the model file: models are handed on,
//! runs stay with whoever trains.

mod curve;
mod keep;
mod list;

use std::fmt;
use std::path::PathBuf;

pub use curve::{csv, phase, rows};
pub use keep::{keep, last_stopped};
pub use list::{Entry, Named, find, list};
use serde::{Deserialize, Serialize};
use tillsense_compiler::trained::HeadScore;

/// What a training was given and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The version of this layout, [`LAYOUT`].
    pub layout: u32,
    /// Name of the model.
    pub model: String,
    /// Version of the command.
    pub tillsense: String,
    /// Words of the command line behind its name.
    pub command: Vec<String>,
    /// The description's name in errors: the preset or the file.
    pub origin: String,
    /// Seconds since 1970 at which it began.
    pub began: u64,
    /// Seconds that it took, without those of a run that it goes on with.
    pub seconds: f64,
    /// The seed of all randomness.
    pub seed: u64,
    /// The data, in words.
    pub data: String,
    /// Digest of the data's contents, in hexadecimal digits.
    pub data_digest: String,
    /// SHA-256 of the description's text.
    pub description_digest: String,
    /// Training samples taken, spread over all; `None` for all of them.
    pub limit: Option<u64>,
    /// Epochs that it was to have.
    pub epochs: usize,
    /// Epochs that were done, with those of the run that it goes on with.
    pub done: usize,
    /// Number of the run that it goes on with.
    pub resumed: Option<u32>,
    /// How it ended.
    pub end: RunEnd,
    /// Held-out scores of the best epoch of the last phase; empty where nothing is held out.
    pub held_out: Vec<HeadScore>,
    /// Figures on test samples, where it was evaluated.
    pub test: Vec<TestScore>,
    /// The model file.
    pub file: Option<RunFile>,
}

/// The version of the layout of runs.
pub const LAYOUT: u32 = 1;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunEnd {
    /// All epochs were done, or patience ended the last phase; the model is written.
    Finished,
    /// Somebody stopped it.
    Stopped,
    /// It could not go on, for this reason.
    Failed(String),
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RunEnd::Finished => "finished",
            RunEnd::Stopped => "stopped",
            RunEnd::Failed(_) => "failed",
        })
    }
}

/// A head on test samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScore {
    /// The head's name.
    pub head: String,
    /// Part of right answers of the float network.
    pub float: Option<f64>,
    /// Part of right answers of the model file.
    pub fixed: Option<f64>,
    /// Area under the ROC curve of the model file, where there is a positive class.
    pub auc: Option<f64>,
}

/// A model file that a run made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// Its path, as it was named.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its seal, in hexadecimal digits.
    pub seal: String,
}

/// The folder of runs where none is named.
pub const FOLDER: &str = "runs";

/// The folder's name for a model's runs: letters, digits, `-`, `_` and `.` of its name, others as `-`.
pub fn folder_name(model: &str) -> String {
    let plain = |c: char| match c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
        true => c,
        false => '-',
    };
    let name: String = model.chars().take(80).map(plain).collect();
    match name.trim_start_matches('.') {
        "" => "model".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
