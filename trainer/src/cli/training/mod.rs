//! The commands that train, or compare with float numbers.

mod acceptance;
mod budget;
pub mod demo;
pub mod evaluate;
mod interrupt;
mod progress;
pub mod search;
pub mod train;
mod train_all;

use anyhow::{Result, ensure};

use super::at_least_one;

/// As [`at_least_one`], and refuses more than makes sense.
fn up_to(most: usize, option: &str, count: Option<usize>) -> Result<()> {
    at_least_one(option, count)?;
    let fits = count.is_none_or(|count| count <= most);
    ensure!(fits, "{option} must be at most {most}");
    Ok(())
}
