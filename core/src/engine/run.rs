//! One op of a checked plan: split the arena, call the kernel. Cannot fail.

use crate::arena::{Region, i8s, i8s_mut, ids, split, split_in_two};
use crate::model::records::{Add, Concat, Lookup, Op, Operand, PackedConv, Pairwise, Span, View};
use crate::model::regions::input_and_output;
use crate::ops;
use crate::parts::Part;
use crate::tensor::Weights;

/// Runs an op. `steps` is how many ids or steps of a sequence are valid; ops without a sequence do not look at it.
///
/// One flat arm for each op: which slices of the arena its kernel takes. Each `else` below answers an arena that does not fit the plan, which `Model::load` and `Session::new` have ruled out.
#[expect(clippy::too_many_lines, reason = "one flat arm an op")]
pub(crate) fn run(
    op: &Op,
    weights: &Weights<'_>,
    arena: &mut [u8],
    steps: usize,
    persistent_len: usize,
) {
    let _ = match op {
        Op::Conv2d(_)
        | Op::DepthwiseConv2d(_)
        | Op::MaxPool(_)
        | Op::AveragePool(_)
        | Op::Dense(_)
        | Op::Dense4(_)
        | Op::Embedding(_)
        | Op::Embedding4(_)
        | Op::Reduce(_)
        | Op::SoftmaxRows(_)
        | Op::LogSoftmax(_)
        | Op::L2Normalise(_)
        | Op::RnnRead(_)
        | Op::Rearrange(_)
        | Op::ArgMax(_)
        | Op::Resize(_) => through(op, weights, arena, steps),
        Op::EmbeddingBag(e) => Part::Embedding.when(|| {
            let Some([given, output, scratch]) = split(arena, [&e.ids, &e.output, &e.scratch])
            else {
                return;
            };
            ops::embedding_bag(
                e,
                weights,
                valid(ids(given), steps),
                i8s_mut(output),
                scratch,
            );
        }),
        Op::Add(a) => Part::Elementwise.when(|| add(a, arena)),
        Op::Pairwise(p) => Part::Arithmetic.when(|| pairwise(p, weights, arena)),
        Op::Product(p) => Part::Elementwise.when(|| {
            let Some((output, [x, y])) = around(arena, &p.output, [&p.a, &p.b]) else {
                return;
            };
            ops::product(p, x, y, output);
        }),
        Op::Concat(c) => Part::Elementwise.when(|| concat(c, arena)),
        Op::Gate(g) => Part::Elementwise.when(|| {
            let Some((output, [gates, values])) = around(arena, &g.output, [&g.gates, &g.values])
            else {
                return;
            };
            ops::gate(g, gates, values, output);
        }),
        Op::Lookup(l) => Part::Elementwise.when(|| lookup(l, weights, arena)),
        Op::Constant(c) => Part::Rearrange.when(|| {
            if let Some([output]) = split(arena, [&c.output]) {
                ops::constant(c, weights, i8s_mut(output));
            }
        }),
        Op::Softmax(s) => Part::Softmax.when(|| {
            let Some([input, output]) = split(arena, [&s.input, &s.output]) else {
                return;
            };
            ops::softmax(s, weights, i8s(input), i8s_mut(output));
        }),
        Op::Rnn(r) => Part::Plain.when(|| {
            let regions = Recurrent {
                input: &r.input,
                state: r.state,
                scratch: r.scratch,
                output: r.output.as_ref(),
            };
            regions.run(
                arena,
                steps,
                persistent_len,
                &mut |steps, x, out, state, scratch| {
                    ops::rnn(r, weights, steps, x, out, state, scratch)
                },
            );
        }),
        Op::PackedConv2d(c) => {
            Part::Conv.when(|| conv_and_pool(c, weights, arena, ops::packed_conv2d))
        }
        Op::WinogradConv2d(c) => {
            Part::Winograd.when(|| conv_and_pool(c, weights, arena, ops::winograd_conv2d))
        }
        Op::PackedDepthwise(c) => Part::Depthwise.when(|| {
            let Some([input, output, scratch]) = split(arena, [&c.input, &c.output, &c.scratch])
            else {
                return;
            };
            ops::packed_depthwise(c, weights, i8s(input), i8s_mut(output), scratch);
        }),
        Op::PackedSeparable(c) => Part::Depthwise.when(|| {
            let (first, second, row) = (&c.depthwise, &c.pointwise, c.row());
            let regions: [&dyn Region; 5] = [
                &first.input,
                &second.output,
                &row,
                &first.scratch,
                &second.scratch,
            ];
            let Some([input, output, row, taps, panel]) = split(arena, regions) else {
                return;
            };
            let (output, row) = (i8s_mut(output), i8s_mut(row));
            ops::packed_separable(c, weights, i8s(input), output, row, [taps, panel]);
        }),
        Op::PackedDense(d) => Part::Dense.when(|| {
            // Mostly there is no scratch, and a small layer notices what it costs to find none.
            let regions = match d.scratch.len {
                0 => split_in_two(arena, [&d.input, &d.output]).map(|[x, y]| [x, y, &mut []]),
                _ => split(arena, [&d.input, &d.output, &d.scratch]),
            };
            let Some([input, output, scratch]) = regions else {
                return;
            };
            ops::packed_dense(d, weights, i8s(input), i8s_mut(output), scratch);
        }),
        Op::SequenceLstm(l) => Part::SequenceLstm.when(|| {
            let Some([input, output, scratch]) = split(arena, [&l.input, &l.output, &l.scratch])
            else {
                return;
            };
            ops::sequence_lstm(l, weights, i8s(input), i8s_mut(output), scratch);
        }),
        Op::Matmul(m) => Part::Matmul.when(|| {
            let [a, b] = [&m.a, &m.b].map(Operand::place);
            let Some((output, [a, b])) = around(arena, &m.output, [&a, &b]) else {
                return;
            };
            ops::matmul(m, weights, a, b, output);
        }),
        Op::PackedRnn(r) => Part::Recurrent.when(|| {
            let regions = Recurrent {
                input: &r.input,
                state: r.state,
                scratch: r.scratch,
                output: r.output.as_ref(),
            };
            regions.run(
                arena,
                steps,
                persistent_len,
                &mut |steps, x, out, state, scratch| {
                    ops::packed_rnn(r, weights, steps, x, out, state, scratch)
                },
            );
        }),
    };
}

/// Runs an op that has [one input and one output](input_and_output): for all but the smallest layers, of whose time it would be a part.
#[inline(never)]
fn through(op: &Op, weights: &Weights<'_>, arena: &mut [u8], steps: usize) -> Option<()> {
    let (input, _, output) = input_and_output(op)?;
    let [input, output] = split(arena, [input, output])?;
    let output = i8s_mut(output);
    match op {
        Op::Conv2d(c) => Part::Plain.when(|| ops::conv2d(c, weights, i8s(input), output)),
        Op::DepthwiseConv2d(c) => {
            Part::Plain.when(|| ops::depthwise_conv2d(c, weights, i8s(input), output))
        }
        Op::MaxPool(p) => Part::MaxPool.when(|| ops::max_pool(p, i8s(input), output)),
        Op::AveragePool(p) => Part::AveragePool.when(|| ops::average_pool(p, i8s(input), output)),
        Op::Dense(d) => Part::Plain.when(|| ops::dense(d, weights, i8s(input), output)),
        Op::Dense4(d) => Part::Int4.when(|| ops::dense_4(d, weights, i8s(input), output)),
        Op::Embedding(e) => {
            Part::Embedding.when(|| ops::embedding(e, weights, valid(ids(input), steps), output))
        }
        Op::Embedding4(e) => {
            Part::Int4.when(|| ops::embedding_4(e, weights, valid(ids(input), steps), output))
        }
        Op::RnnRead(r) => Part::Recurrent.when(|| ops::rnn_read(r, input, output)),
        Op::Rearrange(r) => Part::Rearrange.when(|| ops::rearrange(r, weights, i8s(input), output)),
        Op::Resize(r) => Part::Resize.when(|| ops::resize(r, i8s(input), output)),
        Op::Reduce(r) => Part::Reduce.when(|| ops::reduce(r, i8s(input), output)),
        Op::SoftmaxRows(s) => {
            Part::SoftmaxRows.when(|| ops::softmax_rows(s, weights, i8s(input), output))
        }
        Op::LogSoftmax(s) => {
            Part::LogSoftmax.when(|| ops::log_softmax(s, weights, i8s(input), output))
        }
        Op::L2Normalise(n) => Part::L2Norm.when(|| ops::l2_normalise(n, i8s(input), output)),
        Op::ArgMax(a) => Part::ArgMax.when(|| ops::arg_max(a, i8s(input), output)),
        // `run` does these itself. All are named, so that the compiler asks where a new op belongs.
        Op::EmbeddingBag(_)
        | Op::Constant(_)
        | Op::Add(_)
        | Op::Pairwise(_)
        | Op::Product(_)
        | Op::Concat(_)
        | Op::Gate(_)
        | Op::Lookup(_)
        | Op::Softmax(_)
        | Op::Rnn(_)
        | Op::PackedConv2d(_)
        | Op::WinogradConv2d(_)
        | Op::PackedDepthwise(_)
        | Op::PackedSeparable(_)
        | Op::PackedDense(_)
        | Op::PackedRnn(_)
        | Op::SequenceLstm(_)
        | Op::Matmul(_) => None,
    }
}

fn valid(ids: &[u16], steps: usize) -> &[u16] {
    ids.get(..steps).unwrap_or(ids)
}

/// The output to write, and operands that may overlap one another but not the output.
fn around<'a, const N: usize>(
    arena: &'a mut [u8],
    output: &dyn Region,
    operands: [&dyn Region; N],
) -> Option<(&'a mut [i8], [&'a [i8]; N])> {
    let range = output.range();
    let (before, rest) = arena.split_at_mut_checked(range.start)?;
    let (output, after) = rest.split_at_mut_checked(range.len())?;
    let (before, after): (&[u8], &[u8]) = (before, after);
    let mut found: [&[i8]; N] = [&[]; N];
    for (found, operand) in found.iter_mut().zip(operands) {
        let wanted = operand.range();
        let bytes = match wanted.start.checked_sub(range.end) {
            Some(start) => after.get(start..start + wanted.len())?,
            None => before.get(wanted)?,
        };
        *found = i8s(bytes);
    }
    Some((i8s_mut(output), found))
}

fn add(op: &Add, arena: &mut [u8]) {
    let is_output = |operand: &View| operand.offset == op.output.offset;
    match (is_output(&op.a), is_output(&op.b)) {
        (false, false) => {
            if let Some((output, [a, b])) = around(arena, &op.output, [&op.a, &op.b]) {
                ops::add(op, a, b, output);
            }
        }
        (true, false) => {
            if let Some((data, [b])) = around(arena, &op.output, [&op.b]) {
                ops::add_to_a(op, data, b);
            }
        }
        (false, true) => {
            if let Some((data, [a])) = around(arena, &op.output, [&op.a]) {
                ops::add_to_b(op, a, data);
            }
        }
        (true, true) => {
            if let Some([data]) = split(arena, [&op.output]) {
                ops::add_twice(op, i8s_mut(data));
            }
        }
    }
}

fn pairwise(op: &Pairwise, weights: &Weights<'_>, arena: &mut [u8]) {
    let is_output = |operand: &View| operand.offset == op.output.offset;
    let nothing = Span::default();
    // What lies where the output does, or in the weights, is not lent.
    let (a_here, b_here) = (is_output(&op.a), op.values.is_none() && is_output(&op.b));
    let a: &dyn Region = if a_here { &nothing } else { &op.a };
    let b: &dyn Region = match b_here || op.values.is_some() {
        true => &nothing,
        false => &op.b,
    };
    let Some((output, [a, b])) = around(arena, &op.output, [a, b]) else {
        return;
    };
    let (a, b) = ((!a_here).then_some(a), (!b_here).then_some(b));
    ops::pairwise(op, weights, a, b, output);
}

fn concat(op: &Concat, arena: &mut [u8]) {
    // Parts are read one at a time: `around` wants their number at compile time.
    for (index, part) in op.parts.iter().enumerate() {
        let Some((output, [values])) = around(arena, &op.output, [part]) else {
            return;
        };
        ops::concat_part(op, index, values, output);
    }
}

/// A convolution's algorithm: input, output, the rows that a pooling stage reads, scratch.
type Convolution =
    fn(&PackedConv, &Weights<'_>, &[i8], &mut [i8], rows: &mut [i8], scratch: &mut [u8]);

fn conv_and_pool(op: &PackedConv, weights: &Weights<'_>, arena: &mut [u8], conv: Convolution) {
    let Some(pool) = &op.pool else {
        let Some([input, output, scratch]) = split(arena, [&op.input, &op.output, &op.scratch])
        else {
            return;
        };
        conv(op, weights, i8s(input), i8s_mut(output), &mut [], scratch);
        return;
    };
    let rows = pool.rows(&op.output);
    let Some([input, output, rows, scratch]) =
        split(arena, [&op.input, &pool.output, &rows, &op.scratch])
    else {
        return;
    };
    let (output, rows) = (i8s_mut(output), i8s_mut(rows));
    conv(op, weights, i8s(input), output, rows, scratch);
}

fn lookup(op: &Lookup, weights: &Weights<'_>, arena: &mut [u8]) {
    if op.input.offset == op.output.offset {
        let Some([data]) = split(arena, [&op.output]) else {
            return;
        };
        ops::lookup_in_place(op, weights, i8s_mut(data));
    } else {
        let Some([input, output]) = split(arena, [&op.input, &op.output]) else {
            return;
        };
        ops::lookup(op, weights, i8s(input), i8s_mut(output));
    }
}

/// A recurrent layer: steps, input, output, state, scratch.
type Layer<'l> = &'l mut dyn FnMut(usize, &[i8], Option<&mut [i8]>, &mut [u8], &mut [u8]);

/// Where a recurrent layer reads and writes.
struct Recurrent<'a> {
    input: &'a View,
    state: Span,
    scratch: Span,
    output: Option<&'a View>,
}

impl Recurrent<'_> {
    /// Lends the regions to `layer`: steps, input, output, state, scratch.
    #[inline(never)]
    fn run(&self, arena: &mut [u8], steps: usize, persistent_len: usize, layer: Layer<'_>) {
        let steps = steps.min(usize::from(self.input.h));
        let nothing = Span::default();
        let place: &dyn Region = self.output.map_or(&nothing, |output| output);
        let Some([input, state, scratch, output]) =
            split(arena, [self.input, &self.state, &self.scratch, place])
        else {
            return;
        };
        // A layer whose state lies in the workspace sees a whole sequence at once and starts from zero.
        if self.state.range().start >= persistent_len {
            state.fill(0);
        }
        // Rows of steps that there are not would hold what another input left.
        let width = self.output.map_or(0, |output| usize::from(output.c));
        output
            .iter_mut()
            .skip(steps * width)
            .for_each(|byte| *byte = 0);
        let output = self.output.map(|_| i8s_mut(output));
        layer(steps, i8s(input), output, state, scratch);
    }
}
