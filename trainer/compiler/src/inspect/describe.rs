//! Records in words and figures.

use tillsense_core::frontend::record;
use tillsense_core::model::records::{
    Answer, Blob, Conv, Field, FieldKind, Fit, Head, Ids, Input, Keep, Op, Packed, PackedConv,
    Pair, Requant, Rnn, Scale, Source, View,
};

use super::life::PlanStep;
use super::packed::packed_layer;
use super::{FieldLine, HeadLine, InputLine, MOST_CATEGORIES, MOST_CLASSES, Step, name};

/// The line of a frontend or op; its number, part, runs and live bytes are the caller's to fill in.
pub(super) fn describe(plan_step: &PlanStep) -> Step {
    let mut step = Step {
        number: 0,
        part: String::new(),
        op: "frontend",
        record: None,
        runs: 1,
        reads: Vec::new(),
        writes: String::new(),
        macs: 0,
        weights: 0,
        alive: 0,
        packed: None,
    };
    match plan_step {
        PlanStep::Frontend(source) => frontend(source, &mut step),
        PlanStep::Op(at, record) => {
            step.record = Some(*at);
            step.op = record.name();
            step.packed = packed_layer(record);
            op(record, &mut step);
        }
    }
    step
}

/// An input's line; `section` holds the model's field records.
pub(super) fn input_line(input: &Input<'_>, section: &[u8]) -> InputLine {
    let fields = match &input.source {
        Source::Record(p) | Source::Sequence(p) => {
            record::fields(p, section).map(|f| field_line(&f)).collect()
        }
        _ => Vec::new(),
    };
    InputLine {
        name: name(input.name),
        takes: takes(&input.source),
        encoding: input.encoding.len(),
        encoding_at: input.encoding.offset,
        fields,
    }
}

fn field_line(field: &Field<'_>) -> FieldLine {
    let (decimals, names, other) = match field.kind {
        FieldKind::Number { decimals, .. } => (Some(decimals), None, false),
        FieldKind::Category { names, other, .. } => (None, Some(names), other),
    };
    let all = || names.into_iter().flat_map(record::names);
    FieldLine {
        name: name(field.name),
        decimals,
        names: all().take(MOST_CATEGORIES).map(name).collect(),
        names_len: all().count(),
        other,
    }
}

/// A head's line.
pub(super) fn head_line(head: &Head<'_>) -> HeadLine {
    let (classes, tensor) = match head.answer {
        Answer::Classes { names, .. } => (Some(names), None),
        Answer::Tensor { scale } => (None, Some(tensor(&head.scores, scale))),
    };
    let classes = || classes.iter().flat_map(|names| names.split('\n'));
    HeadLine {
        name: name(head.name),
        tensor,
        classes: classes().take(MOST_CLASSES).map(name).collect(),
        classes_len: classes().count(),
        defer_below: head.defer_below(),
    }
}

fn takes(source: &Source) -> String {
    match source {
        Source::Image(p) => {
            let colour = if p.source_c == 1 { "grey" } else { "RGB" };
            let fit = match p.fit {
                Fit::Stretch => "stretched",
                Fit::Cover => "cropped",
                Fit::Contain => "fitted",
            };
            format!("picture, {} x {} {colour}, {fit}", p.source_h, p.source_w)
        }
        Source::Audio(p) => {
            let frames = u64::from(p.max_steps) * u64::from(p.stack);
            let samples = frames.saturating_sub(1) * u64::from(p.hop) + u64::from(p.frame_len);
            let seconds = samples as f64 / f64::from(p.sample_rate);
            format!(
                "sound, {} Hz, {} bands, {} steps of {} frames, {seconds:.1} s",
                p.sample_rate, p.bands, p.max_steps, p.stack
            )
        }
        Source::Text(p) => format!(
            "text, {} bytes, {} ids of {} buckets",
            p.max_bytes, p.ids.max, p.buckets
        ),
        Source::Record(p) => format!("record, {} fields", p.field_count),
        Source::Sequence(p) => {
            let kept = match p.keep {
                Keep::First => "first",
                Keep::Last => "last",
            };
            format!("{kept} {} records of {} fields", p.max_steps, p.field_count)
        }
        Source::Tensor(p) => format!("tensor, {}", tensor(&p.output, p.scale)),
    }
}

/// Shape, scale and zero point.
fn tensor(view: &View, scale: Scale) -> String {
    let real = f64::from(scale.multiplier) * f64::from(scale.shift - 31).exp2();
    format!(
        "{}, scale {real:.3e}, zero point {}",
        shape(view),
        view.zero_point
    )
}

fn frontend(source: &Source, step: &mut Step) {
    let (view, constants) = match source {
        Source::Image(p) => (&p.output, vec![p.table]),
        Source::Audio(p) => (
            &p.output,
            vec![
                p.window,
                p.twiddles,
                p.band_bins,
                p.band_weights,
                p.means,
                p.factors,
            ],
        ),
        Source::Text(p) => {
            step.writes = ids(&p.ids);
            return;
        }
        Source::Record(p) | Source::Sequence(p) => (&p.output, Vec::new()),
        Source::Tensor(p) => (&p.output, Vec::new()),
    };
    step.writes = shape(view);
    step.weights = bytes(&constants);
}

#[expect(clippy::too_many_lines, reason = "one flat arm an op")]
fn op(op: &Op, step: &mut Step) {
    let mut line = |reads: Vec<String>, writes: &View, macs: u64, constants: &[Blob]| {
        step.reads = reads;
        step.writes = shape(writes);
        step.macs = macs;
        step.weights = bytes(constants);
    };
    match op {
        Op::Conv2d(c) => {
            let terms = c.input.c.into();
            line(
                vec![shape(&c.input)],
                &c.output,
                conv_macs(c, terms),
                &conv_blobs(c),
            );
        }
        Op::DepthwiseConv2d(c) => {
            line(
                vec![shape(&c.input)],
                &c.output,
                conv_macs(c, 1),
                &conv_blobs(c),
            );
        }
        Op::MaxPool(p) | Op::AveragePool(p) => line(vec![shape(&p.input)], &p.output, 0, &[]),
        Op::Dense(d) | Op::Dense4(d) => {
            let macs = product(&[d.input.len() as u64, d.output.len() as u64]);
            let blobs = with(&[d.weights, d.bias], &d.requant);
            line(vec![shape(&d.input)], &d.output, macs, &blobs);
        }
        Op::Embedding(e) => line(vec![ids(&e.ids)], &e.output, 0, &[e.table]),
        Op::EmbeddingBag(e) | Op::Embedding4(e) => {
            line(vec![ids(&e.ids)], &e.output, 0, &[e.table])
        }
        Op::Add(a) => line(vec![shape(&a.a), shape(&a.b)], &a.output, 0, &[]),
        Op::Product(p) => {
            let macs = p.output.len() as u64;
            line(vec![shape(&p.a), shape(&p.b)], &p.output, macs, &[]);
        }
        Op::Concat(c) => line(c.parts.iter().map(shape).collect(), &c.output, 0, &[]),
        Op::Gate(g) => {
            let macs = g.gates.len() as u64;
            line(
                vec![shape(&g.gates), shape(&g.values)],
                &g.output,
                macs,
                &[],
            );
        }
        Op::Lookup(l) => line(vec![shape(&l.input)], &l.output, 0, &[l.table]),
        Op::Rearrange(r) => {
            let tables: Vec<Blob> = r.axes.iter().map(|axis| axis.indices).collect();
            line(vec![shape(&r.input)], &r.output, 0, &tables);
        }
        Op::Resize(r) => {
            let macs = product(&[4, r.output.len() as u64]);
            line(vec![shape(&r.input)], &r.output, macs, &[]);
        }
        Op::Constant(c) => line(Vec::new(), &c.output, 0, &[c.values]),
        Op::Pairwise(p) => {
            let macs = match p.kind {
                Pair::Product => p.output.len() as u64,
                _ => 0,
            };
            let constants: Vec<Blob> = p.values.into_iter().collect();
            let reads = match p.values {
                Some(_) => vec![shape(&p.a)],
                None => vec![shape(&p.a), shape(&p.b)],
            };
            line(reads, &p.output, macs, &constants);
        }
        Op::Reduce(r) => line(vec![shape(&r.input)], &r.output, 0, &[]),
        Op::LogSoftmax(s) => line(vec![shape(&s.input)], &s.output, 0, &[s.table]),
        Op::L2Normalise(n) => line(vec![shape(&n.input)], &n.output, 0, &[]),
        Op::ArgMax(a) => line(vec![shape(&a.input)], &a.output, 0, &[]),
        Op::Softmax(s) | Op::SoftmaxRows(s) => {
            line(vec![shape(&s.input)], &s.output, 0, &[s.table])
        }
        Op::Rnn(r) => {
            let (macs, blobs) = rnn(r);
            let state = View {
                h: 1,
                w: 1,
                c: r.hidden,
                ..r.input
            };
            line(
                vec![shape(&r.input)],
                &r.output.unwrap_or(state),
                macs,
                &blobs,
            );
        }
        Op::RnnRead(r) => line(vec!["state".to_owned()], &r.output, 0, &[]),
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => {
            let taps = u64::from(c.window.kernel.0) * u64::from(c.window.kernel.1);
            let macs = product(&[computed(c), taps, c.input.c.into()]);
            let output = c.pool.map_or(c.output, |pool| pool.output);
            line(vec![shape(&c.input)], &output, macs, &packed(&c.matrix));
        }
        Op::PackedDepthwise(c) => {
            let taps = u64::from(c.window.kernel.0) * u64::from(c.window.kernel.1);
            let macs = product(&[c.output.len() as u64, taps]);
            line(vec![shape(&c.input)], &c.output, macs, &packed(&c.matrix));
        }
        Op::PackedSeparable(c) => {
            let (first, second) = (&c.depthwise, &c.pointwise);
            let taps = u64::from(first.window.kernel.0) * u64::from(first.window.kernel.1);
            let columns = u64::from(second.input.c);
            let macs = product(&[first.output.len() as u64, taps])
                .saturating_add(product(&[second.output.len() as u64, columns]));
            let blobs = [packed(&first.matrix), packed(&second.matrix)].concat();
            line(vec![shape(&first.input)], &second.output, macs, &blobs);
        }
        Op::PackedDense(d) => {
            let macs = product(&[d.input.len() as u64, d.output.len() as u64]);
            line(vec![shape(&d.input)], &d.output, macs, &packed(&d.matrix));
        }
        Op::SequenceLstm(l) => {
            let columns = u64::from(l.input.c) + u64::from(l.output.c);
            let macs = product(&[l.output.len() as u64, 4, columns]);
            let blobs = [l.x_weights, l.x_bias, l.h_weights];
            line(vec![shape(&l.input)], &l.output, macs, &blobs);
        }
        Op::Matmul(m) => {
            let sides = [&m.a, &m.b];
            let terms = if m.a.transposed {
                m.a.view.w
            } else {
                m.a.view.c
            };
            let read = sides.iter().filter(|side| side.constant.is_none());
            let blobs: Vec<Blob> = sides.iter().filter_map(|side| side.constant).collect();
            line(
                read.map(|side| shape(&side.view)).collect(),
                &m.output,
                product(&[m.output.len() as u64, terms.into()]),
                &blobs,
            );
        }
        Op::PackedRnn(r) => {
            let rows = r.cell.gates() as u64 * u64::from(r.hidden);
            let columns = u64::from(r.input.c) + u64::from(r.hidden);
            let macs = product(&[r.input.h.into(), rows, columns]);
            let state = View {
                h: 1,
                w: 1,
                c: r.hidden,
                ..r.input
            };
            let blobs = [packed(&r.x), packed(&r.h)].concat();
            let output = r.output.unwrap_or(state);
            line(vec![shape(&r.input)], &output, macs, &blobs);
        }
    }
}

/// Values that a convolution computes: all, or those in rows that its pool reads.
fn computed(conv: &PackedConv) -> u64 {
    match &conv.pool {
        Some(pool) => product(&[pool.rows(&conv.output).len() as u64, pool.output.h.into()]),
        None => conv.output.len() as u64,
    }
}

fn conv_macs(conv: &Conv, terms: u64) -> u64 {
    let taps = u64::from(conv.window.kernel.0) * u64::from(conv.window.kernel.1);
    product(&[conv.output.len() as u64, taps, terms])
}

/// A file may announce sizes whose product no number holds.
fn product(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |a, &b| a.saturating_mul(b))
}

fn conv_blobs(conv: &Conv) -> Vec<Blob> {
    with(&[conv.weights, conv.bias], &conv.requant)
}

fn rnn(rnn: &Rnn) -> (u64, Vec<Blob>) {
    let rows = rnn.cell.gates() as u64 * u64::from(rnn.hidden);
    let columns = u64::from(rnn.input.c) + u64::from(rnn.hidden);
    let mut blobs = with(&[rnn.x_weights, rnn.x_bias], &rnn.x_requant);
    blobs.extend(with(&[rnn.h_weights, rnn.h_bias], &rnn.h_requant));
    (product(&[rnn.input.h.into(), rows, columns]), blobs)
}

fn with(blobs: &[Blob], requant: &Requant) -> Vec<Blob> {
    [blobs, &[requant.multipliers, requant.shifts]].concat()
}

fn packed(matrix: &Packed) -> [Blob; 2] {
    [matrix.weights, matrix.factors]
}

fn bytes(blobs: &[Blob]) -> usize {
    let mut different: Vec<Blob> = Vec::new();
    for blob in blobs {
        if !different.contains(blob) {
            different.push(*blob);
        }
    }
    different.iter().map(|b| b.len as usize).sum()
}

/// `28x28x1`; a vector is its length.
fn shape(view: &View) -> String {
    match (view.h, view.w, view.c) {
        (1, 1, c) => c.to_string(),
        (h, w, c) => format!("{h}x{w}x{c}"),
    }
}

fn ids(ids: &Ids) -> String {
    format!("{} ids", ids.max)
}
