//! Toy networks with random numbers and the same networks in real numbers, for tests of this crate and of those above it.

#![allow(missing_docs, reason = "test support, whose names say what it is")]

pub mod float;
pub mod lowered;
pub mod networks;
pub mod toy;
