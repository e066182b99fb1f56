//! The reference: plain Rust, value by value.

use super::{BELOW, LEFT, Operand, Sum, Usual};
use crate::num::select::mask_if_negative;
use crate::num::{clamp, tflite, tflite_down};

/// See [`super::add`].
pub(crate) fn add(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    match Usual::of(sum) {
        Some(usual) if usual.swapped => usual_sum(sum, &usual, b, a, out),
        Some(usual) => usual_sum(sum, &usual, a, b, out),
        None => any_sum(sum, a, b, out),
    }
}

/// `half` is the operand with the factor 1/2.
#[inline(never)]
fn usual_sum(sum: &Sum, usual: &Usual, half: &[i8], other: &[i8], out: &mut [i8]) {
    let (store, scaled) = (Store::new(sum), Scaled::new(&usual.other));
    let (multiplier, right) = (sum.multiplier, usual.right);
    let zero_point = usual.half_zero_point;
    for ((out, &half), &other) in out.iter_mut().zip(half).zip(other) {
        let both = ((i32::from(half) - zero_point) << (LEFT - 1)) + scaled.value(other);
        *out = store.value(tflite_down(both, multiplier, right));
    }
}

#[inline(never)]
fn any_sum(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    let store = Store::new(sum);
    let value = |operand: &Operand, stored: i8| {
        let raised = (i32::from(stored) - operand.zero_point) << LEFT;
        tflite(raised, operand.multiplier, -(operand.right as i32))
    };
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        let both = value(&sum.a, a) + value(&sum.b, b);
        *out = store.value(tflite(both, sum.multiplier, sum.shift));
    }
}

/// The last stage: add the zero point, clamp.
#[derive(Clone, Copy)]
struct Store {
    zero_point: i32,
    low: i32,
    high: i32,
}

impl Store {
    fn new(sum: &Sum) -> Self {
        // Bounds before the zero point is added: the sum then cannot overflow.
        Store {
            zero_point: sum.zero_point,
            low: sum.low - sum.zero_point,
            high: sum.high - sum.zero_point,
        }
    }

    #[inline(always)]
    fn value(self, scaled: i32) -> i8 {
        (clamp(scaled, self.low, self.high) + self.zero_point) as i8
    }
}

/// The operand of a usual sum that is not halved, ready for products of 32 bits.
#[derive(Clone, Copy)]
struct Scaled {
    zero_point: i32,
    /// The multiplier's upper half, raised by what is left of the operand's shift and the high product's.
    coarse: i32,
    /// Its lower half.
    fine: i32,
    half: i32,
    /// All ones where there is a half to round away from.
    has_ties: i32,
    right: u32,
}

impl Scaled {
    fn new(operand: &Operand) -> Self {
        let coarse = (operand.multiplier >> 16) << (16 - BELOW);
        let (coarse, right) = if operand.is_half() {
            // Twice as much, halved: what is exact stays so.
            (2 * coarse, 1)
        } else {
            (coarse, operand.right & 31)
        };
        let half = ((1u32 << right) >> 1) as i32;
        Scaled {
            zero_point: operand.zero_point,
            coarse,
            fine: operand.multiplier & 0xffff,
            has_ties: mask_if_negative(-half),
            half,
            right,
        }
    }

    /// Below 2^28 in magnitude.
    ///
    /// The high product is `((x << 20) * multiplier + 2^30) >> 31 = (x * multiplier + 2^10) >> 11`, and the upper half's share
    /// of it a multiple of `2^11`.
    #[inline(always)]
    fn value(self, stored: i8) -> i32 {
        let x = i32::from(stored) - self.zero_point;
        let fine = (x * self.fine + (1 << (BELOW - 1))) >> BELOW;
        let high = x * self.coarse + fine;
        (high + self.half + (mask_if_negative(high) & self.has_ties)) >> self.right
    }
}
