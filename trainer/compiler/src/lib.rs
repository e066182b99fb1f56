//! From a described, trained network to a quantised, planned and sealed model file; what is in such a file, and what it answers.
//!
//! No training framework and no data set is known here. In the order in which data flow:
//!
//! - [`network`]: the description of a model (TOML), the graph that is made of it, its parameters and who shares a quantisation;
//! - [`frontend`]: the frontends of a model with their tables; features, made by `core`;
//! - [`quant`]: from real ranges to stored integers, shared by training and lowering;
//! - [`target`]: the processors that a file may be made for;
//! - [`lower`]: from trained numbers to a planned, quantised, sealed model file;
//! - [`import`]: networks that somebody else has trained and quantised, on their way to the same records;
//! - [`inspect`] shows what a file holds, [`cost`] what it takes of a terminal, [`run`] what it answers on this machine;
//! - [`bindings`]: constants and types in Rust and C for a model's inputs and answers;
//! - [`trained`]: the file that training leaves beside a model file, from which it is exported again;
//! - [`files`], [`bounded`], [`aligned`]: reading up to a limit, writing whole or not at all, memory at an address that is a multiple of 16;
//! - [`threads`]: how many compute; [`scatter`]: numbers that look random;
//! - [`words`], [`text`], [`say`]: figures in words, texts from outside made fit for a screen, progress on standard error.

#![cfg_attr(not(test), warn(clippy::print_stderr, clippy::print_stdout))]

pub mod aligned;
pub mod bindings;
pub mod bounded;
pub mod cost;
pub mod files;
pub mod frontend;
pub mod import;
pub mod inspect;
pub mod lower;
pub mod network;
pub mod quant;
pub mod run;
pub mod say;
pub mod scatter;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod threads;
pub mod trained;
pub mod words;
