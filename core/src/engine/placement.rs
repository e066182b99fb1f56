//! Where an op reads and writes, and which placements a plan may not have.

use heapless::Vec;

use crate::arena::Region;
use crate::engine::load::OpRefusal;
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
    /// Written; must not overlap anything else the op touches.
    Write,
    /// Written, kept between calls where it lies in the persistent part.
    State,
    /// Written, may be the very region that is read.
    InPlace,
}

/// All regions that an op touches.
pub(crate) fn uses(op: &Op) -> Vec<Use, { MAX_PARTS + 1 }> {
    let mut uses = Vec::new();
    let mut add = |region: &dyn Region, access: Access, align: u32| {
        // The capacity is that of the op with most regions, concat.
        let _ = uses.push(Use {
            span: span_of(region),
            access,
            align,
        });
    };
    use Access::{InPlace, Read, State, Write};
    match op {
        Op::Conv2d(c) | Op::DepthwiseConv2d(c) => {
            add(&c.input, Read, 1);
            add(&c.output, Write, 1);
        }
        Op::MaxPool(p) | Op::AveragePool(p) => {
            add(&p.input, Read, 1);
            add(&p.output, Write, 1);
        }
        Op::Dense(d) => {
            add(&d.input, Read, 1);
            add(&d.output, Write, 1);
        }
        Op::Embedding(e) => {
            add(&e.ids, Read, 2);
            add(&e.output, Write, 1);
        }
        Op::EmbeddingBag(e) => {
            add(&e.ids, Read, 2);
            add(&e.output, Write, 1);
            add(&e.scratch, Write, 4);
        }
        Op::Add(a) => {
            add(&a.a, Read, 1);
            add(&a.b, Read, 1);
            add(&a.output, Write, 1);
        }
        Op::Product(p) => {
            add(&p.a, Read, 1);
            add(&p.b, Read, 1);
            add(&p.output, Write, 1);
        }
        Op::Concat(c) => {
            c.parts.iter().for_each(|part| add(part, Read, 1));
            add(&c.output, Write, 1);
        }
        Op::Gate(g) => {
            add(&g.gates, Read, 1);
            add(&g.values, Read, 1);
            add(&g.output, Write, 1);
        }
        Op::Lookup(l) => {
            add(&l.input, Read, 1);
            add(&l.output, InPlace, 1);
        }
        Op::Softmax(s) => {
            add(&s.input, Read, 1);
            add(&s.output, Write, 1);
        }
        Op::Rnn(r) => {
            add(&r.input, Read, 1);
            add(&r.state, State, 4);
            add(&r.scratch, Write, 4);
            if let Some(output) = &r.output {
                add(output, Write, 1);
            }
        }
        Op::RnnRead(r) => {
            add(&r.state, Read, 4);
            add(&r.output, Write, 1);
        }
    }
    uses
}

/// Checks an op's regions against the arena, against one another and against what its segment may write.
///
/// `encoding` is the only persistent region, beside recurrent state, that the op's segment may write; the trunk has none.
pub(crate) fn check(
    op: &Op,
    arena_len: u32,
    persistent_len: u32,
    encoding: Option<&View>,
) -> Result<(), OpRefusal> {
    let uses = uses(op);
    for (number, this) in uses.iter().enumerate() {
        inside(this.span, arena_len, this.align)?;
        if this.access == Access::Read {
            continue;
        }
        let kept = this.span.range().start < persistent_len as usize;
        let may_keep = this.access == Access::State
            || encoding.is_some_and(|e| contains(&e.range(), &this.span.range()));
        if kept && !(may_keep && this.span.range().end <= persistent_len as usize) {
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
    Ok(())
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

/// Whether two regions share a byte.
pub(crate) fn overlap(a: Span, b: Span) -> bool {
    a.len > 0 && b.len > 0 && a.range().start < b.range().end && b.range().start < a.range().end
}

/// The region's bytes as a span; lengths beyond u32 saturate and then fit no arena.
pub(crate) fn span_of(region: &(impl Region + ?Sized)) -> Span {
    let len = u32::try_from(region.bytes()).unwrap_or(u32::MAX);
    let offset = u32::try_from(region.start()).unwrap_or(u32::MAX);
    Span { offset, len }
}

fn contains(outer: &core::ops::Range<usize>, inner: &core::ops::Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
