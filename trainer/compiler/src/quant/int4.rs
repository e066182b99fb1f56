//! Weights of four bits: rows of a matrix, and tables whose rows have scales of their own.

use super::weight;
use crate::network::graph::Bits;

/// Largest multiplier of a row.
const LARGEST: f32 = 255.0;

/// A table `[rows, width]` of four-bit values: real value = `scale * multiplier of the row * value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Real value of one step in a row with multiplier 1.
    pub scale: f32,
    /// Multipliers of the rows, from 1 to 255.
    pub multipliers: Vec<u8>,
    /// Stored values in `[-7, 7]`, row by row.
    pub values: Vec<i8>,
    /// Number of values in a row.
    pub width: usize,
}

impl Table {
    /// Quantises a table. A row's multiplier is the nearest to `max |w| / 7` in steps of `scale`, and `scale` is
    /// chosen so that the largest multiplier is 255.
    pub fn new(table: &[f32], width: usize) -> Self {
        let of_row = |row: &[f32]| row.iter().fold(0.0f32, |m, w| m.max(w.abs()));
        let scales: Vec<f32> = table
            .chunks(width)
            .map(|row| of_row(row) / Bits::Four.largest())
            .collect();
        let largest = scales.iter().fold(0.0f32, |m, &s| m.max(s));
        let scale = if largest == 0.0 {
            1.0
        } else {
            largest / LARGEST
        };
        let multiplier = |s: &f32| (s / scale).round().clamp(1.0, LARGEST) as u8;
        let multipliers: Vec<u8> = scales.iter().map(multiplier).collect();
        let values = table
            .chunks(width)
            .zip(&multipliers)
            .flat_map(|(row, &m)| {
                let step = scale * f32::from(m);
                row.iter().map(move |&w| weight(w, step, Bits::Four))
            })
            .collect();
        Table {
            scale,
            multipliers,
            values,
            width,
        }
    }

    /// The product of each value and the multiplier of its row, in steps of `scale`.
    pub fn steps(&self) -> impl Iterator<Item = i16> {
        let rows = self.values.chunks(self.width).zip(&self.multipliers);
        rows.flat_map(|(row, &m)| row.iter().map(move |&q| i16::from(q) * i16::from(m)))
    }

    /// Real value of one stored step of an embedding's output.
    pub fn embedding_scale(&self) -> f32 {
        16.0 * self.scale
    }

    /// The outputs of an embedding for each row, in steps of [`embedding_scale`](Self::embedding_scale).
    pub fn embedded(&self) -> impl Iterator<Item = i16> {
        self.steps().map(|step| (step + 8) >> 4)
    }

    /// The table as the model file holds it: see `tillsense_core::ops::int4::embedding_4`.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = packed(&self.values, self.width);
        bytes.extend(self.multipliers.iter().map(|m| m.wrapping_sub(128)));
        bytes
    }
}

/// Packs rows of `width` values: each row fills whole 32-bit words of eight values, stored as
/// value + 8 with the first in the lowest bits.
pub fn packed(values: &[i8], width: usize) -> Vec<u8> {
    let word = |eight: &[i8]| {
        let nibbles = eight.iter().enumerate();
        nibbles.fold(0u32, |word, (n, &v)| word | ((v + 8) as u32) << (4 * n))
    };
    values
        .chunks(width)
        .flat_map(|row| row.chunks(8).map(word))
        .flat_map(u32::to_le_bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_words_then_multipliers() {
        let largest = 7.0 * 255.0;
        let mut values = vec![0.0; 18];
        values[..9].copy_from_slice(&[largest, -largest, 255.0, 0.0, 0.0, 0.0, 0.0, 0.0, -510.0]);
        values[9..12].copy_from_slice(&[14.0, -6.0, 4.0]);
        let table = Table::new(&values, 9);
        assert_eq!((table.scale, &table.multipliers[..]), (1.0, &[255, 2][..]));
        assert_eq!(table.values[..9], [7, -7, 1, 0, 0, 0, 0, 0, -2]);
        assert_eq!(table.values[9..12], [7, -3, 2]);
        let bytes = [
            [0x1f, 0x89, 0x88, 0x88, 0x06, 0, 0, 0],
            [0x5f, 0x8a, 0x88, 0x88, 0x08, 0, 0, 0],
        ];
        assert_eq!(table.bytes(), [&bytes.concat()[..], &[127, 130]].concat());
        assert_eq!(table.embedded().nth(9), Some(1));
    }

    #[test]
    fn nothing_and_tiny_rows_have_a_multiplier() {
        let table = Table::new(&[0.0, 0.0, 1e-9, 0.0, 3.0, -1.0], 2);
        assert_eq!(table.multipliers, [1, 1, 255]);
        assert_eq!(table.values[..4], [0; 4]);
        assert_eq!(Table::new(&[0.0; 4], 2).scale, 1.0);
    }
}
