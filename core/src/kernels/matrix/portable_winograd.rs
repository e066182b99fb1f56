//! The reference of the Winograd domain; see [`crate::ops::packed::winograd_conv2d`].

use core::array;

use super::{Matrix, Places, TILES};
use crate::num::saturate_i8;

/// See [`super::transform`].
pub(crate) fn transform(channels: usize, from: &[i8], step: usize, tiles: &mut [i8], tile: usize) {
    let words = tiles.as_chunks_mut::<4>().0;
    for channel in 0..channels {
        let pixel = |i: usize, j: usize| {
            let value = from.get(i * step + j * channels + channel);
            value.map_or(0, |&value| i16::from(value))
        };
        let columns: [[i16; 4]; 4] = array::from_fn(|j| filter(array::from_fn(|i| pixel(i, j))));
        for position in 0..16 {
            let (i, j) = (position / 4, position % 4);
            let value = filter(array::from_fn(|j| columns[j][i]))[j];
            if let Some(word) = words.get_mut(tile_word(channels, position, channel, tile)) {
                let [low, high] = value.to_le_bytes().map(u8::cast_signed);
                let lane = 2 * (channel % 4 / 2);
                (word[lane], word[lane + 1]) = (low, high);
            }
        }
    }
}

/// `B^T d` of one column.
fn filter([a, b, c, d]: [i16; 4]) -> [i16; 4] {
    [a - c, b + c, c - b, b - d]
}

/// The word of `tiles` that holds a position's value of a channel.
fn tile_word(channels: usize, position: usize, channel: usize, tile: usize) -> usize {
    ((position * (channels / 4) + channel / 4) * 2 + channel % 2) * TILES + tile
}

/// See [`super::multiply`].
pub(crate) fn multiply(
    matrix: &Matrix<'_>,
    tiles: &[i8],
    places: &Places,
    out: &mut [i8],
    spare: &mut [i8],
) {
    let channels = matrix.depth;
    let (weights, values) = (matrix.weights.as_chunks::<4>().0, tiles.as_chunks::<4>().0);
    // Two 16-bit lanes each.
    let product = |w: usize, v: usize| {
        let lanes = |words: &[[i8; 4]], at: usize| {
            let [a, b, c, d] = words
                .get(at)
                .copied()
                .unwrap_or([0; 4])
                .map(i8::cast_unsigned);
            [[a, b], [c, d]].map(|lane| i32::from(i16::from_le_bytes(lane)))
        };
        let ([a, b], [c, d]) = (lanes(weights, w), lanes(values, v));
        a * c + b * d
    };
    for row in 0..matrix.rows {
        for (tile, places) in places.iter().enumerate() {
            let sums: [i32; 16] = array::from_fn(|position| {
                let first = (row / 2 * 16 + position) * channels + row % 2;
                (0..channels / 2).fold(0i32, |sum, half| {
                    let v = (position * (channels / 2) + half) * TILES + tile;
                    sum.wrapping_add(product(first + 2 * half, v))
                })
            });
            for (place, sum) in places.iter().zip(inverse(&sums)) {
                let (to, at) = match place {
                    Some(place) => (&mut *out, place + row),
                    None => (&mut *spare, row),
                };
                if let Some(to) = to.get_mut(at) {
                    *to = saturate_i8(matrix.factor(row).apply(matrix.rounding, 0, sum >> 2));
                }
            }
        }
    }
}

/// `A^T M A`, `[2, 2]`.
fn inverse(m: &[i32; 16]) -> [i32; 4] {
    let two = |a: i32, b: i32, c: i32, d: i32| {
        [
            a.wrapping_add(b).wrapping_add(c),
            b.wrapping_sub(c).wrapping_sub(d),
        ]
    };
    let columns: [[i32; 2]; 4] = array::from_fn(|j| two(m[j], m[4 + j], m[8 + j], m[12 + j]));
    let [a, b, c, d] = columns;
    let (upper, lower) = (two(a[0], b[0], c[0], d[0]), two(a[1], b[1], c[1], d[1]));
    [upper[0], upper[1], lower[0], lower[1]]
}
