//! Which bytes of the arena a record names, and what is done with them.

use tillsense_core::arena::Region as _;
use tillsense_core::model::records::{Ids, Op, Source, Span, View};

/// What is done with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Written; what it held before is of no use.
    Write,
    /// Read and written.
    Update,
}

/// Hands each region of an op to `visit`: its offset, which may be changed, its length, and its access; first what is
/// read, then what is written.
pub fn of_op(op: &mut Op, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    use Access::{Read, Update, Write};
    match op {
        Op::Conv2d(c) | Op::DepthwiseConv2d(c) => {
            view(&mut c.input, Read, visit);
            view(&mut c.output, Write, visit);
        }
        Op::MaxPool(p) | Op::AveragePool(p) => {
            view(&mut p.input, Read, visit);
            view(&mut p.output, Write, visit);
        }
        Op::Dense(d) | Op::Dense4(d) => {
            view(&mut d.input, Read, visit);
            view(&mut d.output, Write, visit);
        }
        Op::Embedding(e) => {
            ids(&mut e.ids, Read, visit);
            view(&mut e.output, Write, visit);
        }
        Op::EmbeddingBag(e) | Op::Embedding4(e) => {
            ids(&mut e.ids, Read, visit);
            span(&mut e.scratch, Write, visit);
            view(&mut e.output, Write, visit);
        }
        Op::Add(a) => {
            view(&mut a.a, Read, visit);
            view(&mut a.b, Read, visit);
            view(&mut a.output, Write, visit);
        }
        Op::Product(p) => {
            view(&mut p.a, Read, visit);
            view(&mut p.b, Read, visit);
            view(&mut p.output, Write, visit);
        }
        Op::Concat(c) => {
            c.parts.iter_mut().for_each(|part| view(part, Read, visit));
            view(&mut c.output, Write, visit);
        }
        Op::Gate(g) => {
            view(&mut g.gates, Read, visit);
            view(&mut g.values, Read, visit);
            view(&mut g.output, Write, visit);
        }
        Op::Lookup(l) => {
            view(&mut l.input, Read, visit);
            view(&mut l.output, Write, visit);
        }
        Op::Softmax(s) => {
            view(&mut s.input, Read, visit);
            view(&mut s.output, Write, visit);
        }
        Op::Rnn(r) => {
            view(&mut r.input, Read, visit);
            span(&mut r.state, Update, visit);
            span(&mut r.scratch, Write, visit);
            if let Some(output) = &mut r.output {
                view(output, Write, visit);
            }
        }
        Op::RnnRead(r) => {
            span(&mut r.state, Read, visit);
            view(&mut r.output, Write, visit);
        }
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => {
            view(&mut c.input, Read, visit);
            span(&mut c.scratch, Write, visit);
            match &mut c.pool {
                Some(pool) => {
                    let strip = pool.rows(&c.output).span().len as usize;
                    visit(&mut c.output.offset, strip, Write);
                    view(&mut pool.output, Write, visit);
                }
                None => view(&mut c.output, Write, visit),
            }
        }
        Op::PackedDepthwise(c) => {
            view(&mut c.input, Read, visit);
            span(&mut c.scratch, Write, visit);
            view(&mut c.output, Write, visit);
        }
        Op::PackedSeparable(c) => {
            let row = c.row().span().len as usize;
            view(&mut c.depthwise.input, Read, visit);
            span(&mut c.depthwise.scratch, Write, visit);
            visit(&mut c.depthwise.output.offset, row, Write);
            // One address, written twice.
            c.pointwise.input = c.depthwise.output;
            span(&mut c.pointwise.scratch, Write, visit);
            view(&mut c.pointwise.output, Write, visit);
        }
        Op::PackedDense(d) => {
            view(&mut d.input, Read, visit);
            span(&mut d.scratch, Write, visit);
            view(&mut d.output, Write, visit);
        }
        Op::PackedRnn(r) => {
            view(&mut r.input, Read, visit);
            span(&mut r.state, Update, visit);
            span(&mut r.scratch, Write, visit);
            if let Some(output) = &mut r.output {
                view(output, Write, visit);
            }
        }
    }
}

/// As [`of_op`], for a frontend.
pub fn of_source(source: &mut Source, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    use Access::{Update, Write};
    match source {
        Source::Image(p) => view(&mut p.output, Write, visit),
        Source::Audio(p) => {
            span(&mut p.state, Update, visit);
            span(&mut p.scratch, Write, visit);
            view(&mut p.output, Write, visit);
        }
        Source::Text(p) => {
            span(&mut p.scratch, Write, visit);
            ids(&mut p.ids, Write, visit);
        }
        Source::Record(p) | Source::Sequence(p) => view(&mut p.output, Write, visit),
    }
}

fn view(view: &mut View, access: Access, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    let len = view.span().len as usize;
    visit(&mut view.offset, len, access);
}

fn span(span: &mut Span, access: Access, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    let len = span.span().len as usize;
    visit(&mut span.offset, len, access);
}

fn ids(ids: &mut Ids, access: Access, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    let len = ids.span().len as usize;
    visit(&mut ids.offset, len, access);
}
