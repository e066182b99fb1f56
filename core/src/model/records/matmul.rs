//! A product of two matrices that are both values.

use serde::Serialize;

use super::{Blob, Clamp, Rounding, Scale, Span, View};
use crate::model::regions::Region;

/// Matrix products `output[i] = a[i] b[i]`, as TensorFlow Lite's int8 BATCH_MATMUL. An operand with one matrix has the same one for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Matmul {
    /// `[matrices or 1, m, k]`, or `[matrices or 1, k, m]` where it is transposed.
    pub a: Operand,
    /// `[matrices or 1, k, n]`, or `[matrices or 1, n, k]` where it is transposed.
    pub b: Operand,
    /// `[matrices, m, n]`.
    pub output: View,
    /// `s_a * s_b / s_out`.
    pub scale: Scale,
    /// The rounding rule.
    pub rounding: Rounding,
    /// Output bounds.
    pub clamp: Clamp,
}

/// One side of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct Operand {
    /// Shape and zero point, and its place where it is no constant.
    pub view: View,
    /// Whether rows and columns of each matrix are exchanged.
    pub transposed: bool,
    /// The values of a constant.
    pub constant: Option<Blob>,
}

impl Operand {
    /// Its place in the arena, where there is nothing of a constant.
    pub(crate) fn place(&self) -> Span {
        match self.constant {
            Some(_) => Span::default(),
            None => self.view.span(),
        }
    }
}
