//! The one static buffer of a session, and how a plan splits it.

#![allow(
    unsafe_code,
    reason = "parts of one slice, all mutable, whose bounds are checked here"
)]

use core::ops::Range;
use core::slice::from_raw_parts_mut;

use crate::model::header::ALIGN;
pub use crate::model::regions::Region;

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
    /// An arena of zeros.
    pub const fn new() -> Self {
        Arena([0; N])
    }

    /// The bytes of the arena, to lend to a session.
    pub const fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// Splits the arena into separate regions. `None` where they overlap or do not fit, which `Model::load` has ruled out.
#[inline(never)]
pub(crate) fn split<'a, const N: usize>(
    arena: &'a mut [u8],
    regions: [&dyn Region; N],
) -> Option<[&'a mut [u8]; N]> {
    let mut ranges = [const { 0..0 }; N];
    locate(&regions, arena.len(), &mut ranges).then(|| cut(arena, ranges))
}

/// Where regions lie, and whether they do so below `len` and none touches another.
#[inline(never)]
fn locate(regions: &[&dyn Region], len: usize, ranges: &mut [Range<usize>]) -> bool {
    for (range, region) in ranges.iter_mut().zip(regions) {
        *range = region.range();
    }
    are_apart(ranges, len)
}

/// As [`split`] into two, inlined: a call would be noticeable in the smallest layers.
#[inline(always)]
pub(crate) fn split_in_two<'a>(
    arena: &'a mut [u8],
    regions: [&dyn Region; 2],
) -> Option<[&'a mut [u8]; 2]> {
    let ranges = regions.map(Region::range);
    let [a, b] = &ranges;
    if fits(a, arena.len()) && fits(b, arena.len()) && apart(a, b) {
        Some(cut(arena, ranges))
    } else {
        None
    }
}

/// As `get_disjoint_mut`, which copies its answer twice: a fifth of a small layer's time. The callers have seen that every
/// range lies inside the arena, and no two have a byte in common.
#[inline(always)]
fn cut<const N: usize>(arena: &mut [u8], ranges: [Range<usize>; N]) -> [&mut [u8]; N] {
    let start = arena.as_mut_ptr();
    // SAFETY: `fits` and `apart` hold for the ranges, or `are_apart`, which says the same of all of them.
    ranges
        .map(|range| unsafe { from_raw_parts_mut(start.add(range.start), range.end - range.start) })
}

/// Whether the ranges lie below `len`, and none touches another.
fn are_apart(mut ranges: &[Range<usize>], len: usize) -> bool {
    while let [first, rest @ ..] = ranges {
        if !fits(first, len) || !rest.iter().all(|other| apart(first, other)) {
            return false;
        }
        ranges = rest;
    }
    true
}

#[inline(always)]
const fn fits(range: &Range<usize>, len: usize) -> bool {
    range.start <= range.end && range.end <= len
}

#[inline(always)]
const fn apart(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::records::Span;

    fn at(offset: u32, len: u32) -> Span {
        Span { offset, len }
    }

    #[test]
    fn regions_are_the_bytes_of_their_ranges() {
        let mut arena: [u8; 20] = core::array::from_fn(|i| i as u8);
        let spans = [at(12, 8), at(0, 3), at(3, 0), at(9, 1), at(4, 5)];
        let parts = split(&mut arena, spans.each_ref().map(|s| s as &dyn Region)).unwrap();
        for (part, span) in parts.into_iter().zip(spans) {
            let wanted: std::vec::Vec<u8> = span.range().map(|i| i as u8).collect();
            assert_eq!(*part, wanted, "{span:?}");
            part.fill(0xff);
        }
        let left: std::vec::Vec<u8> = arena.into_iter().filter(|&b| b != 0xff).collect();
        assert_eq!(left, [3, 10, 11]);
    }

    #[test]
    fn two_regions_that_share_a_byte_are_refused_wherever_they_stand() {
        fn refused<const N: usize>() {
            let mut arena = [0; 20];
            let apart: [Span; N] = core::array::from_fn(|i| at(4 * i as u32, 4));
            let mut answer = |spans: [Span; N]| {
                split(&mut arena, spans.each_ref().map(|s| s as &dyn Region)).is_some()
            };
            assert!(answer(apart));
            for i in 0..N {
                let mut spans = apart;
                spans[i] = at(17, 4);
                assert!(!answer(spans), "{N}: {i} past the end");
                spans[i] = at(u32::MAX, 4);
                assert!(!answer(spans), "{N}: {i} past everything");
                for j in (0..N).filter(|&j| j != i) {
                    spans[i] = at(4 * j as u32 + 3, 1);
                    assert!(!answer(spans), "{N}: {i} in {j}");
                }
            }
        }
        refused::<1>();
        refused::<2>();
        refused::<3>();
        refused::<4>();
        refused::<5>();
    }
}
