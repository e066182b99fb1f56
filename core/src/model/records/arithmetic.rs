//! Arithmetic that imported networks are made of: of two operands, over axes, over rows.

use serde::Serialize;

use super::{Blob, Clamp, Scale, View};

/// What a [`Pairwise`] computes of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Pair {
    /// `a + b`.
    Sum,
    /// `a - b`.
    Difference,
    /// `b - a`.
    Reverse,
    /// `a * b`.
    Product,
    /// `(a - b)^2`.
    SquaredDifference,
    /// The larger one.
    Maximum,
    /// The smaller one.
    Minimum,
    /// `a` where it is not negative, else `a * b`.
    Prelu,
}

/// Arithmetic of two operands, as TensorFlow Lite's int8 kernels compute it. An operand's side of 1 stands for every place along the
/// output's. May write over an operand of the output's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Pairwise {
    /// The function.
    pub kind: Pair,
    /// First operand.
    pub a: View,
    /// Second operand; where it is constant, its offset counts for nothing.
    pub b: View,
    /// int8 values of the second operand, where it is constant.
    pub values: Option<Blob>,
    /// `[h, w, c]`, each side the larger one of the operands'.
    pub output: View,
    /// From the first operand to the common scale, or, of [`Pair::Prelu`], to the output's.
    pub a_scale: Scale,
    /// From the second operand to the common scale.
    pub b_scale: Scale,
    /// From the common scale, or the scale of the product, to the output's.
    pub out_scale: Scale,
    /// Output bounds.
    pub clamp: Clamp,
}

/// What a [`Reduce`] makes of many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub enum Reduction {
    /// Their sum times a factor; so their mean, too.
    Sum,
    /// The largest one.
    Max,
    /// The smallest one.
    Min,
    /// The sum of stored values read as unsigned bytes, times a factor, stored as such a byte whatever the bounds: what TensorFlow Lite
    /// 2.21's int8 SUM computes.
    Bytes,
}

/// Values along axes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Reduce {
    /// The function.
    pub kind: Reduction,
    /// `[h, w, c]`.
    pub input: View,
    /// Each side 1 or that of the input.
    pub output: View,
    /// `s_in / s_out`, of a mean by the number of values, too; its multiplier may be from 2^29 on. A maximum and a minimum have none.
    pub scale: Scale,
    /// Output bounds.
    pub clamp: Clamp,
}

/// The logarithm of a softmax over each row of `c` values, as TensorFlow Lite's int8 LOG_SOFTMAX: output scale 1/16, zero point 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct LogSoftmax {
    /// `[h, w, c]` logits.
    pub input: View,
    /// Same shape.
    pub output: View,
    /// As in [`Softmax`](super::Softmax).
    pub table: Blob,
    /// `s_in` in Q5.26, as multiplier and left shift.
    pub scale: Scale,
}

/// Each row of `c` values divided by its length, as TensorFlow Lite's int8 L2_NORMALIZATION: output scale 1/128, zero point 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct L2Normalise {
    /// `[h, w, c]`.
    pub input: View,
    /// Same shape.
    pub output: View,
}

/// The number of the largest of each row of `c` values, the first of several; up to 128 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct ArgMax {
    /// `[h, w, c]`.
    pub input: View,
    /// `h * w` values, whatever their shape.
    pub output: View,
}
