//! Which placements a plan may not have.

use core::ops::Range;

use heapless::Vec;

use crate::arena::Region;
use crate::engine::error::OpRefusal;
use crate::engine::written::Written;
use crate::model::records::{MAX_PARTS, Op, Source, Span};
use crate::model::regions::{self, Access};

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

/// All regions that an op or a frontend touches. The capacity is that of the op with most regions, concat.
#[derive(Debug, Default)]
pub(crate) struct Uses(Vec<Use, { MAX_PARTS + 1 }>);

impl Uses {
    /// Those of an op.
    pub fn of_op(op: &Op) -> Self {
        let mut uses = Uses::default();
        regions::of_op(op, &mut |region, access, align| {
            uses.add(region, access, align);
        });
        uses
    }

    /// Those of a frontend.
    pub fn of_source(source: &Source) -> Self {
        let mut uses = Uses::default();
        regions::of_source(source, &mut |region, access, align| {
            uses.add(region, access, align);
        });
        uses
    }

    #[inline(never)]
    fn add(&mut self, region: &dyn Region, access: Access, align: u32) {
        let _ = self.0.push(Use {
            span: region.span(),
            access,
            align,
        });
    }

    /// One after the other, what is read first.
    pub fn iter(&self) -> core::slice::Iter<'_, Use> {
        self.0.iter()
    }
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

/// Checks the regions that an op touches against the arena, against one another, against what its part of the plan may write, and
/// that what it reads was written before; then adds what it writes.
pub(crate) fn check(uses: &Uses, limits: &Limits, written: &mut Written) -> Result<(), OpRefusal> {
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
    for this in uses.iter() {
        match this.access {
            Access::Read => {}
            Access::Scratch => written.remove(this.span.range()),
            Access::Write | Access::State | Access::InPlace => written.add(this.span.range()),
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

/// Whether two regions share a byte, or an empty one lies within the other: what `get_disjoint_mut` refuses.
pub(crate) fn overlap(a: Span, b: Span) -> bool {
    a.range().start < b.range().end && b.range().start < a.range().end
}
