//! Arm MPS2 AN385 again, with code for a Cortex-M0: its Cortex-M3 runs all of Armv6-M.
//!
//! It stands for parts with a Cortex-M0 and more RAM than the 16 KiB of QEMU's only one (`microbit`).

#[path = "mps2.rs"]
mod mps2;

pub use mps2::{ARENA_LEN, INBOX_LEN, STAGES, TICK, UART_INTERRUPT, init, read, write};

/// Name on the link.
pub const NAME: &str = "mps2-an385-m0";
