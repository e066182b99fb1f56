//! What a kernel in assembly is told: one struct a kind of kernel, whose offsets in bytes are part of the assembly.
//!
//! `call` fills them in and checks every bound first, so the kernels of an instruction set and `call` both build on this
//! file, and on nothing of each other but the kernels' names.

#[cfg(winograd = "kernels")]
use super::operands::TILES;

/// A kernel over packed rows.
pub(super) type Kernel = unsafe extern "C" fn(&Call);

/// What a kernel is told. Offsets in bytes are part of the kernels.
#[repr(C)]
pub(super) struct Call {
    /// 0: the first block's weights, 16-byte aligned. For one block after another.
    pub(super) weights: *const i8,
    /// 4: the column; for a panel the first column. No alignment but for what `stage` writes.
    pub(super) x: *const i8,
    /// 8: values of depth, a multiple of the packing's unit.
    pub(super) depth: usize,
    /// 12: whole blocks of four rows; at least 1 for kernels that write nothing else.
    pub(super) blocks: usize,
    /// 16: the first row's factor, 16 bytes each.
    pub(super) factors: *const [i32; 4],
    /// 20: the first row's output for the first column; rows follow each other.
    pub(super) out: *mut u8,
    /// 24: bytes from column to column in the output.
    pub(super) out_step: usize,
    /// 28: left shift of sums, for int16 results.
    pub(super) left: u32,
    /// 32: rows, at least 1: those of the blocks, or more for kernels that can stop inside a block.
    pub(super) rows: usize,
    /// 36: values of depth before they were filled up to whole units.
    pub(super) values: usize,
}

/// What a kernel is told where the rows share one factor: `factors` are their biases, 4 bytes each.
#[cfg(kernels = "arm_dsp")]
#[repr(C)]
pub(super) struct SharedCall {
    /// 0
    pub(super) call: Call,
    /// 40: multiplier, add, shift.
    pub(super) factor: [i32; 3],
}

/// What a depthwise kernel is told.
#[repr(C)]
pub(super) struct Filters {
    /// 0: the first block's filters, 16-byte aligned: tap by tap, then the next block's.
    pub(super) weights: *const i8,
    /// 4: the first tap of the first pixel and the first channel.
    pub(super) x: *const i8,
    /// 8, 12, 16: values from pixel to pixel, from tap row to tap row, from tap to tap.
    pub(super) pixel_step: usize,
    pub(super) row_step: usize,
    pub(super) tap_step: usize,
    /// 20, 24: tap rows, and taps in each, at least 1.
    pub(super) tap_rows: usize,
    pub(super) taps: usize,
    /// 28: the first channel's factor.
    pub(super) factors: *const [i32; 4],
    /// 32: the first output.
    pub(super) out: *mut u8,
    /// 36: bytes from pixel to pixel in the output.
    pub(super) out_step: usize,
    /// 40: pixels, at least 1.
    pub(super) pixels: usize,
    /// 44: blocks of four channels, at least 1.
    pub(super) blocks: usize,
}

/// What the kernel of a Winograd product is told.
#[cfg(winograd = "kernels")]
#[repr(C)]
pub(super) struct Product {
    /// 0: the first rows' weights, 16-byte aligned.
    pub(super) weights: *const i8,
    /// 4: transformed tiles, 4-byte aligned.
    pub(super) tiles: *const i8,
    /// 8: units of channels, at least 1.
    pub(super) units: usize,
    /// 12: blocks of rows, at least 1.
    pub(super) blocks: usize,
    /// 16: the first row's factor.
    pub(super) factors: *const [i32; 4],
    /// 20: the first row's output, for each of the four outputs of each tile.
    pub(super) outs: [[*mut u8; 4]; TILES],
    /// Room for sums, 4-byte aligned, `Packing::winograd_work_len` bytes.
    pub(super) sums: *mut i8,
}
