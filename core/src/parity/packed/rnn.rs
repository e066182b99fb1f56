//! Cases of recurrent layers with packed weights: each packing against the plain op, which has an oracle of its own.

use super::holds_lowest;
use crate::model::records::{
    Blob, Cell, Direction, Packed, PackedRnn, Packing, Requant, Rnn, Rounding, View,
};
use crate::ops::rnn::{rnn_scratch_len, state_len};
use crate::ops::{self, packed, packed_rnn_scratch_len};
use crate::pack::{BLOCK, Factor};
use crate::parity::bench::{Bench, Digest, Section, accepted, span};
use crate::parity::recurrent::start;
use crate::parity::{Mismatch, SplitMix64};

/// Most units, and values of a step.
const MOST: u16 = 7;
const WIDEST: u16 = 19;

/// Every packing against the plain op.
pub(in crate::parity) fn rnn(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let op = record(rng, &mut bench)?;
    accepted(ops::rnn::check(&op, &bench.weights.view()))?;
    let steps = rng.between(0, op.input.h.into()) as usize;
    let x = &*bench.memory.random(rng, op.input.len())?;
    let len = op.input.len() / usize::from(op.input.c) * usize::from(op.hidden);
    let (wanted, got) = (bench.memory.i8s(len)?, bench.memory.i8s(len)?);
    let len = state_len(op.cell, op.hidden);
    let (began, plain, state) = (
        bench.memory.bytes(len)?,
        bench.memory.bytes(len)?,
        bench.memory.bytes(len)?,
    );
    start(rng, &op, began);
    plain.copy_from_slice(began);
    let scratch = bench.memory.bytes(
        Packing::ALL
            .map(|packing| packed_rnn_scratch_len(packing, op.cell, op.hidden, op.input.c))
            .into_iter()
            .fold(rnn_scratch_len(op.cell, op.hidden), usize::max),
    )?;
    ops::rnn(
        &op,
        &bench.weights.view(),
        steps,
        x,
        Some(wanted),
        plain,
        scratch,
    );

    let mark = bench.weights.mark();
    let left = rng.between(2, 5) as u8;
    let mut digest = Digest::new();
    for packing in Packing::ALL
        .into_iter()
        .filter(|packing| packing.runs_here())
    {
        bench.weights.back_to(mark);
        let packed = pack(&op, &mut bench.weights, packing, left, scratch.len())?;
        let weights = bench.weights.view();
        accepted(packed::check_rnn(&packed, &weights))?;
        state.copy_from_slice(began);
        got.fill(0x55);
        ops::packed_rnn(&packed, &weights, steps, x, Some(got), state, scratch);
        digest = Digest::new();
        for (i, (&got, &wanted)) in got.iter().zip(wanted.iter()).enumerate() {
            if i < steps * usize::from(op.hidden) {
                digest.expect(i, got, wanted.into())?;
            }
        }
        for (i, (&got, &wanted)) in state.iter().zip(plain.iter()).enumerate() {
            digest.expect(i, got, wanted.into())?;
        }
    }
    Ok(digest)
}

fn record(rng: &mut SplitMix64, bench: &mut Bench<'_>) -> Result<Rnn, Mismatch> {
    let cell = *rng.pick(&[Cell::Elman, Cell::Gru, Cell::Lstm]);
    let (steps, width, hidden) = (rng.size(5), rng.size(WIDEST), rng.size(MOST));
    let rows = cell.gates() * usize::from(hidden);
    let input = View {
        offset: 0,
        h: steps,
        w: 1,
        c: width,
        zero_point: rng.zero_point(),
    };
    let (x_weights, x_bias, x_requant) = product(rng, bench, rows, width.into())?;
    let (h_weights, h_bias, h_requant) = product(rng, bench, rows, hidden.into())?;
    Ok(Rnn {
        cell,
        direction: *rng.pick(&[Direction::Forward, Direction::Backward]),
        input,
        hidden,
        state: span(state_len(cell, hidden)),
        scratch: span(rnn_scratch_len(cell, hidden)),
        x_weights,
        x_bias,
        x_requant,
        h_weights,
        h_bias,
        h_requant,
        output: Some(View {
            c: hidden,
            zero_point: 0,
            ..input
        }),
    })
}

/// Plain weights, biases and factors that can be packed with any left shift of a case.
fn product(
    rng: &mut SplitMix64,
    bench: &mut Bench<'_>,
    rows: usize,
    columns: usize,
) -> Result<(Blob, Blob, Requant), Mismatch> {
    let weights = bench.weights.i8s(rng, rows * columns, -128)?;
    spare_lanes(bench.weights.values(weights), columns);
    let bias = bench
        .weights
        .i32s_by(rows, || rng.between(-40_000, 40_000) as i32)?;
    let multipliers = bench.weights.i32s_by(rows, || rng.multiplier(16))?;
    let shift = rng.between(-5, 0) as i8;
    let shifts = bench.weights.same(rows, shift)?;
    let requant = Requant {
        rounding: Rounding::Nearest,
        multipliers,
        shifts,
    };
    Ok((weights, bias, requant))
}

/// Leaves -128 where every order holds it, so that all of them compute the same.
fn spare_lanes(weights: &mut [i8], columns: usize) {
    for at in 0..weights.len() {
        let (row, k) = (at / columns, at % columns);
        let before = |row: usize| weights[row * columns + k];
        if weights[at] == i8::MIN && !holds_lowest(row, k, before) {
            weights[at] = -127;
        }
    }
}

fn pack(
    op: &Rnn,
    section: &mut Section<'_>,
    packing: Packing,
    left: u8,
    scratch: usize,
) -> Result<PackedRnn, Mismatch> {
    let rows = op.cell.gates() * usize::from(op.hidden);
    let mut matrix = |plain: (Blob, Blob, Requant), depth: usize, zero_point: i8| {
        let packed = section
            .packed(packing.weights_len(rows, depth).or_beyond())?
            .0;
        let (weights, out) = section.both(plain.0, packed);
        packing.pack(rows, depth, out, |row, k| weights[row * depth + k]);
        let blank = section.packed(16 * rows.next_multiple_of(BLOCK))?.0;
        for row in 0..rows.next_multiple_of(BLOCK) {
            let words = if row < rows {
                let view = section.view();
                let of_row = &view.i8s(plain.0)[row * depth..][..depth];
                let sum = of_row.iter().map(|&w| i32::from(w)).sum();
                let scale = (
                    view.i32s(plain.2.multipliers)[row],
                    view.i8s(plain.2.shifts)[row],
                );
                let bias = view.i32s(plain.1)[row];
                let sums = (sum, zero_point);
                Factor::new(Rounding::Nearest, bias, sums, scale, 0, left)
            } else {
                Factor::new(Rounding::Nearest, 0, (0, 0), (0, 0), 0, left)
            };
            section.write(blank, 16 * row, words.ok_or(Mismatch::Workspace)?.words());
        }
        Ok(Packed {
            packing,
            rounding: Rounding::Nearest,
            left,
            weights: packed,
            factors: blank,
        })
    };
    let x = (op.x_weights, op.x_bias, op.x_requant);
    let h = (op.h_weights, op.h_bias, op.h_requant);
    Ok(PackedRnn {
        cell: op.cell,
        direction: op.direction,
        input: op.input,
        hidden: op.hidden,
        state: op.state,
        scratch: span(scratch),
        x: matrix(x, op.input.c.into(), op.input.zero_point)?,
        h: matrix(h, op.hidden.into(), 0)?,
        output: op.output,
    })
}
