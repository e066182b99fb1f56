//! Arm MPS2 AN386: Cortex-M4F.

#[path = "mps2.rs"]
mod mps2;

pub use mps2::{ARENA_LEN, INBOX_LEN, STAGES, TICK, UART_INTERRUPT, init, read, write};

/// Name on the link.
pub const NAME: &str = "mps2-an386";
