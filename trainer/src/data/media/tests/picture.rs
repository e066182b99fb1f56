use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, Rgba};
use tillsense_compiler::aligned::Aligned;
use tillsense_core::frontend::image as frontend;
use tillsense_core::model::records::{Blob, Fit, ImageParams, View};
use tillsense_core::parity::SplitMix64;
use tillsense_core::tensor::Weights;

use crate::data::media::{Fault, MediaError, Picture};

/// Two rows of red, then blue, with a green corner; every block is 8 pixels, so that compression with loss keeps it.
const CMYK: &[u8] = include_bytes!("samples/cmyk.jpg");
/// The same, said to be turned by a quarter.
const TURNED: &[u8] = include_bytes!("samples/turned.jpg");

fn decode(bytes: &[u8]) -> Result<Picture, MediaError> {
    Picture::decode(bytes, Path::new("a.png"))
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn picture(height: usize, width: usize, channels: usize, pixels: &[u8]) -> Picture {
    assert_eq!(pixels.len(), height * width * channels);
    Picture {
        height,
        width,
        channels,
        pixels: pixels.to_vec(),
    }
}

/// Pixels that differ from one another.
fn noise(height: usize, width: usize, channels: usize) -> Picture {
    let mut numbers = SplitMix64::new((height * width) as u64);
    let pixels: Vec<_> = (0..height * width * channels)
        .map(|_| (numbers.next_u64() >> 56) as u8)
        .collect();
    picture(height, width, channels, &pixels)
}

#[test]
fn every_exact_form_gives_its_pixels() {
    let grey = noise(3, 5, 1);
    let rgb = noise(3, 5, 3);
    let luma = || ImageBuffer::<Luma<u8>, _>::from_raw(5, 3, grey.pixels.clone()).unwrap();
    let colours = || ImageBuffer::<Rgb<u8>, _>::from_raw(5, 3, rgb.pixels.clone()).unwrap();
    for format in [ImageFormat::Png, ImageFormat::Pnm] {
        assert_eq!(decode(&file(luma(), format)).unwrap(), grey, "{format:?}");
    }
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Pnm] {
        assert_eq!(decode(&file(colours(), format)).unwrap(), rgb, "{format:?}");
    }
    let plain = decode(b"P2\n# by hand\n2 1\n255\n7 200\n").unwrap();
    assert_eq!(plain, picture(1, 2, 1, &[7, 200]));
}

#[test]
fn cover_and_wide_values_are_reduced() {
    let clear = ImageBuffer::<Rgba<u8>, _>::from_raw(
        3,
        1,
        vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 51],
    );
    let laid = decode(&file(clear.unwrap(), ImageFormat::Png)).unwrap();
    // A fifth of the colour and four fifths of white.
    let wanted = [10, 20, 30, 255, 255, 255, 204, 224, 255];
    assert_eq!(laid, picture(1, 3, 3, &wanted));
    let half = ImageBuffer::<LumaA<u8>, _>::from_raw(1, 1, vec![0, 0]).unwrap();
    let laid = decode(&file(half, ImageFormat::Png)).unwrap();
    assert_eq!(laid, picture(1, 1, 1, &[255]));
    let wide = ImageBuffer::<Luma<u16>, _>::from_raw(3, 1, vec![0, 257 * 100 + 3, 65_535]);
    let reduced = decode(&file(wide.unwrap(), ImageFormat::Png)).unwrap();
    assert_eq!(reduced, picture(1, 3, 1, &[0, 100, 255]));
}

/// Whether a pixel is within compression's error of a colour.
fn near(picture: &Picture, [y, x]: [usize; 2], colour: [u8; 3], error: u8) -> bool {
    let pixel = &picture.pixels[(y * picture.width + x) * 3..][..3];
    let mut both = pixel.iter().zip(colour);
    both.all(|(&have, want)| have.abs_diff(want) <= error)
}

#[test]
fn a_cmyk_photograph_is_read_as_rgb() {
    let read = decode(CMYK).unwrap();
    assert_eq!((read.height, read.width, read.channels), (16, 24, 3));
    for (at, colour) in [
        ([4, 20], [200, 30, 30]),
        ([12, 4], [30, 30, 200]),
        ([4, 4], [30, 180, 30]),
    ] {
        assert!(near(&read, at, colour, 12), "{at:?}");
    }
}

#[test]
fn a_photograph_is_turned_as_its_orientation_says() {
    // Turned to the right: what was on the left is above, what was above is on the right.
    let read = decode(TURNED).unwrap();
    assert_eq!((read.height, read.width, read.channels), (24, 16, 3));
    for (at, colour) in [
        ([20, 12], [200, 30, 30]),
        ([4, 4], [30, 30, 200]),
        ([4, 12], [30, 180, 30]),
    ] {
        assert!(near(&read, at, colour, 8), "{at:?}");
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let png = file(
        ImageBuffer::<Luma<u8>, _>::from_raw(40, 40, noise(40, 40, 1).pixels).unwrap(),
        ImageFormat::Png,
    );
    let cases: [(&[u8], &str); 7] = [
        (b"", "a.png: 0 bytes; save or copy it again"),
        (
            b"hello",
            "a.png: none of the forms that are read (PNG, JPEG",
        ),
        (b"GIF89a....", "a.png: a GIF, which is not read"),
        (b"RIFF....WEBPVP8 ", "a.png: a WebP, which is not read"),
        (&png[..png.len() / 2], "a.png: a damaged or cut off PNG ("),
        (&png[..9], "a.png: a damaged or cut off PNG ("),
        (
            &TURNED[..TURNED.len() / 2],
            "a.png: a damaged or cut off JPEG (",
        ),
    ];
    for (bytes, words) in cases {
        let error = decode(bytes).unwrap_err().to_string();
        assert!(error.starts_with(words) && !error.contains('\n'), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = Picture::read(folder.path()).unwrap_err();
    assert!(matches!(error.fault, Fault::Folder), "{error}");
    let missing = Picture::read(&folder.path().join("x")).unwrap_err();
    assert!(matches!(missing.fault, Fault::NotFound), "{missing}");
}

#[test]
fn a_small_file_that_announces_a_huge_picture_takes_no_memory() {
    for bytes in [&b"P5\n60000 60000\n255\n"[..], b"P6\n4000000000 3\n255\n"] {
        let error = decode(bytes).unwrap_err();
        assert!(matches!(error.fault, Fault::Huge(..)), "{error}");
        assert!(error.to_string().ends_with("; make it smaller"), "{error}");
    }
}

#[test]
fn a_picture_of_the_size_is_copied_and_colours_follow_the_channels() {
    let rgb = noise(4, 6, 3);
    for fit in [Fit::Stretch, Fit::Cover, Fit::Contain] {
        assert_eq!(rgb.fitted([4, 6], 3, fit), rgb.pixels);
    }
    let colours = picture(1, 3, 3, &[255, 0, 0, 0, 255, 0, 0, 0, 255]);
    assert_eq!(colours.fitted([1, 3], 1, Fit::Stretch), [77, 149, 29]);
    let grey = picture(1, 2, 1, &[5, 9]);
    assert_eq!(grey.fitted([1, 2], 3, Fit::Cover), [5, 5, 5, 9, 9, 9]);
}

#[test]
fn a_fit_cuts_frames_or_stretches() {
    // Columns of 10, 20, .. 60.
    let wide = picture(2, 6, 1, &[10, 20, 30, 40, 50, 60].repeat(2));
    assert_eq!(wide.fitted([2, 2], 1, Fit::Stretch), [20, 50, 20, 50]);
    assert_eq!(wide.fitted([2, 2], 1, Fit::Cover), [30, 40, 30, 40]);
    let framed = [[0; 3], [15, 35, 55], [0; 3]].concat();
    assert_eq!(wide.fitted([3, 3], 1, Fit::Contain), framed);
    let high = picture(6, 1, 3, &[1, 2, 3].repeat(6));
    let framed = [0, 0, 0, 1, 2, 3, 0, 0, 0].repeat(3);
    // Half a column becomes a whole one: a picture never vanishes.
    assert_eq!(high.fitted([3, 3], 3, Fit::Contain), framed);
}

/// The core's picture frontend, which resizes what is pushed to it by the same formula.
fn by_core(given: &Picture, [rows, columns]: [usize; 2], channels: usize) -> Vec<u8> {
    let table: Vec<_> = (0..=255u8).map(|value| value.wrapping_sub(128)).collect();
    let weights = Aligned::from(table.as_slice());
    let size = (given.height as u16, given.width as u16);
    let params = ImageParams {
        source_h: size.0,
        source_w: size.1,
        source_c: given.channels as u8,
        crop_at: (0, 0),
        crop_size: size,
        output: View {
            offset: 0,
            h: rows as u16,
            w: columns as u16,
            c: channels as u16,
            zero_point: -128,
        },
        table: Blob {
            offset: 0,
            len: 256,
        },
        fit: Fit::Stretch,
    };
    let mut output = vec![0; rows * columns * channels];
    frontend::run(&params, &Weights::new(&weights), &given.pixels, &mut output).unwrap();
    output
        .iter()
        .map(|&v| (v as u8).wrapping_add(128))
        .collect()
}

#[test]
fn resizing_is_that_of_the_core() {
    for (given, size, channels) in [
        (noise(28, 28, 1), [14, 14], 1),
        (noise(37, 53, 1), [16, 9], 1),
        (noise(37, 53, 3), [16, 9], 3),
        (noise(64, 48, 3), [20, 20], 1),
        (noise(5, 7, 3), [16, 31], 3),
        (noise(100, 1, 1), [7, 3], 1),
    ] {
        let ours = given.fitted(size, channels, Fit::Stretch);
        let what = (given.height, given.width, given.channels, size);
        assert_eq!(ours, by_core(&given, size, channels), "{what:?}");
    }
}
