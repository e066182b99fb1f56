//! The network: how it is described, the graph that is trained and lowered, and what follows from the graph alone.
//!
//! - [`description`]: the declarative description of a model (TOML); [`presets`]: those that ship;
//! - [`graph`]: the network between description, training and lowering; [`builder`] makes it from a description and the facts of the
//!   data;
//! - [`params`], [`init`]: the table of a graph's parameters, and their first values;
//! - [`quants`]: which nodes share a quantisation, and where it comes from;
//! - [`plan`]: what training and lowering need to know of a graph, worked out once.

pub mod builder;
pub mod description;
pub mod graph;
pub mod init;
pub mod params;
pub mod plan;
pub mod presets;
pub mod quants;

pub use params::{Init, ParamSpec, absent_name};
pub use plan::{BN_EPSILON, Plan, without_batch_norm};
