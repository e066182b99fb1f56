//! Sums, means, maxima and minima along axes.

use super::common::{OpError, Store, check_clamp, check_scale, check_views, ensure};
use crate::model::records::{Reduce, Reduction, View};
use crate::num::{ACC_LIMIT, clamp, max, min, tflite};

/// Most that a value and its zero point differ.
const MOST: usize = 255;

/// The same of an unsigned value and a zero point with a sign.
const MOST_OF_BYTES: usize = 383;

/// Checks shapes, factor and bounds, and that no sum can leave its range.
pub fn check(op: &Reduce) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    let pairs = [
        (op.input.h, op.output.h),
        (op.input.w, op.output.w),
        (op.input.c, op.output.c),
    ];
    let fits = pairs
        .iter()
        .all(|&(input, output)| output == input || output == 1);
    ensure(fits, OpError::Shape)?;
    check_scale(&op.scale)?;
    let values = op.input.len() / op.output.len().max(1);
    let most = if op.kind == Reduction::Bytes {
        MOST_OF_BYTES
    } else {
        MOST
    };
    ensure(values <= (ACC_LIMIT as usize - 1) / most, OpError::Overflow)?;
    let compares = matches!(op.kind, Reduction::Max | Reduction::Min);
    let same = op.input.zero_point == op.output.zero_point;
    ensure(!compares || same, OpError::ZeroPoint)?;
    check_clamp(&op.clamp)
}

/// `output = clamp(z_out + tflite(scale * sum of (x - z_in)))`, or the largest or smallest value within the bounds; see [`Reduction`].
pub fn reduce(op: &Reduce, input: &[i8], output: &mut [i8]) {
    let axes = Axes::new(&op.input, &op.output);
    let store = Store::new(&op.output, &op.clamp);
    let zero_point = i32::from(op.input.zero_point);
    let (columns, channels) = (
        usize::from(op.output.w).max(1),
        usize::from(op.output.c).max(1),
    );
    if op.kind == Reduction::Sum && op.input.c == op.output.c {
        return sums(op, input, output);
    }
    for (place, out) in output.iter_mut().enumerate() {
        let (pixel, channel) = (place / channels, place % channels);
        let start = axes.start([pixel / columns, pixel % columns, channel]);
        *out = store.value(match op.kind {
            Reduction::Sum => {
                let sum = axes.fold(input, start, 0, |sum, x| {
                    sum.wrapping_add(x.wrapping_sub(zero_point))
                });
                tflite(sum, op.scale.multiplier, op.scale.shift.into())
            }
            Reduction::Bytes => {
                let sum = axes.fold(input, start, 0, |sum, x| {
                    sum.wrapping_add((x & 0xff).wrapping_sub(zero_point))
                });
                *out = byte(
                    tflite(sum, op.scale.multiplier, op.scale.shift.into()),
                    &op.output,
                );
                continue;
            }
            Reduction::Max => axes.fold(input, start, i8::MIN.into(), max) - zero_point,
            Reduction::Min => axes.fold(input, start, i8::MAX.into(), min) - zero_point,
        });
    }
}

/// Channels whose sums are taken in one pass.
const LANES: usize = 4;

/// Sums along rows and columns alone, of several channels at a time.
fn sums(op: &Reduce, input: &[i8], output: &mut [i8]) {
    let axes = Axes::new(&op.input, &op.output);
    let store = Store::new(&op.output, &op.clamp);
    let columns = usize::from(op.output.w).max(1);
    let [rows, places, _] = axes.counts;
    let count = rows.wrapping_mul(places) as i32;
    let zero_points = count.wrapping_mul(op.input.zero_point.into());
    let pixels = output.chunks_mut(usize::from(op.output.c).max(1));
    for (pixel, channels) in pixels.enumerate() {
        let start = axes.start([pixel / columns, pixel % columns, 0]);
        for (group, outs) in channels.chunks_mut(LANES).enumerate() {
            let at = start.wrapping_add(LANES.wrapping_mul(group));
            let sums = axes.sums(input, at, outs.len());
            for (out, sum) in outs.iter_mut().zip(sums) {
                let sum = sum.wrapping_sub(zero_points);
                *out = store.value(tflite(sum, op.scale.multiplier, op.scale.shift.into()));
            }
        }
    }
}

/// A result as an unsigned byte.
fn byte(result: i32, output: &View) -> i8 {
    let zero_point = i32::from(output.zero_point);
    clamp(result, -zero_point, i32::from(u8::MAX) - zero_point).wrapping_add(zero_point) as i8
}

/// How far apart values lie along each axis of the input, and how many of them become one.
struct Axes {
    steps: [usize; 3],
    counts: [usize; 3],
    /// Whether neighbouring columns continue from row to row, so that both are one axis.
    rows_join: bool,
}

impl Axes {
    fn new(input: &View, output: &View) -> Self {
        let [h, w, c] = [input.h, input.w, input.c].map(usize::from);
        let count = |side: usize, left: u16| if left == 1 { side } else { 1 };
        let counts = [count(h, output.h), count(w, output.w), count(c, output.c)];
        Axes {
            steps: [w.wrapping_mul(c), c, 1],
            counts,
            rows_join: counts[0] == h && counts[1] == w,
        }
    }

    /// The first of the values that become the output of this row, column and channel; a side that is gone has only its first place.
    fn start(&self, place: [usize; 3]) -> usize {
        place
            .iter()
            .zip(self.steps)
            .fold(0usize, |sum, (&at, step)| {
                sum.wrapping_add(at.wrapping_mul(step))
            })
    }

    /// Rows and columns that become one value, and as one axis where they are.
    fn places(&self) -> (usize, usize) {
        let [rows, columns, _] = self.counts;
        match self.rows_join {
            true => (1, rows.wrapping_mul(columns)),
            false => (rows, columns),
        }
    }

    /// Sums of stored values of the first `lanes` channels from `start` on.
    fn sums(&self, input: &[i8], start: usize, lanes: usize) -> [i32; LANES] {
        let (rows, columns) = self.places();
        let mut sums = [0i32; LANES];
        for row in 0..rows {
            let at = start.wrapping_add(row.wrapping_mul(self.steps[0]));
            let line = input.get(at..).unwrap_or(&[]);
            for values in line.chunks(self.steps[1].max(1)).take(columns) {
                match values.first_chunk::<LANES>() {
                    Some(values) if lanes == LANES => {
                        for (sum, &value) in sums.iter_mut().zip(values) {
                            *sum = sum.wrapping_add(value.into());
                        }
                    }
                    _ => {
                        for (sum, &value) in sums.iter_mut().zip(values).take(lanes) {
                            *sum = sum.wrapping_add(value.into());
                        }
                    }
                }
            }
        }
        sums
    }

    /// Goes through the values from `start` on.
    #[inline(always)]
    fn fold(
        &self,
        input: &[i8],
        start: usize,
        first: i32,
        mut take: impl FnMut(i32, i32) -> i32,
    ) -> i32 {
        let channels = self.counts[2];
        let (rows, columns) = self.places();
        let mut result = first;
        for row in 0..rows {
            let at = start.wrapping_add(row.wrapping_mul(self.steps[0]));
            let Some(line) = input.get(at..) else {
                break;
            };
            for channel in 0..channels {
                let Some(values) = line.get(channel..) else {
                    break;
                };
                for &value in values.iter().step_by(self.steps[1].max(1)).take(columns) {
                    result = take(result, value.into());
                }
            }
        }
        result
    }
}
