//! Networks that somebody else has trained and quantised: read ([`net`] by a reader for each format), simplified, and lowered to the same
//! records as networks trained here, so that everything behind (planning, packing, the file, what it costs) is theirs too.

pub mod net;
pub mod tflite;
