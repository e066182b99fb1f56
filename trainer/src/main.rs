//! The `tillsense` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tillsense_trainer::cli::main()
}
