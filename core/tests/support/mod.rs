//! What the engine's tests share: a valid multimodal model, inputs for it, and files that can be changed and sealed again.

#![allow(dead_code, unused_imports, reason = "each test program uses a part")]
#![allow(
    clippy::disallowed_methods,
    reason = "lengths of what is made here, not read from a file"
)]

pub mod file;
mod forge;
pub mod layers;
mod network;
mod numbers;
mod packed;
mod parts;
mod sample;
pub mod shapes;
pub mod tensor;
pub mod twin;

pub use file::{Draft, File, Network, Part, bytes_of};
pub use forge::{flip, forged, originals};
pub use network::network;
pub use numbers::Numbers;
pub use packed::packed_network;
pub use sample::{Sample, fresh, push, push_all, scores};
pub use tensor::tensor_network;

/// An arena between two fields of bytes that nobody may write.
pub struct Guarded {
    words: Vec<u128>,
    len: usize,
}

/// Words of canary before and after the arena.
const GUARD: usize = 8;
const CANARY: u8 = 0xc5;

impl Guarded {
    pub fn new(len: usize) -> Self {
        let words = vec![u128::from_ne_bytes([CANARY; 16]); 2 * GUARD + len.div_ceil(16)];
        Guarded { words, len }
    }

    /// Exactly `len` bytes.
    pub fn arena(&mut self) -> &mut [u8] {
        let len = self.len;
        &mut bytemuck::cast_slice_mut(&mut self.words)[16 * GUARD..][..len]
    }

    /// Whether the canaries live.
    pub fn is_intact(&self) -> bool {
        let bytes: &[u8] = bytemuck::cast_slice(&self.words);
        let (before, rest) = bytes.split_at(16 * GUARD);
        before.iter().chain(&rest[self.len..]).all(|&b| b == CANARY)
    }
}
