//! All numbers of an op's or a frontend's record that decide about memory, to be changed.

use tillsense_core::model::records::{
    Blob, Ids, Op, Packed, PackedConv, PackedDepthwise, Rearrange, Requant, Rnn, Source, Span,
    View, Window,
};

/// References into one record.
#[derive(Default)]
pub struct Numbers<'a> {
    /// Offsets of regions of the arena, and lengths of spans.
    pub places: Vec<&'a mut u32>,
    /// Offsets and lengths of blobs.
    pub blobs: Vec<&'a mut u32>,
    /// Dimensions, window geometry, counts.
    pub sizes: Vec<&'a mut u16>,
}

impl<'a> Numbers<'a> {
    /// Those of an op.
    pub fn of(op: &'a mut Op) -> Self {
        let mut all = Numbers::default();
        match op {
            Op::Conv2d(c) | Op::DepthwiseConv2d(c) => {
                all.views([&mut c.input, &mut c.output]);
                all.window(&mut c.window);
                all.blobs([&mut c.weights, &mut c.bias]);
                all.requant(&mut c.requant);
            }
            Op::MaxPool(p) | Op::AveragePool(p) => {
                all.views([&mut p.input, &mut p.output]);
                all.window(&mut p.window);
            }
            Op::Dense(d) | Op::Dense4(d) => {
                all.views([&mut d.input, &mut d.output]);
                all.blobs([&mut d.weights, &mut d.bias]);
                all.requant(&mut d.requant);
            }
            Op::Embedding(e) => {
                all.views([&mut e.output]);
                all.ids(&mut e.ids);
                all.blobs([&mut e.table]);
                all.sizes.push(&mut e.rows);
            }
            Op::EmbeddingBag(e) | Op::Embedding4(e) => {
                all.views([&mut e.output]);
                all.ids(&mut e.ids);
                all.blobs([&mut e.table]);
                all.sizes.push(&mut e.rows);
                all.spans([&mut e.scratch]);
            }
            Op::Add(a) => all.views([&mut a.a, &mut a.b, &mut a.output]),
            Op::Product(p) => all.views([&mut p.a, &mut p.b, &mut p.output]),
            Op::Concat(c) => {
                c.parts.iter_mut().for_each(|part| all.views([part]));
                all.views([&mut c.output]);
            }
            Op::Gate(g) => all.views([&mut g.gates, &mut g.values, &mut g.output]),
            Op::Lookup(l) => {
                all.views([&mut l.input, &mut l.output]);
                all.blobs([&mut l.table]);
            }
            op @ (Op::Rearrange(_)
            | Op::Constant(_)
            | Op::Resize(_)
            | Op::Pairwise(_)
            | Op::Reduce(_)
            | Op::LogSoftmax(_)
            | Op::L2Normalise(_)
            | Op::ArgMax(_)) => all.imported(op),
            Op::Softmax(s) | Op::SoftmaxRows(s) => {
                all.views([&mut s.input, &mut s.output]);
                all.blobs([&mut s.table]);
            }
            Op::Rnn(r) => all.rnn(r),
            Op::RnnRead(r) => {
                all.views([&mut r.output]);
                all.spans([&mut r.state]);
            }
            Op::PackedConv2d(c) | Op::WinogradConv2d(c) => all.packed_conv(c),
            Op::PackedDepthwise(c) => all.packed_depthwise(c),
            Op::PackedSeparable(c) => {
                all.packed_depthwise(&mut c.depthwise);
                all.packed_conv(&mut c.pointwise);
            }
            Op::PackedDense(d) => {
                all.views([&mut d.input, &mut d.output]);
                all.packed(&mut d.matrix);
                all.spans([&mut d.scratch]);
            }
            Op::SequenceLstm(l) => {
                all.views([&mut l.input, &mut l.output]);
                all.blobs([&mut l.x_weights, &mut l.x_bias, &mut l.h_weights]);
                all.spans([&mut l.scratch]);
            }
            Op::Matmul(m) => {
                all.views([&mut m.output]);
                for side in [&mut m.a, &mut m.b] {
                    all.views([&mut side.view]);
                    side.constant.iter_mut().for_each(|blob| all.blobs([blob]));
                }
            }
            Op::PackedRnn(r) => {
                all.views([&mut r.input]);
                r.output.iter_mut().for_each(|output| all.views([output]));
                all.sizes.push(&mut r.hidden);
                all.spans([&mut r.state, &mut r.scratch]);
                all.packed(&mut r.x);
                all.packed(&mut r.h);
            }
        }
        all
    }

    /// Those of what an application pushes.
    pub fn of_source(source: &'a mut Source) -> Self {
        let mut all = Numbers::default();
        match source {
            Source::Image(p) => {
                all.views([&mut p.output]);
                all.blobs([&mut p.table]);
                all.sizes.extend([&mut p.source_h, &mut p.source_w]);
                all.sizes.extend([&mut p.crop_at.0, &mut p.crop_at.1]);
                all.sizes.extend([&mut p.crop_size.0, &mut p.crop_size.1]);
            }
            Source::Audio(p) => {
                all.views([&mut p.output]);
                all.spans([&mut p.state, &mut p.scratch]);
                all.blobs([&mut p.window, &mut p.twiddles, &mut p.band_bins]);
                all.blobs([&mut p.band_weights, &mut p.means, &mut p.factors]);
                all.sizes.extend([&mut p.frame_len, &mut p.hop]);
                all.sizes.extend([&mut p.fft_len, &mut p.max_steps]);
            }
            Source::Text(p) => {
                all.ids(&mut p.ids);
                all.spans([&mut p.scratch]);
                all.sizes.extend([&mut p.buckets, &mut p.max_bytes]);
            }
            Source::Record(p) | Source::Sequence(p) => {
                all.views([&mut p.output]);
                all.spans([&mut p.fields]);
                all.sizes.push(&mut p.max_steps);
            }
            Source::Tensor(p) => all.views([&mut p.output]),
        }
        all
    }

    fn rnn(&mut self, op: &'a mut Rnn) {
        self.views([&mut op.input]);
        op.output.iter_mut().for_each(|output| self.views([output]));
        self.sizes.push(&mut op.hidden);
        self.spans([&mut op.state, &mut op.scratch]);
        self.blobs([&mut op.x_weights, &mut op.x_bias]);
        self.blobs([&mut op.h_weights, &mut op.h_bias]);
        self.requant(&mut op.x_requant);
        self.requant(&mut op.h_requant);
    }

    /// Those of ops that only imported networks have.
    fn imported(&mut self, op: &'a mut Op) {
        match op {
            Op::Rearrange(r) => {
                self.views([&mut r.input, &mut r.output]);
                self.places.extend([&mut r.start, &mut r.run]);
                for axis in &mut r.axes {
                    self.sizes.push(&mut axis.count);
                    self.blobs([&mut axis.indices]);
                }
            }
            Op::Constant(c) => {
                self.views([&mut c.output]);
                self.blobs([&mut c.values]);
            }
            Op::Resize(r) => self.views([&mut r.input, &mut r.output]),
            Op::Pairwise(p) => {
                self.views([&mut p.a, &mut p.b, &mut p.output]);
                p.values.iter_mut().for_each(|values| self.blobs([values]));
            }
            Op::Reduce(r) => self.views([&mut r.input, &mut r.output]),
            Op::L2Normalise(n) => self.views([&mut n.input, &mut n.output]),
            Op::ArgMax(a) => self.views([&mut a.input, &mut a.output]),
            Op::LogSoftmax(s) => {
                self.views([&mut s.input, &mut s.output]);
                self.blobs([&mut s.table]);
            }
            _ => {}
        }
    }

    fn packed_conv(&mut self, conv: &'a mut PackedConv) {
        self.views([&mut conv.input, &mut conv.output]);
        self.window(&mut conv.window);
        self.packed(&mut conv.matrix);
        self.spans([&mut conv.scratch]);
        if let Some(pool) = &mut conv.pool {
            self.views([&mut pool.output]);
            self.window(&mut pool.window);
        }
    }

    fn packed_depthwise(&mut self, conv: &'a mut PackedDepthwise) {
        self.views([&mut conv.input, &mut conv.output]);
        self.window(&mut conv.window);
        self.packed(&mut conv.matrix);
        self.spans([&mut conv.scratch]);
    }

    fn packed(&mut self, packed: &'a mut Packed) {
        self.blobs([&mut packed.weights, &mut packed.factors]);
    }

    fn requant(&mut self, requant: &'a mut Requant) {
        self.blobs([&mut requant.multipliers, &mut requant.shifts]);
    }

    fn views<const N: usize>(&mut self, views: [&'a mut View; N]) {
        for view in views {
            self.places.push(&mut view.offset);
            self.sizes.extend([&mut view.h, &mut view.w, &mut view.c]);
        }
    }

    fn ids(&mut self, ids: &'a mut Ids) {
        self.places.push(&mut ids.offset);
        self.sizes.push(&mut ids.max);
    }

    fn spans<const N: usize>(&mut self, spans: [&'a mut Span; N]) {
        for span in spans {
            self.places.extend([&mut span.offset, &mut span.len]);
        }
    }

    fn blobs<const N: usize>(&mut self, blobs: [&'a mut Blob; N]) {
        for blob in blobs {
            self.blobs.extend([&mut blob.offset, &mut blob.len]);
        }
    }

    fn window(&mut self, window: &'a mut Window) {
        let pairs = [
            &mut window.kernel,
            &mut window.stride,
            &mut window.dilation,
            &mut window.pad_before,
            &mut window.pad_after,
        ];
        for (rows, columns) in pairs {
            self.sizes.extend([rows, columns]);
        }
    }
}
