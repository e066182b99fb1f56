//! The command line as people and machines use it, mostly wrongly. Generated data and tiny trainings, so that all but the boards takes seconds.

mod arguments;
mod boards;
mod budget;
mod calibrate;
mod data;
mod descriptions;
mod documents;
mod evaluate;
mod export;
mod figures;
mod json;
mod lengths;
mod models;
mod other_data;
mod own_data;
mod own_scoring;
mod own_training;
mod places;
mod refused;
mod room;
mod run;
mod screen;
mod search;
mod train;
mod walks;
mod widths;
