//! The reference of the Winograd domain; see [`crate::ops::packed::winograd_conv2d`].

use core::array;

use super::operands::{Domain, Matrix, Places};
use crate::model::records::Packing;
use crate::num::saturate_i8;

/// See [`super::transform`].
pub(crate) fn transform(
    matrix: &Matrix<'_>,
    from: &[i8],
    step: usize,
    tiles: &mut [i8],
    tile: usize,
) {
    let (packing, channels) = (matrix.packing, matrix.depth);
    let tiles = tiles.as_chunks_mut::<2>().0;
    for channel in 0..channels {
        let pixel = |i: usize, j: usize| {
            let at = i.wrapping_mul(step).wrapping_add(j * channels + channel);
            let value = from.get(at);
            value.map_or(0, |&value| i16::from(value))
        };
        let columns: [[i16; 4]; 4] = array::from_fn(|j| filter(array::from_fn(|i| pixel(i, j))));
        for position in 0..16 {
            let (i, j) = (position / 4, position % 4);
            let value = filter(array::from_fn(|j| columns[j][i]))[j];
            let at = place(packing, channels, tile, position, channel);
            if let Some(to) = tiles.get_mut(at) {
                *to = value.to_le_bytes().map(u8::cast_signed);
            }
        }
    }
}

/// `B^T d` of one column.
fn filter([a, b, c, d]: [i16; 4]) -> [i16; 4] {
    [a - c, b + c, c - b, b - d]
}

/// Where a value of a tile lies, in 16-bit values. [`Packing::Pairs`]: position by position, for each four channels
/// channels (0, 2) of all tiles, then (1, 3). [`Packing::Quads`]: channel by channel, for each position all tiles.
fn place(packing: Packing, channels: usize, tile: usize, position: usize, channel: usize) -> usize {
    let tiles = packing.winograd_tiles();
    match packing {
        Packing::Pairs => {
            let half = (position * (channels / 4) + channel / 4) * 2 + channel % 2;
            2 * (half * tiles + tile) + channel % 4 / 2
        }
        Packing::Quads | Packing::Vectors | Packing::Squares => {
            (channel * 16 + position) * tiles + tile
        }
    }
}

/// See [`super::multiply`].
pub(crate) fn multiply(
    matrix: &Matrix<'_>,
    memory: &mut Domain<'_>,
    places: &Places,
    out: &mut [i8],
) {
    let (packing, channels) = (matrix.packing, matrix.depth);
    let (weights, values) = (
        matrix.weights.as_chunks().0,
        memory.tiles.as_chunks::<2>().0,
    );
    let lane = |lanes: &[[i8; 2]], at: usize| {
        let lane = lanes.get(at).copied().unwrap_or([0; 2]);
        i32::from(i16::from_le_bytes(lane.map(i8::cast_unsigned)))
    };
    for row in 0..matrix.rows {
        for (tile, places) in places.iter().take(packing.winograd_tiles()).enumerate() {
            let sums: [i32; 16] = array::from_fn(|position| {
                (0..channels).fold(0i32, |sum, channel| {
                    let w = packing.winograd_weight(channels, row, position, channel);
                    let v = place(packing, channels, tile, position, channel);
                    sum.wrapping_add(lane(weights, w) * lane(values, v))
                })
            });
            for (place, sum) in places.iter().zip(inverse(&sums)) {
                let (to, at) = match place {
                    Some(place) => (&mut *out, place.wrapping_add(row)),
                    None => (&mut *memory.spare, row),
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
