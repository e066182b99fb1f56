//! Cases of recurrent layers and of reading their state.

use heapless::Vec;

use super::bench::{Bench, Digest, accepted, span};
use super::oracle::{factor, requantise};
use super::{Mismatch, SplitMix64};
use crate::model::records::{
    Blob, Cell, Direction, ReadMode, Requant, Rnn, RnnRead, Rounding, View,
};
use crate::num::{sigmoid_q15, tanh_q15};
use crate::ops;
use crate::ops::rnn::{MAX_MEAN_STEPS, StateLayout, rnn_scratch_len, state_len};
use crate::tensor::Weights;

/// Most units of a case.
const MAX_HIDDEN: usize = 12;

pub(super) fn rnn(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let op = record(rng, &mut bench)?;
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::rnn::check(&op, &weights))?;
    let (width, hidden) = (usize::from(op.input.c), usize::from(op.hidden));
    let (most, steps) = (
        usize::from(op.input.h),
        rng.between(0, op.input.h.into()) as usize,
    );
    let input = bench.memory.random(rng, most * width)?;
    let (output, again) = (
        bench.memory.i8s(most * hidden)?,
        bench.memory.i8s(most * hidden)?,
    );
    // Rows of steps that there are not stay as they were.
    output.fill(-91);
    again.fill(-91);
    let len = state_len(op.cell, op.hidden);
    let (state, second, scratch) = (
        bench.memory.bytes(len)?,
        bench.memory.bytes(len)?,
        bench.memory.bytes(rnn_scratch_len(op.cell, op.hidden))?,
    );
    start(rng, &op, state);
    second.copy_from_slice(state);
    let mut oracle = Oracle::load(&op, state);
    ops::rnn(&op, &weights, steps, input, Some(output), state, scratch);

    let mut digest = Digest::new();
    for step in 0..steps {
        let t = if op.direction == Direction::Forward {
            step
        } else {
            steps - 1 - step
        };
        oracle.step(&op, &weights, &input[t * width..][..width]);
        for unit in 0..hidden {
            digest.expect(
                t * hidden + unit,
                output[t * hidden + unit],
                narrow(oracle.h[unit]),
            )?;
        }
        // The same step alone, on a state that was saved and loaded.
        let one = scratch_copy(second);
        second.copy_from_slice(&one[..len]);
        let rows = (
            &input[t * width..][..width],
            &mut again[t * hidden..][..hidden],
        );
        ops::rnn(&op, &weights, 1, rows.0, Some(rows.1), second, scratch);
    }
    oracle.compare(&op, state, &mut digest)?;
    for (i, (&one, &other)) in state.iter().zip(second.iter()).enumerate() {
        digest.expect(i, one, other.into())?;
    }
    for (i, (&one, &other)) in output.iter().zip(again.iter()).enumerate() {
        digest.expect(i, one, other.into())?;
    }
    Ok(digest)
}

pub(super) fn read(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let cell = *rng.pick(&[Cell::Elman, Cell::Gru, Cell::Lstm]);
    let hidden = rng.size(40);
    let len = state_len(cell, hidden);
    let output = View {
        offset: 0,
        h: 1,
        w: 1,
        c: hidden,
        zero_point: 0,
    };
    let op = RnnRead {
        cell,
        state: span(len),
        mode: *rng.pick(&[ReadMode::Last, ReadMode::Mean]),
        output,
    };
    accepted(ops::rnn::check_read(&op))?;
    let (state, y) = (bench.memory.bytes(len)?, bench.memory.i8s(hidden.into())?);
    let layout = StateLayout::new(cell, hidden);
    layout.reset(state);
    let parts = layout.split_mut(state).ok_or(Mismatch::Workspace)?;
    let steps = *rng.pick(&[0, 1, 2, 3, 7, 98, 1000, i64::from(MAX_MEAN_STEPS)]);
    *parts.steps = steps as u32;
    for (h, sum) in parts.h.iter_mut().zip(parts.sums.iter_mut()) {
        *h = if steps == 0 { 0 } else { q15(rng) };
        *sum = (i64::from(q15(rng)) * steps + rng.between(-steps, steps))
            .clamp(-32_768 * steps, 32_767 * steps) as i32;
    }
    ops::rnn_read(&op, state, y);
    let state = layout.split(state).ok_or(Mismatch::Workspace)?;
    let mut digest = Digest::new();
    for (i, &value) in y.iter().enumerate() {
        let wanted = match op.mode {
            ReadMode::Last => narrow(state.h[i].into()),
            ReadMode::Mean => {
                let divisor = 256 * steps.max(1);
                (i64::from(state.sums[i]) + divisor / 2)
                    .div_euclid(divisor)
                    .clamp(-128, 127)
            }
        };
        digest.expect(i, value, wanted)?;
    }
    Ok(digest)
}

fn record(rng: &mut SplitMix64, bench: &mut Bench<'_>) -> Result<Rnn, Mismatch> {
    let cell = *rng.pick(&[Cell::Elman, Cell::Gru, Cell::Lstm]);
    let (steps, width, hidden) = (rng.size(6), rng.size(9), rng.size(MAX_HIDDEN as u16));
    let rows = cell.gates() * usize::from(hidden);
    let input = View {
        offset: 0,
        h: steps,
        w: 1,
        c: width,
        zero_point: rng.zero_point(),
    };
    let (columns, units) = (usize::from(width), usize::from(hidden));
    Ok(Rnn {
        cell,
        direction: *rng.pick(&[Direction::Forward, Direction::Backward]),
        input,
        hidden,
        state: span(state_len(cell, hidden)),
        scratch: span(rnn_scratch_len(cell, hidden)),
        x_weights: bench.weights.i8s(rng, rows * columns, -128)?,
        x_bias: bench.weights.bias(rng, rows, columns)?,
        x_requant: bench
            .weights
            .requant(rng, Rounding::Nearest, rows, columns, 7)?,
        h_weights: bench.weights.i8s(rng, rows * units, -128)?,
        h_bias: bench.weights.bias(rng, rows, units)?,
        h_requant: bench
            .weights
            .requant(rng, Rounding::Nearest, rows, units, 7)?,
        output: Some(View {
            c: hidden,
            zero_point: 0,
            ..input
        }),
    })
}

/// Zeros, or any state at all, near the end of counting at times.
pub(super) fn start(rng: &mut SplitMix64, op: &Rnn, state: &mut [u8]) {
    let layout = StateLayout::new(op.cell, op.hidden);
    layout.reset(state);
    if rng.one_in(2) {
        return;
    }
    let Some(parts) = layout.split_mut(state) else {
        return;
    };
    *parts.steps = *rng.pick(&[1, 5, MAX_MEAN_STEPS - 2, MAX_MEAN_STEPS]);
    parts
        .sums
        .iter_mut()
        .for_each(|sum| *sum = rng.between(-(1 << 29), 1 << 29) as i32);
    parts
        .h
        .iter_mut()
        .chain(parts.c)
        .for_each(|value| *value = q15(rng));
}

/// Any int16, extremes among them.
fn q15(rng: &mut SplitMix64) -> i16 {
    if rng.one_in(5) {
        *rng.pick(&[i16::MIN, i16::MAX, 0, -1])
    } else {
        rng.between(-32_768, 32_767) as i16
    }
}

/// A state's bytes, out of the way while its memory is used otherwise.
fn scratch_copy(state: &mut [u8]) -> [u8; 4 + 8 * MAX_HIDDEN] {
    let mut copy = [0; 4 + 8 * MAX_HIDDEN];
    copy[..state.len()].copy_from_slice(state);
    state.fill(0xff);
    copy
}

/// A layer's state in wide integers.
struct Oracle {
    steps: i64,
    sums: Vec<i64, MAX_HIDDEN>,
    h: Vec<i64, MAX_HIDDEN>,
    c: Vec<i64, MAX_HIDDEN>,
}

impl Oracle {
    fn load(op: &Rnn, state: &[u8]) -> Self {
        let words = |at: usize, n: usize| {
            (0..n).map(move |i| {
                i32::from_le_bytes([
                    state[at + 4 * i],
                    state[at + 4 * i + 1],
                    state[at + 4 * i + 2],
                    state[at + 4 * i + 3],
                ])
                .into()
            })
        };
        let halves = |at: usize, n: usize| {
            (0..n)
                .map(move |i| i16::from_le_bytes([state[at + 2 * i], state[at + 2 * i + 1]]).into())
        };
        let n = usize::from(op.hidden);
        let c = if op.cell == Cell::Lstm { n } else { 0 };
        Oracle {
            steps: words(0, 1).sum(),
            sums: words(4, n).collect(),
            h: halves(4 + 4 * n, n).collect(),
            c: halves(4 + 6 * n, c).collect(),
        }
    }

    /// Every number of the state.
    fn compare(&self, op: &Rnn, state: &[u8], digest: &mut Digest) -> Result<(), Mismatch> {
        let got = Oracle::load(op, state);
        let all = |o: &Oracle| {
            [o.steps]
                .into_iter()
                .chain(o.sums.clone())
                .chain(o.h.clone())
                .chain(o.c.clone())
                .collect::<Vec<i64, { 1 + 3 * MAX_HIDDEN }>>()
        };
        for (i, (got, wanted)) in all(&got).into_iter().zip(all(self)).enumerate() {
            digest.expect(i, got as i32, wanted)?;
        }
        Ok(())
    }

    fn step(&mut self, op: &Rnn, weights: &Weights<'_>, x: &[i8]) {
        let n = usize::from(op.hidden);
        let before = self.h.clone();
        let from_x = |row: usize| {
            let terms = x
                .iter()
                .map(|&x| i64::from(x) - i64::from(op.input.zero_point));
            project(
                weights,
                (op.x_weights, op.x_bias, op.x_requant),
                row,
                x.len(),
                terms,
            )
        };
        let from_h = |row: usize| {
            project(
                weights,
                (op.h_weights, op.h_bias, op.h_requant),
                row,
                n,
                before.iter().map(|&h| narrow(h)),
            )
        };
        for unit in 0..n {
            let whole = |gate: usize| saturate(from_x(gate * n + unit) + from_h(gate * n + unit));
            self.h[unit] = match op.cell {
                Cell::Elman => tanh(whole(0)),
                Cell::Gru => {
                    let (reset, keep) = (sigmoid(whole(0)), sigmoid(whole(1)));
                    let new = tanh(saturate(
                        from_x(2 * n + unit) + half_up(reset * from_h(2 * n + unit), 15),
                    ));
                    saturate(half_up((32_768 - keep) * new + keep * before[unit], 15))
                }
                Cell::Lstm => {
                    let (write, keep, new, open) = (
                        sigmoid(whole(0)),
                        sigmoid(whole(1)),
                        tanh(whole(2)),
                        sigmoid(whole(3)),
                    );
                    self.c[unit] =
                        saturate(half_up(keep * self.c[unit] + half_up(write * new, 3), 15));
                    half_up(open * tanh(self.c[unit]), 15)
                }
            };
        }
        if self.steps < i64::from(MAX_MEAN_STEPS) {
            self.steps += 1;
            self.sums
                .iter_mut()
                .zip(&self.h)
                .for_each(|(sum, h)| *sum += h);
        }
    }
}

/// One row of a matrix product, in Q3.12.
fn project(
    weights: &Weights<'_>,
    (matrix, bias, requant): (Blob, Blob, Requant),
    row: usize,
    columns: usize,
    x: impl Iterator<Item = i64>,
) -> i64 {
    let products = x
        .enumerate()
        .map(|(i, x)| i64::from(weights.i8s(matrix)[row * columns + i]) * x);
    let (multiplier, shift) = factor(weights, &requant, row);
    saturate(requantise(
        Rounding::Nearest,
        i64::from(weights.i32s(bias)[row]) + products.sum::<i64>(),
        multiplier,
        shift,
    ))
}

fn half_up(x: i64, bits: u32) -> i64 {
    (x + (1 << (bits - 1))).div_euclid(1 << bits)
}

fn saturate(x: i64) -> i64 {
    x.clamp(-32_768, 32_767)
}

fn narrow(h: i64) -> i64 {
    half_up(h, 8).min(127)
}

fn sigmoid(x: i64) -> i64 {
    sigmoid_q15(x as i16).into()
}

fn tanh(x: i64) -> i64 {
    tanh_q15(x as i16).into()
}
