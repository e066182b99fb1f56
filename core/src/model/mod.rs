//! The model file: header, records, weights, seal.

pub mod records;
