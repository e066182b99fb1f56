//! The one static buffer of a session, and how a plan splits it.

#![allow(
    unsafe_code,
    reason = "parts of one slice, all mutable, whose bounds are checked here"
)]

use core::ops::Range;
use core::slice::from_raw_parts_mut;

use crate::model::header::ALIGN;
use crate::model::records::{Ids, Span, View};

/// `N` bytes at an address that is a multiple of 16, fit for [`crate::engine::Session::new`].
#[derive(Debug)]
#[repr(C, align(16))]
pub struct Arena<const N: usize>([u8; N]);

const _: () = assert!(align_of::<Arena<1>>() == ALIGN);

impl<const N: usize> Default for Arena<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Arena<N> {
    /// Zeros.
    pub const fn new() -> Self {
        Arena([0; N])
    }

    /// The bytes.
    pub const fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// Something that lies in the arena.
pub trait Region {
    /// Its first byte.
    fn start(&self) -> usize;
    /// Its length in bytes.
    fn bytes(&self) -> usize;

    /// Its byte range.
    fn range(&self) -> Range<usize> {
        self.start()..self.start().saturating_add(self.bytes())
    }
}

impl Region for View {
    fn start(&self) -> usize {
        self.offset as usize
    }
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Region for Span {
    fn start(&self) -> usize {
        self.offset as usize
    }
    fn bytes(&self) -> usize {
        self.len as usize
    }
}

impl Region for Ids {
    fn start(&self) -> usize {
        self.offset as usize
    }
    fn bytes(&self) -> usize {
        2 * usize::from(self.max)
    }
}

/// Splits the arena into separate regions. `None` where they overlap or do not fit, which `Model::load` has ruled out.
pub(crate) fn split<'a, const N: usize>(
    arena: &'a mut [u8],
    regions: [&dyn Region; N],
) -> Option<[&'a mut [u8]; N]> {
    let ranges = regions.map(Region::range);
    if !are_apart(&ranges, arena.len()) {
        return None;
    }
    let start = arena.as_mut_ptr();
    // `get_disjoint_mut` does the same and copies its answer twice: a third of a small layer's time.
    // SAFETY: `are_apart` found that every range lies inside the arena and that no byte lies in two of them.
    Some(ranges.map(|range| unsafe { from_raw_parts_mut(start.add(range.start), range.len()) }))
}

/// Whether all ranges lie below `len` and none touches another.
fn are_apart(ranges: &[Range<usize>], len: usize) -> bool {
    let mut rest = ranges;
    while let [range, others @ ..] = rest {
        let alone = |other: &Range<usize>| range.end <= other.start || other.end <= range.start;
        if range.start > range.end || range.end > len || !others.iter().all(alone) {
            return false;
        }
        rest = others;
    }
    true
}

/// An int8 tensor's values.
pub(crate) fn i8s(bytes: &[u8]) -> &[i8] {
    bytemuck::cast_slice(bytes)
}

/// An int8 tensor's values, to write.
pub(crate) fn i8s_mut(bytes: &mut [u8]) -> &mut [i8] {
    bytemuck::cast_slice_mut(bytes)
}

/// A text's ids; the region is 2-byte aligned, checked at load.
pub(crate) fn ids(bytes: &[u8]) -> &[u16] {
    bytemuck::try_cast_slice(bytes).unwrap_or(&[])
}

/// A text's ids, to write.
pub(crate) fn ids_mut(bytes: &mut [u8]) -> &mut [u16] {
    bytemuck::try_cast_slice_mut(bytes).unwrap_or(&mut [])
}
