//! The command line: thin, one file a command.
//!
//! Results go to standard output (with `--json` as JSON alone), progress and errors to standard error.
//! An error is one line and the exit code 1; arguments that clap refuses give 2.

mod data;
mod demo;
mod doctor;
mod emulate;
mod evaluate;
mod inspect;
mod output;
mod presets;
mod progress;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use output::percent;

/// Multimodal machine learning that fits inside a payment terminal.
#[derive(Debug, Parser)]
#[command(name = "tillsense", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  tillsense demo                                   the whole road, from data to verdicts in QEMU
  tillsense train digits                           writes models/digits.till
  tillsense evaluate models/digits.till            float and fixed-point figures side by side
  tillsense inspect models/digits.till             ops, shapes, bytes, the arena over time
  tillsense emulate models/digits.till --board mps2-an386 --samples 20

Data come from --data DIR, else $TILLSENSE_DATA, else ./data, else they are generated.";

/// What every command takes.
#[derive(Clone, Debug, Args)]
struct Shared {
    /// Folder of data sets (see `tillsense data check`)
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train the terminal model briefly, boot both emulated terminals, show their verdicts
    Demo(demo::DemoArgs),
    /// Fetch or check the public data sets
    #[command(subcommand)]
    Data(data::DataCommand),
    /// List the models that ship, or print one's description
    Presets(presets::PresetsArgs),
    /// Train a preset or a description of your own and write the model file
    Train(train::TrainArgs),
    /// Score a model file with the device's own arithmetic on all test samples
    Evaluate(evaluate::EvaluateArgs),
    /// Show what is in a model file
    Inspect(inspect::InspectArgs),
    /// Boot a terminal in QEMU, run test samples on it, compare with this machine
    Emulate(emulate::EmulateArgs),
    /// Say what is installed, what is missing, and how to mend it
    Doctor(doctor::DoctorArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let shared = &cli.shared;
    let done = match &cli.command {
        Command::Demo(args) => demo::run(args, shared),
        Command::Data(command) => data::run(command, shared),
        Command::Presets(args) => presets::run(args, shared),
        Command::Train(args) => train::run(args, shared),
        Command::Evaluate(args) => evaluate::run(args, shared),
        Command::Inspect(args) => inspect::run(args, shared),
        Command::Emulate(args) => emulate::run(args, shared),
        Command::Doctor(args) => doctor::run(args, shared),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
