//! Tests of all sets together.

pub(crate) mod published;
