//! Numbers that look random and are the same on every machine and in every version, for values that stand in for measured or
//! trained ones. Training and generated data draw from ChaCha8 instead.

/// 2^64 divided by the golden ratio, made odd: its multiples are spread evenly (Knuth, The Art of Computer Programming, 6.4).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number's place in such a sequence. The high bits are the good ones.
pub const fn scatter(number: u64) -> u64 {
    number.wrapping_mul(GOLDEN)
}

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        SplitMix64 { state: seed }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence() {
        // The first numbers of the authors' C program for the seed 1234567.
        let mut numbers = SplitMix64::new(1_234_567);
        let found = [numbers.bits(), numbers.bits(), numbers.bits()];
        let wanted = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(found, wanted);
    }
}
