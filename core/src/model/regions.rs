//! Which bytes of the arena a record names, and what is done with them: said here and nowhere else.
//!
//! The check of a plan and the run of an op ask through shared references, a planner writes addresses through the same list
//! with mutable ones. What is read comes first.

use core::ops::Range;

use super::records::{Ids, Op, Source, Span, View};
use crate::parts::Part;

/// What is done with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The op reads it.
    Read,
    /// The op writes all of it; it must not overlap anything else that the op touches.
    Write,
    /// The op writes it, and what it holds once the op has run has no meaning.
    Scratch,
    /// State, read and written: kept between calls where it lies in the persistent part, else wiped before the op runs.
    State,
    /// The op writes all of it, and it may be the very region of anything that the op reads.
    InPlace,
}

/// Something that lies in the arena.
pub trait Region {
    /// Its place and length.
    fn span(&self) -> Span;

    /// Its length in bytes.
    fn bytes(&self) -> usize
    where
        Self: Sized,
    {
        self.span().len as usize
    }

    /// Its byte range.
    fn range(&self) -> Range<usize> {
        range(self.span())
    }
}

impl Region for View {
    #[inline(never)]
    fn span(&self) -> Span {
        Span {
            offset: self.offset,
            len: self.len() as u32,
        }
    }
}

impl Region for Span {
    fn span(&self) -> Span {
        *self
    }
}

impl Region for Ids {
    fn span(&self) -> Span {
        Span {
            offset: self.offset,
            len: 2 * u32::from(self.max),
        }
    }
}

#[inline(never)]
fn range(span: Span) -> Range<usize> {
    span.offset as usize..span.end()
}

/// A region that can be put elsewhere.
pub trait Movable: Region {
    /// Its first byte in the arena.
    fn offset_mut(&mut self) -> &mut u32;
}

impl Movable for View {
    fn offset_mut(&mut self) -> &mut u32 {
        &mut self.offset
    }
}

impl Movable for Span {
    fn offset_mut(&mut self) -> &mut u32 {
        &mut self.offset
    }
}

impl Movable for Ids {
    fn offset_mut(&mut self) -> &mut u32 {
        &mut self.offset
    }
}

/// What is told of each region: the region, the access, and the alignment that its first byte must have.
pub type Visit<'v> = dyn FnMut(&dyn Region, Access, u32) + 'v;

/// As [`Visit`], with leave to put the region elsewhere.
pub type VisitMut<'v> = dyn FnMut(&mut dyn Movable, Access, u32) + 'v;

/// One list, for `&` and for `&mut`.
macro_rules! visitors {
    ($input_and_output:ident, $two:ident, $of_op:ident, $of_source:ident, $visit:ident, $region:ident, $($mut:ident)?) => {
        /// The one region that an op reads, with its alignment, and the one that it writes, of ops that touch no other but scratch.
        #[inline(never)]
        pub fn $input_and_output(op: &$($mut)? Op) -> Option<(&$($mut)? dyn $region, u32, &$($mut)? View)> {
            Some(match op {
                Op::Conv2d(c) | Op::DepthwiseConv2d(c) => (&$($mut)? c.input, 1, &$($mut)? c.output),
                Op::MaxPool(p) | Op::AveragePool(p) => (&$($mut)? p.input, 1, &$($mut)? p.output),
                Op::Dense(d) | Op::Dense4(d) => (&$($mut)? d.input, 1, &$($mut)? d.output),
                Op::Embedding(e) => (&$($mut)? e.ids, 2, &$($mut)? e.output),
                Op::EmbeddingBag(e) | Op::Embedding4(e) => (&$($mut)? e.ids, 2, &$($mut)? e.output),
                Op::Softmax(s) => (&$($mut)? s.input, 1, &$($mut)? s.output),
                Op::RnnRead(r) => (&$($mut)? r.state, 4, &$($mut)? r.output),
                Op::Rearrange(r) => (&$($mut)? r.input, 1, &$($mut)? r.output),
                Op::Resize(r) => (&$($mut)? r.input, 1, &$($mut)? r.output),
                Op::Reduce(r) => (&$($mut)? r.input, 1, &$($mut)? r.output),
                Op::SoftmaxRows(s) => (&$($mut)? s.input, 1, &$($mut)? s.output),
                Op::LogSoftmax(s) => (&$($mut)? s.input, 1, &$($mut)? s.output),
                Op::L2Normalise(n) => (&$($mut)? n.input, 1, &$($mut)? n.output),
                Op::ArgMax(a) => (&$($mut)? a.input, 1, &$($mut)? a.output),
                Op::Add(_)
                | Op::Constant(_)
                | Op::Pairwise(_)
                | Op::Product(_)
                | Op::Concat(_)
                | Op::Gate(_)
                | Op::Lookup(_)
                | Op::Rnn(_)
                | Op::PackedConv2d(_)
                | Op::PackedDepthwise(_)
                | Op::PackedDense(_)
                | Op::PackedRnn(_)
                | Op::WinogradConv2d(_)
                | Op::PackedSeparable(_)
                | Op::SequenceLstm(_)
                | Op::Matmul(_) => return None,
            })
        }

        /// Tells of two operands and of what is made of them.
        fn $two(
            a: &$($mut)? View,
            b: &$($mut)? View,
            output: &$($mut)? View,
            access: Access,
            visit: &mut $visit<'_>,
        ) {
            visit(a, Access::Read, 1);
            visit(b, Access::Read, 1);
            visit(output, access, 1);
        }

        /// Tells of every region that an op touches.
        pub fn $of_op(op: &$($mut)? Op, visit: &mut $visit<'_>) {
            use Access::{InPlace, Read, Scratch, State, Write};
            if let Some((input, align, output)) = $input_and_output(op) {
                visit(input, Read, align);
                visit(output, Write, 1);
            }
            match op {
                Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::MaxPool(_) | Op::AveragePool(_) | Op::Dense(_) | Op::Dense4(_)
                | Op::Embedding(_) | Op::Embedding4(_) | Op::Softmax(_) | Op::Reduce(_) | Op::SoftmaxRows(_) | Op::LogSoftmax(_)
                | Op::L2Normalise(_) | Op::ArgMax(_) | Op::RnnRead(_) | Op::Rearrange(_) | Op::Resize(_) => {}
                Op::Constant(c) if Part::Rearrange.is_built() => visit(&$($mut)? c.output, Write, 1),
                Op::EmbeddingBag(e) => visit(&$($mut)? e.scratch, Scratch, 4),
                Op::Add(a) => $two(&$($mut)? a.a, &$($mut)? a.b, &$($mut)? a.output, InPlace, visit),
                Op::Pairwise(p) if Part::Arithmetic.is_built() => {
                    visit(&$($mut)? p.a, Read, 1);
                    if p.values.is_none() {
                        visit(&$($mut)? p.b, Read, 1);
                    }
                    visit(&$($mut)? p.output, InPlace, 1);
                }
                Op::Product(p) => $two(&$($mut)? p.a, &$($mut)? p.b, &$($mut)? p.output, Write, visit),
                Op::Concat(c) => {
                    for part in &$($mut)? c.parts {
                        visit(part, Read, 1);
                    }
                    visit(&$($mut)? c.output, Write, 1);
                }
                Op::Gate(g) => $two(&$($mut)? g.gates, &$($mut)? g.values, &$($mut)? g.output, Write, visit),
                Op::Lookup(l) => {
                    visit(&$($mut)? l.input, Read, 1);
                    visit(&$($mut)? l.output, InPlace, 1);
                }
                Op::Rnn(r) => {
                    visit(&$($mut)? r.input, Read, 1);
                    visit(&$($mut)? r.state, State, 4);
                    visit(&$($mut)? r.scratch, Scratch, 4);
                    if let Some(output) = &$($mut)? r.output {
                        visit(output, Write, 1);
                    }
                }
                Op::PackedRnn(r) => {
                    visit(&$($mut)? r.input, Read, 1);
                    visit(&$($mut)? r.state, State, 4);
                    visit(&$($mut)? r.scratch, Scratch, 4);
                    if let Some(output) = &$($mut)? r.output {
                        visit(output, Write, 1);
                    }
                }
                Op::PackedConv2d(c) | Op::WinogradConv2d(c) => {
                    visit(&$($mut)? c.input, Read, 1);
                    visit(&$($mut)? c.scratch, Scratch, 4);
                    match &$($mut)? c.pool {
                        Some(pool) => {
                            // Of the convolution's output there are these rows only.
                            let $($mut)? rows = pool.rows(&c.output);
                            visit(&$($mut)? rows, Scratch, 1);
                            if_mut!($($mut)? { c.output.offset = rows.offset });
                            visit(&$($mut)? pool.output, Write, 1);
                        }
                        None => visit(&$($mut)? c.output, Write, 1),
                    }
                }
                Op::PackedDepthwise(c) => {
                    visit(&$($mut)? c.input, Read, 1);
                    visit(&$($mut)? c.scratch, Scratch, 4);
                    visit(&$($mut)? c.output, Write, 1);
                }
                Op::PackedSeparable(c) => {
                    let $($mut)? row = c.row();
                    visit(&$($mut)? c.depthwise.input, Read, 1);
                    visit(&$($mut)? c.depthwise.scratch, Scratch, 4);
                    visit(&$($mut)? row, Scratch, 1);
                    // One place, named by both records.
                    if_mut!($($mut)? {
                        c.depthwise.output.offset = row.offset;
                        c.pointwise.input.offset = row.offset
                    });
                    visit(&$($mut)? c.pointwise.scratch, Scratch, 4);
                    visit(&$($mut)? c.pointwise.output, Write, 1);
                }
                Op::SequenceLstm(l) if Part::SequenceLstm.is_built() => {
                    visit(&$($mut)? l.input, Read, 1);
                    visit(&$($mut)? l.scratch, Scratch, 4);
                    visit(&$($mut)? l.output, Write, 1);
                }
                Op::Matmul(m) if Part::Matmul.is_built() => {
                    if m.a.constant.is_none() {
                        visit(&$($mut)? m.a.view, Read, 1);
                    }
                    if m.b.constant.is_none() {
                        visit(&$($mut)? m.b.view, Read, 1);
                    }
                    visit(&$($mut)? m.output, Write, 1);
                }
                // None was read in a build that lacks its part.
                Op::Constant(_) | Op::Pairwise(_) | Op::SequenceLstm(_) | Op::Matmul(_) => {}
                Op::PackedDense(d) => {
                    visit(&$($mut)? d.input, Read, 1);
                    visit(&$($mut)? d.scratch, Scratch, 4);
                    visit(&$($mut)? d.output, Write, 1);
                }
            }
        }

        /// Tells of every region that a frontend touches.
        pub fn $of_source(source: &$($mut)? Source, visit: &mut $visit<'_>) {
            use Access::{Scratch, State, Write};
            match source {
                Source::Image(p) => visit(&$($mut)? p.output, Write, 1),
                Source::Audio(p) => {
                    visit(&$($mut)? p.state, State, 4);
                    visit(&$($mut)? p.scratch, Scratch, 4);
                    visit(&$($mut)? p.output, Write, 1);
                }
                Source::Text(p) => {
                    visit(&$($mut)? p.scratch, Scratch, 1);
                    visit(&$($mut)? p.ids, Write, 2);
                }
                Source::Record(p) | Source::Sequence(p) => visit(&$($mut)? p.output, Write, 1),
                Source::Tensor(p) => visit(&$($mut)? p.output, Write, 1),
            }
        }
    };
}

/// Statements of the list for `&mut` only.
macro_rules! if_mut {
    (mut $statements:block) => {
        $statements
    };
    ($statements:block) => {};
}

visitors!(input_and_output, two, of_op, of_source, Visit, Region,);
visitors!(
    input_and_output_mut,
    two_mut,
    of_op_mut,
    of_source_mut,
    VisitMut,
    Movable,
    mut
);
