//! The one seeded generator of tests, benches and parity cases.

/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers from the same seed, on every host and board.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator that starts from this seed.
    pub const fn new(seed: u64) -> Self {
        SplitMix64(seed)
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[low, high]`.
    pub const fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next_u64() >> 1).wrapping_rem((high - low + 1) as u64) as i64
    }

    /// A number in `[0, n)`.
    pub const fn below(&mut self, n: usize) -> usize {
        self.between(0, n as i64 - 1) as usize
    }

    /// Brings the values into a random order.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i + 1));
        }
    }
}
