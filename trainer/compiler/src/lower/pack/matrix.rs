//! Reorders plain weights, biases and factors for a kernel.

use tillsense_core::model::records::{Blob, Packed, Packing, Requant, Rounding};
use tillsense_core::pack::{BLOCK, Factor};
use tillsense_core::tensor::Weights;

use crate::lower::blobs::Blobs;

/// Limit of the left shift, as the core takes it.
const MAX_LEFT: u8 = 15;

/// The plain constants of a matrix `[rows, depth]`, or of filters `[depth, rows]` of a depthwise convolution.
#[derive(Clone, Copy)]
pub(super) struct Plain<'a> {
    weights: &'a [i8],
    bias: &'a [i32],
    multipliers: &'a [i32],
    shifts: &'a [i8],
    rounding: Rounding,
    rows: usize,
    depth: usize,
    /// Whether neighbouring weights belong to different rows.
    row_last: bool,
    /// Zero points of the input and of the output.
    zero_points: (i8, i8),
}

impl<'a> Plain<'a> {
    /// Constants of a record; `None` where they are not as long as the record says.
    pub(super) fn new(
        section: &Weights<'a>,
        (weights, bias, requant): (Blob, Blob, &Requant),
        (rows, depth): (usize, usize),
        zero_points: (i8, i8),
    ) -> Option<Self> {
        let plain = Plain {
            weights: section.i8s(weights),
            bias: section.i32s(bias),
            multipliers: section.i32s(requant.multipliers),
            shifts: section.i8s(requant.shifts),
            rounding: requant.rounding,
            rows,
            depth,
            row_last: false,
            zero_points,
        };
        let factors = [plain.multipliers.len(), plain.shifts.len()];
        let whole = plain.weights.len() == rows * depth
            && plain.bias.len() == rows
            && (factors == [rows; 2] || factors == [1; 2]);
        whole.then_some(plain)
    }

    /// These constants, read as filters of a depthwise convolution.
    pub(super) fn row_last(self) -> Self {
        Plain {
            row_last: true,
            ..self
        }
    }

    /// Packs for a matrix kernel of single columns, whose results are int8.
    pub(super) fn direct(&self, packing: Packing, to: &mut Blobs) -> Option<Packed> {
        match self.one_factor() {
            Some(factors) => self.with_factors(packing, 0, &factors, to),
            None => self.shifted(packing, 0, to),
        }
    }

    /// Packs the filters of a convolution, `kernel` being (rows, columns) of taps.
    pub(super) fn conv(
        &self,
        packing: Packing,
        kernel: (usize, usize),
        to: &mut Blobs,
    ) -> Option<Packed> {
        let (factors, channels) = (self.factors(0)?, self.depth / (kernel.0 * kernel.1));
        let mut bytes = vec![0; packing.weights_len(self.rows, self.depth).get()?];
        packing.pack_conv(self.rows, kernel, channels, &mut bytes, |row, k| {
            self.weight(row, k)
        });
        Some(self.record(packing, 0, &bytes, &factors, to))
    }

    /// Packs for a matrix kernel whose results are int16; sums are shifted left as far as they need.
    pub(super) fn wide(&self, packing: Packing, to: &mut Blobs) -> Option<Packed> {
        let most = (0..self.rows).map(|row| self.scale(row).1).max()?;
        // A factor's right shift is `left - shift - 1`, and at least 1.
        let left = u8::try_from((i32::from(most) + 2).max(0)).ok()?;
        (left <= MAX_LEFT).then(|| self.shifted(packing, left, to))?
    }

    fn shifted(&self, packing: Packing, left: u8, to: &mut Blobs) -> Option<Packed> {
        self.with_factors(packing, left, &self.factors(left)?, to)
    }

    fn with_factors(
        &self,
        packing: Packing,
        left: u8,
        factors: &[u8],
        to: &mut Blobs,
    ) -> Option<Packed> {
        let mut bytes = vec![0; packing.weights_len(self.rows, self.depth).get()?];
        packing.pack(self.rows, self.depth, &mut bytes, |row, k| {
            self.weight(row, k)
        });
        Some(self.record(packing, left, &bytes, factors, to))
    }

    /// Packs 3x3 filters, transformed to the Winograd domain.
    pub(super) fn winograd(&self, packing: Packing, to: &mut Blobs) -> Option<Packed> {
        let (factors, channels) = (self.factors(0)?, self.depth / 9);
        let mut bytes = vec![0; packing.winograd_len(self.rows, channels).get()?];
        packing.pack_winograd(self.rows, channels, &mut bytes, |row, tap, channel| {
            self.weight(row, tap * channels + channel)
        });
        Some(self.record(packing, 0, &bytes, &factors, to))
    }

    /// Packs the filters of a depthwise convolution, `kernel` being (rows, columns) of taps.
    pub(super) fn depthwise(
        &self,
        packing: Packing,
        kernel: (usize, usize),
        to: &mut Blobs,
    ) -> Option<Packed> {
        let factors = self.factors(0)?;
        let mut bytes = vec![0; packing.depthwise_len(self.depth, self.rows).get()?];
        packing.pack_depthwise(kernel, self.rows, &mut bytes, |tap, channel| {
            self.weight(channel, tap)
        });
        Some(self.record(packing, 0, &bytes, &factors, to))
    }

    fn record(
        &self,
        packing: Packing,
        left: u8,
        weights: &[u8],
        factors: &[u8],
        to: &mut Blobs,
    ) -> Packed {
        Packed {
            packing,
            rounding: self.rounding,
            left,
            weights: to.own(weights, 16),
            factors: to.own(factors, 16),
        }
    }

    /// One factor for all rows, and their biases behind it, filled up to whole blocks; `None` where rows have their own, or need
    /// the plain op.
    fn one_factor(&self) -> Option<Vec<u8>> {
        let (&[multiplier], &[shift]) = (self.multipliers, self.shifts) else {
            return None;
        };
        let (input, output) = self.zero_points;
        let mut biases = vec![0; self.rows.next_multiple_of(BLOCK)];
        let mut of_all = None;
        for (row, place) in biases.iter_mut().enumerate().take(self.rows) {
            let sum = (0..self.depth).map(|k| i32::from(self.weight(row, k)));
            let sums = (sum.sum(), input);
            let (bias, scale) = (self.bias[row], (multiplier, shift));
            let factor = Factor::new(self.rounding, bias, sums, scale, output, 0)?;
            let [bias, rest @ ..] = factor.words();
            *place = bias;
            of_all = Some(rest);
        }
        let words = of_all?.into_iter().chain(biases);
        Some(words.flat_map(i32::to_le_bytes).collect())
    }

    /// Factors of all rows, filled up to whole blocks; `None` where a row needs the plain op.
    fn factors(&self, left: u8) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(16 * self.rows.next_multiple_of(BLOCK));
        for row in 0..self.rows.next_multiple_of(BLOCK) {
            let factor = if row < self.rows {
                let sum = (0..self.depth)
                    .map(|k| i32::from(self.weight(row, k)))
                    .sum();
                let (input, output) = self.zero_points;
                let (sums, scale) = ((sum, input), self.scale(row));
                Factor::new(self.rounding, self.bias[row], sums, scale, output, left)
            } else {
                Factor::new(self.rounding, 0, (0, 0), (0, 0), 0, left)
            };
            bytes.extend(factor?.words().into_iter().flat_map(i32::to_le_bytes));
        }
        Some(bytes)
    }

    /// Multiplier and shift of a row. A row that is always zero may have any, and gets those that fit every other row's.
    fn scale(&self, row: usize) -> (i32, i8) {
        let is_zero = self.bias[row] == 0 && (0..self.depth).all(|k| self.weight(row, k) == 0);
        if is_zero || self.factor(row).0 == 0 {
            (0, i8::MIN)
        } else {
            self.factor(row)
        }
    }

    /// Multiplier and shift of a row, or those of all rows.
    fn factor(&self, row: usize) -> (i32, i8) {
        let place = row.min(self.multipliers.len() - 1);
        (self.multipliers[place], self.shifts[place])
    }

    fn weight(&self, row: usize, k: usize) -> i8 {
        if self.row_last {
            self.weights[k * self.rows + row]
        } else {
            self.weights[row * self.depth + k]
        }
    }
}
