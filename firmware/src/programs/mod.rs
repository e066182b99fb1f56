//! The programs that a board can be started with, one file each.

#[cfg(feature = "parity")]
pub mod bench;
#[cfg(feature = "clock")]
pub mod clock;
#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "parity")]
pub mod forged;
#[cfg(feature = "parity")]
pub mod parity;
pub mod terminal;
#[cfg(feature = "standalone")]
pub mod verdict;
