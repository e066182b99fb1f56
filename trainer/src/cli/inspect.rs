//! `tillsense inspect`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Shared, evaluate, output};
use crate::aligned::Aligned;
use crate::inspect::inspect;
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
    let report = inspect(&score::load(&file)?);
    if shared.json {
        return output::json(&report);
    }
    println!("{report}");
    Ok(())
}
