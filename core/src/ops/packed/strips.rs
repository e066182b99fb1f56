//! Convolution over strips: what one row of outputs reads of the input, column by column, with the padding in it.
//!
//! In a strip, the taps of a column lie one after the other, and columns follow each other, so that every patch is one
//! run of values and shares what it can with its neighbours.

use crate::kernels::matrix::{self, Columns, Matrix};
use crate::model::records::PackedConv;
use crate::tensor::Weights;
use crate::window::{Axis, Taps};

/// A convolution made ready to run row by row.
pub(super) struct Strips<'a> {
    matrix: Matrix<'a>,
    rows: Axis,
    columns: Axis,
    zero_point: i8,
    /// Values of a pixel.
    channels: usize,
    /// Outputs of a row.
    width: usize,
    /// Whether the input is a strip as it is.
    is_strip: bool,
    /// Values of the input.
    input_len: usize,
}

impl<'a> Strips<'a> {
    /// For a record that its check has accepted.
    pub(super) fn new(op: &PackedConv, weights: &Weights<'a>) -> Self {
        let (rows, columns) = Axis::pair(&op.window, &op.input);
        let channels = usize::from(op.input.c);
        let depth = op.window.values(op.input.c).or_beyond();
        Strips {
            matrix: Matrix::new(&op.matrix, weights, op.output.c.into(), depth),
            rows,
            columns,
            zero_point: op.input.zero_point,
            channels,
            width: op.output.w.into(),
            is_strip: op.matrix.packing.is_strip(&op.window, &op.input),
            input_len: op.input.len(),
        }
    }

    /// Output rows from `first` on, as many as `out` holds.
    pub(super) fn rows(&self, input: &[i8], first: usize, out: &mut [i8], strip: &mut [i8]) {
        if self.matrix.rows == 0 || input.len() != self.input_len {
            return;
        }
        if self.is_strip {
            let from = first.wrapping_mul(self.columns.input * self.channels);
            let input = input.get(from..).unwrap_or(&[]);
            matrix::line(&self.matrix, input, self.channels, out);
            return;
        }
        let len = (self.width * self.matrix.rows).max(1);
        let mut is_clean = false;
        for (y, line) in out.chunks_exact_mut(len).enumerate() {
            let taps = self.rows.clip(first.wrapping_add(y));
            let is_whole = taps.count == self.rows.taps;
            // Padding beside the input stays from row to row; taps above and below it were another row's.
            if !is_clean || !is_whole {
                self.clear(strip);
                is_clean = true;
            }
            match self.columns.dilation {
                1 => self.row(taps, input, line, strip),
                _ => self.pixels(taps, input, line, strip),
            }
        }
    }

    /// A row of outputs from one strip.
    fn row(&self, taps: Taps, input: &[i8], line: &mut [i8], strip: &mut [i8]) {
        let columns = &self.columns;
        let all = self.width.saturating_sub(1) * columns.stride + columns.taps;
        let inside = Taps {
            first: columns.before,
            position: 0,
            count: all.saturating_sub(columns.before).min(columns.input),
        };
        self.lay(taps, inside, input, strip);
        let step = columns.stride.wrapping_mul(self.cell());
        matrix::line(&self.matrix, strip, step, line);
    }

    /// A row of outputs, each from a strip of its own: dilated columns have other neighbours for each output.
    fn pixels(&self, taps: Taps, input: &[i8], line: &mut [i8], strip: &mut [i8]) {
        let pixels = line.chunks_exact_mut(self.matrix.rows.max(1));
        for (x, pixel) in pixels.enumerate() {
            let inside = self.columns.clip(x);
            if inside.count < self.columns.taps {
                self.clear(strip);
            }
            self.lay(taps, inside, input, strip);
            matrix::line(&self.matrix, strip, 0, pixel);
        }
    }

    /// Writes the input under some columns of the strip.
    fn lay(&self, rows: Taps, columns: Taps, input: &[i8], strip: &mut [i8]) {
        let row_len = self.columns.input * self.channels;
        let at = (rows.position.wrapping_mul(row_len))
            .wrapping_add(columns.position.wrapping_mul(self.channels));
        let to = (columns.first.wrapping_mul(self.cell()))
            .wrapping_add(rows.first.wrapping_mul(self.channels));
        let (Some(from), Some(to)) = (input.get(at..), strip.get_mut(to..)) else {
            return;
        };
        let all = Columns {
            from,
            rows: rows.count,
            row_step: self.rows.dilation.wrapping_mul(row_len),
            columns: columns.count,
            column_step: self.columns.dilation * self.channels,
            channels: self.channels,
            taps: self.rows.taps,
        };
        matrix::lay(&all, to);
    }

    /// Values of a column of the strip.
    const fn cell(&self) -> usize {
        self.rows.taps * self.channels
    }

    /// Padding everywhere.
    fn clear(&self, strip: &mut [i8]) {
        strip.fill(self.zero_point);
    }
}
