//! Boards, and what runs on them: QEMU, the serial link, firmware builds, instruction counts, samples beside this machine.
//!
//! - [`boards`]: the machines that the firmware runs on;
//! - [`qemu`]: QEMU as one of them, with a time limit on everything;
//! - [`link`]: the host's side of the link to a terminal, over any transport;
//! - [`terminal`]: an emulated terminal, booted and linked;
//! - [`toolchain`]: firmware builds, what is installed, what is missing;
//! - [`compare`]: samples run on a terminal, every score byte compared with this machine;
//! - [`bench`]: instructions of single layers and of models, beside those of other engines.

#![cfg_attr(not(test), warn(clippy::print_stderr, clippy::print_stdout))]

pub mod bench;
pub mod boards;
pub mod compare;
pub mod link;
pub mod qemu;
pub mod terminal;
pub mod toolchain;
