//! The command line: thin, one file a command.
//!
//! Results go to standard output (with `--json` as JSON alone), progress and errors to standard error. An error is one line.
//! All output passes through [`tillsense_compiler::text`], so that no name or text from outside acts on the screen.
//! The exit code is 0, 1 for an error, 2 for arguments that cannot be understood, 130 where Ctrl-C ended the command at once.

mod aim;
mod bench;
mod bindings;
mod boards;
mod check;
mod compare;
mod completions;
mod curves;
#[cfg(feature = "train")]
mod data;
mod doctor;
mod export;
mod feed;
mod flash;
mod image;
mod import;
mod inspect;
mod library;
mod monitor;
mod new;
mod npy;
mod output;
mod port;
mod presets;
mod progress;
mod run;
mod runs;
mod terminal;
#[cfg(feature = "train")]
mod training;
mod verify;

use std::env;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use tillsense_compiler::say::{be_silent, complain};
use tillsense_compiler::text::{message, message_lines};
use tillsense_compiler::threads::{MOST_THREADS, Threads};
use tillsense_device::toolchain::Said;

use crate::data::{DataSource, locate};

/// Multimodal machine learning that fits inside a payment terminal.
#[derive(Debug, Parser)]
#[command(name = "tillsense", bin_name = "tillsense", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

#[cfg(feature = "train")]
const EXAMPLES: &str = "Examples:
  tillsense demo                                   the whole road, from data to verdicts in QEMU
  tillsense train digits                           writes models/digits.till
  tillsense export models/digits.till --target cortex-m4
                                                   writes models/digits-cortex-m4.till, for its fast kernels
  tillsense evaluate models/digits.till            float and fixed-point figures side by side
  tillsense inspect models/digits.till             ops, shapes, bytes, the arena over time
  tillsense compare models/digits.till --board mps2-an386 --samples 20

Data come from --data DIR, else $TILLSENSE_DATA, else ./data, else they are generated; `--data generated` asks for that. A model
is scored on other data than those it was trained on only where --data names them.
`tillsense COMMAND --help` has more examples.";

#[cfg(not(feature = "train"))]
const EXAMPLES: &str = "Examples:
  tillsense export models/digits.till --target cortex-m4
                                                   writes models/digits-cortex-m4.till, for its fast kernels
  tillsense inspect models/digits.till             ops, shapes, bytes, the arena over time
  tillsense compare models/digits.till --board mps2-an386 --samples 20

This build has no `train`, `evaluate`, `search`, `demo` and `data`: they are in a build with the feature `train`.
`tillsense COMMAND --help` has more examples.";

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
struct Shared {
    /// Folder of data sets (see `tillsense data check`), or `generated` [default: $TILLSENSE_DATA, ./data, or generated data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON for machines, and no progress
    #[arg(long, global = true)]
    json: bool,
    /// Threads that compute [default: as many as the machine has]. Results do not depend on it
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
}

impl Shared {
    /// The data source that `--data` and the environment choose.
    fn source(&self) -> DataSource {
        locate(self.data.as_deref())
    }

    /// Limits all computation of this process to the threads of `--threads`.
    fn limit_threads(&self) -> Result<()> {
        up_to(MOST_THREADS, "--threads", self.threads)?;
        let count = self.threads.and_then(NonZeroUsize::new);
        count
            .map(Threads::new)
            .into_iter()
            .for_each(Threads::set_default);
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train the terminal model briefly, boot two emulated terminals, show their verdicts
    #[cfg(feature = "train")]
    Demo(training::demo::DemoArgs),
    /// Fetch or check the public data sets
    #[cfg(feature = "train")]
    #[command(subcommand)]
    Data(data::DataCommand),
    /// List the models that ship, or print one's description
    Presets(presets::PresetsArgs),
    /// Look at a folder or a table of your own and write a description that trains well as it is
    New(new::NewArgs),
    /// Say what is in the data of a description, and what is wrong with them, before any training
    Check(check::CheckArgs),
    /// Train a preset or a description of your own and write the model file
    #[cfg(feature = "train")]
    Train(training::TrainArgs),
    /// List the trainings of before, look at one, or compare some
    Runs(runs::RunsArgs),
    /// Try narrower, wider, flatter and deeper networks around a description, within a budget
    #[cfg(feature = "train")]
    Search(training::search::SearchArgs),
    /// Write a trained model for another processor, without training
    Export(export::ExportArgs),
    /// Score a model file with the device's own arithmetic on all test samples
    #[cfg(feature = "train")]
    Evaluate(training::evaluate::EvaluateArgs),
    /// Try pictures, recordings, texts and records of your own on a model
    Run(run::RunArgs),
    /// Make a model file of a network that TensorFlow Lite runs, with the same answers
    Import(import::ImportArgs),
    /// Compare a model's answers with those of others, value by value
    Verify(verify::VerifyArgs),
    /// Show what is in a model file
    Inspect(inspect::InspectArgs),
    /// Build the engine as a static library for firmware in C, laid out for CMake, Zephyr, Arduino or ESP-IDF
    Library(library::LibraryArgs),
    /// Write constants and types in Rust or C for a model's inputs and answers
    Bindings(bindings::BindingsArgs),
    /// Write firmware and model as images to be flashed, with a memory map and the commands of each tool
    Image(image::ImageArgs),
    /// Flash firmware and model, or the model alone, with a tool that is installed
    Flash(flash::FlashArgs),
    /// Run test samples on a terminal, in QEMU or attached, and compare every byte of its scores with this machine
    #[command(visible_alias = "emulate")]
    Compare(compare::CompareArgs),
    /// Ask a terminal, attached or emulated, what it is, and let it test itself
    #[command(subcommand)]
    Terminal(terminal::TerminalCommand),
    /// Count the instructions of layers on an emulated board
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// List the boards: core, memory, how far anybody came with them
    Boards(boards::BoardsArgs),
    /// Say what is installed, what is missing, and how to mend it
    Doctor(doctor::DoctorArgs),
    /// Print what a shell needs to complete commands and options
    Completions(completions::CompletionsArgs),
    /// Write manual pages
    Man(completions::ManArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let shared = &cli.shared;
    if shared.json {
        be_silent();
    }
    let done = shared.limit_threads().and_then(|()| match &cli.command {
        #[cfg(feature = "train")]
        Command::Demo(args) => training::demo::run(args, shared),
        #[cfg(feature = "train")]
        Command::Data(command) => data::run(command, shared),
        Command::New(args) => new::run(args, shared),
        Command::Check(args) => check::run(args, shared),
        Command::Presets(args) => presets::run(args, shared),
        #[cfg(feature = "train")]
        Command::Train(args) => training::train::run(args, shared),
        Command::Runs(args) => runs::run(args, shared),
        #[cfg(feature = "train")]
        Command::Search(args) => training::search::run(args, shared),
        Command::Export(args) => export::run(args, shared),
        #[cfg(feature = "train")]
        Command::Evaluate(args) => training::evaluate::run(args, shared),
        Command::Run(args) => run::run(args, shared),
        Command::Import(args) => import::run(args, shared),
        Command::Verify(args) => verify::run(args, shared),
        Command::Inspect(args) => inspect::run(args, shared),
        Command::Library(args) => library::run(args, shared),
        Command::Bindings(args) => bindings::run(args, shared),
        Command::Image(args) => image::run(args, shared),
        Command::Flash(args) => flash::run(args, shared),
        Command::Compare(args) => compare::run(args, shared),
        Command::Terminal(command) => terminal::run(command, shared),
        Command::Bench(command) => bench::run(command, shared),
        Command::Boards(args) => boards::run(args, shared),
        Command::Doctor(args) => doctor::run(args, shared),
        Command::Completions(args) => completions::completions(args),
        Command::Man(args) => completions::man(args, shared),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Tools of the system may report in several lines; every other error is one line.
            let text = match error.is::<Said>() {
                true => message_lines(format_args!("{error:#}")),
                false => message(format_args!("{error:#}")),
            };
            complain(format_args!("error: {text}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints help and version as they are; an error in arguments becomes one line.
fn refuse(error: &clap::Error) -> ExitCode {
    let whole = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if whole {
        // If help cannot be printed, there is nobody to tell.
        let _ = error.print();
    } else {
        let text = error.to_string();
        let told = text
            .lines()
            .map(str::trim)
            .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
        let told: Vec<_> = told.filter(|line| !line.is_empty()).collect();
        let told = told.join("; ").replace(":; ", ": ").replace("tip: ", "");
        let command = env::args()
            .skip(1)
            .find(|word| Cli::command().find_subcommand(word).is_some());
        let command = command.map_or(String::new(), |name| format!(" {name}"));
        complain(format_args!(
            "{}; see `tillsense{command} --help`",
            message(told)
        ));
    }
    ExitCode::from(error.exit_code() as u8)
}

/// Refuses a count of 0 for an option.
fn at_least_one(option: &str, count: Option<usize>) -> Result<()> {
    ensure!(count != Some(0), "{option} must be at least 1");
    Ok(())
}

/// Refuses a count of 0, and one that is larger than makes sense.
fn up_to(most: usize, option: &str, count: Option<usize>) -> Result<()> {
    at_least_one(option, count)?;
    let fits = count.is_none_or(|count| count <= most);
    ensure!(fits, "{option} must be at most {most}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    /// The full name of each command that runs, with its help.
    fn helps(command: &mut Command, name: &str) -> Vec<(String, String)> {
        let help = command.render_long_help().to_string();
        let below = command.get_subcommands_mut();
        let below = below.filter(|command| command.get_name() != "help");
        let mut all: Vec<_> = below
            .flat_map(|command| {
                let name = format!("{name} {}", command.get_name());
                helps(command, &name)
            })
            .collect();
        // `data`, `bench` and `terminal` only list what is below them.
        if all.is_empty() || name == "tillsense" {
            all.push((name.to_owned(), help));
        }
        all
    }

    #[test]
    fn the_help_of_every_command_has_examples() {
        let all = helps(&mut Cli::command(), "tillsense");
        assert!(
            all.iter()
                .any(|(name, _)| name == "tillsense bench kernels")
        );
        for (name, help) in all {
            let (_, examples) = help.split_once("Examples:").unwrap_or_default();
            let mut lines = examples.lines().map(str::trim_start);
            assert!(lines.any(|line| line.starts_with(&name)), "{name}:\n{help}");
        }
    }
}
