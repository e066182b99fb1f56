//! The reference: plain Rust, value by value.

use super::{LEFT, Operand, Sum};
use crate::num::{clamp, tflite, tflite_down};

/// See [`super::add`].
pub(crate) fn add(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    if sum.shift > 0 {
        any(sum, a, b, out);
    } else if sum.a.is_half() {
        half_and_any(sum, (&sum.a, a), (&sum.b, b), out);
    } else if sum.b.is_half() {
        half_and_any(sum, (&sum.b, b), (&sum.a, a), out);
    } else {
        any(sum, a, b, out);
    }
}

/// The usual sum: one operand has the factor 1/2, and what both give together is scaled down.
#[inline(never)]
fn half_and_any(
    sum: &Sum,
    (half, a): (&Operand, &[i8]),
    (other, b): (&Operand, &[i8]),
    out: &mut [i8],
) {
    let (sum, other) = (*sum, Scaled::new(other));
    let (zero_point, right) = (half.zero_point, sum.shift.unsigned_abs());
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        let both = ((i32::from(a) - zero_point) << (LEFT - 1)) + other.value(b);
        *out = sum.store(tflite_down(both, sum.multiplier, right));
    }
}

/// Any sum.
#[inline(never)]
pub(super) fn any(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    let (left, right) = (Scaled::new(&sum.a), Scaled::new(&sum.b));
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        let both = left.value(a) + right.value(b);
        *out = sum.store(tflite(both, sum.multiplier, sum.shift));
    }
}

impl Sum {
    /// A stored value.
    #[inline(always)]
    fn store(&self, scaled: i32) -> i8 {
        // Bounds before the zero point is added: the sum then cannot overflow.
        let (low, high) = (self.low - self.zero_point, self.high - self.zero_point);
        (clamp(scaled, low, high) + self.zero_point) as i8
    }
}

/// An operand, ready for products of 32 bits.
#[derive(Clone, Copy)]
struct Scaled {
    zero_point: i32,
    /// The multiplier's upper half, raised by what is left of the operand's shift and the high product's.
    coarse: i32,
    /// Its lower half.
    fine: i32,
    /// Half of `2^right`.
    half: i32,
    /// All ones where there are ties to round.
    has_ties: i32,
    right: u32,
}

impl Scaled {
    /// Bits below the result, where the multiplier begins.
    const BELOW: u32 = 31 - LEFT;

    fn new(operand: &Operand) -> Self {
        let half = ((1u32 << (operand.right & 31)) >> 1) as i32;
        Scaled {
            zero_point: operand.zero_point,
            coarse: (operand.multiplier >> 16) << (16 - Self::BELOW),
            fine: operand.multiplier & 0xffff,
            half,
            has_ties: -half >> 31,
            right: operand.right & 31,
        }
    }

    /// Below 2^28 in magnitude.
    ///
    /// The high product is `((x << 20) * multiplier + 2^30) >> 31 = (x * multiplier + 2^10) >> 11`, whose upper half is a
    /// multiple of `2^11`.
    #[inline(always)]
    fn value(self, stored: i8) -> i32 {
        let x = i32::from(stored) - self.zero_point;
        let fine = (x * self.fine + (1 << (Self::BELOW - 1))) >> Self::BELOW;
        let high = x * self.coarse + fine;
        (high + self.half + (high >> 31 & self.has_ties)) >> self.right
    }
}
