//! Cases of the LSTM in TensorFlow Lite's arithmetic, against its equations in wide integers.

use super::bench::{Bench, Digest, accepted, span};
use super::oracle::{divide_by_power, requantise, store};
use super::{Mismatch, SplitMix64};
use crate::model::records::{Blob, Clamp, Rounding, Scale, SequenceLstm, View};
use crate::num::{logistic_16, tanh_16};
use crate::ops;
use crate::ops::sequence_lstm::scratch_len;
use crate::tensor::Weights;

/// Most units of a case.
const MAX_UNITS: usize = 8;

pub(super) fn sequence_lstm(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let op = record(rng, &mut bench)?;
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::sequence_lstm::check(&op, &weights))?;
    let (width, units) = (usize::from(op.input.c), usize::from(op.output.c));
    let x = bench.memory.random(rng, op.input.len())?;
    let y = bench.memory.i8s(op.output.len())?;
    let scratch = bench.memory.bytes(op.scratch.len as usize)?;
    ops::sequence_lstm(&op, &weights, x, y, scratch);
    let mut hidden = [i64::from(op.h_zero_point); MAX_UNITS];
    let mut cell = [0; MAX_UNITS];
    let mut digest = Digest::new();
    for (t, x) in x.chunks_exact(width).enumerate() {
        let before = hidden;
        for unit in 0..units {
            let gate = |gate: usize| pre_activation(&op, &weights, (gate, unit), (x, &before));
            let [i, f, o] = [gate(0), gate(1), gate(3)].map(|x| i64::from(logistic_16(x)));
            let g = i64::from(tanh_16(gate(2), 3));
            let kept = divide_by_power((f * cell[unit]).into(), 15) as i64;
            let new = divide_by_power((i * g).into(), 15 + i32::from(op.cell_bits)) as i64;
            let sum = (kept + new).clamp(-32_768, 32_767);
            cell[unit] = match i64::from(op.cell_clip) {
                0 => sum,
                clip => sum.clamp(-clip, clip),
            };
            let size = i64::from(tanh_16(cell[unit] as i16, op.cell_bits.into()));
            let scaled = requantise(
                Rounding::Tflite,
                o * size,
                op.scale.multiplier,
                op.scale.shift,
            );
            hidden[unit] = store(scaled, &op.output, &FULL);
            let at = t * units + unit;
            digest.expect(at, y[at], hidden[unit])?;
        }
    }
    Ok(digest)
}

const FULL: Clamp = Clamp {
    min: -128,
    max: 127,
};

/// What a gate's function is of, Q3.12.
fn pre_activation(
    op: &SequenceLstm,
    weights: &Weights<'_>,
    (gate, unit): (usize, usize),
    (x, hidden): (&[i8], &[i64]),
) -> i16 {
    let row = gate * usize::from(op.output.c) + unit;
    let values = |blob: Blob, len: usize| weights.i8s(blob)[row * len..][..len].iter();
    let x_terms = values(op.x_weights, x.len())
        .zip(x)
        .map(|(&w, &x)| i64::from(w) * (i64::from(x) - i64::from(op.input.zero_point)));
    let x_sum = i64::from(weights.i32s(op.x_bias)[row]) + x_terms.sum::<i64>();
    let h_terms = values(op.h_weights, op.output.c.into())
        .zip(hidden)
        .map(|(&w, &h)| i64::from(w) * (h - i64::from(op.h_zero_point)));
    let saturate = |value: i64| value.clamp(-32_768, 32_767);
    let scaled =
        |sum: i64, scale: &Scale| requantise(Rounding::Tflite, sum, scale.multiplier, scale.shift);
    let of_x = saturate(scaled(x_sum, &op.x_scales[gate]));
    saturate(of_x + scaled(h_terms.sum(), &op.h_scales[gate])) as i16
}

fn record(rng: &mut SplitMix64, bench: &mut Bench<'_>) -> Result<SequenceLstm, Mismatch> {
    let (steps, width, units) = (rng.size(6), rng.size(9), rng.size(MAX_UNITS as u16));
    let view = |c: u16, zero_point: i8| View {
        offset: 0,
        h: steps,
        w: 1,
        c,
        zero_point,
    };
    let rows = 4 * usize::from(units);
    let (x_terms, h_terms) = (usize::from(width), usize::from(units));
    // Sums of about 2^14 become int16.
    let mut scales = || core::array::from_fn(|_| rng.scale(6, -31, 30));
    let (x_scales, h_scales) = (scales(), scales());
    Ok(SequenceLstm {
        input: view(width, rng.zero_point()),
        output: view(units, rng.zero_point()),
        x_weights: bench.weights.i8s(rng, rows * x_terms, -128)?,
        x_bias: bench.weights.bias(rng, rows, x_terms)?,
        x_scales,
        h_zero_point: rng.zero_point(),
        h_weights: bench.weights.i8s(rng, rows * h_terms, -128)?,
        h_scales,
        cell_bits: rng.between(0, 6) as u8,
        cell_clip: match rng.one_in(2) {
            true => 0,
            false => rng.between(1, 32_767) as u16,
        },
        scale: rng.scale(29, -31, 30),
        scratch: span(scratch_len(units)),
    })
}
