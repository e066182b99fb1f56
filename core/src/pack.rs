//! Weight matrices in the order in which a kernel reads them, made once at export.
//!
//! Every order works in blocks of [`BLOCK`] rows, so that the values of one column serve four sums; what is missing at
//! the end of rows or depth is zero.
//!
//! - [`Packing::Pairs`]: for every 4 values of depth, four 32-bit words: rows 0 and 1 at depth (0, 2), at (1, 3), then
//!   rows 2 and 3. A 16-bit lane holds `256 * odd row + even row`. One `smlad` then sums both rows at once, the other
//!   one, after `sxtb16`, the even row alone, and the odd row is their difference, divided by 256. A lane has no room for
//!   -128 in an odd row beside a negative weight.
//! - [`Packing::Quads`]: for every value of depth, the four rows' bytes.
//! - [`Packing::Vectors`]: for every 16 values of depth, 16 bytes of each of the four rows. Filters of a convolution go
//!   column by column, so that neighbouring patches overlap in memory.
//! - [`Packing::Squares`]: for every 2 values of depth, a 32-bit word of rows 0 and 1, then one of rows 2 and 3. A word holds both
//!   values of the even row, then both of the odd one, each raised by 128: its even bytes are both rows at the first depth, two
//!   numbers in lanes of 16 bits, and its odd bytes those at the second. One product with a value of a column serves both
//!   rows. Two neighbours of a word that are both -128 would have products too large for a lane.
//!
//! `check` refuses what an order cannot hold, and the exporter leaves such a layer to the plain op.

use crate::model::records::{Packing, Rounding, View, Window};
use crate::num::ACC_LIMIT;

/// Rows of a block.
pub const BLOCK: usize = 4;

/// Largest right shift of a [`Factor`]: with it, no sum with the rounding constant overflows.
pub const MAX_SHIFT: i32 = 21;

/// Adds 128 to a byte.
pub(crate) const RAISE: i8 = i8::MIN;

/// Largest sum of `|weight| * 128` over an odd row of [`Packing::Pairs`], where lanes are not emptied in between.
pub const MAX_PAIR_SUM: u32 = (1 << 23) - 1;

impl Packing {
    /// All orders.
    pub const ALL: [Packing; 4] = [
        Packing::Pairs,
        Packing::Quads,
        Packing::Vectors,
        Packing::Squares,
    ];

    /// The order that this build's kernels read; the host reads all of them.
    pub const NATIVE: Option<Packing> = if cfg!(kernels = "arm_dsp") {
        Some(Packing::Pairs)
    } else if cfg!(kernels = "arm_mve") {
        Some(Packing::Vectors)
    } else if cfg!(any(kernels = "arm_v6m", kernels = "arm_v7m")) {
        Some(Packing::Squares)
    } else if cfg!(kernels = "riscv") {
        Some(Packing::Quads)
    } else {
        None
    };

    /// Whether this build has the kernels.
    pub fn runs_here(self) -> bool {
        Packing::NATIVE.is_none_or(|native| native == self)
    }

    /// The order, which a build for a core knows: it refuses all others, whatever else they would need.
    pub(crate) const fn here(self) -> Packing {
        match Packing::NATIVE {
            Some(native) => native,
            None => self,
        }
    }

    /// Values of depth that the kernels read at a time.
    pub const fn unit(self) -> usize {
        match self.here() {
            Packing::Pairs => 4,
            Packing::Quads => 1,
            Packing::Vectors => 16,
            Packing::Squares => 2,
        }
    }

    /// Channels whose weights of one tap lie side by side.
    pub(crate) const fn depthwise_group(self) -> usize {
        match self.here() {
            Packing::Pairs | Packing::Quads | Packing::Squares => BLOCK,
            Packing::Vectors => 16,
        }
    }

    /// Where the weight of one tap and channel lies among the 16-bit values of a block of [`Packing::Pairs`], in rows of
    /// `columns` taps.
    pub(crate) const fn paired_tap(columns: usize, tap: usize, c: usize) -> usize {
        let j = tap % columns;
        if j + 1 == columns && j.is_multiple_of(2) {
            BLOCK * tap + c % 2 * 2 + c / 2
        } else {
            BLOCK * (tap - j % 2) + 2 * c + j % 2
        }
    }

    /// Where one tap of a block of channels lies, in blocks.
    pub(crate) const fn filter(self, taps: usize, block: usize, tap: usize) -> usize {
        let blocks = self.depthwise_group() / BLOCK;
        (block / blocks * taps + tap) * blocks + block % blocks
    }

    /// Whether a 3x3 convolution with so many rows and channels may go through the Winograd domain.
    ///
    /// [`Packing::Pairs`] takes two rows and four channels at a time, [`Packing::Quads`] four rows and any channels.
    pub const fn takes_winograd(self, rows: usize, channels: usize) -> bool {
        match self.here() {
            Packing::Pairs => rows.is_multiple_of(2) && channels.is_multiple_of(4),
            Packing::Quads => rows.is_multiple_of(BLOCK),
            Packing::Vectors | Packing::Squares => false,
        }
    }

    /// Tiles of 2x2 outputs that one Winograd product takes.
    pub const fn winograd_tiles(self) -> usize {
        match self.here() {
            Packing::Pairs => 3,
            Packing::Quads | Packing::Vectors | Packing::Squares => 4,
        }
    }

    /// Where a transformed weight lies, in 16-bit values.
    pub(crate) const fn winograd_weight(
        self,
        channels: usize,
        row: usize,
        position: usize,
        channel: usize,
    ) -> usize {
        match self.here() {
            Packing::Pairs => {
                let unit = (row / 2 * 16 + position) * (channels / 4) + channel / 4;
                8 * unit + 4 * (channel % 2) + 2 * (row % 2) + channel % 4 / 2
            }
            Packing::Quads | Packing::Vectors | Packing::Squares => {
                let unit = (row / BLOCK * 16 + position) * channels + channel;
                BLOCK * unit + row % BLOCK
            }
        }
    }

    /// Writes 3x3 filters `weight(row, tap, channel)` in the Winograd domain to `out`, [`Packing::winograd_len`] bytes,
    /// where [`Packing::takes_winograd`] holds.
    ///
    /// F(2x2, 3x3) of Lavin & Gray (2016) with `G` doubled in both dimensions, so that it stays in integers: four times
    /// the sum, at most 9 * 128. [`Packing::Pairs`], for each two rows: position by position, for each four channels
    /// four words, channels (0, 2) of both rows, then (1, 3). [`Packing::Quads`], for each four rows: position by
    /// position, for each channel the four rows.
    pub fn pack_winograd(
        self,
        rows: usize,
        channels: usize,
        out: &mut [u8],
        weight: impl Fn(usize, usize, usize) -> i8,
    ) {
        for row in 0..rows {
            for channel in 0..channels {
                let filter = core::array::from_fn(|tap| i16::from(weight(row, tap, channel)));
                for (position, value) in winograd_filter(filter).into_iter().enumerate() {
                    let place = 2 * self.winograd_weight(channels, row, position, channel);
                    let [low, high] = value.to_le_bytes();
                    put(out, place, low.cast_signed());
                    put(out, place + 1, high.cast_signed());
                }
            }
        }
    }

    /// Columns that the kernels of this order multiply at a time, at most.
    pub const fn columns(self) -> usize {
        match self.here() {
            Packing::Pairs => 3,
            Packing::Quads | Packing::Squares => 4,
            Packing::Vectors => 1,
        }
    }

    /// Whether the filters of a convolution go column by column, over strips of input: see [`Packing::conv_scratch_len`].
    pub(crate) const fn by_strips(self) -> bool {
        matches!(self.here(), Packing::Vectors)
    }

    /// Whether depthwise filters of `taps` rows and columns read the taps of an output at the edge from wherever they lie, so
    /// that one pixel stands for all the padding. Other orders read a patch with the padding in it.
    pub(crate) const fn by_corners(self, taps: (usize, usize)) -> bool {
        matches!(self.here(), Packing::Pairs) && taps.0 == 3 && taps.1 == 3
    }

    /// Whether a convolution's input is a strip as it is.
    pub(crate) const fn is_strip(self, window: &Window, input: &View) -> bool {
        matches!(
            window,
            Window {
                kernel: (1, 1),
                stride: (1, 1),
                pad_before: (0, 0),
                pad_after: (0, 0),
                ..
            }
        ) && (input.c as usize).is_multiple_of(self.unit())
    }

    /// Where the weight of a row at a depth lies, which is filled up: the byte, for [`Packing::Pairs`] the lane's lower byte.
    const fn place(self, depth: usize, row: usize, k: usize) -> usize {
        let (block, r) = (row / BLOCK * BLOCK * depth, row % BLOCK);
        match self {
            Packing::Pairs => {
                let (unit, k) = (k / 4, k % 4);
                block + 16 * unit + 8 * (r / 2) + 4 * (k % 2) + 2 * (k / 2)
            }
            Packing::Quads => block + BLOCK * k + r,
            Packing::Vectors => block + 16 * (BLOCK * (k / 16) + r) + k % 16,
            Packing::Squares => block + 2 * (BLOCK * (k / 2) + r) + k % 2,
        }
    }

    /// The weight of a row of a packed matrix, whose depth is filled up to `depth`. [`Packing::Pairs`] gives 128 for an odd
    /// row's -128 that stood beside a negative weight.
    pub(crate) fn weight(self, bytes: &[i8], depth: usize, row: usize, k: usize) -> i32 {
        let packing = self.here();
        let place = packing.place(depth, row, k);
        match packing {
            Packing::Pairs => {
                let lane = bytes.get(place..).and_then(|rest| rest.first_chunk());
                let lane = lane.copied().unwrap_or([0; 2]);
                let even = i32::from(lane[0]);
                let both = i16::from_le_bytes(lane.map(i8::cast_unsigned));
                let odd = (i32::from(both) - even) >> 8;
                if row.is_multiple_of(2) { even } else { odd }
            }
            Packing::Squares => byte(bytes, place, RAISE) ^ i32::from(RAISE),
            Packing::Quads | Packing::Vectors => byte(bytes, place, 0),
        }
    }

    /// The weight of a channel's tap, of so many and so many in a row, of packed depthwise filters.
    pub(crate) fn filter_weight(
        self,
        bytes: &[i8],
        (taps, columns): (usize, usize),
        channel: usize,
        tap: usize,
    ) -> i32 {
        let (block, c) = (channel / BLOCK, channel % BLOCK);
        match self.here() {
            Packing::Pairs => {
                // No window that was checked is without columns; the compiler does not know it.
                let lane = Packing::paired_tap(columns.max(1), tap, c);
                let lane = block * taps * BLOCK + lane;
                let lane = bytes.as_chunks::<2>().0.get(lane).copied();
                let lane = lane.unwrap_or([0; 2]).map(i8::cast_unsigned);
                // One that is no byte is refused as one that is too large.
                let value = i16::from_le_bytes(lane).into();
                if value < i32::from(i8::MIN) {
                    i32::MAX
                } else {
                    value
                }
            }
            packing => byte(bytes, packing.filter(taps, block, tap) * BLOCK + c, 0),
        }
    }

    /// Writes the matrix `weight(row, k)` to `out`, [`Packing::weights_len`] bytes.
    ///
    /// Bytes past the end of `out` are left out. Weights that the order [cannot hold](self) become others, which the ops' checks
    /// refuse.
    pub fn pack(
        self,
        rows: usize,
        depth: usize,
        out: &mut [u8],
        weight: impl Fn(usize, usize) -> i8,
    ) {
        let padded = |row: usize, k: usize| {
            if row < rows && k < depth {
                weight(row, k)
            } else {
                0
            }
        };
        for row in 0..Packing::rows(rows).or_beyond() {
            for k in 0..self.depth(depth) {
                let place = self.place(self.depth(depth), row, k);
                if self == Packing::Squares {
                    put(out, place, padded(row, k) ^ RAISE);
                } else if self != Packing::Pairs {
                    put(out, place, padded(row, k));
                } else if row % 2 == 0 {
                    let odd = i16::from(padded(row + 1, k)).wrapping_mul(256);
                    let lane = odd.wrapping_add(padded(row, k).into());
                    let [low, high] = lane.to_le_bytes();
                    put(out, place, low.cast_signed());
                    put(out, place + 1, high.cast_signed());
                }
            }
        }
    }

    /// Writes the filters `weight(row, k)` of a convolution, `[rows, kh, kw, channels]` with `taps` = `(kh, kw)`, as
    /// [`Packing::pack`] a matrix of as much depth.
    pub fn pack_conv(
        self,
        rows: usize,
        taps: (usize, usize),
        channels: usize,
        out: &mut [u8],
        weight: impl Fn(usize, usize) -> i8,
    ) {
        let depth = taps.0 * taps.1 * channels;
        self.pack(rows, depth, out, |row, k| {
            let (tap, channel) = (k / channels, k % channels);
            let tap = match self.by_strips() {
                true => tap % taps.0 * taps.1 + tap / taps.0,
                false => tap,
            };
            weight(row, tap * channels + channel)
        });
    }

    /// Writes the depthwise filters `weight(tap, channel)`, `(rows, columns)` of taps, to `out`,
    /// [`Packing::depthwise_len`] bytes.
    pub fn pack_depthwise(
        self,
        (rows, columns): (usize, usize),
        channels: usize,
        out: &mut [u8],
        weight: impl Fn(usize, usize) -> i8,
    ) {
        let taps = rows * columns;
        for channel in 0..self.depthwise_channels(channels).or_beyond() {
            for tap in 0..taps {
                let value = if channel < channels {
                    weight(tap, channel)
                } else {
                    0
                };
                let (block, c) = (channel / BLOCK, channel % BLOCK);
                let first = self.filter(taps, block, tap) * BLOCK;
                if self == Packing::Pairs {
                    let lane = Packing::paired_tap(columns, tap, c);
                    let place = 2 * (block * taps * BLOCK + lane);
                    let [low, high] = i16::from(value).to_le_bytes();
                    put(out, place, low.cast_signed());
                    put(out, place + 1, high.cast_signed());
                } else {
                    put(out, first + c, value);
                }
            }
        }
    }
}

/// `2G * g * (2G)^T`, `[4, 4]`, of a filter `[3, 3]`.
fn winograd_filter(g: [i16; 9]) -> [i16; 16] {
    let doubled = |a: i16, b: i16, c: i16| [2 * a, a + b + c, a - b + c, 2 * c];
    let columns: [[i16; 4]; 3] = core::array::from_fn(|j| doubled(g[j], g[3 + j], g[6 + j]));
    let [a, b, c] = columns;
    let mut positions = [0; 16];
    for (row, ((&a, &b), &c)) in positions
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(a.iter().zip(&b).zip(&c))
    {
        *row = doubled(a, b, c);
    }
    positions
}

/// The filter `[3, 3]` whose [`winograd_filter`] this is, or `None`.
#[cfg(winograd)]
pub(crate) fn winograd_original(positions: &[i16; 16]) -> Option<[i16; 9]> {
    let half = |[two_a, sum, _, two_c]: [i16; 4]| {
        let (a, c) = (two_a >> 1, two_c >> 1);
        [a, sum.wrapping_sub(a).wrapping_sub(c), c]
    };
    let mut columns = [[0; 4]; 3];
    for (i, row) in positions.as_chunks::<4>().0.iter().enumerate() {
        for (column, value) in columns.iter_mut().zip(half(*row)) {
            column[i & 3] = value;
        }
    }
    let [a, b, c] = columns.map(half);
    let filter = [a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]];
    let small = filter.iter().all(|&weight| i8::try_from(weight).is_ok());
    (small && winograd_filter(filter) == *positions).then_some(filter)
}

/// A byte's value; `other` where there is none.
fn byte(bytes: &[i8], place: usize, other: i8) -> i32 {
    bytes.get(place).copied().unwrap_or(other).into()
}

fn put(out: &mut [u8], place: usize, value: i8) {
    if let Some(byte) = out.get_mut(place) {
        *byte = value.cast_unsigned();
    }
}

/// What turns a row's sum into a stored value, 16 bytes in the file: bias, multiplier, add, shift.
///
/// With `sum` over the weights and the stored inputs, zero points left alone:
/// - nearest: `((sum + bias) << left) * multiplier >> 32`, then `(that + add) >> shift`;
/// - tflite: `high = (2 * sum + bias) * multiplier + 2^31 >> 32`, then `(high + (high >> 31) + add) >> shift`; `bias` is stored doubled.
///
/// Both are the rules of [`crate::num`] for the shifts that [`Factor::new`] takes; the output's zero point is in `add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Factor {
    /// Added to the sum; with the input's zero point times the row's weights taken off. Doubled for tflite.
    pub bias: i32,
    /// Q31 mantissa.
    pub multiplier: i32,
    /// Half of the last place, and the output's zero point in front of it.
    pub add: i32,
    /// Right shift, 1 to [`MAX_SHIFT`].
    pub shift: i32,
}

impl Factor {
    /// The factor of a row with `bias`, whose weights add up to `weight_sum`.
    ///
    /// `multiplier` and `shift` as [`crate::model::records::Scale`]. `None` where the plain op is needed: the shift is
    /// too large or too small for a 32-bit high product, or the bias leaves the range of sums.
    pub fn new(
        rounding: Rounding,
        bias: i32,
        (weight_sum, input_zero_point): (i32, i8),
        (multiplier, shift): (i32, i8),
        output_zero_point: i8,
        left: u8,
    ) -> Option<Factor> {
        let folded =
            i64::from(bias) - i64::from(weight_sum).checked_mul(i64::from(input_zero_point))?;
        let bias = i32::try_from(folded)
            .ok()
            .filter(|bias| bias.unsigned_abs() < ACC_LIMIT as u32)?;
        let right = match rounding {
            Rounding::Nearest => i32::from(left) - i32::from(shift) - 1,
            Rounding::Tflite => -i32::from(shift),
        };
        // A row that is always zero point may have any shift.
        let right = if multiplier == 0 { 1 } else { right };
        if !(1..=MAX_SHIFT).contains(&right) || (rounding == Rounding::Tflite && left > 0) {
            return None;
        }
        Some(Factor {
            bias: match rounding {
                Rounding::Nearest => bias,
                Rounding::Tflite => 2 * bias,
            },
            multiplier,
            add: (1 << (right - 1)) + (i32::from(output_zero_point) << right),
            shift: right,
        })
    }

    /// The factor's words as they lie in the file.
    pub const fn words(self) -> [i32; 4] {
        [self.bias, self.multiplier, self.add, self.shift]
    }

    /// A factor from its words.
    pub const fn from_words([bias, multiplier, add, shift]: [i32; 4]) -> Factor {
        Factor {
            bias,
            multiplier,
            add,
            shift,
        }
    }

    /// A row's result before saturation.
    #[inline(always)]
    pub fn apply(self, rounding: Rounding, left: u32, sum: i32) -> i32 {
        let high =
            |x: i32, half: i64| ((i64::from(x) * i64::from(self.multiplier) + half) >> 32) as i32;
        let high = match rounding {
            Rounding::Nearest => high(sum.wrapping_add(self.bias).wrapping_shl(left), 0),
            Rounding::Tflite => {
                let high = high(sum.wrapping_shl(1).wrapping_add(self.bias), 1 << 31);
                high.wrapping_add(high >> 31)
            }
        };
        high.wrapping_add(self.add) >> (self.shift & 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{nearest, saturate_i8, tflite};

    #[test]
    fn factors_follow_the_rounding_rules() {
        let mut state = 1u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as i32
        };
        for round in 0..200_000 {
            let rounding = [Rounding::Nearest, Rounding::Tflite][round % 2];
            let (sum, bias) = ((next() >> (next() % 20 + 2)) - (1 << 20), next() >> 12);
            let multiplier = (1 << 30) + (next() >> 1) % (1 << 30);
            let (shift, zero_point) = (-(next() % 22) as i8, next() as i8);
            let Some(factor) =
                Factor::new(rounding, bias, (0, 0), (multiplier, shift), zero_point, 0)
            else {
                assert!(!(-21..=-2).contains(&shift), "{shift}");
                continue;
            };
            let wanted = match rounding {
                Rounding::Nearest => nearest(sum + bias, multiplier, shift.into()),
                Rounding::Tflite => tflite(sum + bias, multiplier, shift.into()),
            };
            let wanted = saturate_i8(wanted.clamp(-1000, 1000) + i32::from(zero_point));
            assert_eq!(
                saturate_i8(factor.apply(rounding, 0, sum)),
                wanted,
                "{factor:?} {sum}"
            );
        }
    }

    #[test]
    fn transformed_filters_are_known_from_all_others() {
        let mut state = 1u64;
        let mut next = move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as u32
        };
        for round in 0..20_000 {
            let any = |bits: u32| match round % 4 {
                0 => -128,
                1 => [-128, 127][bits as usize % 2],
                _ => i16::from(bits as u8 as i8),
            };
            let filter = core::array::from_fn(|_| any(next()));
            let mut positions = winograd_filter(filter);
            assert_eq!(winograd_original(&positions), Some(filter));
            positions[next() as usize % 16] ^= 1 << (next() % 16);
            assert_eq!(winograd_original(&positions), None, "{filter:?}");
        }
        let too_small = winograd_filter([-129, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(winograd_original(&too_small), None);
    }

    #[test]
    fn the_zero_point_is_folded_into_the_bias() {
        let factor = Factor::new(Rounding::Nearest, 100, (7, -3), (1 << 30, -4), 5, 0);
        assert_eq!(
            factor.map(|f| (f.bias, f.add, f.shift)),
            Some((121, 4 + (5 << 3), 3))
        );
    }

    #[test]
    fn packing_is_a_permutation() {
        for packing in Packing::ALL {
            let (rows, depth) = (7, 21);
            let mut out = std::vec![0x55; packing.weights_len(rows, depth).get().unwrap()];
            packing.pack(rows, depth, &mut out, |row, k| {
                ((row * depth + k) as i32 - 64) as i8
            });
            let mut seen: std::vec::Vec<i8> = if packing == Packing::Pairs {
                let lanes = out.chunks(2).map(|l| i16::from_le_bytes([l[0], l[1]]));
                lanes
                    .flat_map(|lane| [lane as i8, ((lane - i16::from(lane as i8)) >> 8) as i8])
                    .collect()
            } else {
                let raise = if packing == Packing::Squares {
                    RAISE
                } else {
                    0
                };
                out.iter().map(|&byte| byte as i8 ^ raise).collect()
            };
            seen.sort_unstable();
            let mut wanted: std::vec::Vec<i8> =
                (0..rows * depth).map(|i| (i as i32 - 64) as i8).collect();
            wanted.resize(seen.len(), 0);
            wanted.sort_unstable();
            assert_eq!(seen, wanted, "{packing:?}");
        }
    }
}
