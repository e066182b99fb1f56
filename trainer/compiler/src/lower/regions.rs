//! Regions of the arena that a record names, as a planner sees them.

use tillsense_core::model::records::{Op, Source};
use tillsense_core::model::regions::{self, Movable};

/// What an op does with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The op only reads the region.
    Read,
    /// The op writes the region without reading what it held before.
    Write,
    /// The op reads and writes the region.
    Update,
}

impl From<regions::Access> for Access {
    fn from(access: regions::Access) -> Self {
        match access {
            regions::Access::Read => Access::Read,
            regions::Access::Write | regions::Access::Scratch | regions::Access::InPlace => {
                Access::Write
            }
            regions::Access::State => Access::Update,
        }
    }
}

/// Hands each region of an op to `visit`: its offset, which may be changed, its length, and its access; first what is
/// read, then what is written.
pub fn of_op(op: &mut Op, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    // Its record has a place for scratch, which the op does not use.
    if let Op::Embedding4(e) = op {
        visit(&mut e.scratch.offset, 0, Access::Write);
    }
    regions::of_op_mut(op, &mut |region, access, _| {
        told(region, access.into(), visit)
    });
}

/// Hands each region of a frontend to `visit`, as [`of_op`] does for an op.
pub fn of_source(source: &mut Source, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    regions::of_source_mut(source, &mut |region, access, _| {
        told(region, access.into(), visit)
    });
}

fn told(region: &mut dyn Movable, access: Access, visit: &mut dyn FnMut(&mut u32, usize, Access)) {
    let len = region.span().len as usize;
    visit(region.offset_mut(), len, access);
}
