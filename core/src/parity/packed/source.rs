//! Weights by formula: they exist packed only, in whatever order a case asks for.

use crate::model::records::{Blob, Clamp, Packed, Packing, Rounding, View};
use crate::pack::{BLOCK, Factor};
use crate::parity::bench::Section;
use crate::parity::oracle::{requantise, store};
use crate::parity::{Mismatch, SplitMix64};

/// A matrix `[rows, depth]` by formula, and the factors of its rows.
#[derive(Clone, Copy)]
pub(super) struct Source {
    /// Whether -128 stands wherever the formula says, also where some order cannot hold it.
    everywhere: bool,
    /// Whether one factor stands for all rows.
    one_factor: bool,
    rows: usize,
    depth: usize,
    rounding: Rounding,
    seed: u64,
    style: i64,
    shift: i64,
    pub(super) largest_bias: i64,
}

/// How the weights of a matrix are to be packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filters {
    Dense,
    /// Rows and columns of taps.
    Conv((usize, usize)),
    Depthwise((usize, usize)),
}

impl Source {
    pub(super) fn new(rng: &mut SplitMix64, rows: usize, depth: usize) -> Self {
        let bias_bits = if rng.one_in(10) { 28 } else { 18 };
        Source {
            everywhere: false,
            one_factor: false,
            rows,
            depth,
            rounding: rng.rounding(),
            seed: rng.next_u64(),
            style: rng.between(0, 4),
            shift: if rng.one_in(6) {
                rng.between(-20, -2)
            } else {
                rng.between(-12, -6)
            },
            largest_bias: 1 << rng.between(4, bias_bits),
        }
    }

    /// The same with one factor for all rows, at times.
    pub(super) fn with_one_factor(self) -> Self {
        Source {
            one_factor: self.seed.is_multiple_of(3),
            ..self
        }
    }

    /// The same with -128 everywhere, at times.
    pub(super) fn lowest(self) -> Option<Source> {
        let everywhere = self.style != 2 && self.seed.is_multiple_of(8);
        everywhere.then_some(Source {
            everywhere: true,
            ..self
        })
    }

    pub(super) fn weight(&self, row: usize, k: usize) -> i8 {
        match self.formula(row, k) {
            i8::MIN if !self.everywhere && !holds_lowest(row, k, |row| self.formula(row, k)) => {
                -127
            }
            weight => weight,
        }
    }

    fn formula(&self, row: usize, k: usize) -> i8 {
        let mut rng = SplitMix64::new(self.seed ^ ((row as u64) << 32 | k as u64));
        match self.style {
            0 => *rng.pick(&[-128, 127]),
            1 => -128,
            2 => 127,
            3 => *rng.pick(&[-128, -127, -1, 0, 1, 127]),
            _ => rng.between(-128, 127) as i8,
        }
    }

    /// Whether an order's check must refuse the weights: [`Packing::Pairs`] for an odd row's -128 beside a negative weight,
    /// [`Packing::Squares`] for two in one word, and depthwise [`Packing::Vectors`] for those of two neighbouring taps.
    pub(super) fn is_refused(&self, packing: Packing, filters: Filters) -> bool {
        if !self.everywhere {
            return false;
        }
        let lowest = |row: usize, k: usize| row < self.rows && self.weight(row, k) == i8::MIN;
        let any = |clashes: &dyn Fn(usize, usize) -> bool| {
            (0..self.rows).any(|row| (0..self.depth).any(|k| clashes(row, k)))
        };
        let neighbours =
            |row: usize, k: usize| lowest(row, k) && k + 1 < self.depth && lowest(row, k + 1);
        match (packing, filters) {
            (Packing::Vectors, Filters::Depthwise(_)) => any(&neighbours),
            (_, Filters::Depthwise(_)) => false,
            (Packing::Pairs, _) => {
                any(&|row, k| row % 2 == 1 && lowest(row, k) && self.weight(row - 1, k) < 0)
            }
            (Packing::Squares, _) => any(&|row, k| k % 2 == 0 && neighbours(row, k)),
            (Packing::Quads | Packing::Vectors, _) => false,
        }
    }

    /// Bias, multiplier and shift of a row.
    fn factor(&self, row: usize) -> (i32, i32, i8) {
        let mut rng = SplitMix64::new(self.seed ^ !(row as u64));
        let bias = rng.between(-self.largest_bias, self.largest_bias) as i32;
        let mut one = SplitMix64::new(self.seed);
        let of = if self.one_factor { &mut one } else { &mut rng };
        (bias, of.multiplier(10), self.shift as i8)
    }

    pub(super) fn packed(
        &self,
        section: &mut Section<'_>,
        packing: Packing,
        filters: Filters,
        (input, output): (i8, i8),
    ) -> Result<Packed, Mismatch> {
        let weights = if let Filters::Depthwise(taps) = filters {
            let (blob, bytes) =
                section.packed(packing.depthwise_len(self.depth, self.rows).or_beyond())?;
            packing.pack_depthwise(taps, self.rows, bytes, |tap, channel| {
                self.weight(channel, tap)
            });
            blob
        } else {
            let (blob, bytes) =
                section.packed(packing.weights_len(self.rows, self.depth).or_beyond())?;
            let weight = |row, k| self.weight(row, k);
            match filters {
                Filters::Conv(taps) => {
                    let channels = self.depth / (taps.0 * taps.1);
                    packing.pack_conv(self.rows, taps, channels, bytes, weight);
                }
                _ => packing.pack(self.rows, self.depth, bytes, weight),
            }
            blob
        };
        Ok(Packed {
            packing,
            rounding: self.rounding,
            left: 0,
            weights,
            factors: self.factors(section, (input, output))?,
        })
    }

    /// 3x3 filters `[rows, 9, channels]` in the Winograd domain.
    pub(super) fn transformed(
        &self,
        section: &mut Section<'_>,
        packing: Packing,
        channels: usize,
        zero_points: (i8, i8),
    ) -> Result<Packed, Mismatch> {
        let (weights, bytes) =
            section.packed(packing.winograd_len(self.rows, channels).or_beyond())?;
        packing.pack_winograd(self.rows, channels, bytes, |row, tap, channel| {
            self.weight(row, tap * channels + channel)
        });
        Ok(Packed {
            packing,
            rounding: self.rounding,
            left: 0,
            weights,
            factors: self.factors(section, zero_points)?,
        })
    }

    fn factors(
        &self,
        section: &mut Section<'_>,
        (input, output): (i8, i8),
    ) -> Result<Blob, Mismatch> {
        let rows = self.rows.next_multiple_of(BLOCK);
        let factor = |row: usize| {
            let sum = (0..self.depth)
                .map(|k| i32::from(self.weight(row, k)))
                .sum();
            let (bias, multiplier, shift) = self.factor(row);
            let scale = (multiplier, shift);
            let factor = Factor::new(self.rounding, bias, (sum, input), scale, output, 0)
                .ok_or(Mismatch::Workspace)?;
            Ok(factor.words())
        };
        let one = if self.one_factor { 3 } else { 0 };
        let len = if self.one_factor {
            4 * (one + rows)
        } else {
            16 * rows
        };
        let (blob, bytes) = section.packed(len)?;
        let (first, rest) = bytes.split_at_mut(4 * one);
        put(first, &factor(0)?[1..]);
        let each = if self.one_factor { 4 } else { 16 };
        for (row, bytes) in rest.chunks_exact_mut(each).enumerate() {
            put(bytes, &factor(row)?);
        }
        Ok(blob)
    }

    /// The stored value of a row's sum over inputs without their zero point.
    pub(super) fn store(&self, row: usize, sum: i64, output: &View, clamp: &Clamp) -> i64 {
        let (bias, multiplier, shift) = self.factor(row);
        let value = requantise(self.rounding, sum + i64::from(bias), multiplier, shift);
        store(value, output, clamp)
    }
}

/// Writes words, as many as there is room for.
fn put(bytes: &mut [u8], words: &[i32]) {
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
}

/// Whether every order holds -128 here, with these weights of other rows at the same place: no neighbour of the row has one,
/// and an odd row's has no negative weight before it.
pub(super) fn holds_lowest(row: usize, k: usize, weight: impl Fn(usize) -> i8) -> bool {
    k.is_multiple_of(2) && (row.is_multiple_of(2) || weight(row - 1) >= 0)
}
