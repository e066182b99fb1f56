//! Boards as data.
//!
//! A board is one TOML file, `firmware/boards/NAME.toml`, whose name is the board's name. This crate is the only reader of
//! such files, and everything that knows a board takes it from here:
//!
//! - [`Board`] is a file that was read and checked: [`Board::read`] reads any file, [`shipped`] those of `firmware/boards`;
//! - [`memory_x`] is the linker's memory layout and [`constants`] the Rust source that the firmware includes: its build
//!   script writes both;
//! - [`lines`] is what CI loops over, [`list`] the boards' list in README; the program `boards` prints them.
//!
//! A file is refused with its name, the key and what to do: an unknown key, regions that overlap, a model slot outside the
//! flash, a target that does not belong to the core, a missing number.

mod board;
mod boot;
mod check;
mod error;
mod firmware;
mod lists;
mod read;
mod region;
mod shipped;
mod timing;

pub use board::{
    Board, Clock, Core, Counter, Cpu, DfuUtil, Driver, Esptool, Flash, Flashing, Memory, Openocd,
    Picotool, ProbeRs, Qemu, Speed, StFlash, Status, Step, Uart,
};
pub use boot::{Boot, BootFormat};
pub use error::Error;
pub use firmware::{constants, memory_x};
pub use lists::{README_BEGIN, README_END, lines, list, readme};
pub use region::{Bytes, Region};
pub use shipped::{named, shipped};
pub use timing::{Cache, CycleModel, FlashWaits, Place, Power, Thousandths, Timing};
