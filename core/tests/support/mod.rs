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

pub use file::{Draft, File, Network, Part, bytes_of};
pub use forge::{flip, forged, originals};
pub use network::network;
pub use packed::packed_network;
pub use sample::{Sample, fresh, push, push_all, scores};

/// SplitMix64 (Steele, Lea & Flood 2014).
#[derive(Clone)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `[from, to]`.
    pub fn within(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from + 1) as u64) as i64
    }

    /// In `[0, n)`.
    pub fn below(&mut self, n: usize) -> usize {
        self.within(0, n as i64 - 1) as usize
    }

    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i + 1));
        }
    }
}

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
