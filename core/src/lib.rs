#![doc = "Tillsense core: fixed-point multimodal inference."]
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]
#![deny(clippy::float_arithmetic)]

#[cfg(target_endian = "big")]
compile_error!("model files hold little-endian weights that are used in place");

pub mod arena;
mod cobs;
pub mod engine;
pub mod frontend;
mod kernels;
pub mod link;
pub mod model;
pub mod num;
pub mod ops;
#[cfg(feature = "parity")]
pub mod parity;
pub mod tensor;
pub mod window;
