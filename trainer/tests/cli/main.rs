//! The command line as people and machines use it, mostly wrongly. Generated data and tiny trainings, so that all but the boards takes seconds.

mod arguments;
mod bindings;
mod boards;
mod budget;
mod calibrate;
mod completions;
mod data;
mod descriptions;
#[cfg(unix)]
mod display;
mod documents;
mod evaluate;
mod export;
mod figures;
mod flash;
mod image;
mod import;
#[cfg(unix)]
mod interrupt;
mod json;
mod lengths;
mod library;
mod models;
#[cfg(unix)]
mod monitor;
mod other_data;
mod own_data;
mod own_scoring;
mod own_strange;
mod own_training;
mod page;
mod places;
#[cfg(unix)]
mod port;
mod refused;
mod report;
mod room;
mod run;
mod runs;
mod screen;
mod search;
mod train;
mod walks;
mod widths;
