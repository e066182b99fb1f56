//! Every length that follows from numbers in a model file, computed in one place and in checked 32-bit arithmetic: the same
//! on every host and device, and none at all where it would leave the format's limits.
//!
//! # Limits
//!
//! - No section of a file, no arena, no tensor and no picture is longer than [`MAX_LEN`].
//! - What a kernel's window moves over, padding included, is at most [`MAX_EXTENT`] values: see [`Window::extent`](crate::model::records::Window::extent).
//!
//! `Model::load` refuses what exceeds them. It follows for all that runs after it: a place, a step, a number of taps times a
//! step and the reach of a run of outputs are each at most [`MAX_EXTENT`], and a check before a kernel adds up at most seven
//! of them, so that `usize` arithmetic does not overflow where it has 32 bits.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod bounded;
mod layers;
mod packed;

pub(crate) use layers::nibbles_size;

/// Most bytes of a file's body, of its weights, of an arena, of a tensor, and of a picture: 64 MiB, more than a
/// microcontroller with external memory has.
pub const MAX_LEN: u32 = 1 << 26;

/// Most values under all places of a window, see [`Window::extent`](crate::model::records::Window::extent).
pub const MAX_EXTENT: u32 = 1 << 28;

/// A length, or none where 32 bits do not hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(Option<u32>);

impl Size {
    /// This many.
    pub const fn of(n: usize) -> Size {
        let narrow = n as u32;
        if narrow as usize == n {
            Size(Some(narrow))
        } else {
            Size(None)
        }
    }

    /// This many times as much.
    pub const fn times(self, n: usize) -> Size {
        self.by(Size::of(n))
    }

    /// The product of two.
    pub const fn by(self, other: Size) -> Size {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Size(a.checked_mul(b)),
            _ => Size(None),
        }
    }

    /// So much more.
    pub const fn plus(self, more: Size) -> Size {
        match (self.0, more.0) {
            (Some(a), Some(b)) => Size(a.checked_add(b)),
            _ => Size(None),
        }
    }

    /// Rounded up to whole units, a power of two: no division, which some cores do not have.
    pub const fn up_to(self, unit: u32) -> Size {
        let below = unit.saturating_sub(1);
        match self.0 {
            Some(n) => match n.checked_add(below) {
                Some(end) => Size(Some(end & !below)),
                None => Size(None),
            },
            None => Size(None),
        }
    }

    /// The larger of two.
    pub const fn or_more(self, other: Size) -> Size {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Size(Some(if a > b { a } else { b })),
            _ => Size(None),
        }
    }

    /// The number, where there is one of at most `limit`.
    pub const fn up_to_limit(self, limit: u32) -> Option<usize> {
        match self.0 {
            Some(n) if n <= limit => Some(n as usize),
            _ => None,
        }
    }

    /// The number, where there is one: what an exporter allocates.
    pub const fn get(self) -> Option<usize> {
        self.up_to_limit(u32::MAX)
    }

    /// Whether it is exactly this.
    pub const fn is(self, len: usize) -> bool {
        matches!(self.0, Some(n) if n as usize == len)
    }

    /// Whether it fits into so much.
    pub const fn fits(self, room: usize) -> bool {
        matches!(self.0, Some(n) if n as usize <= room)
    }

    /// The number; where there is none, one beyond all [limits](self), which no slice is as long as. For code that runs
    /// after a check, where there always is one.
    pub const fn or_beyond(self) -> usize {
        match self.0 {
            Some(n) => n as usize,
            None => u32::MAX as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_32_bits_do_not_hold_is_no_size_whatever_follows() {
        let most = Size::of(u32::MAX as usize);
        assert!(most.is(u32::MAX as usize));
        let none = [
            most.plus(Size::of(1)),
            most.times(2),
            most.up_to(4),
            Size::of(1 << 16).times(1 << 16),
        ];
        for size in none {
            let later = [
                size,
                size.times(0),
                size.plus(Size::of(0)),
                Size::of(0).plus(size),
                size.up_to(4),
                size.or_more(most),
                most.or_more(size),
            ];
            for size in later {
                assert_eq!((size, size.get()), (Size(None), None));
                assert!(!size.is(0) && !size.is(u32::MAX as usize) && !size.fits(usize::MAX));
                assert_eq!(size.or_beyond(), u32::MAX as usize);
            }
        }
    }

    #[test]
    fn sizes_are_exact() {
        let size = Size::of(5).times(3).plus(Size::of(2));
        assert_eq!((size.get(), size.up_to(16).get()), (Some(17), Some(32)));
        assert_eq!(
            (size.up_to(1).get(), Size::of(32).up_to(16).get()),
            (Some(17), Some(32))
        );
        assert_eq!(
            (size.up_to_limit(17), size.up_to_limit(16)),
            (Some(17), None)
        );
        assert!(size.is(17) && !size.is(16) && size.fits(17) && !size.fits(16));
    }
}
