//! Judging of trained models: calibration on held-out samples, scores on test samples, targets of the presets, and search.

pub mod calibrate;
pub mod evaluate;
pub mod scoreboard;
pub mod search;
pub mod suspects;
