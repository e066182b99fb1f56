//! Spectrograms, as people read them.

use image::{DynamicImage, GrayImage, Luma};

use super::picture::{Picture, file};

/// Samples of a frame.
const FRAME: usize = 256;
/// Moments across.
const MOMENTS: usize = 120;
/// Bands down.
const BANDS: usize = 48;
/// Decibels from the loudest to what is drawn as silence.
const RANGE: f64 = 70.0;

/// Loudness by time (across) and pitch (upwards, to half of the rate), dark where it is loud; `None` of less than a frame.
pub fn spectrogram(samples: &[i16], rate: u32) -> Option<Picture> {
    let last = samples.len().checked_sub(FRAME)?;
    // Frames of a short recording overlap as much as they must, so that all pictures have one size.
    let levels: Vec<[f64; BANDS]> = (0..MOMENTS)
        .map(|at| {
            let from = last * at / (MOMENTS - 1);
            bands(&samples[from..from + FRAME])
        })
        .collect();
    let loudest = levels
        .iter()
        .flatten()
        .copied()
        .fold(f64::MIN, f64::max)
        .max(0.0);
    let mut picture = GrayImage::new(MOMENTS as u32, BANDS as u32);
    for (x, bands) in levels.iter().enumerate() {
        for (band, level) in bands.iter().enumerate() {
            let share = ((level - loudest + RANGE) / RANGE).clamp(0.0, 1.0);
            let shade = (255.0 * (1.0 - share)) as u8;
            picture.put_pixel(x as u32, (BANDS - 1 - band) as u32, Luma([shade]));
        }
    }
    let words = match rate {
        0 => "a spectrogram".to_owned(),
        rate => format!("a spectrogram up to {} Hz", rate / 2),
    };
    file(&DynamicImage::from(picture), 2 * MOMENTS as u32, &words)
}

/// The level of each band of a frame in decibels, by a plain Fourier sum: few frames are shown.
fn bands(frame: &[i16]) -> [f64; BANDS] {
    let window = |at: usize| 0.5 - 0.5 * (std::f64::consts::TAU * at as f64 / FRAME as f64).cos();
    let windowed: Vec<f64> = frame
        .iter()
        .enumerate()
        .map(|(at, &sample)| window(at) * f64::from(sample))
        .collect();
    let bins = FRAME / 2;
    std::array::from_fn(|band| {
        let from = band * bins / BANDS;
        let until = ((band + 1) * bins / BANDS).max(from + 1);
        let power = (from..until)
            .map(|bin| power(&windowed, bin))
            .fold(0.0, f64::max);
        10.0 * power.max(1e-9).log10()
    })
}

/// The power at a bin, by Goertzel's recurrence.
fn power(frame: &[f64], bin: usize) -> f64 {
    let turn = 2.0 * (std::f64::consts::TAU * bin as f64 / FRAME as f64).cos();
    let (mut before, mut now) = (0.0, 0.0);
    for sample in frame {
        (before, now) = (now, sample + turn * now - before);
    }
    now * now + before * before - turn * now * before
}
