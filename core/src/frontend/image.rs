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
    let reading = match (params.source_c, params.output.c) {
        (1, _) => Reading::of::<1, 1, Grey>(),
        (_, 1) => Reading::of::<3, 1, Luma>(),
        _ => Reading::of::<3, 3, Colour>(),
    };
    resize(params, weights.i8s(params.table), pixels, output, &reading);
    Ok(())
}

/// What is read from a pixel of `S` bytes: `C` values of a byte each.
trait Pixel<const S: usize, const C: usize> {
    fn read(bytes: &[u8; S]) -> [u32; C];
}

struct Grey;
struct Luma;
struct Colour;

impl Pixel<1, 1> for Grey {
    fn read(&[grey]: &[u8; 1]) -> [u32; 1] {
        [grey.into()]
    }
}

/// BT.601.
impl Pixel<3, 1> for Luma {
    fn read(&[r, g, b]: &[u8; 3]) -> [u32; 1] {
        [(77 * r as u32 + 150 * g as u32 + 29 * b as u32 + 128) >> 8]
    }
}

impl Pixel<3, 3> for Colour {
    fn read(bytes: &[u8; 3]) -> [u32; 3] {
        bytes.map(u32::from)
    }
}

/// The inner loops for one kind of pixel, as pointers: what is around them is there once.
struct Reading {
    /// The sums over an area, up to three.
    sum: fn(&Area<'_>) -> [u32; 3],
    /// A row of pixels through the table.
    copy: fn(&[u8], &[i8; 256], &mut [i8]),
    /// Bytes of a pixel.
    size: usize,
}

impl Reading {
    fn of<const S: usize, const C: usize, P: Pixel<S, C>>() -> Self {
        Reading {
            sum: |area| area.sum::<S, C, P>(),
            copy: copy::<S, C, P>,
            size: S,
        }
    }
}

/// Crop, area average and table.
fn resize(params: &ImageParams, table: &[i8], pixels: &[u8], output: &mut [i8], reading: &Reading) {
    let (ch, cw) = (params.crop_size.0 as u32, params.crop_size.1 as u32);
    let (oh, ow) = (params.output.h as u32, params.output.w as u32);
    let (top, left) = (params.crop_at.0 as usize, params.crop_at.1 as usize);
    let stride = params.source_w as usize;
    let channels = (params.output.c as usize).max(1);
    let row_len = (ow as usize * channels).max(1);
    // Of equal sizes every output is one pixel: no sums, no division.
    if let ((true, true), Some(table)) = ((ch == oh, cw == ow), table.first_chunk()) {
        let rows = pixels.chunks_exact((stride * reading.size).max(1));
        for (from, out_row) in rows.skip(top).zip(output.chunks_exact_mut(row_len)) {
            let from = from.get(left * reading.size..).unwrap_or(&[]);
            (reading.copy)(from, table, out_row);
        }
        return;
    }
    let whole = ch.wrapping_mul(cw);
    let divide = Divider::new(whole);
    let mut area = Area {
        pixels,
        stride,
        top,
        left,
        rows: Overlaps::new(0, ch, oh),
        columns: Overlaps::new(0, cw, ow),
    };
    for (y, out_row) in (0..oh).zip(output.chunks_exact_mut(row_len)) {
        area.rows = Overlaps::new(y, ch, oh);
        for (x, out) in (0..ow).zip(out_row.chunks_exact_mut(channels)) {
            area.columns = Overlaps::new(x, cw, ow);
            for (out, sum) in out.iter_mut().zip((reading.sum)(&area)) {
                let mean = divide.floor(sum.wrapping_add(whole / 2));
                *out = table.get(mean as usize).copied().unwrap_or(0);
            }
        }
    }
}

fn copy<const S: usize, const C: usize, P: Pixel<S, C>>(
    pixels: &[u8],
    table: &[i8; 256],
    out: &mut [i8],
) {
    let pixels = pixels.as_chunks().0;
    for (pixel, out) in pixels.iter().zip(out.as_chunks_mut().0) {
        // A value is a byte: the mask tells the compiler so.
        *out = P::read(pixel).map(|value| table[value as usize & 255]);
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
    /// The sums of what is read from the pixels, times their shares.
    fn sum<const S: usize, const C: usize, P: Pixel<S, C>>(&self) -> [u32; 3] {
        let pixels = self.pixels.as_chunks().0;
        let mut sums = [0u32; 3];
        for (row, height) in self.rows {
            let start = (self.top + row) * self.stride + self.left;
            let mut row_sums = [0u32; C];
            for (column, width) in self.columns {
                let values = pixels.get(start + column).map_or([0; C], P::read);
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
