//! Which constants a record reads from the weights section, and how they must be aligned: for a writer of files. What the checks
//! ask of them, they say themselves.

use super::records::{Blob, Conv, Op, Packed, Requant, Source};

/// What wide loads reach.
const WIDE: usize = 16;
/// 32-bit values, and tables of 16-bit ones.
const WORD: usize = 4;

/// Hands each constant of an op to `visit`, with the alignment that its kernels want.
pub fn of_op(op: &mut Op, visit: &mut dyn FnMut(&mut Blob, usize)) {
    match op {
        Op::Conv2d(c) | Op::DepthwiseConv2d(c) => conv(c, visit),
        Op::Dense(d) | Op::Dense4(d) => {
            visit(&mut d.weights, WIDE);
            visit(&mut d.bias, WORD);
            requant(&mut d.requant, visit);
        }
        Op::Embedding(e) => visit(&mut e.table, WIDE),
        Op::EmbeddingBag(e) | Op::Embedding4(e) => visit(&mut e.table, WIDE),
        Op::Lookup(l) => visit(&mut l.table, WIDE),
        Op::Rearrange(r) => {
            let tables = r.axes.iter_mut().map(|axis| &mut axis.indices);
            tables
                .filter(|table| table.len > 0)
                .for_each(|table| visit(table, WORD));
        }
        Op::Constant(c) => visit(&mut c.values, WORD),
        Op::Softmax(s) | Op::SoftmaxRows(s) => visit(&mut s.table, WORD),
        Op::LogSoftmax(s) => visit(&mut s.table, WORD),
        Op::Pairwise(p) => {
            if let Some(values) = &mut p.values {
                visit(values, WORD);
            }
        }
        Op::Rnn(r) => {
            visit(&mut r.x_weights, WIDE);
            visit(&mut r.x_bias, WORD);
            requant(&mut r.x_requant, visit);
            visit(&mut r.h_weights, WIDE);
            visit(&mut r.h_bias, WORD);
            requant(&mut r.h_requant, visit);
        }
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => packed(&mut c.matrix, visit),
        Op::PackedDepthwise(c) => packed(&mut c.matrix, visit),
        Op::PackedSeparable(c) => {
            packed(&mut c.depthwise.matrix, visit);
            packed(&mut c.pointwise.matrix, visit);
        }
        Op::PackedDense(d) => packed(&mut d.matrix, visit),
        Op::PackedRnn(r) => {
            packed(&mut r.x, visit);
            packed(&mut r.h, visit);
        }
        Op::SequenceLstm(l) => {
            visit(&mut l.x_weights, WIDE);
            visit(&mut l.x_bias, WORD);
            visit(&mut l.h_weights, WIDE);
        }
        Op::Matmul(m) => {
            let operands = [&mut m.a, &mut m.b];
            let constants = operands.into_iter().flat_map(|side| &mut side.constant);
            constants.for_each(|constant| visit(constant, WIDE));
        }
        Op::MaxPool(_)
        | Op::AveragePool(_)
        | Op::Add(_)
        | Op::Product(_)
        | Op::Concat(_)
        | Op::Gate(_)
        | Op::Resize(_)
        | Op::Reduce(_)
        | Op::L2Normalise(_)
        | Op::ArgMax(_)
        | Op::RnnRead(_) => {}
    }
}

/// As [`of_op`], for a frontend.
pub fn of_source(source: &mut Source, visit: &mut dyn FnMut(&mut Blob, usize)) {
    match source {
        Source::Image(p) => visit(&mut p.table, WIDE),
        Source::Audio(p) => {
            visit(&mut p.window, WORD);
            visit(&mut p.twiddles, WORD);
            visit(&mut p.band_bins, WORD);
            visit(&mut p.band_weights, WORD);
            visit(&mut p.means, WORD);
            visit(&mut p.factors, WORD);
        }
        Source::Text(_) | Source::Record(_) | Source::Sequence(_) | Source::Tensor(_) => {}
    }
}

fn conv(conv: &mut Conv, visit: &mut dyn FnMut(&mut Blob, usize)) {
    visit(&mut conv.weights, WIDE);
    visit(&mut conv.bias, WORD);
    requant(&mut conv.requant, visit);
}

fn requant(requant: &mut Requant, visit: &mut dyn FnMut(&mut Blob, usize)) {
    visit(&mut requant.multipliers, WORD);
    visit(&mut requant.shifts, 1);
}

fn packed(matrix: &mut Packed, visit: &mut dyn FnMut(&mut Blob, usize)) {
    visit(&mut matrix.weights, WIDE);
    visit(&mut matrix.factors, WIDE);
}
