//! What lies between the sources and a running board: cross targets, QEMU, firmware images.
//!
//! - [`doctor`]: what is needed, what is missing, the command that mends it;
//! - [`ensure`]: installs what is missing after saying so, or stops with the exact commands;
//! - [`build_firmware`]: a program for a board;
//! - [`engine_code`]: the flash that the engine takes with the parts that a model needs;
//! - [`Image`]: sizes and symbols of what was built; [`thumb_code`]: its instructions.

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
pub use engine::{build_engine, engine_code, parts_of};
pub use firmware::{build_firmware, build_verdict};
pub use install::ensure;
pub use need::{Need, for_machines};
use source::{place, place_of_board, unpack};

/// An error of several lines: what a tool of the system said, or commands to type.
#[derive(Debug)]
pub struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Said {}
