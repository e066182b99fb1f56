//! The commands that train, or compare with float numbers.

mod acceptance;
mod budget;
mod calibration;
pub mod demo;
mod details;
pub mod evaluate;
mod interrupt;
mod page;
mod progress;
mod record;
pub mod search;
pub mod train;
mod train_all;
mod train_args;
mod train_file;
mod train_one;

pub use train_args::TrainArgs;
