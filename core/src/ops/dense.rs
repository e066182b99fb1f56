//! Fully connected layer.

use super::common::{Finish, OpError, check_clamp, check_i8_sums, check_requant, check_views};
use crate::kernels::rows;
use crate::model::records::Dense;
use crate::tensor::Weights;

/// Checks weights `[m, n]` for n input and m output values, factors, and the sums' bound.
pub fn check(op: &Dense, weights: &Weights<'_>) -> Result<(), OpError> {
    check_rest(op, weights)?;
    let (n, m) = (op.input.len(), op.output.len());
    let blobs = (op.weights, op.bias);
    check_i8_sums(weights, blobs, (m, n), (n, 1), op.input.zero_point)
}

/// What has nothing to do with weights.
#[inline(never)]
pub(in crate::ops) fn check_rest(op: &Dense, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    check_clamp(&op.clamp)?;
    check_requant(&op.requant, weights, op.output.len())
}

/// `output[o] = clamp(z_out + round(bias[o] + sum_i weights[o, i] * (input[i] - z_in)))`.
///
/// Input `[n]`, output `[m]`, whatever their heights, widths and channels.
pub fn dense(op: &Dense, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let finish = Finish::new(&op.requant, weights, &op.output, &op.clamp);
    let (matrix, bias) = (weights.i8s(op.weights), weights.i32s(op.bias));
    rows(
        matrix,
        bias,
        input,
        op.input.zero_point.into(),
        &mut |row, sum| {
            if let Some(out) = output.get_mut(row) {
                *out = finish.value(row, sum);
            }
        },
    );
}
