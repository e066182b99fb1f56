//! Trains, quantises, exports and checks Tillsense models.
//!
//! In the order in which data flow:
//!
//! - [`data`]: the data sets; [`task`]: samples with named inputs and labels; [`frontends`]: their features, made by `core`.
//! - [`spec`]: the declarative description of a model (TOML), and [`presets`], those that ship.
//! - [`augment`]: random changes of training samples; [`features`]: all samples of a part, as training sees them.
//! - [`graph`]: the network between description, training and lowering; [`build`] makes it from a
//!   description and the facts of the data.
//! - [`nn`]: the graph as a Burn module, in float and with fake quantisation.
//! - [`mod@train`]: joint training over all heads, checkpoints, metrics.
//! - [`mod@calibrate`]: temperatures and thresholds, fitted on held-out samples.
//! - [`target`]: the processors that a file may be made for.
//! - [`quant`]: from real ranges to stored integers, shared by training and lowering.
//! - [`lower`], [`export`]: from trained numbers to a planned, quantised, sealed model file; [`inspect`] shows one.
//! - [`needs`]: flash, arena and instructions of a description, before it is trained.
//! - [`score`], [`mod@evaluate`]: the exported file through `core`, beside the float network.
//! - [`scoreboard`]: what every preset is held to.
//! - [`mod@search`]: other widths and depths of a description, tried within a budget.
//! - [`terminal`], [`toolchain`], [`remote`]: boards, QEMU, the link, firmware builds, and samples run there.
//! - [`mod@bench`]: instructions of single layers and of models on emulated boards, beside those of other engines.
//! - [`files`]: reading up to a limit, writing whole or not at all.
//! - [`say`]: progress on standard error, which never ends a run. [`text`]: names and texts from outside, made fit for a screen.
//! - [`cli`]: the `tillsense` command.

#![cfg_attr(not(test), warn(clippy::print_stderr, clippy::print_stdout))]

pub mod aligned;
pub mod augment;
pub mod bench;
mod bounded;
pub mod build;
pub mod calibrate;
pub mod cli;
pub mod companion;
pub mod data;
pub mod evaluate;
pub mod export;
pub mod features;
pub mod files;
pub mod frontend_tables;
pub mod frontends;
pub mod graph;
pub mod inspect;
pub mod intake;
pub mod labels;
pub mod lower;
pub mod needs;
pub mod nn;
pub mod pipeline;
pub mod presets;
pub mod quant;
pub mod remote;
pub mod sample;
pub mod say;
pub mod score;
pub mod scoreboard;
pub mod search;
pub mod spec;
pub mod target;
pub mod task;
pub mod terminal;
pub mod text;
pub mod toolchain;
pub mod train;
