//! The network: its description, the graph that is trained and lowered, and what follows from the graph alone.
//!
//! - [`description`] is the declarative description of a model (TOML); [`presets`] are the descriptions that ship;
//! - [`graph`] is the network between description, training and lowering; [`builder`] makes it from a
//!   description and the facts of the data;
//! - [`params`] is the table of a graph's parameters, [`init`] draws their initial values;
//! - [`quants`] finds which nodes share a quantisation, and where it comes from;
//! - [`plan`] holds what training and lowering need to know of a graph, worked out once.

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
