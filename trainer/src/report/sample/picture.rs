//! Pictures as PNG inside a page.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

/// Pixels across or down that a picture has at most; larger ones are made smaller.
const MOST: u32 = 96;
/// Pixels of the page that a picture has across, at most.
const SHOWN: u32 = 112;

/// A picture as a page holds it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file, as an address that holds it.
    pub uri: String,
    /// Pixels of the page across.
    pub width: u32,
    /// Pixels of the page down.
    pub height: u32,
    /// Whether its pixels are drawn as squares.
    pub coarse: bool,
    /// What it is, for those who cannot see it.
    pub words: String,
}

/// A picture `[height, width, channels]` of one or three channels, row by row; `None` where it is of another form.
pub fn picture(
    pixels: &[u8],
    [height, width, channels]: [usize; 3],
    words: &str,
) -> Option<Picture> {
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    if width == 0 || height == 0 {
        return None;
    }
    let picture = match channels {
        1 => DynamicImage::from(GrayImage::from_raw(width, height, pixels.to_vec())?),
        3 => DynamicImage::from(RgbImage::from_raw(width, height, pixels.to_vec())?),
        _ => return None,
    };
    file(&picture, SHOWN, words)
}

/// A picture for a page, so many pixels of it across or down.
pub(super) fn file(picture: &DynamicImage, shown: u32, words: &str) -> Option<Picture> {
    let longest = picture.width().max(picture.height());
    let (width, height) = scaled(picture, shown);
    let small = match longest > shown.max(MOST) {
        true => match picture {
            DynamicImage::ImageLuma8(grey) => {
                resize(grey, width, height, FilterType::Triangle).into()
            }
            other => resize(&other.to_rgb8(), width, height, FilterType::Triangle).into(),
        },
        false => picture.clone(),
    };
    let mut bytes = Vec::new();
    small
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .ok()?;
    Some(Picture {
        uri: format!("data:image/png;base64,{}", STANDARD.encode(bytes)),
        width,
        height,
        coarse: longest <= shown,
        words: words.to_owned(),
    })
}

/// The size on the page: a whole number of times as large for small ones, at least one pixel.
fn scaled(picture: &DynamicImage, shown: u32) -> (u32, u32) {
    let (width, height) = (picture.width(), picture.height());
    let longest = width.max(height);
    let size = |side: u32| match longest <= shown {
        true => side * (shown / longest),
        false => (u64::from(side) * u64::from(shown) / u64::from(longest)) as u32,
    };
    (size(width).max(1), size(height).max(1))
}
