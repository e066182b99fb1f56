//! The five data sets: read from the published files or generated, with the splits to use.
//!
//! | set | type | train | test | split |
//! | --- | --- | --- | --- | --- |
//! | `mnist` | [`Images`] | 60,000 | 10,000 | official |
//! | `fsdd` | [`Clips`] | 2,700 | 300 | official: takes 0 to 4 are test |
//! | `banking77` | [`Texts`] | 10,003 | 3,080 | official |
//! | `credit_default` | [`Clients`] | 24,000 | 6,000 | every fifth row is test |
//! | `online_shoppers` | [`Visits`] | 9,864 | 2,466 | every fifth row is test |
//!
//! A data folder holds one folder for each set, with the published files: see `manifest.rs`. [`fetch()`] fills a folder and
//! [`check()`] verifies it. [`locate`] finds the data source; [`images`], [`clips`], [`texts`], [`clients`] and [`visits`] load a
//! set from it. [`compose`] puts rows of several sets together for the multimodal tasks.

mod archive;
pub mod audit;
pub mod augment;
mod banking77;
mod batches;
#[cfg(feature = "train")]
mod check;
pub mod compose;
#[cfg(feature = "train")]
mod convert;
mod credit;
pub mod dataset;
mod decimal;
pub mod dice;
#[cfg(feature = "train")]
mod digest;
#[cfg(feature = "train")]
mod download;
mod error;
pub mod features;
#[cfg(feature = "train")]
mod fetch;
pub mod fit;
mod fsdd;
mod idx;
pub mod input_map;
pub mod intake;
mod intents;
#[cfg(feature = "train")]
mod manifest;
pub mod media;
mod mnist;
pub mod own;
pub mod rows;
mod shoppers;
mod source;
mod spread;
mod store;
pub mod synth;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod types;
#[cfg(feature = "train")]
mod zip;

pub use batches::{Batches, FeatureSample, LEAST_TRAINED, Piece};
#[cfg(feature = "train")]
pub use check::{FileRow, FileState, Report, SetRow, check};
pub use error::{DataError, Place, Problem, WavFault};
#[cfg(feature = "train")]
pub use fetch::{Fetch, Fetched, fetch};
pub use source::{
    DEFAULT_FOLDER, DataSource, GENERATED, SetFigures, SetKind, VARIABLE, clients, clips, describe,
    images, locate, texts, visits,
};
pub use spread::spread;
pub use types::{
    Clients, Clip, Clips, Column, ColumnKind, Images, MONTHS, Split, Table, Texts, Visits,
};
