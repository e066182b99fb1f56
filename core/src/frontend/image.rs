//! Picture frontend: crop, grey, resize, table.
//!
//! The crop of `ch x cw` source pixels is laid over the `oh x ow` output pixels, and each output pixel is the mean of
//! the area that it covers, rounded half up:
//!
//! `out[y][x] = (sum of p[r][c] * rows(y, r) * columns(x, c) + ch * cw / 2) / (ch * cw)`
//!
//! where `rows(y, r)` is the length that the intervals `[y * ch, (y + 1) * ch)` and `[r * oh, (r + 1) * oh)` share, an
//! integer, and `columns` likewise. This holds for any ratio, up or down; equal sizes copy. RGB to grey is
//! `(77 r + 150 g + 29 b + 128) >> 8` (ITU-R BT.601 luma weights in Q8), for each source pixel before the resize.

use serde::{Deserialize, Serialize};

use crate::frontend::{FrontendError, require};
use crate::model::records::ImageParams;
use crate::num::Divider;
use crate::tensor::Weights;

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageError {
    /// Not exactly `source_h * source_w * source_c` bytes.
    WrongSize,
}

/// Most bytes of a picture, so that its length fits a 32-bit `usize`.
const MAX_SOURCE: u64 = 1 << 30;

/// Bytes of a picture.
pub const fn source_len(params: &ImageParams) -> usize {
    params.source_h as usize * params.source_w as usize * params.source_c as usize
}

/// Checks what [`run`] relies on. A crop of more than 2^24 pixels is refused (sums are u32), and a picture of more than 2^30 bytes.
pub fn check(params: &ImageParams, weights: &Weights<'_>) -> Result<(), FrontendError> {
    let (top, left) = (params.crop_at.0 as u32, params.crop_at.1 as u32);
    let (ch, cw) = (params.crop_size.0 as u32, params.crop_size.1 as u32);
    let output = &params.output;
    let channels = matches!((params.source_c, output.c), (1, 1) | (3, 1) | (3, 3));
    require(channels, FrontendError::Shape)?;
    let source = params.source_h as u64 * params.source_w as u64 * params.source_c as u64;
    require(source <= MAX_SOURCE, FrontendError::Shape)?;
    require(
        ch > 0 && cw > 0 && output.h > 0 && output.w > 0,
        FrontendError::Shape,
    )?;
    require(
        top + ch <= params.source_h as u32 && left + cw <= params.source_w as u32,
        FrontendError::Shape,
    )?;
    require(ch as u64 * cw as u64 <= 1 << 24, FrontendError::Shape)?;
    require(weights.i8s(params.table).len() == 256, FrontendError::Blob)
}

/// Writes the features of the picture `pixels` `[source_h, source_w, source_c]` to `output` `[h, w, c]`.
pub fn run(
    params: &ImageParams,
    weights: &Weights<'_>,
    pixels: &[u8],
    output: &mut [i8],
) -> Result<(), ImageError> {
    if pixels.len() != source_len(params) {
        return Err(ImageError::WrongSize);
    }
    let sum: Sum = match (params.source_c, params.output.c) {
        (1, _) => |area| area.sum(|&[grey]: &[u8; 1]| [grey.into(), 0, 0]),
        (_, 1) => |area| area.sum(|rgb| [grey(rgb), 0, 0]),
        _ => |area| area.sum(|rgb: &[u8; 3]| rgb.map(u32::from)),
    };
    resize(params, weights.i8s(params.table), pixels, output, sum);
    Ok(())
}

/// BT.601 luma.
fn grey(&[r, g, b]: &[u8; 3]) -> u32 {
    (77 * r as u32 + 150 * g as u32 + 29 * b as u32 + 128) >> 8
}

/// The sums over an area, up to three.
type Sum = fn(&Area<'_>) -> [u32; 3];

/// Crop, area average and table.
fn resize(params: &ImageParams, table: &[i8], pixels: &[u8], output: &mut [i8], sum: Sum) {
    let (ch, cw) = (params.crop_size.0 as u32, params.crop_size.1 as u32);
    let (oh, ow) = (params.output.h as u32, params.output.w as u32);
    let channels = (params.output.c as usize).max(1);
    let row_len = (ow as usize * channels).max(1);
    let whole = ch.wrapping_mul(cw);
    let divide = Divider::new(whole);
    let mut area = Area {
        pixels,
        stride: params.source_w as usize,
        top: params.crop_at.0 as usize,
        left: params.crop_at.1 as usize,
        rows: Overlaps::new(0, ch, oh),
        columns: Overlaps::new(0, cw, ow),
    };
    for (y, out_row) in (0..oh).zip(output.chunks_exact_mut(row_len)) {
        area.rows = Overlaps::new(y, ch, oh);
        for (x, out) in (0..ow).zip(out_row.chunks_exact_mut(channels)) {
            area.columns = Overlaps::new(x, cw, ow);
            for (out, sum) in out.iter_mut().zip(sum(&area)) {
                let mean = divide.floor(sum.wrapping_add(whole / 2));
                *out = table.get(mean as usize).copied().unwrap_or(0);
            }
        }
    }
}

/// What lies under an output pixel.
struct Area<'a> {
    pixels: &'a [u8],
    /// Pixels of a row of the picture.
    stride: usize,
    /// The first row and column of the crop.
    top: usize,
    left: usize,
    rows: Overlaps,
    columns: Overlaps,
}

impl Area<'_> {
    /// The sum of what is read from pixels of `S` bytes, times the shares.
    #[inline(always)]
    fn sum<const S: usize>(&self, read: impl Fn(&[u8; S]) -> [u32; 3]) -> [u32; 3] {
        let pixels = self.pixels.as_chunks::<S>().0;
        let mut sums = [0u32; 3];
        for (row, height) in self.rows {
            let start = (self.top + row) * self.stride + self.left;
            let mut row_sums = [0u32; 3];
            for (column, width) in self.columns {
                let values = pixels.get(start + column).map_or([0; 3], &read);
                for (sum, value) in row_sums.iter_mut().zip(values) {
                    *sum = sum.wrapping_add(value.wrapping_mul(width));
                }
            }
            for (sum, row_sum) in sums.iter_mut().zip(row_sums) {
                *sum = sum.wrapping_add(row_sum.wrapping_mul(height));
            }
        }
        sums
    }
}

/// The source positions that an output position covers, each with the length shared.
#[derive(Clone, Copy)]
struct Overlaps {
    /// The next position.
    next: usize,
    /// Where it begins, and where the cover begins and ends, in units that both sizes divide.
    at: u32,
    start: u32,
    end: u32,
    /// The length of a source position.
    len: u32,
}

impl Overlaps {
    /// Of output position `i` of `to`, over `from` source positions; the lengths sum to `from`.
    #[inline(never)]
    fn new(i: u32, from: u32, to: u32) -> Self {
        // At most 65535 * 65535, which fits.
        let (start, len) = (i * from, to.max(1));
        let next = start / len;
        Overlaps {
            next: next as usize,
            at: next * len,
            start,
            end: start + from,
            len,
        }
    }
}

impl Iterator for Overlaps {
    type Item = (usize, u32);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, u32)> {
        if self.at >= self.end {
            return None;
        }
        let (position, first) = (self.next, self.at.max(self.start));
        // The end of the last position may lie beyond 2^32.
        self.at = self.at.saturating_add(self.len);
        self.next += 1;
        Some((position, self.at.min(self.end) - first))
    }
}
