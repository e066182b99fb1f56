//! Data, learning, judging, and the `tillsense` command.
//!
//! The modules, in the order in which data flow:
//!
//! - [`data`] holds data sets, tasks over them, random changes of training samples, frontends fitted to training rows, features;
//! - [`project`] joins a description with its data, up to the model file;
//! - [`learn`] holds the graph as a Burn module, joint training over all heads, checkpoints (feature `train`);
//! - [`judge`] fits temperatures and thresholds, evaluates, holds presets to their targets, searches (feature `train`);
//! - [`runs`] keeps what each training was given and what came of it;
//! - [`report`] makes pages of HTML: plots, samples, tables;
//! - [`cli`] is the `tillsense` command.
//!
//! The crate `tillsense_compiler` makes, inspects and runs model files, `tillsense_device` holds boards and QEMU.
//!
//! Without the feature `train`, which is on by default, nothing of Burn is built; the command then inspects, exports, emulates
//! and benches models that others have trained.

#![cfg_attr(not(test), warn(clippy::print_stderr, clippy::print_stdout))]

pub mod cli;
pub mod data;
pub mod draft;
#[cfg(feature = "train")]
pub mod judge;
#[cfg(feature = "train")]
pub mod learn;
pub mod project;
pub mod report;
pub mod runs;
