//! What a trained model is worth: calibrated on held-out samples, scored on test samples, held to a target, compared with others.

pub mod calibrate;
pub mod evaluate;
pub mod scoreboard;
pub mod search;
