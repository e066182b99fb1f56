//! What each target does with the bytes that it is given. A target panics where something is wrong.
//!
//! The functions are here and not in the targets, so that `tests/seeds.rs` runs the same over the committed seeds with
//! stable Rust and without a fuzzer.

pub mod link;
pub mod load;
pub mod tflite;
