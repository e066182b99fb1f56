//! The picture frontend against a plain floating-point area average.

mod frontend_support;

use frontend_support::{Section, view};
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::image::{self, ImageError};
use tillsense_core::model::records::{Blob, Fit, ImageParams};
use tillsense_core::parity::SplitMix64;

/// The table `stored = byte - 128`, so that outputs show the bytes.
fn section() -> (Section, Blob) {
    let mut section = Section::default();
    let table: Vec<i8> = (0..256).map(|v| (v - 128) as i8).collect();
    let blob = section.add(&table);
    (section, blob)
}

fn params(
    table: Blob,
    source: (u16, u16, u8),
    crop_at: (u16, u16),
    crop_size: (u16, u16),
    out: (u16, u16, u16),
) -> ImageParams {
    let output = view(out.0, out.1, out.2);
    ImageParams {
        source_h: source.0,
        source_w: source.1,
        source_c: source.2,
        crop_at,
        crop_size,
        output,
        table,
        fit: Fit::Stretch,
    }
}

/// The mean over the real rectangle that each output pixel covers.
fn oracle(p: &ImageParams, pixels: &[u8]) -> Vec<f64> {
    let (oh, ow, oc) = (
        p.output.h as usize,
        p.output.w as usize,
        p.output.c as usize,
    );
    let sc = p.source_c as usize;
    let value = |r: usize, c: usize, k: usize| {
        let at = ((r + p.crop_at.0 as usize) * p.source_w as usize + c + p.crop_at.1 as usize) * sc;
        if sc == 3 && oc == 1 {
            let [r, g, b] = [pixels[at], pixels[at + 1], pixels[at + 2]].map(f64::from);
            ((77.0 * r + 150.0 * g + 29.0 * b) / 256.0 + 0.5).floor()
        } else {
            pixels[at + k] as f64
        }
    };
    let share = |i: usize, r: usize, from: u16, to: usize| {
        let ratio = from as f64 / to as f64;
        let (start, end) = (i as f64 * ratio, (i + 1) as f64 * ratio);
        ((r + 1) as f64).min(end) - (r as f64).max(start)
    };
    let mut means = Vec::new();
    for y in 0..oh {
        for x in 0..ow {
            for k in 0..oc {
                let (mut sum, mut area) = (0.0, 0.0);
                for r in 0..p.crop_size.0 as usize {
                    for c in 0..p.crop_size.1 as usize {
                        let part = share(y, r, p.crop_size.0, oh).max(0.0)
                            * share(x, c, p.crop_size.1, ow).max(0.0);
                        sum += part * value(r, c, k);
                        area += part;
                    }
                }
                means.push(sum / area);
            }
        }
    }
    means
}

#[test]
fn agrees_with_the_area_average() {
    let (section, table) = section();
    let mut rng = SplitMix64::new(1);
    for case in 0..1000 {
        let mut size = |most| rng.between(1, most) as u16;
        let (sh, sw) = (size(24), size(24));
        let (ch, cw) = (size(sh as i64), size(sw as i64));
        let (oh, ow) = (size(20), size(20));
        let at = (
            rng.between(0, (sh - ch) as i64) as u16,
            rng.between(0, (sw - cw) as i64) as u16,
        );
        let (sc, oc) = [(1, 1), (3, 1), (3, 3)][case % 3];
        let p = params(table, (sh, sw, sc), at, (ch, cw), (oh, ow, oc));
        assert_eq!(image::check(&p, &section.weights()), Ok(()));
        let extreme = case % 5 == 0;
        let pixels: Vec<u8> = (0..image::source_len(&p))
            .map(|_| if extreme { 255 } else { rng.next_u64() as u8 })
            .collect();
        let mut output = vec![0i8; oh as usize * ow as usize * oc as usize];
        assert_eq!(
            image::run(&p, &section.weights(), &pixels, &mut output),
            Ok(())
        );
        for (got, mean) in output.iter().zip(oracle(&p, &pixels)) {
            let error = (*got as f64 + 128.0) - mean;
            assert!(
                (-0.5 - 1e-6..=0.5 + 1e-6).contains(&error),
                "case {case}: {error}"
            );
        }
    }
}

#[test]
fn equal_sizes_copy() {
    let (section, table) = section();
    let mut rng = SplitMix64::new(2);
    for (h, w, c) in [(28, 28, 1), (7, 5, 3), (1, 1, 1), (3, 200, 3)] {
        let p = params(table, (h, w, c), (0, 0), (h, w), (h, w, c as u16));
        let pixels: Vec<u8> = (0..image::source_len(&p))
            .map(|_| rng.next_u64() as u8)
            .collect();
        let mut output = vec![0i8; pixels.len()];
        image::run(&p, &section.weights(), &pixels, &mut output).unwrap();
        assert!(
            output
                .iter()
                .zip(&pixels)
                .all(|(o, p)| *o as i32 + 128 == *p as i32)
        );
    }
}

#[test]
fn pieces_of_whole_pixels_make_the_same_picture() {
    let (section, table) = section();
    let mut rng = SplitMix64::new(3);
    for (h, w, c, out) in [(5, 7, 1, 1), (4, 3, 3, 3), (6, 2, 3, 1)] {
        let p = params(table, (h, w, c), (0, 0), (h, w), (h, w, out));
        assert!(image::is_by_pixel(&p));
        let pixels: Vec<u8> = (0..image::source_len(&p))
            .map(|_| rng.next_u64() as u8)
            .collect();
        let mut whole = vec![0; p.output.len()];
        image::run(&p, &section.weights(), &pixels, &mut whole).unwrap();
        let mut pieces = vec![0; p.output.len()];
        let step = 4 * usize::from(c);
        for (at, bytes) in pixels.chunks(step).enumerate() {
            image::piece(&p, &section.weights(), at * step, bytes, &mut pieces).unwrap();
        }
        assert_eq!(pieces, whole);
    }
    // Parts of a pixel, a crop, another size.
    let weights = section.weights();
    let colour = params(table, (4, 4, 3), (0, 0), (4, 4), (4, 4, 3));
    let refused = |p: &ImageParams, offset, len| {
        let made = image::piece(p, &weights, offset, &vec![0; len], &mut [0; 48]);
        assert_eq!(made, Err(ImageError::NotInPieces));
    };
    refused(&colour, 0, 4);
    refused(&colour, 1, 3);
    refused(&params(table, (4, 4, 1), (0, 0), (2, 4), (2, 4, 1)), 0, 4);
    refused(&params(table, (4, 4, 1), (0, 0), (4, 4), (2, 2, 1)), 0, 4);
}

#[test]
fn largest_crop_of_full_white_stays_white() {
    let (section, table) = section();
    let p = params(table, (4096, 4096, 1), (0, 0), (4096, 4096), (1, 3, 1));
    assert_eq!(image::check(&p, &section.weights()), Ok(()));
    let mut output = [0i8; 3];
    image::run(&p, &section.weights(), &vec![255; 1 << 24], &mut output).unwrap();
    assert_eq!(output, [127; 3]);
}

#[test]
fn refuses_pictures_of_the_wrong_size() {
    let (section, table) = section();
    let p = params(table, (4, 4, 1), (0, 0), (4, 4), (2, 2, 1));
    for len in [0, 15, 17, 48] {
        let error = image::run(&p, &section.weights(), &vec![0; len], &mut [0; 4]);
        assert_eq!(error, Err(ImageError::WrongSize));
    }
}

#[test]
fn check_refuses_what_run_could_not_do() {
    let (section, table) = section();
    let check = |p: ImageParams| image::check(&p, &section.weights());
    let good = params(table, (8, 8, 3), (2, 2), (6, 6), (3, 3, 1));
    assert_eq!(check(good), Ok(()));
    let shapes = [
        params(table, (8, 8, 2), (0, 0), (6, 6), (3, 3, 1)),
        params(table, (8, 8, 1), (0, 0), (6, 6), (3, 3, 3)),
        params(table, (8, 8, 1), (3, 2), (6, 6), (3, 3, 1)),
        params(table, (8, 8, 1), (2, 3), (6, 6), (3, 3, 1)),
        params(table, (8, 8, 1), (0, 0), (0, 6), (3, 3, 1)),
        params(table, (8, 8, 1), (0, 0), (6, 6), (3, 0, 1)),
        params(table, (5000, 5000, 1), (0, 0), (5000, 5000), (3, 3, 1)),
        params(
            table,
            (8, 8, 1),
            (u16::MAX, u16::MAX),
            (u16::MAX, u16::MAX),
            (3, 3, 1),
        ),
    ];
    for p in shapes {
        assert_eq!(check(p), Err(FrontendError::Shape), "{p:?}");
    }
    for table in [
        Blob {
            offset: 0,
            len: 255,
        },
        Blob {
            offset: 8,
            len: 256,
        },
        Blob {
            offset: u32::MAX,
            len: 256,
        },
    ] {
        assert_eq!(
            check(ImageParams { table, ..good }),
            Err(FrontendError::Blob)
        );
    }
}

#[test]
fn bad_memory_never_panics() {
    let (section, table) = section();
    let mut rng = SplitMix64::new(3);
    for _ in 0..2000 {
        let mut any = |most| rng.between(0, most) as u16;
        let p = params(
            if any(1) == 0 {
                table
            } else {
                Blob {
                    offset: 9,
                    len: 400,
                }
            },
            (any(9), any(9), any(4) as u8),
            (any(9), any(9)),
            (any(9), any(9)),
            (any(9), any(9), any(4)),
        );
        let pixels = vec![0; image::source_len(&p)];
        let mut output = vec![0; any(200) as usize];
        let _ = image::check(&p, &section.weights());
        let _ = image::run(&p, &section.weights(), &pixels, &mut output);
    }
}
