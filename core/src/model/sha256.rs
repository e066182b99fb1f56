//! SHA-256 (FIPS 180-4) in rolled loops: a tenth of the flash of unrolled ones. It runs once a load.

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2).
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// The same of the square roots of the first 8 primes (5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Bytes of a block.
const BLOCK: usize = 64;

/// The digest of the bytes.
pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut hash = START;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    blocks.iter().for_each(|block| compress(&mut hash, block));
    finish(hash, rest, bytes.len())
}

/// Bytes that come one after the other.
pub(super) struct Hasher {
    hash: [u32; 8],
    /// The bytes of a block that is not full yet, `len` of all modulo its length.
    block: [u8; BLOCK],
    len: usize,
}

impl Hasher {
    /// No bytes.
    pub(super) const fn new() -> Self {
        Hasher {
            hash: START,
            block: [0; BLOCK],
            len: 0,
        }
    }

    /// The next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(place) = self.block.get_mut(self.len % BLOCK) {
                *place = byte;
            }
            self.len = self.len.wrapping_add(1);
            if self.len.is_multiple_of(BLOCK) {
                compress(&mut self.hash, &self.block);
            }
        }
    }

    /// The digest of all of them.
    pub(super) fn finish(self) -> [u8; 32] {
        let rest = self.block.get(..self.len % BLOCK).unwrap_or_default();
        finish(self.hash, rest, self.len)
    }
}

/// The digest of `len` bytes, of which all but the `rest` are taken in.
fn finish(mut hash: [u32; 8], rest: &[u8], len: usize) -> [u8; 32] {
    // A one bit, zeros, and the length in bits: in this block, or in one of its own where it does not fit.
    let mut last = [0; BLOCK];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    if let Some(place) = last.get_mut(rest.len()) {
        *place = 0x80;
    }
    if rest.len() >= BLOCK - 8 {
        compress(&mut hash, &last);
        last = [0; BLOCK];
    }
    let bits = (len as u64 * 8).to_be_bytes();
    for (place, byte) in last.iter_mut().rev().zip(bits.iter().rev()) {
        *place = *byte;
    }
    compress(&mut hash, &last);

    let mut out = [0; 32];
    for (out, word) in out.as_chunks_mut().0.iter_mut().zip(hash) {
        *out = word.to_be_bytes();
    }
    out
}

/// Takes in one block (6.2.2). The schedule is kept sixteen words at a time.
#[inline(never)]
fn compress(hash: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut w = [0u32; 16];
    for (word, bytes) in w.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *hash;
    for (t, k) in K.iter().enumerate() {
        let wt = w[t % 16];
        let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let t1 = h
            .wrapping_add(sum1)
            .wrapping_add(choice)
            .wrapping_add(*k)
            .wrapping_add(wt);
        let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
        (d, c, b, a) = (c, b, a, t1.wrapping_add(sum0).wrapping_add(majority));

        // The word that round t + 16 will take.
        let (w1, w14) = (w[(t + 1) % 16], w[(t + 14) % 16]);
        let s0 = w1.rotate_right(7) ^ w1.rotate_right(18) ^ (w1 >> 3);
        let s1 = w14.rotate_right(17) ^ w14.rotate_right(19) ^ (w14 >> 10);
        w[t % 16] = wt
            .wrapping_add(s0)
            .wrapping_add(w[(t + 9) % 16])
            .wrapping_add(s1);
    }
    for (hash, word) in hash.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *hash = hash.wrapping_add(word);
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn agrees_with_another_implementation_for_every_length_of_the_last_block() {
        let bytes: std::vec::Vec<u8> = (0..300u32).map(|i| (i * i + 7 * i) as u8).collect();
        for len in 0..bytes.len() {
            let expected: [u8; 32] = Sha256::digest(&bytes[..len]).into();
            assert_eq!(digest(&bytes[..len]), expected, "{len} bytes");
            for piece in [1, 7, 64, 65, 300] {
                let mut hasher = Hasher::new();
                bytes[..len]
                    .chunks(piece)
                    .for_each(|piece| hasher.update(piece));
                assert_eq!(hasher.finish(), expected, "{len} bytes, {piece} at a time");
            }
        }
    }

    #[test]
    fn published_example() {
        // FIPS 180-4's example of one block, "abc".
        let start = [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea];
        assert_eq!(digest(b"abc")[..8], start);
    }
}
