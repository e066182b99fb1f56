//! The command `tillsense inspect`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::run::load;
use tillsense_compiler::target::Target;

use super::aim::AimArgs;
use super::run::example;
use super::{Shared, output};

/// Arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// The model file, or a .tflite file
    model: PathBuf,
    #[command(flatten)]
    aim: AimArgs,
}

const EXAMPLES: &str = "Examples:
  tillsense inspect models/terminal.till
  tillsense inspect models/terminal.till --json | jq .bytes
  tillsense inspect kws.tflite --target cortex-m4";

/// Prints the contents of a model file.
pub fn run(args: &InspectArgs, shared: &Shared) -> Result<()> {
    let file = args.aim.read(&args.model)?.file(Target::Generic)?;
    let report = inspect(&file)?;
    if shared.json {
        return output::json(&report);
    }
    output::fitted(&report.text(output::width()))?;
    let aligned = Aligned::from(file.as_slice());
    let example = example::command(&load(&aligned)?, &args.model);
    output::line("")?;
    output::line(format_args!("try it: {example}"))
}
