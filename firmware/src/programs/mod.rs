//! What a board can be started with.

pub mod terminal;
