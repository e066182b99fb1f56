//! Maximum over a window.

use super::common::{OpError, check_clamp, check_pool_window, check_views, check_window, ensure};
use super::pool::Geometry;
use crate::kernels::bytes::{self, Grid};
use crate::model::records::Pool;
use crate::window::Taps;

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
    let pool = MaxPool::new(op);
    let lines = output.chunks_exact_mut(pool.geometry.line_len().max(1));
    for (y, line) in lines.enumerate() {
        let rows = pool.geometry.values(pool.rows_under(y), input);
        pool.row(y, rows, line);
    }
}

/// A pool made ready to take its input a few rows at a time, from an op that makes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxPool {
    geometry: Geometry,
}

impl MaxPool {
    /// For a record that [`check`] has accepted.
    pub(crate) fn new(op: &Pool) -> Self {
        MaxPool {
            geometry: Geometry::new(op),
        }
    }

    /// The input rows that output row `y` is made of: `count` of them from row `position`.
    pub(crate) fn rows_under(&self, y: usize) -> Taps {
        self.geometry.rows_under(y)
    }

    /// Makes output row `y`, `line` `[ow, c]`, of the input rows under it, `rows` `[count, w, c]`.
    pub(crate) fn row(&self, y: usize, rows: &[i8], line: &mut [i8]) {
        let geometry = &self.geometry;
        let channels = geometry.channels;
        let count = self.rows_under(y).count;
        for (pixels, under) in geometry.runs() {
            let grid = Grid {
                pixels: pixels.len(),
                channels,
                step: geometry.step(),
            };
            let taps = TapsUnder {
                at: under.position.wrapping_mul(channels),
                column: 0,
                columns: under.count,
                channels,
                row_len: geometry.row_len(),
                left: count * under.count,
            };
            let out = line.get_mut(pixels.start * channels..pixels.end * channels);
            reduce(taps, rows, out.unwrap_or(&mut []), grid);
        }
        geometry.limit(line);
    }
}

/// The maxima of a run of pixels: four taps at first, then three at a time.
fn reduce(mut taps: TapsUnder, rows: &[i8], out: &mut [i8], grid: Grid) {
    let first = [taps.next(), taps.next(), taps.next(), taps.next()];
    bytes::largest(out, rows, first, grid);
    while taps.left > 0 {
        bytes::raise(out, rows, [taps.next(), taps.next(), taps.next()], grid);
    }
}

/// Walks over the taps of a window.
struct TapsUnder {
    /// The place of the tap to be taken next.
    at: usize,
    /// Its column.
    column: usize,
    columns: usize,
    channels: usize,
    row_len: usize,
    /// Taps not taken yet.
    left: usize,
}

impl TapsUnder {
    /// The next tap's place. The last one stands in for those that there are not: it does not change a maximum.
    #[inline(never)]
    fn next(&mut self) -> usize {
        let at = self.at;
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            self.column += 1;
            self.at = self.at.wrapping_add(self.channels);
            if self.column == self.columns {
                self.column = 0;
                let to_next = self.row_len.wrapping_sub(self.columns * self.channels);
                self.at = self.at.wrapping_add(to_next);
            }
        }
        at
    }
}
