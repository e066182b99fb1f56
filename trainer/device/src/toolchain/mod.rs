//! The way from sources to a running board: cross targets, QEMU, firmware images.
//!
//! - [`doctor`] checks what is installed and names the command that installs what is missing;
//! - [`ensure`] installs what is missing after saying so, or stops with the exact commands;
//! - [`build_firmware`] builds a program for a board;
//! - [`engine_code`] measures the flash that the engine takes with the parts that a model needs;
//! - [`Image`] holds sizes and symbols of an image; [`thumb_code`] reads its instructions.

mod code;
pub mod doctor;
mod elf;
mod engine;
mod firmware;
mod hermetic;
mod install;
mod need;
mod source;

use std::{error, fmt};

pub use code::{Stretch, thumb_code};
pub use elf::{Image, Sizes, Symbol};
pub use engine::{build_engine, engine_code};
pub use firmware::{build_firmware, build_verdict};
pub use install::ensure;
pub use need::{Need, for_machines};
use source::{place, place_of_board, unpack};

/// An error message of several lines: the output of a tool, or commands to type.
#[derive(Debug)]
pub struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Said {}
