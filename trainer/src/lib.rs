//! Data, learning, judging, and the `tillsense` command.
//!
//! In the order in which data flow:
//!
//! - [`data`]: data sets, tasks over them, random changes of training samples, frontends fitted to training rows, features;
//! - [`project`]: a description joined with its data, up to the model file;
//! - [`learn`]: the graph as a Burn module, joint training over all heads, checkpoints (feature `train`);
//! - [`judge`]: temperatures and thresholds, evaluation, what every preset is held to, search (feature `train`);
//! - [`cli`]: the `tillsense` command.
//!
//! What a model file is made of and what it answers is in `tillsense_compiler`, boards and QEMU in `tillsense_device`.
//!
//! Without the feature `train`, which is on by default, nothing of Burn is built; the command then inspects, exports, emulates and
//! benches models that others have trained.

#![cfg_attr(not(test), warn(clippy::print_stderr, clippy::print_stdout))]

pub mod cli;
pub mod data;
#[cfg(feature = "train")]
pub mod judge;
#[cfg(feature = "train")]
pub mod learn;
pub mod project;
