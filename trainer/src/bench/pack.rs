//! From plain ops to what a target's kernels run.

use tillsense_core::model::records::{
    Blob, Op, Packed, PackedConv, PackedDense, PackedDepthwise, PackedRnn, Packing, Requant,
    Rounding, Span,
};
use tillsense_core::ops::packed_rnn_scratch_len;
use tillsense_core::pack::{BLOCK, Factor};
use tillsense_core::tensor::Weights;

use crate::lower::blobs::Blobs;

/// Left shift of the sums of recurrent cells.
const LEFT: u8 = 4;

/// The ops that a target may run for this one; itself where it has no other.
pub fn candidates(op: &Op, packing: Option<Packing>, blobs: &mut Blobs) -> Vec<(String, Op)> {
    let Some(packing) = packing else {
        return vec![("plain".to_owned(), op.clone())];
    };
    let name = |what: &str| format!("{what}, {packing:?}").to_lowercase();
    match op {
        Op::Conv2d(conv) => {
            let rows = usize::from(conv.output.c);
            let taps = usize::from(conv.window.kernel.0) * usize::from(conv.window.kernel.1);
            let channels = usize::from(conv.input.c);
            let source = (conv.weights, conv.bias, conv.requant);
            let zero_points = (conv.input.zero_point, conv.output.zero_point);
            let mut found = Vec::new();
            let record = |matrix: Packed, scratch: usize| PackedConv {
                input: conv.input,
                output: conv.output,
                window: conv.window,
                matrix,
                clamp: conv.clamp,
                scratch: span(scratch),
                pool: None,
            };
            let depth = taps * channels;
            let matrix = Matrix {
                rows,
                depth,
                taps: 0,
            }
            .packed(packing, source, zero_points, 0, blobs);
            let direct = record(matrix, packing.panel_len(depth));
            found.push((name("direct"), Op::PackedConv2d(direct)));
            let plain = (conv.window.kernel, conv.window.stride) == ((3, 3), (1, 1));
            if plain && packing.takes_winograd(rows, channels) {
                let matrix =
                    Matrix { rows, depth, taps }.packed(packing, source, zero_points, 0, blobs);
                let winograd = record(matrix, packing.winograd_scratch_len(rows, channels));
                found.push((name("winograd"), Op::WinogradConv2d(winograd)));
            }
            found
        }
        Op::DepthwiseConv2d(conv) => {
            let (rows, taps) = (
                usize::from(conv.output.c),
                usize::from(conv.window.kernel.0) * usize::from(conv.window.kernel.1),
            );
            let zero_points = (conv.input.zero_point, conv.output.zero_point);
            let matrix = depthwise(
                packing,
                rows,
                taps,
                (conv.weights, conv.bias, conv.requant),
                zero_points,
                blobs,
            );
            let packed = PackedDepthwise {
                input: conv.input,
                output: conv.output,
                window: conv.window,
                matrix,
                clamp: conv.clamp,
                scratch: span(taps * rows),
            };
            vec![(name("rows"), Op::PackedDepthwise(packed))]
        }
        Op::Dense(dense) => {
            let (rows, depth) = (dense.output.len(), dense.input.len());
            let zero_points = (dense.input.zero_point, dense.output.zero_point);
            let source = (dense.weights, dense.bias, dense.requant);
            let matrix = Matrix {
                rows,
                depth,
                taps: 0,
            }
            .packed(packing, source, zero_points, 0, blobs);
            let padded = packing.depth(depth);
            let packed = PackedDense {
                input: dense.input,
                output: dense.output,
                matrix,
                clamp: dense.clamp,
                scratch: span(if padded == depth { 0 } else { padded }),
            };
            vec![(name("vector"), Op::PackedDense(packed))]
        }
        Op::Rnn(rnn) => {
            let (width, hidden) = (usize::from(rnn.input.c), usize::from(rnn.hidden));
            let rows = rnn.cell.gates() * hidden;
            let x = (rnn.x_weights, rnn.x_bias, rnn.x_requant);
            let h = (rnn.h_weights, rnn.h_bias, rnn.h_requant);
            let zero_point = rnn.input.zero_point;
            let mut matrix = |source, depth, zero_point| {
                Matrix {
                    rows,
                    depth,
                    taps: 0,
                }
                .packed(packing, source, (zero_point, 0), LEFT, blobs)
            };
            let packed = PackedRnn {
                cell: rnn.cell,
                direction: rnn.direction,
                input: rnn.input,
                hidden: rnn.hidden,
                state: rnn.state,
                scratch: span(packed_rnn_scratch_len(
                    packing,
                    rnn.cell,
                    rnn.hidden,
                    rnn.input.c,
                )),
                x: matrix(x, width, zero_point),
                h: matrix(h, hidden, 0),
                output: rnn.output,
            };
            vec![(name("vector"), Op::PackedRnn(packed))]
        }
        other => vec![("table".to_owned(), other.clone())]
            .into_iter()
            .map(|(_, op)| (plain_name(&op).to_owned(), op))
            .collect(),
    }
}

fn plain_name(op: &Op) -> &'static str {
    match op {
        Op::Softmax(_) => "table",
        _ => "direct",
    }
}

/// The scratch span of an op, to be placed.
pub fn scratch(op: &mut Op) -> Option<&mut Span> {
    match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => Some(&mut c.scratch),
        Op::PackedDepthwise(c) => Some(&mut c.scratch),
        Op::PackedDense(d) => Some(&mut d.scratch),
        Op::PackedRnn(r) => Some(&mut r.scratch),
        _ => None,
    }
}

/// Bytes of constants that an op reads.
pub fn weight_bytes(op: &Op) -> usize {
    let packed = |p: &Packed| p.weights.len as usize + p.factors.len as usize;
    match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => packed(&c.matrix),
        Op::PackedDepthwise(c) => packed(&c.matrix),
        Op::PackedDense(d) => packed(&d.matrix),
        Op::PackedRnn(r) => packed(&r.x) + packed(&r.h),
        Op::EmbeddingBag(e) => e.table.len as usize,
        Op::Softmax(s) => s.table.len as usize,
        _ => 0,
    }
}

fn span(len: usize) -> Span {
    Span {
        offset: 0,
        len: len as u32,
    }
}

type Source = (Blob, Blob, Requant);

/// A matrix `[rows, depth]`; with taps, 3x3 filters for the Winograd domain.
struct Matrix {
    rows: usize,
    depth: usize,
    taps: usize,
}

impl Matrix {
    fn packed(
        &self,
        packing: Packing,
        (weights, bias, requant): Source,
        zero_points: (i8, i8),
        left: u8,
        blobs: &mut Blobs,
    ) -> Packed {
        let section = blobs.so_far();
        let view = Weights::new(&section);
        let values = view.i8s(weights);
        let weight = |row: usize, k: usize| values[row * self.depth + k];
        let bytes = if self.taps > 0 {
            let channels = self.depth / self.taps;
            let mut bytes = vec![0; packing.winograd_len(self.rows, channels)];
            packing.pack_winograd(self.rows, channels, &mut bytes, |row, tap, channel| {
                weight(row, tap * channels + channel)
            });
            bytes
        } else {
            let mut bytes = vec![0; packing.weights_len(self.rows, self.depth)];
            packing.pack(self.rows, self.depth, &mut bytes, weight);
            bytes
        };
        let sums =
            (0..self.rows).map(|row| (0..self.depth).map(|k| i32::from(weight(row, k))).sum());
        let factors = factors(&view, (bias, requant), sums.collect(), zero_points, left);
        Packed {
            packing,
            rounding: requant.rounding,
            left,
            weights: blobs.bytes(&bytes, 16),
            factors: blobs.bytes(&factors, 16),
        }
    }
}

fn depthwise(
    packing: Packing,
    rows: usize,
    taps: usize,
    (weights, bias, requant): Source,
    zero_points: (i8, i8),
    blobs: &mut Blobs,
) -> Packed {
    let section = blobs.so_far();
    let view = Weights::new(&section);
    let values = view.i8s(weights);
    let weight = |tap: usize, channel: usize| values[tap * rows + channel];
    let mut bytes = vec![0; packing.depthwise_len(taps, rows)];
    packing.pack_depthwise(taps, rows, &mut bytes, weight);
    let sums = (0..rows).map(|row| (0..taps).map(|tap| i32::from(weight(tap, row))).sum());
    let factors = factors(&view, (bias, requant), sums.collect(), zero_points, 0);
    Packed {
        packing,
        rounding: requant.rounding,
        left: 0,
        weights: blobs.bytes(&bytes, 16),
        factors: blobs.bytes(&factors, 16),
    }
}

fn factors(
    view: &Weights<'_>,
    (bias, requant): (Blob, Requant),
    sums: Vec<i32>,
    (input, output): (i8, i8),
    left: u8,
) -> Vec<u8> {
    let (bias, multipliers, shifts) = (
        view.i32s(bias),
        view.i32s(requant.multipliers),
        view.i8s(requant.shifts),
    );
    (0..sums.len().next_multiple_of(BLOCK))
        .flat_map(|row| {
            let factor = match sums.get(row) {
                Some(&sum) => Factor::new(
                    requant.rounding,
                    bias[row],
                    (sum, input),
                    (multipliers[row], shifts[row]),
                    output,
                    left,
                ),
                None => Factor::new(Rounding::Nearest, 0, (0, 0), (0, 0), 0, 0),
            };
            factor
                .map_or([0; 4], Factor::words)
                .into_iter()
                .flat_map(i32::to_le_bytes)
        })
        .collect()
}
