//! Mean over a window.

use super::common::{OpError, ensure};
use super::pool::Geometry;
use crate::kernels::bytes::{self, LANES, MAX_TAPS, Patch, tap_sums};
use crate::model::records::{Clamp, Pool};
use crate::num::{ACC_LIMIT, Divider, clamp};
use crate::window::Taps;

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
    let pool = AveragePool::new(op);
    let lines = output.chunks_exact_mut(pool.geometry.line_len().max(1));
    for (y, line) in lines.enumerate() {
        let rows = pool.geometry.values(pool.rows_under(y), input);
        pool.row(y, rows, line);
    }
}

/// A pool made ready to take its input a few rows at a time, from an op that makes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AveragePool {
    geometry: Geometry,
    clamp: Clamp,
}

impl AveragePool {
    /// For a record that [`check`] has accepted.
    pub(crate) fn new(op: &Pool) -> Self {
        AveragePool {
            geometry: Geometry::new(op),
            clamp: op.clamp,
        }
    }

    /// The input rows that output row `y` is made of: `count` of them from row `position`.
    pub(crate) fn rows_under(&self, y: usize) -> Taps {
        self.geometry.rows_under(y)
    }

    /// Makes output row `y`, `line` `[ow, c]`, of the input rows under it, `rows` `[count, w, c]`.
    pub(crate) fn row(&self, y: usize, rows: &[i8], line: &mut [i8]) {
        let geometry = &self.geometry;
        let (channels, row_len) = (geometry.channels, geometry.row_len());
        let count = self.rows_under(y).count;
        for (pixels, under) in geometry.runs() {
            let divider = Divider::new((count * under.count) as u32);
            let mut patch = Patch {
                at: under.position.wrapping_mul(channels),
                rows: count,
                row_step: row_len,
                taps: under.count,
                step: channels,
            };
            let out = line.get_mut(pixels.start * channels..pixels.end * channels);
            for pixel in out.unwrap_or(&mut []).chunks_exact_mut(channels.max(1)) {
                for (i, block) in pixel.chunks_mut(LANES).enumerate() {
                    let first = Patch {
                        at: patch.at.wrapping_add(i * LANES),
                        ..patch
                    };
                    self.means(divider, first, rows, block);
                }
                patch.at = patch.at.wrapping_add(geometry.step());
            }
        }
    }

    /// The means of up to [`LANES`] channels.
    fn means(&self, divider: Divider, patch: Patch, rows: &[i8], out: &mut [i8]) {
        if patch.rows * patch.taps <= MAX_TAPS {
            bytes::means(out, rows, patch, divider, (self.clamp.min, self.clamp.max));
            return;
        }
        let (low, high) = (self.clamp.min.into(), self.clamp.max.into());
        let sums = long_sums(rows, patch, out.len());
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = clamp(divider.nearest_away(sum), low, high) as i8;
        }
    }
}

/// The sums of a patch of any size, made of the sums of parts of its rows.
#[inline(never)]
fn long_sums(rows: &[i8], patch: Patch, channels: usize) -> [i32; LANES] {
    let mut sums = [0i32; LANES];
    for row in 0..patch.rows {
        for first in (0..patch.taps).step_by(MAX_TAPS) {
            let part = Patch {
                at: (patch.at)
                    .wrapping_add(row.wrapping_mul(patch.row_step))
                    .wrapping_add(first.wrapping_mul(patch.step)),
                rows: 1,
                taps: (patch.taps - first).min(MAX_TAPS),
                ..patch
            };
            let mut of_part = [0i16; LANES];
            tap_sums(&mut of_part, rows, part, channels);
            for (sum, value) in sums.iter_mut().zip(of_part) {
                *sum = sum.wrapping_add(value.into());
            }
        }
    }
    sums
}
