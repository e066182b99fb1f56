//! Primitives on runs of int8 values, at any address: what pooling and the element-wise ops share.
//!
//! `portable` defines every result and is what RISC-V runs for a part: four values a word where all runs lie on word
//! boundaries, else value by value. Armv6-M does the same in assembly; Armv7-M and Armv7E-M take four values at any address,
//! Helium sixteen.

#[cfg(kernels = "arm_dsp")]
mod arm_dsp;
#[cfg(kernels = "arm_mve")]
mod arm_mve;
#[cfg(kernels = "arm_v6m")]
mod arm_v6m;
#[cfg(kernels = "arm_v7m")]
mod arm_v7m;
#[cfg(not(kernels = "arm_mve"))]
mod few;
#[cfg_attr(
    kernels = "arm_mve",
    allow(dead_code, reason = "Helium needs it for a part only")
)]
mod means;
#[cfg(any(kernels = "portable", kernels = "riscv"))]
mod portable;
#[cfg(kernels = "riscv")]
mod riscv;
#[cfg(not(any(kernels = "arm_dsp", kernels = "arm_mve")))]
mod words;

#[cfg(kernels = "arm_dsp")]
use arm_dsp as chosen;
#[cfg(kernels = "arm_mve")]
use arm_mve as chosen;
#[cfg(kernels = "arm_mve")]
pub(crate) use arm_mve::means;
#[cfg(kernels = "arm_v6m")]
use arm_v6m as chosen;
#[cfg(kernels = "arm_v7m")]
use arm_v7m as chosen;
pub(crate) use chosen::{largest, limit, raise, tap_sums};
#[cfg(not(kernels = "arm_mve"))]
pub(crate) use means::means;
#[cfg(kernels = "portable")]
use portable as chosen;
#[cfg(kernels = "riscv")]
use riscv as chosen;

/// Channels whose sums [`tap_sums`] makes at a time.
pub(crate) const LANES: usize = 16;

/// Most taps of one call of [`tap_sums`], so that their sums fit in int16, biased ones in u16.
pub(crate) const MAX_TAPS: usize = 255;

/// Where the pixels of a row of windows find one tap each: pixel `x` at `at + x * step`, `channels` values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// Pixels.
    pub(crate) pixels: usize,
    /// Values of a pixel.
    pub(crate) channels: usize,
    /// From the tap of one pixel to that of the next.
    pub(crate) step: usize,
}

/// A rectangle of taps, each the first of some channels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    /// The first tap.
    pub(crate) at: usize,
    /// Rows of taps.
    pub(crate) rows: usize,
    /// From row to row.
    pub(crate) row_step: usize,
    /// Taps of a row.
    pub(crate) taps: usize,
    /// From tap to tap.
    pub(crate) step: usize,
}

#[cfg(not(kernels = "portable"))]
impl Grid {
    /// Whether every pixel of a tap that starts at `at` lies within `len` values, and there is one.
    fn fits(&self, at: usize, len: usize) -> bool {
        self.pixels
            .checked_sub(1)
            .and_then(|last| last.checked_mul(self.step))
            .and_then(|reach| reach.checked_add(self.channels)?.checked_add(at))
            .is_some_and(|end| end <= len)
    }

    /// Whether `len` values hold the pixels one after the other.
    fn is_filled_by(&self, len: usize) -> bool {
        self.pixels.checked_mul(self.channels) == Some(len)
    }
}

#[cfg(not(any(kernels = "portable", kernels = "riscv")))]
impl Patch {
    /// Whether `channels` values from every tap lie within `len` values, and there is a tap.
    fn fits(&self, channels: usize, len: usize) -> bool {
        let reach = |count: usize, step: usize| count.checked_sub(1)?.checked_mul(step);
        reach(self.rows, self.row_step)
            .zip(reach(self.taps, self.step))
            .and_then(|(down, along)| {
                down.checked_add(along)?
                    .checked_add(channels)?
                    .checked_add(self.at)
            })
            .is_some_and(|end| end <= len)
    }
}

#[cfg(test)]
mod tests;
