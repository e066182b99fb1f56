//! Cases of convolution, depthwise convolution and fully connected layers with packed weights.
//!
//! One case runs every packing that this build reads, each against the same direct formula, so that a board's digest
//! equals the host's. Weights come from a formula rather than from memory: they exist packed only.

use super::Mismatch;
use super::SplitMix64;
use super::bench::{Bench, Digest, Section, accepted, span};
use super::conv::geometry;
use super::oracle::{index, place, position, requantise, store};
use crate::model::records::{
    Blob, Clamp, FusedPool, Packed, PackedConv, PackedDense, PackedDepthwise, Packing, PoolKind,
    Rounding, View, Window,
};
use crate::ops::{self, OpError, packed};
use crate::pack::{BLOCK, Factor};
use crate::window::Axis;

/// Most bytes of packed weights of a case.
const MOST_WEIGHTS: usize = 3072;

/// A matrix `[rows, depth]` by formula, and the factors of its rows.
#[derive(Clone, Copy)]
pub(super) struct Source {
    /// Whether -128 stands wherever the formula says, also where some order cannot hold it.
    everywhere: bool,
    rows: usize,
    depth: usize,
    rounding: Rounding,
    seed: u64,
    style: i64,
    shift: i64,
    largest_bias: i64,
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
        let multiplier = match rng.between(0, 9) {
            0 => 0,
            1 => 1 << 30,
            2 => i32::MAX,
            _ => rng.between(1 << 30, i32::MAX.into()) as i32,
        };
        (bias, multiplier, self.shift as i8)
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
    fn transformed(
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
        let (blob, bytes) = section.packed(16 * rows)?;
        for (row, bytes) in bytes.chunks_exact_mut(16).enumerate() {
            let sum = (0..self.depth)
                .map(|k| i32::from(self.weight(row, k)))
                .sum();
            let (bias, multiplier, shift) = self.factor(row);
            let scale = (multiplier, shift);
            let factor = Factor::new(self.rounding, bias, (sum, input), scale, output, 0)
                .ok_or(Mismatch::Workspace)?;
            for (word, bytes) in factor.words().iter().zip(bytes.chunks_exact_mut(4)) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
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

impl Source {
    /// Compares a convolution's outputs, pooled or not, with the direct formula.
    fn compare(&self, op: &PackedConv, x: &[i8], got: &[i8]) -> Result<Digest, Mismatch> {
        let conv = |y: usize, px: usize, channel: usize| {
            let sum = window_sum(&op.window, &op.input, x, (y, px), |i, j, c, x| {
                let tap = i * usize::from(op.window.kernel.1) + j;
                i64::from(self.weight(channel, tap * usize::from(op.input.c) + c)) * x
            });
            self.store(channel, sum, &op.output, &op.clamp)
        };
        let written = op.pool.map_or(op.output, |pool| pool.output);
        let mut digest = Digest::new();
        for (n, &value) in got.iter().enumerate() {
            let (py, px, channel) = place(&written, n);
            let wanted = match &op.pool {
                None => conv(py, px, channel),
                Some(pool) => pooled(pool, &op.output, (py, px), |y, x| conv(y, x, channel)),
            };
            digest.expect(n, value, wanted)?;
        }
        Ok(digest)
    }
}

/// Whether every order holds -128 here, with these weights of other rows at the same place: no neighbour of the row has one,
/// and an odd row's has no negative weight before it.
pub(super) fn holds_lowest(row: usize, k: usize, weight: impl Fn(usize) -> i8) -> bool {
    k.is_multiple_of(2) && (row.is_multiple_of(2) || weight(row - 1) >= 0)
}

/// Whether a layer can be run; the check must refuse exactly what cannot.
pub(super) fn taken(check: Result<(), OpError>, is_refused: bool) -> Result<bool, Mismatch> {
    match (check, is_refused) {
        (Ok(()), false) => Ok(true),
        (Ok(()), true) => Err(Mismatch::Accepted),
        (Err(OpError::Weights), true) => Ok(false),
        (Err(error), _) => Err(Mismatch::Refused(error)),
    }
}

/// The packings that this build reads.
pub(super) fn packings() -> impl Iterator<Item = Packing> {
    Packing::ALL
        .into_iter()
        .filter(|packing| packing.runs_here())
}

/// Every packing with -128 everywhere, at times, and then with weights that all orders hold alike.
fn each(source: Source) -> impl Iterator<Item = (Packing, Source)> {
    let lowest = packings().zip(source.lowest().into_iter().cycle());
    lowest.chain(packings().map(move |packing| (packing, source)))
}

pub(super) fn dense(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let view = |rng: &mut SplitMix64, c: u16| View {
        offset: 0,
        h: 1,
        w: 1,
        c,
        zero_point: rng.zero_point(),
    };
    // At times longer than what the lanes of `Pairs` hold.
    let long = rng.one_in(12);
    let columns = if long {
        rng.between(500, 700) as u16
    } else {
        rng.size(90)
    };
    let input = view(rng, columns);
    let most = MOST_WEIGHTS / usize::from(columns).next_multiple_of(16);
    let channels = rng.size((most / BLOCK * BLOCK).min(21) as u16);
    let output = view(rng, channels);
    let (n, m) = (input.len(), output.len());
    let source = Source::new(rng, m, n);
    let clamp = rng.clamp();
    let misaligned = rng.between(0, 3) as usize;
    let x = &*bench
        .memory
        .random(rng, misaligned + n)?
        .split_at_mut(misaligned)
        .1;
    let y = bench.memory.i8s(m)?;
    let scratch = bench.memory.bytes(n.next_multiple_of(16))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        let op = PackedDense {
            input,
            output,
            matrix: source.packed(&mut bench.weights, packing, Filters::Dense, zero_points)?,
            clamp,
            scratch: span(scratch.len()),
        };
        let weights = bench.weights.view();
        let refused = source.is_refused(packing, Filters::Dense);
        if !taken(packed::check_dense(&op, &weights), refused)? {
            continue;
        }
        ops::packed_dense(&op, &weights, x, y, scratch);
        digest = Digest::new();
        for (row, &value) in y.iter().enumerate() {
            let products = x.iter().enumerate().map(|(k, &x)| {
                i64::from(source.weight(row, k)) * (i64::from(x) - i64::from(input.zero_point))
            });
            digest.expect(
                row,
                value,
                source.store(row, products.sum(), &output, &clamp),
            )?;
        }
    }
    Ok(digest)
}

pub(super) fn conv2d(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (shape, window, (oh, ow)) = geometry(rng, true);
    let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
    let depth = if rng.one_in(3) { 40 } else { 9 };
    // The panel of `Pairs` is the largest thing in memory.
    let most = (220 / taps).clamp(1, 1200 / shape.len());
    let input = View {
        c: rng.size(depth.min(most as u16)),
        ..shape
    };
    let terms = taps * usize::from(input.c);
    let most = (MOST_WEIGHTS - 256) / terms.next_multiple_of(16) / BLOCK * BLOCK;
    let most = most.min(800 / (usize::from(oh) * usize::from(ow)));
    let output = View {
        offset: 0,
        h: oh,
        w: ow,
        c: rng.size(most.clamp(1, 17) as u16),
        zero_point: rng.zero_point(),
    };
    let source = Source::new(rng, output.c.into(), terms);
    let clamp = rng.clamp();
    let pool = pool(rng, &output);
    let x = &*bench.memory.random(rng, input.len())?;
    let written = pool.map_or(output, |pool| pool.output);
    let y = bench.memory.i8s(written.len())?;
    let rows = bench
        .memory
        .i8s(pool.map_or(0, |pool| pool.rows(&output).len()))?;
    let scratch_len = packings()
        .map(|packing| packing.conv_scratch_len(&window, &input, ow).or_beyond())
        .max();
    let scratch = bench.memory.bytes(scratch_len.unwrap_or(0))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        let filters = Filters::Conv((window.kernel.0.into(), window.kernel.1.into()));
        let op = PackedConv {
            input,
            output,
            window,
            matrix: source.packed(&mut bench.weights, packing, filters, zero_points)?,
            clamp,
            scratch: span(scratch.len()),
            pool,
        };
        let weights = bench.weights.view();
        let refused = source.is_refused(packing, filters);
        if !taken(packed::check_conv(&op, &weights), refused)? {
            continue;
        }
        ops::packed_conv2d(&op, &weights, x, y, rows, scratch);
        digest = source.compare(&op, x, y)?;
    }
    Ok(digest)
}

pub(super) fn winograd(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let mut pad = || (rng.between(0, 2) as u16, rng.between(0, 2) as u16);
    let window = Window {
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: pad(),
        pad_after: pad(),
    };
    // No fewer rows and columns than the filter has, with the padding.
    let size = |rng: &mut SplitMix64, before: u16, after: u16| {
        rng.between(i64::from(3u16.saturating_sub(before + after).max(1)), 7) as u16
    };
    let (h, w) = (
        size(rng, window.pad_before.0, window.pad_after.0),
        size(rng, window.pad_before.1, window.pad_after.1),
    );
    let input = View {
        offset: 0,
        h,
        w,
        c: if rng.one_in(2) {
            BLOCK as u16 * rng.size(3)
        } else {
            rng.size(12)
        },
        zero_point: rng.zero_point(),
    };
    let (rows, columns) = Axis::pair(&window, &input);
    let (oh, ow) = (rows.output_len(), columns.output_len());
    let (oh, ow) = oh.zip(ow).ok_or(Mismatch::Workspace)?;
    let most = (MOST_WEIGHTS - 512) / 64 / usize::from(input.c);
    let output = View {
        offset: 0,
        h: oh as u16,
        w: ow as u16,
        c: 2 * rng.size(most.min(400 / (oh * ow)).clamp(1, 6) as u16),
        zero_point: rng.zero_point(),
    };
    let (channels, filters) = (usize::from(input.c), usize::from(output.c));
    let mut source = Source::new(rng, filters, 9 * channels);
    // Sums with their bias are four times as large on the way.
    source.largest_bias = source.largest_bias.min(1 << 27);
    let clamp = rng.clamp();
    let pool = pool(rng, &output);
    let x = &*bench.memory.random(rng, input.len())?;
    let written = pool.map_or(output, |pool| pool.output);
    let y = bench.memory.i8s(written.len())?;
    let strip = bench
        .memory
        .i8s(pool.map_or(0, |pool| pool.rows(&output).len()))?;
    let scratch_len = packings().map(|packing| {
        packing
            .winograd_scratch_len(filters, channels)
            .or_beyond()
            .max(
                packing
                    .conv_scratch_len(&window, &input, output.w)
                    .or_beyond(),
            )
    });
    let scratch = bench.memory.bytes(scratch_len.max().unwrap_or(0))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        // What a packing takes only as a plain convolution is one, so that digests are the same everywhere.
        let takes = packing.takes_winograd(filters, channels);
        let matrix = if takes {
            source.transformed(&mut bench.weights, packing, channels, zero_points)?
        } else {
            let filters = Filters::Conv((3, 3));
            source.packed(&mut bench.weights, packing, filters, zero_points)?
        };
        let op = PackedConv {
            input,
            output,
            window,
            matrix,
            clamp,
            scratch: span(scratch.len()),
            pool,
        };
        let weights = bench.weights.view();
        if takes {
            accepted(packed::check_winograd(&op, &weights))?;
            ops::winograd_conv2d(&op, &weights, x, y, strip, scratch);
        } else {
            let refused = source.is_refused(packing, Filters::Conv((3, 3)));
            if !taken(packed::check_conv(&op, &weights), refused)? {
                continue;
            }
            ops::packed_conv2d(&op, &weights, x, y, strip, scratch);
        }
        digest = source.compare(&op, x, y)?;
    }
    Ok(digest)
}

pub(super) fn depthwise(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (shape, window, (oh, ow)) = geometry(rng, true);
    let kernel = (window.kernel.0.into(), window.kernel.1.into());
    let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
    let most = 1600 / (shape.len() + usize::from(oh) * usize::from(ow) + taps) / BLOCK;
    let channels = BLOCK as u16 * rng.size(most.clamp(1, 9) as u16);
    let input = View {
        c: channels,
        ..shape
    };
    let output = View {
        offset: 0,
        h: oh,
        w: ow,
        c: channels,
        zero_point: rng.zero_point(),
    };
    let source = Source::new(rng, channels.into(), taps);
    let clamp = rng.clamp();
    let x = &*bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(output.len())?;
    let scratch_len = packings()
        .map(|packing| packing.depthwise_scratch_len(&window, &input).or_beyond())
        .max();
    let scratch = bench.memory.bytes(scratch_len.unwrap_or(0))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        let op = PackedDepthwise {
            input,
            output,
            window,
            matrix: source.packed(
                &mut bench.weights,
                packing,
                Filters::Depthwise(kernel),
                zero_points,
            )?,
            clamp,
            scratch: span(scratch.len()),
        };
        let weights = bench.weights.view();
        let refused = source.is_refused(packing, Filters::Depthwise(kernel));
        if !taken(packed::check_depthwise(&op, &weights), refused)? {
            continue;
        }
        ops::packed_depthwise(&op, &weights, x, y, scratch);
        digest = Digest::new();
        for (n, &value) in y.iter().enumerate() {
            let (py, px, channel) = place(&output, n);
            let sum = window_sum(&window, &input, x, (py, px), |i, j, c, x| {
                if c == channel {
                    i64::from(source.weight(channel, i * usize::from(window.kernel.1) + j)) * x
                } else {
                    0
                }
            });
            digest.expect(n, value, source.store(channel, sum, &output, &clamp))?;
        }
    }
    Ok(digest)
}

/// The sum of `term(tap row, tap, channel, value without zero point)` over the taps of one output that lie inside.
pub(super) fn window_sum(
    window: &Window,
    input: &View,
    x: &[i8],
    out: (usize, usize),
    term: impl Fn(usize, usize, usize, i64) -> i64,
) -> i64 {
    let mut sum = 0;
    for i in 0..usize::from(window.kernel.0) {
        for j in 0..usize::from(window.kernel.1) {
            let Some((y, at)) = position(window, input, out, (i, j)) else {
                continue;
            };
            for c in 0..usize::from(input.c) {
                let value = i64::from(x[index(input, y, at, c)]) - i64::from(input.zero_point);
                sum += term(i, j, c, value);
            }
        }
    }
    sum
}

/// A pooling stage, at times.
fn pool(rng: &mut SplitMix64, conv: &View) -> Option<FusedPool> {
    if !rng.one_in(3) {
        return None;
    }
    let kernel = (rng.size(conv.h.min(3)), rng.size(conv.w.min(3)));
    let stride = (kernel.0 + rng.between(0, 1) as u16, rng.size(3));
    let window = Window {
        kernel,
        stride,
        dilation: (1, 1),
        pad_before: (0, rng.between(0, i64::from(kernel.1) - 1) as u16),
        pad_after: (0, rng.between(0, i64::from(kernel.1) - 1) as u16),
    };
    let (rows, columns) = Axis::pair(&window, conv);
    Some(FusedPool {
        kind: *rng.pick(&[PoolKind::Max, PoolKind::Average]),
        output: View {
            h: rows.output_len()? as u16,
            w: columns.output_len()? as u16,
            ..*conv
        },
        window,
        clamp: rng.clamp(),
    })
}

/// One output of a pooling stage over `conv(y, x)`.
fn pooled(
    pool: &FusedPool,
    conv_output: &View,
    out: (usize, usize),
    conv: impl Fn(usize, usize) -> i64,
) -> i64 {
    let (mut best, mut sum, mut count) = (i64::from(i8::MIN), 0, 0);
    for i in 0..usize::from(pool.window.kernel.0) {
        for j in 0..usize::from(pool.window.kernel.1) {
            if let Some((y, x)) = position(&pool.window, conv_output, out, (i, j)) {
                let value = conv(y, x);
                best = best.max(value);
                sum += value;
                count += 1;
            }
        }
    }
    let value = match pool.kind {
        PoolKind::Max => best,
        PoolKind::Average if sum >= 0 => (sum + count / 2) / count,
        PoolKind::Average => (sum - count / 2) / count,
    };
    value.clamp(pool.clamp.min.into(), pool.clamp.max.into())
}
