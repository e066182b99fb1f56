//! Ops that take two values at a time, at any address.
//!
//! `portable` defines every result and is what Armv6-M, Armv7-M and RISC-V run.

#[cfg(kernels = "arm_mve")]
mod arm_mve;
mod portable;

#[cfg(kernels = "arm_mve")]
use arm_mve as chosen;
#[cfg(not(kernels = "arm_mve"))]
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

impl Operand {
    /// Whether the factor is 1/2, which needs no rounding: that of the operand with the larger scale.
    fn is_half(&self) -> bool {
        self.multiplier == 1 << 30 && self.right == 0
    }
}
