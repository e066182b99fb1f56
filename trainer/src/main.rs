//! The `tillsense` command.

use std::process::ExitCode;

#[cfg(feature = "train")]
use mimalloc::MiMalloc;

/// An allocator that keeps freed pages: a training step frees and asks for the same few megabytes again, and the system's
/// allocator gives large blocks back each time.
#[cfg(feature = "train")]
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    tillsense_trainer::cli::main()
}
