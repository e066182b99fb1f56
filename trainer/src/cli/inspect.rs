//! `tillsense inspect`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Shared, evaluate, output};
use crate::aligned::Aligned;
use crate::inspect::{inspect, map, table};
use crate::score;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The model file
    model: PathBuf,
}

/// Shows what is in a model file.
pub fn run(args: &InspectArgs, shared: &Shared) -> Result<()> {
    let file = Aligned::from(evaluate::read(&args.model)?.as_slice());
    let model = score::load(&file)?;
    let report = inspect(&model);
    if shared.json {
        return output::json(&report);
    }
    println!("{}\n{}", table(&report), map(&model));
    Ok(())
}
