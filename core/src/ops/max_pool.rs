//! Maximum over a window.

use super::common::{OpError, check_clamp, check_pool_window, check_views, check_window, ensure};
use crate::model::records::Pool;
use crate::num;
use crate::window::Axis;

/// Checks shapes `[h, w, c]` to `[oh, ow, c]` and that every window touches the input.
pub fn check(op: &Pool) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(op.input.c == op.output.c, OpError::Shape)?;
    ensure(
        op.input.zero_point == op.output.zero_point,
        OpError::ZeroPoint,
    )?;
    check_pool_window(&op.window)?;
    check_window(&op.window, &op.input, &op.output)?;
    check_clamp(&op.clamp)
}

/// `output[y, x, c] = clamp(max over i, j of input[y * s + i - p, x * s + j - p, c])`.
pub fn max_pool(op: &Pool, input: &[i8], output: &mut [i8]) {
    let (rows, columns) = Axis::pair(&op.window, &op.input);
    let channels = usize::from(op.output.c).max(1);
    let row_len = usize::from(op.output.w).max(1) * channels;
    let width = usize::from(op.input.w);
    for (y, line) in output.chunks_exact_mut(row_len).enumerate() {
        let vertical = rows.clip(y);
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            let horizontal = columns.clip(x);
            // The lower bound is the start value: one clamp less.
            pixel.fill(op.clamp.min);
            for i in 0..vertical.count {
                let at = ((vertical.position + i) * width + horizontal.position) * channels;
                let run = input
                    .get(at..)
                    .and_then(|rest| rest.get(..horizontal.count * channels))
                    .unwrap_or(&[]);
                for tap in run.chunks_exact(channels) {
                    raise(pixel, tap);
                }
            }
            for out in pixel {
                *out = num::min((*out).into(), op.clamp.max.into()) as i8;
            }
        }
    }
}

/// `best[c] = max(best[c], tap[c])`.
#[inline(always)]
fn raise(best: &mut [i8], tap: &[i8]) {
    for (best, &value) in best.iter_mut().zip(tap) {
        *best = num::max((*best).into(), value.into()) as i8;
    }
}
