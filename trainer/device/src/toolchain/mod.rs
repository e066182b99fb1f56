//! The way from sources to a running board: cross targets, QEMU, firmware images.
//!
//! - [`doctor`] checks what is installed and names the command that installs what is missing;
//! - [`ensure`] installs what is missing after saying so, or stops with the exact commands;
//! - [`build_firmware`] builds a program for a board, [`build_terminal`] the terminal to be flashed;
//! - [`build_library`] builds the engine as a static library for C;
//! - [`CProgram`] builds a program in C around it;
//! - [`engine_code`] measures the flash that the engine takes with the parts that a model needs;
//! - [`Image`] holds sizes and symbols of an image; [`thumb_code`] reads its instructions.

mod archive;
mod c_program;
mod code;
pub mod doctor;
mod elf;
mod engine;
mod firmware;
mod hermetic;
mod install;
mod library;
mod need;
mod overflow;
mod source;
mod workshop;

use std::{error, fmt};

pub use c_program::CProgram;
pub use code::{Stretch, thumb_code};
pub(crate) use elf::MOST_IMAGE;
pub use elf::{Image, Sizes, Symbol};
pub use engine::{build_engine, engine_code};
pub use firmware::{build_firmware, build_terminal, build_verdict};
pub use install::ensure;
pub use library::{Library, PROCESSORS, Processor, build_library, header};
pub use need::{Need, for_c, for_machines};
pub use overflow::{Fills, Overflow};
use source::{carried, place, place_of_board};

/// An error message of several lines: the output of a tool, or commands to type.
#[derive(Debug)]
pub struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Said {}
