//! Packs plain ops into those that a target's kernels run, between the removal of copies and the memory plan.
//!
//! - `layer` with `matrix`: one op with its constants in a kernel's order;
//! - `fuse`: a convolution and the pool behind it, or a depthwise and a pointwise convolution, become one op, and the large
//!   output between them never exists;
//! - `winograd`: which convolutions trade flash for speed.
//!
//! An op without a packed form stays as it is. Constants that nothing reads any more are left out.

mod fuse;
mod layer;
mod matrix;
mod winograd;

use std::collections::BTreeSet;

pub(super) use fuse::lookups_behind_pools;
use layer::packed;
pub use layer::{Algorithm, scratch};
use tillsense_core::model::records::{Blob, Op, Packing};
use tillsense_core::ops::softmax::MAX_ENTRIES;
use tillsense_core::tensor::Weights;
pub(super) use winograd::choose;

use super::blobs::Blobs;
use super::constants::{bytes, move_op, move_source};
use super::program::{Home, PartId, Program};

/// Adds the packed form of an op whose constants lie in `blobs`, with its own constants beside them; `None` where it has no
/// packed form. The scratch of the packed op has a length and lies at 0.
pub fn add_packed(
    op: &Op,
    packing: Packing,
    algorithm: Algorithm,
    blobs: &mut Blobs,
) -> Option<Op> {
    let section = blobs.so_far();
    let (mut op, own) = packed(op, packing, algorithm, &Weights::new(&section))?;
    move_op(&mut op, &own.so_far(), blobs);
    Some(op)
}

/// A program with all its constants.
#[derive(Clone)]
pub(crate) struct Constants {
    /// The ops and values.
    pub program: Program,
    /// The weights section.
    pub blobs: Blobs,
    /// The substitute encoding of each input, for when it is absent.
    pub absents: Vec<Blob>,
}

impl Constants {
    /// A copy in which every softmax table is at its longest; no other constant's length depends on trained values.
    pub(super) fn longest(&self) -> Constants {
        let section = self.blobs.so_far();
        let mut longest = self.clone();
        let ops = longest
            .program
            .parts
            .iter_mut()
            .flat_map(|part| &mut part.ops);
        for (op, _) in ops {
            if let Op::Softmax(softmax) = op {
                let mut table = bytes(&section, softmax.table).to_vec();
                table.resize(4 * MAX_ENTRIES, 0);
                softmax.table = longest.blobs.own(&table, 4);
            }
        }
        longest
    }

    /// Packs every op that has a packed form; the convolutions of the nodes in `winograd` use Winograd's algorithm.
    pub(super) fn pack(&self, packing: Packing, winograd: &BTreeSet<usize>) -> Constants {
        let section = self.blobs.so_far();
        let mut packed = Constants {
            program: self.program.clone(),
            blobs: self.blobs.emptied(),
            absents: Vec::new(),
        };
        for part in 0..packed.program.parts.len() {
            if let Some(source) = &mut packed.program.parts[part].source {
                move_source(source, &section, &mut packed.blobs);
            }
            for index in 0..packed.program.parts[part].ops.len() {
                packed.op(part, index, packing, winograd, &section);
            }
            fuse::pools(&mut packed.program, part);
            fuse::separables(&mut packed.program, part);
        }
        for &absent in &self.absents {
            let moved = packed.blobs.own(bytes(&section, absent), 16);
            packed.absents.push(moved);
        }
        packed
    }

    /// Replaces one op by its packed form, if it has one.
    fn op(
        &mut self,
        part: PartId,
        index: usize,
        packing: Packing,
        winograd: &BTreeSet<usize>,
        section: &[u8],
    ) {
        let (plain, node) = self.program.parts[part].ops[index].clone();
        let from = Weights::new(section);
        let by = |algorithm| packed(&plain, packing, algorithm, &from);
        let faster = winograd.contains(&node).then(|| by(Algorithm::Winograd));
        let found = faster.flatten().or_else(|| by(Algorithm::Direct));
        let op = match found {
            Some((mut op, own)) => {
                move_op(&mut op, &own.so_far(), &mut self.blobs);
                if let Some(span) = scratch(&mut op) {
                    let value = self.program.add(span.len as usize, 4, Home::Work(part));
                    span.offset = value as u32;
                }
                op
            }
            None => {
                let mut op = plain;
                move_op(&mut op, section, &mut self.blobs);
                op
            }
        };
        self.program.parts[part].ops[index].0 = op;
    }
}
