//! Pictures read from files, and made what an input takes.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use tillsense_compiler::files;
use tillsense_core::model::records::Fit;

use super::error::{Fault, MediaError};
use super::resize::{Window, resized};

/// Bytes of the largest file that is read.
pub(super) const MOST_PICTURE_FILE: u64 = 128 << 20;

/// Bytes of the largest picture as it is decoded: 89 million coloured pixels of 8 bits. A file of a few kilobytes may announce any size.
pub const MOST_PICTURE_BYTES: u64 = 256 << 20;

/// Value of the pixels beside a picture that is fitted whole: black, as the model file's record says.
const BESIDE: u8 = 0;

/// A picture of 8 bits a value, upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
    /// Values of a pixel: 1 for grey, 3 for red, green and blue.
    pub channels: usize,
    /// Values `[height, width, channels]`, row by row.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The picture in a file.
    pub fn read(path: &Path) -> Result<Self, MediaError> {
        // A folder can be opened on some systems and not on others.
        if path.is_dir() {
            return Err(MediaError::new(path, Fault::Folder));
        }
        let bytes = files::read(path, MOST_PICTURE_FILE)
            .map_err(|error| MediaError::io(path, error, MOST_PICTURE_FILE))?;
        Self::decode(&bytes, path)
    }

    /// The picture that these bytes of a file are; the path is for messages.
    ///
    /// The picture is turned as its EXIF orientation says. What shows through is laid over white, 16 bits are rounded to 8, the first
    /// picture of several is taken, and colour profiles are not applied.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self, MediaError> {
        decode(bytes).map_err(|fault| MediaError::new(path, fault))
    }

    /// The values of an input of this size, `[rows, columns]`, and these channels, 1 or 3: `[rows, columns, channels]`.
    ///
    /// Every value is the mean of the area of the picture that it covers, rounded half up, as in the picture frontend of `core`: an
    /// antialiasing filter of integers alone. Grey of colours is `(77 r + 150 g + 29 b + 128) >> 8` (ITU-R BT.601), taken before. A
    /// picture that has size and channels already is copied. Beside a picture that is fitted whole, all is black (0).
    pub fn fitted(&self, size: [usize; 2], channels: usize, fit: Fit) -> Vec<u8> {
        let [rows, columns] = size;
        let grey;
        let picture = match (self.channels, channels) {
            (3, 1) => {
                grey = self.grey();
                &grey
            }
            _ => self,
        };
        let given = [self.height, self.width];
        let values = match fit {
            Fit::Stretch => picture.resized(Window::whole(given), size),
            Fit::Cover => picture.resized(Window::of_shape(given, size), size),
            Fit::Contain => {
                let inner = Window::of_shape(size, given);
                let place = (&inner, [rows, columns]);
                let small = picture.resized(Window::whole(given), inner.size);
                framed(&small, place, picture.channels)
            }
        };
        match (picture.channels, channels) {
            (1, 3) => values.iter().flat_map(|&grey| [grey; 3]).collect(),
            _ => values,
        }
    }

    fn resized(&self, window: Window, size: [usize; 2]) -> Vec<u8> {
        resized(
            &self.pixels,
            [self.height, self.width, self.channels],
            window,
            size,
        )
    }

    fn grey(&self) -> Picture {
        let luma = |rgb: &[u8]| {
            let [r, g, b] = [rgb[0], rgb[1], rgb[2]].map(u32::from);
            ((77 * r + 150 * g + 29 * b + 128) >> 8) as u8
        };
        Picture {
            channels: 1,
            pixels: self.pixels.chunks_exact(3).map(luma).collect(),
            ..*self
        }
    }
}

/// Values laid into a black picture of this size.
fn framed(values: &[u8], (place, size): (&Window, [usize; 2]), channels: usize) -> Vec<u8> {
    let mut all = vec![BESIDE; size[0] * size[1] * channels];
    let rows = all.chunks_exact_mut(size[1] * channels).skip(place.at[0]);
    for (row, from) in rows.zip(values.chunks_exact(place.size[1] * channels)) {
        row[place.at[1] * channels..][..from.len()].copy_from_slice(from);
    }
    all
}

fn decode(bytes: &[u8]) -> Result<Picture, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    let format = image::guess_format(bytes).map_err(|_| Fault::NotAPicture(other(bytes)))?;
    let form = match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Pnm => "PNM",
        _ => return Err(Fault::NotAPicture(other(bytes))),
    };
    let damaged = |error: ImageError| Fault::Damaged(form, words(&error));
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format)
        .into_decoder()
        .map_err(damaged)?;
    let (columns, rows) = decoder.dimensions();
    if decoder.total_bytes() > MOST_PICTURE_BYTES {
        return Err(Fault::Huge(columns, rows));
    }
    // Metadata that cannot be read turn nothing.
    let orientation = decoder.orientation().ok();
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if let Some(orientation) = orientation {
        decoded.apply_orientation(orientation);
    }
    let (height, width) = (decoded.height() as usize, decoded.width() as usize);
    let colour = decoded.color();
    let (channels, pixels) = match (colour.has_color(), colour.has_alpha()) {
        (false, false) => (1, decoded.into_luma8().into_raw()),
        (false, true) => (1, over_white::<1>(&decoded.into_luma_alpha8())),
        (true, false) => (3, decoded.into_rgb8().into_raw()),
        (true, true) => (3, over_white::<3>(&decoded.into_rgba8())),
    };
    if pixels.is_empty() {
        return Err(Fault::Damaged(form, "it has no pixel".to_owned()));
    }
    Ok(Picture {
        height,
        width,
        channels,
        pixels,
    })
}

/// Pixels of `N` values and one that says how much they cover, laid over white.
fn over_white<const N: usize>(pixels: &[u8]) -> Vec<u8> {
    let blended = pixels.chunks_exact(N + 1).flat_map(|pixel| {
        let cover = u32::from(pixel[N]);
        let blend = move |value: &u8| {
            let sum = u32::from(*value) * cover + 255 * (255 - cover);
            ((sum + 127) / 255) as u8
        };
        pixel[..N].iter().map(blend)
    });
    blended.collect()
}

/// The decoder's reason in one line, without the form's name that comes before it.
fn words(error: &ImageError) -> String {
    use std::error::Error;

    match error.source() {
        Some(inner) => inner.to_string(),
        None => error.to_string(),
    }
}

/// The name of a form that people have and that is not read.
fn other(bytes: &[u8]) -> Option<&'static str> {
    let at = |place: usize, sign: &[u8]| {
        bytes
            .get(place..)
            .is_some_and(|rest| rest.starts_with(sign))
    };
    let known = [
        (at(0, b"GIF8"), "a GIF"),
        (at(0, b"RIFF") && at(8, b"WEBP"), "a WebP"),
        (at(0, b"RIFF") && at(8, b"WAVE"), "a recording (WAV)"),
        (at(0, b"II*\0") || at(0, b"MM\0*"), "a TIFF"),
        (at(4, b"ftypavif"), "an AVIF"),
        (at(4, b"ftyphei") || at(4, b"ftypmif1"), "a HEIC"),
        (at(0, b"%PDF"), "a PDF"),
        (at(0, b"<svg") || at(0, b"<?xml"), "an SVG or XML"),
    ];
    known.iter().find(|(is, _)| *is).map(|(_, name)| *name)
}
