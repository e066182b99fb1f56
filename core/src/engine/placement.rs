//! Where an op reads and writes, and which placements a plan may not have.

use core::ops::Range;

use heapless::Vec;

use crate::arena::Region;
use crate::engine::load::OpRefusal;
use crate::engine::written::Written;
use crate::model::records::{MAX_PARTS, Op, Span, View};

/// One region that an op touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// The bytes.
    pub span: Span,
    /// What is done with them.
    pub access: Access,
    /// Required alignment of the first byte.
    pub align: u32,
}

/// What is done with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read only.
    Read,
    /// Wholly written; must not overlap anything else the op touches.
    Write,
    /// Written, and without meaning once the op has run.
    Scratch,
    /// Recurrent state: kept between calls where it lies in the persistent part, else wiped first and then written.
    State,
    /// Written, may be the very region of anything that is read.
    InPlace,
}

/// A list of regions.
#[derive(Debug, Default)]
struct Uses(Vec<Use, { MAX_PARTS + 1 }>);

impl Uses {
    #[inline(never)]
    fn add(&mut self, region: &dyn Region, access: Access, align: u32) {
        // The capacity is that of the op with most regions, concat.
        let _ = self.0.push(Use {
            span: region.span(),
            access,
            align,
        });
    }
}

/// What an op reads, with the alignment that it needs, and the output of an op that writes nothing else but scratch.
#[inline(never)]
pub(crate) fn ends(op: &Op) -> Option<(&dyn Region, u32, &View)> {
    Some(match op {
        Op::Conv2d(c) | Op::DepthwiseConv2d(c) => (&c.input, 1, &c.output),
        Op::MaxPool(p) | Op::AveragePool(p) => (&p.input, 1, &p.output),
        Op::Dense(d) | Op::Dense4(d) => (&d.input, 1, &d.output),
        Op::Embedding(e) => (&e.ids, 2, &e.output),
        Op::EmbeddingBag(e) | Op::Embedding4(e) => (&e.ids, 2, &e.output),
        Op::Softmax(s) => (&s.input, 1, &s.output),
        Op::RnnRead(r) => (&r.state, 4, &r.output),
        _ => return None,
    })
}

/// All regions that an op touches.
pub(crate) fn uses(op: &Op) -> Vec<Use, { MAX_PARTS + 1 }> {
    let mut uses = Uses::default();
    use Access::{InPlace, Read, Scratch, State, Write};
    if let Some((input, align, output)) = ends(op) {
        uses.add(input, Read, align);
        uses.add(output, Write, 1);
    }
    match op {
        Op::Conv2d(_)
        | Op::DepthwiseConv2d(_)
        | Op::MaxPool(_)
        | Op::AveragePool(_)
        | Op::Dense(_)
        | Op::Dense4(_)
        | Op::Embedding(_)
        | Op::Embedding4(_)
        | Op::Softmax(_)
        | Op::RnnRead(_) => {}
        Op::EmbeddingBag(e) => uses.add(&e.scratch, Scratch, 4),
        Op::Add(a) => {
            uses.add(&a.a, Read, 1);
            uses.add(&a.b, Read, 1);
            uses.add(&a.output, InPlace, 1);
        }
        Op::Product(p) => {
            uses.add(&p.a, Read, 1);
            uses.add(&p.b, Read, 1);
            uses.add(&p.output, Write, 1);
        }
        Op::Concat(c) => {
            c.parts.iter().for_each(|part| uses.add(part, Read, 1));
            uses.add(&c.output, Write, 1);
        }
        Op::Gate(g) => {
            uses.add(&g.gates, Read, 1);
            uses.add(&g.values, Read, 1);
            uses.add(&g.output, Write, 1);
        }
        Op::Lookup(l) => {
            uses.add(&l.input, Read, 1);
            uses.add(&l.output, InPlace, 1);
        }
        Op::Rnn(r) => {
            uses.add(&r.input, Read, 1);
            uses.add(&r.state, State, 4);
            uses.add(&r.scratch, Scratch, 4);
            if let Some(output) = &r.output {
                uses.add(output, Write, 1);
            }
        }
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => {
            uses.add(&c.input, Read, 1);
            uses.add(&c.scratch, Scratch, 4);
            match &c.pool {
                Some(pool) => {
                    uses.add(&pool.rows(&c.output), Scratch, 1);
                    uses.add(&pool.output, Write, 1);
                }
                None => uses.add(&c.output, Write, 1),
            }
        }
        Op::PackedDepthwise(c) => {
            uses.add(&c.input, Read, 1);
            uses.add(&c.scratch, Scratch, 4);
            uses.add(&c.output, Write, 1);
        }
        Op::PackedSeparable(c) => {
            uses.add(&c.depthwise.input, Read, 1);
            uses.add(&c.depthwise.scratch, Scratch, 4);
            uses.add(&c.row(), Scratch, 1);
            uses.add(&c.pointwise.scratch, Scratch, 4);
            uses.add(&c.pointwise.output, Write, 1);
        }
        Op::PackedDense(d) => {
            uses.add(&d.input, Read, 1);
            uses.add(&d.scratch, Scratch, 4);
            uses.add(&d.output, Write, 1);
        }
        Op::PackedRnn(r) => {
            uses.add(&r.input, Read, 1);
            uses.add(&r.state, State, 4);
            uses.add(&r.scratch, Scratch, 4);
            if let Some(output) = &r.output {
                uses.add(output, Write, 1);
            }
        }
    }
    uses.0
}

/// What a part of the plan may do.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Bytes of arena.
    pub arena_len: u32,
    /// Bytes kept between calls.
    pub persistent_len: u32,
    /// The encoding that the part may write, all there is but recurrent state in the persistent bytes; the trunk has none.
    pub encoding: Option<Range<usize>>,
    /// Whether the part runs once for each step of a stream, and may have recurrent state kept between the steps.
    ///
    /// Elsewhere kept state would make a second push, or a second run, give other scores than the first.
    pub keeps_state: bool,
}

impl Limits {
    /// Whether an op of the part may write these bytes for this use.
    fn permit(&self, range: &Range<usize>, access: Access) -> bool {
        let persistent = self.persistent_len as usize;
        if range.start >= persistent {
            return true;
        }
        match access {
            Access::State => self.keeps_state && range.end <= persistent,
            _ => self.encoding.as_ref().is_some_and(|e| {
                e.start <= range.start && range.end <= e.end && range.end <= persistent
            }),
        }
    }
}

/// Checks an op's regions against the arena, against one another, against what its part of the plan may write, and
/// that what it reads was written before; then adds what it writes. Answers the bytes of all regions.
pub(crate) fn check(op: &Op, limits: &Limits, written: &mut Written) -> Result<u32, OpRefusal> {
    let uses = uses(op);
    for (number, this) in uses.iter().enumerate() {
        inside(this.span, limits.arena_len, this.align)?;
        let range = this.span.range();
        if this.access == Access::Read {
            continue;
        }
        if !limits.permit(&range, this.access) {
            return Err(OpRefusal::Persistent);
        }
        let clash = uses.iter().enumerate().any(|(other, that)| {
            let same_place = this.access == Access::InPlace && that.span == this.span;
            other != number && !same_place && overlap(this.span, that.span)
        });
        if clash {
            return Err(OpRefusal::Overlap);
        }
    }
    let mut reads = uses.iter().filter(|this| this.access == Access::Read);
    if !reads.all(|this| written.covers(&this.span.range())) {
        return Err(OpRefusal::Unwritten);
    }
    for this in &uses {
        match this.access {
            Access::Read => {}
            Access::Scratch => written.remove(this.span.range()),
            Access::Write | Access::State | Access::InPlace => written.add(this.span.range()),
        }
    }
    // None is longer than an arena.
    Ok(uses.iter().map(|this| this.span.len).sum())
}

/// Checks that a region lies in the arena at an address that is a multiple of `align`.
pub(crate) fn inside(span: Span, arena_len: u32, align: u32) -> Result<(), OpRefusal> {
    if span.range().end > arena_len as usize {
        return Err(OpRefusal::OutsideArena);
    }
    if !span.offset.is_multiple_of(align) {
        return Err(OpRefusal::Misaligned);
    }
    Ok(())
}

/// Whether two regions share a byte, or an empty one lies within the other: what `get_disjoint_mut` refuses.
pub(crate) fn overlap(a: Span, b: Span) -> bool {
    a.range().start < b.range().end && b.range().start < a.range().end
}
