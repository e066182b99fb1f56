//! Trains, quantises, exports and checks Tillsense models.
//!
//! In the order in which data flow:
//!
//! - [`data`]: the data sets; [`task`]: samples with named inputs and labels; [`frontends`]: their features, made by `core`.
//! - [`spec`]: the declarative description of a model (TOML), and [`presets`], those that ship.
//! - [`graph`]: the network between description, training and lowering; [`build`] makes it from a
//!   description and the facts of the data.
//! - [`nn`]: the graph as a Burn module, in float and with fake quantisation.
//! - [`mod@train`]: joint training over all heads, checkpoints, metrics.
//! - [`quant`]: from real ranges to stored integers, shared by training and lowering.
//! - [`lower`]: from trained numbers to a planned program of integer ops; [`export`]: the model file.
//! - [`inspect`]: what is in a model file.
//! - [`score`]: the exported model through `core`.

pub mod aligned;
pub mod build;
pub mod data;
pub mod export;
pub mod frontend_tables;
pub mod frontends;
pub mod graph;
pub mod inspect;
pub mod lower;
pub mod nn;
pub mod presets;
pub mod quant;
pub mod sample;
pub mod score;
pub mod spec;
pub mod task;
pub mod train;
