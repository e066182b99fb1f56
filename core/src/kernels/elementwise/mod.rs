//! Ops that take two values at a time, at any address.
//!
//! `portable` defines every result and is what Armv6-M, Armv7-M and RISC-V run.

#[cfg(kernels = "arm_dsp")]
mod arm_dsp;
#[cfg(kernels = "arm_mve")]
mod arm_mve;
mod portable;

#[cfg(kernels = "arm_dsp")]
use arm_dsp as chosen;
#[cfg(kernels = "arm_mve")]
use arm_mve as chosen;
#[cfg(not(any(kernels = "arm_dsp", kernels = "arm_mve")))]
use portable as chosen;

/// One operand of a sum: `tflite((value - zero_point) << 20, multiplier, -right)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) zero_point: i32,
    pub(crate) multiplier: i32,
    /// At most 31.
    pub(crate) right: u32,
}

/// A sum of two operands: `clamp(zero_point + tflite(a + b, multiplier, shift))`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) a: Operand,
    pub(crate) b: Operand,
    pub(crate) multiplier: i32,
    /// In `[-31, 30]`.
    pub(crate) shift: i32,
    pub(crate) zero_point: i32,
    /// Bounds of the stored values, in int8.
    pub(crate) low: i32,
    pub(crate) high: i32,
}

/// Adds value by value, as long as there are some of both and room for them.
pub(crate) fn add(sum: &Sum, a: &[i8], b: &[i8], out: &mut [i8]) {
    chosen::add(sum, a, b, out);
}

/// Bits by which operands are raised before they are brought to one scale, as in TensorFlow Lite.
const LEFT: u32 = 20;

/// Bits below the result of an operand's first product, where its multiplier begins.
const BELOW: u32 = 31 - LEFT;

/// What all but odd sums are: one operand has the factor 1/2, the other that or less, and both together are scaled down.
///
/// An exporter gives the operand with the larger scale the factor 1/2.
#[derive(Clone, Copy, Debug)]
struct Usual {
    /// Of the operand whose factor is 1/2.
    half_zero_point: i32,
    /// The other one; right shift at least 1, but for the factor 1/2.
    other: Operand,
    /// Of both together, at least 1.
    right: u32,
    /// Whether the operand with the factor 1/2 is the second.
    swapped: bool,
}

impl Usual {
    fn of(sum: &Sum) -> Option<Usual> {
        let swapped = !sum.a.is_half();
        let (half, other) = if swapped {
            (sum.b, sum.a)
        } else {
            (sum.a, sum.b)
        };
        let usual = Usual {
            half_zero_point: half.zero_point,
            other,
            right: sum.shift.unsigned_abs(),
            swapped,
        };
        let rounds = (1..=31).contains(&other.right) || other.is_half();
        (half.is_half() && rounds && (-31..0).contains(&sum.shift)).then_some(usual)
    }
}

impl Operand {
    /// Whether the factor is 1/2, which needs no rounding.
    fn is_half(&self) -> bool {
        self.multiplier == 1 << 30 && self.right == 0
    }
}
