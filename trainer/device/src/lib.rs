//! Boards, and what runs on them: QEMU, the serial link, firmware builds, instruction counts, samples compared with this machine.
//!
//! - [`boards`] lists the machines that the firmware runs on;
//! - [`fit`] says whether a board has room for a model, and how much it lacks;
//! - [`images`] makes the files that are flashed, and knows the tools that flash them;
//! - [`qemu`] runs QEMU as one of them, with a time limit on everything;
//! - [`link`] is the host's side of the link to a terminal, over any transport;
//! - [`serial`] carries it over a serial port to a board that is attached;
//! - [`terminal`] is a terminal, emulated and booted or attached, and linked;
//! - [`toolchain`] builds firmware and knows which tools are installed and which are missing;
//! - [`package`] lays a static library out for other build systems;
//! - [`compare`] runs samples on a terminal and compares every score byte with this machine;
//! - [`mod@bench`] counts instructions of single layers and of models, beside those of other engines.

#![cfg_attr(not(test), warn(clippy::print_stderr, clippy::print_stdout))]

pub mod bench;
pub mod boards;
pub mod compare;
pub mod fit;
pub mod images;
pub mod link;
pub mod package;
pub mod qemu;
pub mod serial;
pub mod terminal;
pub mod toolchain;
