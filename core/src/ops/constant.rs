//! Values of the weights section as an operand.

use super::common::{OpError, check_i8s, check_views};
use crate::model::records::Constant;
use crate::tensor::Weights;

/// Checks that there are as many values as the output has.
pub fn check(op: &Constant, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.output])?;
    check_i8s(weights, op.values, op.output.size())
}

/// `output[i] = values[i]`.
pub fn constant(op: &Constant, weights: &Weights<'_>, output: &mut [i8]) {
    for (out, &value) in output.iter_mut().zip(weights.i8s(op.values)) {
        *out = value;
    }
}
