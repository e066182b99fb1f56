//! Mean over a window.

use super::common::{OpError, ensure};
use crate::model::records::Pool;
use crate::num::{ACC_LIMIT, Divider, clamp};
use crate::window::Axis;

/// Channels whose sums are kept at a time.
const BLOCK: usize = 4;

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
    let (low, high) = (op.clamp.min.into(), op.clamp.max.into());
    for (y, line) in output.chunks_exact_mut(row_len).enumerate() {
        let vertical = rows.clip(y);
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            let horizontal = columns.clip(x);
            let divider = Divider::new((vertical.count * horizontal.count) as u32);
            let at = (vertical.position * width + horizontal.position) * channels;
            let patch = Patch {
                at,
                rows: vertical.count,
                row_len: width * channels,
                run_len: horizontal.count * channels,
            };
            let put =
                |out: &mut i8, sum: i32| *out = clamp(divider.nearest_away(sum), low, high) as i8;
            let mut first = 0;
            let mut blocks = pixel.chunks_exact_mut(BLOCK);
            for outputs in blocks.by_ref() {
                let sums = patch.sums::<BLOCK>(input, channels, first);
                outputs
                    .iter_mut()
                    .zip(sums)
                    .for_each(|(out, sum)| put(out, sum));
                first += BLOCK;
            }
            for out in blocks.into_remainder() {
                let [sum] = patch.sums::<1>(input, channels, first);
                put(out, sum);
                first += 1;
            }
        }
    }
}

/// The part of the input under one output pixel.
#[derive(Clone, Copy)]
struct Patch {
    /// First value of the first row.
    at: usize,
    rows: usize,
    /// From row to row.
    row_len: usize,
    /// Values of a row inside the patch.
    run_len: usize,
}

impl Patch {
    /// The sums of `N` channels from `first`.
    #[inline(always)]
    fn sums<const N: usize>(self, input: &[i8], channels: usize, first: usize) -> [i32; N] {
        let mut sums = [0i32; N];
        for row in 0..self.rows {
            let at = self.at + row * self.row_len;
            let run = input
                .get(at..)
                .and_then(|rest| rest.get(..self.run_len))
                .unwrap_or(&[]);
            for tap in run.chunks_exact(channels) {
                if let Some(values) = tap.get(first..).and_then(|rest| rest.first_chunk::<N>()) {
                    sums.iter_mut()
                        .zip(values)
                        .for_each(|(sum, &value)| *sum = sum.wrapping_add(value.into()));
                }
            }
        }
        sums
    }
}
