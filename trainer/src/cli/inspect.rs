//! The command `tillsense inspect`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use tillsense_compiler::inspect::inspect;

use super::{Shared, output};
use crate::project;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// The model file
    model: PathBuf,
}

const EXAMPLES: &str = "Examples:
  tillsense inspect models/terminal.till
  tillsense inspect models/terminal.till --json | jq .bytes";

/// Prints the contents of a model file.
pub fn run(args: &InspectArgs, shared: &Shared) -> Result<()> {
    let report = inspect(&project::read(&args.model)?)?;
    if shared.json {
        return output::json(&report);
    }
    output::fitted(&report.text(output::width()))
}
