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
    let table = weights.i8s(params.table);
    match (params.source_c, params.output.c) {
        (1, _) => resize(params, table, pixels, output, |&[grey]: &[u8; 1]| {
            [grey as u32]
        }),
        (_, 1) => resize(params, table, pixels, output, |rgb| [grey(rgb)]),
        _ => resize(params, table, pixels, output, |rgb: &[u8; 3]| {
            rgb.map(u32::from)
        }),
    }
    Ok(())
}

/// BT.601 luma.
fn grey(&[r, g, b]: &[u8; 3]) -> u32 {
    (77 * r as u32 + 150 * g as u32 + 29 * b as u32 + 128) >> 8
}

/// Crop, area average and table for pixels of `S` bytes, read as `C` values.
fn resize<const S: usize, const C: usize>(
    params: &ImageParams,
    table: &[i8],
    pixels: &[u8],
    output: &mut [i8],
    read: impl Fn(&[u8; S]) -> [u32; C],
) {
    let (ch, cw) = (params.crop_size.0 as u32, params.crop_size.1 as u32);
    let (oh, ow) = (params.output.h as u32, params.output.w as u32);
    let (top, left) = (params.crop_at.0 as usize, params.crop_at.1 as usize);
    let stride = params.source_w as usize;
    let area = ch.wrapping_mul(cw);
    let divide = Divider::new(area);
    let pixels = pixels.as_chunks::<S>().0;
    let row_len = (ow as usize * C).max(1);
    // Of equal sizes every output is one pixel: no sums, no division.
    if let ((true, true), Some(table)) = ((ch == oh, cw == ow), table.first_chunk::<256>()) {
        let rows = pixels.chunks_exact(stride.max(1)).skip(top);
        for (from, out_row) in rows.zip(output.chunks_exact_mut(row_len)) {
            let from = from.get(left..).unwrap_or(&[]);
            for (pixel, out) in from.iter().zip(out_row.as_chunks_mut::<C>().0) {
                // A value is a byte: the mask tells the compiler so.
                *out = read(pixel).map(|value| table[value as usize & 255]);
            }
        }
        return;
    }
    for (y, out_row) in (0..oh).zip(output.chunks_exact_mut(row_len)) {
        for (x, out) in (0..ow).zip(out_row.as_chunks_mut::<C>().0) {
            let mut sums = [0u32; C];
            for (r, height) in overlaps(y, ch, oh) {
                let start = (top + r) * stride + left;
                let mut row_sums = [0u32; C];
                for (c, width) in overlaps(x, cw, ow) {
                    let values = pixels.get(start + c).map_or([0; C], &read);
                    for (sum, value) in row_sums.iter_mut().zip(values) {
                        *sum = sum.wrapping_add(value.wrapping_mul(width));
                    }
                }
                for (sum, row_sum) in sums.iter_mut().zip(row_sums) {
                    *sum = sum.wrapping_add(row_sum.wrapping_mul(height));
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                let mean = divide.floor(sum.wrapping_add(area / 2));
                *out = table.get(mean as usize).copied().unwrap_or(0);
            }
        }
    }
}

/// The source positions that output position `i` of `to` covers, of `from`, each with the length shared; they sum to `from`.
fn overlaps(i: u32, from: u32, to: u32) -> impl Iterator<Item = (usize, u32)> {
    // At most 65535 * 65535, which fits.
    let (start, end) = (i * from, (i + 1) * from);
    let to = to.max(1);
    (start / to..end.div_ceil(to)).map(move |r| {
        let (first, last) = ((r * to).max(start), (r * to + to).min(end));
        (r as usize, last - first)
    })
}
