//! `tillsense inspect`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Shared, evaluate, output};
use crate::inspect::inspect;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The model file
    model: PathBuf,
}

/// Shows what is in a model file.
pub fn run(args: &InspectArgs, shared: &Shared) -> Result<()> {
    let report = inspect(&evaluate::read(&args.model)?)?;
    if shared.json {
        return output::json(&report);
    }
    println!("{report}");
    Ok(())
}
