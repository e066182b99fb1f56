//! Mean over a window.

use super::common::{OpError, ensure};
use crate::model::records::Pool;
use crate::num::{ACC_LIMIT, Divider, clamp};
use crate::window::Axis;

/// Channels whose sums are kept at a time.
const BLOCK: usize = 8;

/// Checks as for the maximum, and that no window's sum can overflow.
pub fn check(op: &Pool) -> Result<(), OpError> {
    super::max_pool::check(op)?;
    let taps = u64::from(op.window.kernel.0) * u64::from(op.window.kernel.1);
    ensure(taps * 129 < ACC_LIMIT as u64, OpError::Overflow)
}

/// `output[y, x, c] = clamp(mean of input[.., .., c])`, rounded half away from zero, as TensorFlow Lite's AVERAGE_POOL_2D.
///
/// The mean is taken of stored values, over the taps that hit the input; input and output share scale and zero point.
pub fn average_pool(op: &Pool, input: &[i8], output: &mut [i8]) {
    let (rows, columns) = Axis::pair(&op.window, &op.input);
    let channels = usize::from(op.output.c).max(1);
    let row_len = usize::from(op.output.w).max(1) * channels;
    let width = usize::from(op.input.w);
    for (y, line) in output.chunks_exact_mut(row_len).enumerate() {
        let vertical = rows.clip(y);
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            let horizontal = columns.clip(x);
            let divider = Divider::new((vertical.count * horizontal.count) as u32);
            for (block, outputs) in pixel.chunks_mut(BLOCK).enumerate() {
                let mut sums = [0; BLOCK];
                let sums = &mut sums[..outputs.len()];
                for i in 0..vertical.count {
                    let at = ((vertical.position + i) * width + horizontal.position) * channels;
                    let run = input
                        .get(at..)
                        .and_then(|rest| rest.get(..horizontal.count * channels))
                        .unwrap_or(&[]);
                    for tap in run.chunks_exact(channels) {
                        accumulate(sums, tap.get(block * BLOCK..).unwrap_or(&[]));
                    }
                }
                for (out, &sum) in outputs.iter_mut().zip(sums.iter()) {
                    *out = clamp(
                        divider.nearest_away(sum),
                        op.clamp.min.into(),
                        op.clamp.max.into(),
                    ) as i8;
                }
            }
        }
    }
}

/// `sums[c] += tap[c]`.
#[inline(always)]
fn accumulate(sums: &mut [i32], tap: &[i8]) {
    for (sum, &value) in sums.iter_mut().zip(tap) {
        *sum = sum.wrapping_add(value.into());
    }
}
