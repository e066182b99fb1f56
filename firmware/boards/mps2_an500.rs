//! Arm MPS2 AN500: Cortex-M7.

#[path = "mps2.rs"]
mod mps2;

pub use mps2::{ARENA_LEN, INBOX_LEN, STAGES, TICK, UART_INTERRUPT, init, read, write};

/// Name on the link.
pub const NAME: &str = "mps2-an500";
