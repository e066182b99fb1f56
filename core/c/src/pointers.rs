//! Addresses from C: arrays as slices, and places for answers.

use core::ops::Range;
use core::slice::from_raw_parts;

use crate::status::Status;

/// Addresses of some bytes.
pub(crate) type Place = Range<usize>;

/// Whether two places have a byte in common.
pub(crate) const fn overlap(a: &Place, b: &Place) -> bool {
    a.start < b.end && b.start < a.end
}

/// The addresses of a slice.
pub(crate) fn of<T>(slice: &[T]) -> Place {
    let range = slice.as_ptr_range();
    range.start.addr()..range.end.addr()
}

/// The addresses of an array, where there can be one: not null, aligned, and its end is an address too.
pub(crate) fn place<T>(at: *const T, len: usize) -> Result<Place, Status> {
    if at.is_null() {
        return Err(Status::ErrorNullPointer);
    }
    if !at.is_aligned() {
        return Err(Status::ErrorMisalignedPointer);
    }
    let bytes = len
        .checked_mul(size_of::<T>())
        .filter(|&bytes| bytes <= isize::MAX.cast_unsigned());
    let end = bytes.and_then(|bytes| at.addr().checked_add(bytes));
    end.map(|end| at.addr()..end).ok_or(Status::ErrorLength)
}

/// What C gave as an array. One of no elements may be null.
///
/// # Safety
/// Where `at` is aligned and not null, `len` elements lie there that nobody changes while the slice lives, and all their bytes are
/// valid for a `T`.
pub(crate) unsafe fn array<'a, T>(at: *const T, len: usize) -> Result<&'a [T], Status> {
    if at.is_null() && len == 0 {
        return Ok(&[]);
    }
    place(at, len)?;
    // SAFETY: `place` has seen that it is aligned, not null, and no longer than a slice may be; the caller says that elements lie
    // there.
    Ok(unsafe { from_raw_parts(at, len) })
}

/// A place for an answer.
pub(crate) struct Answer<T>(*mut T);

impl<T> Answer<T> {
    /// The place that C gave, where it can be one.
    ///
    /// # Safety
    /// Where `at` is aligned and not null, a `T` can be written there as long as this lives.
    pub(crate) unsafe fn at(at: *mut T) -> Result<Self, Status> {
        place(at, 1)?;
        Ok(Answer(at))
    }

    /// Its addresses.
    pub(crate) fn place(&self) -> Place {
        self.0.addr()..self.0.wrapping_add(1).addr()
    }

    /// Writes the answer.
    pub(crate) fn put(self, value: T) {
        // SAFETY: `at` has seen that it is aligned and not null; its caller says that a `T` can be written there.
        unsafe { self.0.write(value) }
    }
}
