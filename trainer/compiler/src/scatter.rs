//! Numbers that look random and are the same on every machine and in every version, for values that stand in for trained ones and for
//! samples picked out of many.

/// The high bits of the answer are the good ones: multiples of 2^64 divided by the golden ratio are spread evenly (Knuth, The Art of
/// Computer Programming, 6.4).
pub const fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
