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

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::frontend::{FrontendError, require};
use crate::model::records::ImageParams;
use crate::num::Divider;
use crate::size::MAX_LEN;
use crate::tensor::Weights;

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageError {
    /// Not exactly `source_h * source_w * source_c` bytes.
    WrongSize,
    /// A piece of a picture that is cropped or resized, or one that holds parts of a pixel.
    NotInPieces,
}

impl Display for ImageError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ImageError::WrongSize => {
                "the picture does not have as many bytes as rows times columns times channels"
            }
            ImageError::NotInPieces => {
                "only a picture that is neither cropped nor resized may come in pieces, and of whole pixels"
            }
        })
    }
}

impl Error for ImageError {}

/// Bytes of a picture.
pub const fn source_len(params: &ImageParams) -> usize {
    params.source_size().or_beyond()
}

/// Checks what [`run`] relies on. A crop of more than 2^24 pixels is refused (sums are u32), and a picture of more than
/// [`MAX_LEN`] bytes.
pub fn check(params: &ImageParams, weights: &Weights<'_>) -> Result<(), FrontendError> {
    let (top, left) = (params.crop_at.0 as u32, params.crop_at.1 as u32);
    let (ch, cw) = (params.crop_size.0 as u32, params.crop_size.1 as u32);
    let output = &params.output;
    let channels = matches!((params.source_c, output.c), (1, 1) | (3, 1) | (3, 3));
    require(channels, FrontendError::Shape)?;
    let source = params.source_size().fits(MAX_LEN as usize);
    require(source, FrontendError::Shape)?;
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
    resize(params, table, pixels, output, Kind::of(params));
    Ok(())
}

/// Whether each pixel is one of the output's, so that a picture may come in pieces.
pub const fn is_by_pixel(params: &ImageParams) -> bool {
    let (h, w) = (params.output.h, params.output.w);
    let whole = params.source_h == h && params.source_w == w;
    whole && params.crop_size.0 == h && params.crop_size.1 == w
}

/// Writes the features of a piece of a picture, from byte `offset` of it on, to their place in `output` `[h, w, c]`.
pub fn piece(
    params: &ImageParams,
    weights: &Weights<'_>,
    offset: usize,
    bytes: &[u8],
    output: &mut [i8],
) -> Result<(), ImageError> {
    let kind = Kind::of(params);
    let whole = offset.is_multiple_of(kind.size()) && bytes.len().is_multiple_of(kind.size());
    if !whole || !is_by_pixel(params) {
        return Err(ImageError::NotInPieces);
    }
    let first = (offset / kind.size()).checked_mul(params.output.c as usize);
    let output = first.and_then(|first| output.get_mut(first..));
    let table: Option<&[i8; 256]> = weights.i8s(params.table).first_chunk();
    let (Some(table), Some(output)) = (table, output) else {
        return Ok(());
    };
    copy(kind, bytes, table, output);
    Ok(())
}

/// What is read from a pixel.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The one byte of a grey pixel.
    Grey,
    /// The luma of three bytes, BT.601.
    Luma,
    /// The three bytes of a coloured pixel.
    Colour,
}

impl Kind {
    /// What a frontend reads.
    const fn of(params: &ImageParams) -> Self {
        match (params.source_c, params.output.c) {
            (1, _) => Kind::Grey,
            (_, 1) => Kind::Luma,
            _ => Kind::Colour,
        }
    }

    /// Bytes of a pixel.
    const fn size(self) -> usize {
        match self {
            Kind::Grey => 1,
            Kind::Luma | Kind::Colour => 3,
        }
    }

    /// Values of a byte each; as many as the output has channels, then zeros.
    fn read(self, pixel: &[u8]) -> [u32; 3] {
        match *pixel {
            [r, g, b] => {
                let [r, g, b] = [r, g, b].map(u32::from);
                match self {
                    Kind::Luma => [(77 * r + 150 * g + 29 * b + 128) >> 8, 0, 0],
                    _ => [r, g, b],
                }
            }
            [grey] => [grey.into(), 0, 0],
            _ => [0; 3],
        }
    }
}

/// Crop, area average and table.
fn resize(params: &ImageParams, table: &[i8], pixels: &[u8], output: &mut [i8], kind: Kind) {
    let (ch, cw) = (params.crop_size.0 as u32, params.crop_size.1 as u32);
    let (oh, ow) = (params.output.h as u32, params.output.w as u32);
    let (top, left) = (params.crop_at.0 as usize, params.crop_at.1 as usize);
    let stride = params.source_w as usize;
    let channels = (params.output.c as usize).max(1);
    let row_len = (ow as usize * channels).max(1);
    // Of equal sizes every output is one pixel: no sums, no division.
    if let ((true, true), Some(table)) = ((ch == oh, cw == ow), table.first_chunk()) {
        let rows = pixels.chunks_exact((stride * kind.size()).max(1));
        for (from, out_row) in rows.skip(top).zip(output.chunks_exact_mut(row_len)) {
            copy(
                kind,
                from.get(left * kind.size()..).unwrap_or(&[]),
                table,
                out_row,
            );
        }
        return;
    }
    let whole = ch.wrapping_mul(cw);
    let divide = Divider::new(whole);
    let mut area = Area {
        pixels,
        kind,
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
            for (out, sum) in out.iter_mut().zip(area.sum()) {
                let mean = divide.floor(sum.wrapping_add(whole / 2));
                *out = table.get(mean as usize).copied().unwrap_or(0);
            }
        }
    }
}

/// A row of pixels through the table. Not in line, where its loop takes an instruction more a pixel.
#[inline(never)]
fn copy(kind: Kind, pixels: &[u8], table: &[i8; 256], out: &mut [i8]) {
    // A value is a byte: the mask tells the compiler so.
    let stored = |value: u32| table[value as usize & 255];
    if kind == Kind::Grey {
        for (out, &value) in out.iter_mut().zip(pixels) {
            *out = stored(value.into());
        }
        return;
    }
    let channels = if kind == Kind::Luma { 1 } else { 3 };
    for (pixel, out) in pixels.chunks_exact(3).zip(out.chunks_exact_mut(channels)) {
        for (out, value) in out.iter_mut().zip(kind.read(pixel)) {
            *out = stored(value);
        }
    }
}

/// What lies under an output pixel.
struct Area<'a> {
    pixels: &'a [u8],
    kind: Kind,
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
    #[inline(never)]
    fn sum(&self) -> [u32; 3] {
        let mut sums = [0u32; 3];
        let size = self.kind.size();
        for (row, height) in self.rows {
            let start = (self.top + row).wrapping_mul(self.stride);
            let start = start.wrapping_add(self.left);
            let mut row_sums = [0u32; 3];
            for (column, width) in self.columns {
                let at = start.wrapping_add(column).wrapping_mul(size);
                let pixel = self.pixels.get(at..).and_then(|rest| rest.get(..size));
                // Only a record that is no longer what was checked reaches past the picture, and it may reach far.
                let Some(pixel) = pixel else { break };
                for (sum, value) in row_sums.iter_mut().zip(self.kind.read(pixel)) {
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
