//! How much a model works, counted when it is loaded: no file, however small, keeps a terminal busy beyond these limits.
//!
//! # A complete run
//!
//! Every input with as many pieces as it takes, then fusion and heads: at most [`MAX_WORK`] steps. A step is a product of a
//! layer or a tap of a pool; what surrounds them counts too, so that a step stands for a few instructions, seldom for more
//! than twenty:
//!
//! | what | steps |
//! |---|---|
//! | an op, each time it runs | 512, and 4 for each byte of its regions |
//! | a layer, each output | 16, and for each tap 8 and one a channel |
//! | a convolution in the order of vectors, each row of outputs, or each pixel where columns are dilated | one for each byte of its scratch |
//! | a rearrangement, each value | 16 |
//! | a picture of another size, each value | 64 |
//! | picture | 16 for each pixel that is read |
//! | arithmetic of two operands, a reduction along axes, each output | 16 |
//! | sound, each step | for each frame 16 a point and a sample, 64 a band, one a band's weight |
//! | text | 128 a byte |
//! | record | 16 for each byte of its fields' records |
//! | tensor | 4 a value |
//!
//! A fully connected layer has one tap, and a channel for each input; so has each step of a recurrent layer, of which the
//! rows are outputs and the hidden state is input too. A pool and a depthwise convolution have one channel. A bag has a
//! channel for each row that it may add.
//!
//! # Loading
//!
//! What is checked is read once for each record that names it: the weights of all layers together, and what the frontends'
//! checks read and compare, may be [`MAX_READS`] times the weights section and [`MIN_READS`] bytes. A layer counts
//! with two bytes for each of its steps at one place, as much as its weights and factors take in any order.

use crate::engine::model::Model;
use crate::engine::placement::Uses;
use crate::frontend::record;
use crate::model::records::{
    AudioParams, Cell, ImageParams, Matmul, Op, Packed, PackedConv, PackedDepthwise, Rearrange,
    Source, Span, View, Window,
};
use crate::parts::Part;

/// Most steps of a complete run.
pub const MAX_WORK: u64 = 1 << 33;

/// How often the weights section may be read while a model is checked.
pub const MAX_READS: u64 = 8;

/// Bytes that may be read while a model is checked, however small it is.
pub const MIN_READS: u64 = 8 << 20;

/// Steps of an op's record, each time.
const RECORD: u64 = 512;

/// What is left of both limits.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    steps: u64,
    reads: u64,
}

/// Steps, and bytes that a check reads.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    steps: u64,
    reads: u64,
}

impl Budget {
    /// For a model with so many bytes of weights.
    pub(super) const fn new(weights_len: usize) -> Self {
        Budget {
            steps: MAX_WORK,
            reads: MAX_READS * weights_len as u64 + MIN_READS,
        }
    }

    /// Takes a cost whose steps are gone so many times; answers whether there was as much left.
    #[inline(never)]
    #[must_use]
    pub(super) fn take(&mut self, cost: &Cost, times: u16) -> bool {
        // What is too much once stays so, and cannot overflow.
        let steps = cost.steps.min(MAX_WORK + 1) * u64::from(times);
        let enough = steps <= self.steps && cost.reads <= self.reads;
        if enough {
            self.steps -= steps;
            self.reads -= cost.reads;
        }
        enough
    }
}

/// What a loaded model takes of the limits, for reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Steps of a complete run, of [`MAX_WORK`].
    pub steps: u64,
    /// Bytes that the checks read.
    pub reads: u64,
    /// Of so many.
    pub most_reads: u64,
    /// Ops that the parts of the plan run, of [`MAX_OPS`](super::MAX_OPS).
    pub ops: usize,
}

/// Counts again what [`Model::load`] has counted.
pub fn taken(model: &Model<'_>) -> Taken {
    let whole = Budget::new(model.weights().len());
    let (mut left, mut ops) = (whole, 0);
    let mut part = |left: &mut Budget, part: Span, times: u16| {
        for (_, op) in model.ops(part) {
            ops += 1;
            let regions = Uses::of_op(&op).iter().map(|this| this.span.len).sum();
            let _ = left.take(&of_op(&op, regions), times);
        }
    };
    for input in model.inputs() {
        let times = pieces(&input.source);
        let _ = left.take(&of_frontend(&input.source, model.fields()), times);
        part(&mut left, input.step, times);
        part(&mut left, input.finish, 1);
    }
    part(&mut left, model.trunk(), 1);
    Taken {
        steps: whole.steps - left.steps,
        reads: whole.reads - left.reads,
        most_reads: whole.reads,
        ops,
    }
}

/// Steps of an op of a checked plan, each time it runs.
pub(super) fn steps_of(op: &Op) -> u64 {
    let regions = Uses::of_op(op).iter().map(|this| this.span.len).sum();
    of_op(op, regions).steps
}

/// Pieces that an input takes in a complete run.
pub(super) const fn pieces(source: &Source) -> u16 {
    match source {
        Source::Image(_) | Source::Text(_) | Source::Tensor(_) => 1,
        Source::Audio(p) => p.max_steps,
        Source::Record(p) | Source::Sequence(p) => p.max_steps,
    }
}

/// The cost of a frontend for each piece. `fields` is the section of field records.
pub(super) fn of_frontend(source: &Source, fields: &[u8]) -> Cost {
    match source {
        Source::Image(p) if Part::Image.is_built() => Cost {
            steps: 16 * pixels(p),
            reads: 0,
        },
        Source::Audio(p) if Part::Audio.is_built() => of_sound(p),
        Source::Text(p) if Part::Text.is_built() => Cost {
            steps: 128 * u64::from(p.max_bytes),
            reads: 0,
        },
        Source::Record(p) | Source::Sequence(p) if Part::Record.is_built() => Cost {
            steps: 16 * u64::from(p.fields.len),
            reads: record::compared(p, fields),
        },
        Source::Tensor(p) if Part::Tensor.is_built() => Cost {
            steps: 4 * p.output.len() as u64,
            reads: 0,
        },
        _ => Cost::default(),
    }
}

/// Pixels read: each output covers a part of the crop, and shares those at its edges.
fn pixels(p: &ImageParams) -> u64 {
    let axis = |crop: u16, output: u16| u64::from(crop) + 2 * u64::from(output);
    axis(p.crop_size.0, p.output.h) * axis(p.crop_size.1, p.output.w)
}

fn of_sound(p: &AudioParams) -> Cost {
    let points = u64::from(p.fft_len) + u64::from(p.frame_len);
    let weights = u64::from(p.band_weights.len);
    let frame = 16 * points + 64 * u64::from(p.bands) + weights;
    Cost {
        steps: u64::from(p.stack) * frame,
        // The window and the twiddles have two bytes a sample and a point.
        reads: 2 * points + weights,
    }
}

/// The cost of an op that was checked, with regions of so many bytes, each time it runs. No number here reaches 2^62: views and
/// regions have at most 2^26 bytes, patches at most 2^28 values.
pub(super) fn of_op(op: &Op, regions: u32) -> Cost {
    let mut cost = Cost {
        steps: RECORD + 4 * u64::from(regions),
        reads: 0,
    };
    // What was left out comes here no more: `counted` leaves its code out too.
    let layer = &mut cost;
    match op {
        Op::Conv2d(c) => counted(Part::Plain, || {
            layer.window(&c.window, c.input.c, &c.output)
        }),
        Op::DepthwiseConv2d(c) => counted(Part::Plain, || layer.window(&c.window, 1, &c.output)),
        Op::MaxPool(p) => counted(Part::MaxPool, || layer.window(&p.window, 1, &p.output)),
        Op::AveragePool(p) => counted(Part::AveragePool, || layer.window(&p.window, 1, &p.output)),
        Op::Dense(d) => counted(Part::Plain, || {
            layer.rows(1, d.output.len(), d.input.len());
        }),
        Op::Dense4(d) => counted(Part::Int4, || {
            layer.rows(1, d.output.len(), d.input.len());
        }),
        Op::PackedDense(d) => counted(Part::Dense, || {
            layer.rows(1, d.output.len(), d.input.len());
        }),
        Op::EmbeddingBag(e) => counted(Part::Embedding, || {
            layer.rows(1, e.output.c.into(), e.ids.max.into());
        }),
        Op::Embedding4(e) => counted(Part::Int4, || {
            layer.rows(1, e.output.c.into(), e.ids.max.into());
        }),
        Op::Rnn(r) => counted(Part::Plain, || layer.cells(r.cell, r.hidden, &r.input)),
        Op::PackedRnn(r) => counted(Part::Recurrent, || layer.cells(r.cell, r.hidden, &r.input)),
        Op::SequenceLstm(l) => counted(Part::SequenceLstm, || {
            layer.cells(Cell::Lstm, l.output.c, &l.input);
        }),
        Op::Matmul(m) => counted(Part::Matmul, || layer.products(m)),
        Op::PackedConv2d(c) => counted(Part::Conv, || layer.conv(c)),
        Op::WinogradConv2d(c) => counted(Part::Winograd, || layer.conv(c)),
        Op::PackedDepthwise(c) => counted(Part::Depthwise, || layer.depthwise(c)),
        Op::PackedSeparable(c) => counted(Part::Depthwise, || {
            layer.depthwise(&c.depthwise);
            layer.conv(&c.pointwise);
        }),
        // Each run starts by itself, and each index is read by the check.
        Op::Rearrange(r) => counted(Part::Rearrange, || layer.runs(r)),
        Op::Resize(r) => counted(Part::Resize, || layer.steps += 64 * r.output.len() as u64),
        Op::Pairwise(p) => counted(Part::Arithmetic, || {
            layer.steps += 16 * p.output.len() as u64;
        }),
        Op::Reduce(r) => counted(Part::Reduce, || {
            layer.steps += 16 * r.output.len() as u64;
        }),
        // These only move bytes.
        Op::Embedding(_)
        | Op::Add(_)
        | Op::Product(_)
        | Op::Concat(_)
        | Op::Constant(_)
        | Op::Gate(_)
        | Op::Lookup(_)
        | Op::Softmax(_)
        | Op::SoftmaxRows(_)
        | Op::LogSoftmax(_)
        | Op::L2Normalise(_)
        | Op::ArgMax(_)
        | Op::RnnRead(_) => {}
    }
    cost
}

/// Counts an op of this part, where the build holds it.
#[inline(always)]
fn counted(part: Part, count: impl FnOnce()) {
    let _ = part.when(count);
}

impl Cost {
    fn conv(&mut self, op: &PackedConv) {
        self.window(&op.window, op.input.c, &op.output);
        if let Some(pool) = &op.pool {
            self.window(&pool.window, 1, &pool.output);
        }
        let strips = match op.window.dilation.1 {
            1 => 1,
            _ => op.output.w,
        };
        self.strips(strips, &op.output, (&op.matrix, op.scratch));
    }

    fn depthwise(&mut self, op: &PackedDepthwise) {
        self.window(&op.window, 1, &op.output);
        self.strips(1, &op.output, (&op.matrix, op.scratch));
    }

    /// Scratch that kernels of [`Packing::Vectors`](crate::model::records::Packing::Vectors) may clear so often for each row
    /// of an output.
    fn strips(&mut self, strips: u16, output: &View, (matrix, scratch): (&Packed, Span)) {
        if matrix.packing.by_strips() {
            let strips = u64::from(strips) * u64::from(output.h);
            self.steps += strips * u64::from(scratch.len);
        }
    }

    /// A layer with a filter of so many channels for each channel of its output.
    #[inline(never)]
    fn window(&mut self, window: &Window, channels: u16, output: &View) {
        let pixels = u32::from(output.h) * u32::from(output.w);
        let taps = u32::from(window.kernel.0) * u32::from(window.kernel.1);
        let row = 16 + u64::from(taps) * u64::from(8 + u32::from(channels));
        self.layer(pixels, u64::from(output.c) * row);
    }

    /// Products of a matrix with so many vectors of a length.
    #[inline(never)]
    fn rows(&mut self, vectors: u16, rows: usize, len: usize) {
        self.layer(vectors.into(), rows as u64 * (24 + len as u64));
    }

    /// So many steps at each of so many places. A check reads fewer than four bytes for each of these steps at one place, whatever the
    /// order of weights fills up (four rows, 16 values, 16 bytes of factors a row), and fewer than two where there are several rows.
    #[inline(never)]
    fn layer(&mut self, places: u32, once: u64) {
        self.steps += u64::from(places) * once;
        self.reads += 2 * once;
    }

    /// Products of matrices, whose checks read nothing.
    fn products(&mut self, op: &Matmul) {
        let terms = u64::from(match op.a.transposed {
            false => op.a.view.c,
            true => op.a.view.w,
        });
        self.steps += op.output.len() as u64 * (24 + terms);
    }

    /// 16 steps for each run of a rearrangement.
    fn runs(&mut self, op: &Rearrange) {
        let places = op.axes.iter().map(|axis| u64::from(axis.count));
        self.reads += 2 * places.sum::<u64>();
        // A run has a value at least, and the output at most 2^26.
        self.steps += 16 * op.output.len() as u64;
    }

    #[inline(never)]
    fn cells(&mut self, cell: Cell, hidden: u16, input: &View) {
        let hidden = usize::from(hidden);
        let len = usize::from(input.c) + hidden;
        self.rows(input.h, cell.gates() * hidden, len);
    }
}
