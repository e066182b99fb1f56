//! Random numbers of a case, leaning toward extremes.

use super::SplitMix64;
use crate::model::records::{Clamp, Rounding, Scale};
use crate::num::requantise::MIN_MULTIPLIER;

impl SplitMix64 {
    /// In `[1, high]`.
    pub(super) fn size(&mut self, high: u16) -> u16 {
        self.between(1, high.into()) as u16
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: i64) -> bool {
        self.between(1, n) == 1
    }

    pub(super) fn zero_point(&mut self) -> i8 {
        match self.between(0, 5) {
            0 => -128,
            1 => 127,
            2 => 0,
            _ => self.between(-128, 127) as i8,
        }
    }

    /// Values of a tensor, none below `lowest`: uniform, extreme, small, or all alike.
    pub(super) fn fill(&mut self, values: &mut [i8], lowest: i8) {
        let style = self.between(0, 7);
        let constant = self.between(lowest.into(), 127) as i8;
        for value in values {
            *value = match style {
                0 => *self.pick(&[lowest, 127]),
                1 => lowest,
                2 => 127,
                3 => self.between(-3, 3) as i8,
                4 => constant,
                _ => self.between(lowest.into(), 127) as i8,
            };
        }
    }

    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.between(0, choices.len() as i64 - 1) as usize]
    }

    pub(super) fn rounding(&mut self) -> Rounding {
        *self.pick(&[Rounding::Nearest, Rounding::Tflite])
    }

    pub(super) fn clamp(&mut self) -> Clamp {
        if self.one_in(2) {
            return Clamp {
                min: -128,
                max: 127,
            };
        }
        let min = self.between(-128, 127) as i8;
        Clamp {
            min,
            max: self.between(min.into(), 127) as i8,
        }
    }

    /// A multiplier, once in `n` times 0 and as often either bound; a third of the others is not normalised.
    pub(super) fn multiplier(&mut self, n: i64) -> i32 {
        match self.between(0, n - 1) {
            0 => 0,
            1 => MIN_MULTIPLIER,
            2 => i32::MAX,
            _ => self.between(MIN_MULTIPLIER.into(), i32::MAX.into()) as i32,
        }
    }

    /// A factor that brings values up to about `2^bits` into the int8 range, or any factor at all with a shift in `[lowest, highest]`.
    pub(super) fn scale(&mut self, bits: i64, lowest: i8, highest: i8) -> Scale {
        let multiplier = self.multiplier(16);
        let (low, high) = (i64::from(lowest), i64::from(highest));
        let shift = if self.one_in(8) {
            self.between(low, high)
        } else {
            self.between(5 - bits, 10 - bits).clamp(low, high)
        };
        Scale {
            multiplier,
            shift: shift as i8,
        }
    }

    /// A bias for sums of up to `2^bits`, sometimes as large as `limit`.
    pub(super) fn bias(&mut self, bits: i64, limit: i64) -> i32 {
        let usual = (1 << bits).min(limit);
        (if self.one_in(30) {
            *self.pick(&[limit, -limit])
        } else {
            self.between(-usual, usual)
        }) as i32
    }
}
