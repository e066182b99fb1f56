//! Changes of clips: loudness, noise, speed, beginning; and masks over their features.

use std::f64::consts::PI;

use tillsense_compiler::network::description::Augment;

use crate::data::dice::Dice;

/// Span of the noise's signal-to-noise ratio in dB, from `noise` upwards.
const NOISE_SPAN: f64 = 30.0;

/// Whether the settings change clips before the frontend.
pub(super) fn changes(augment: &Augment) -> bool {
    augment.gain > 0.0
        || augment.noise.is_some()
        || augment.speed > 0.0
        || augment.lag > 0.0
        || augment.offset > 0.0
}

/// A changed copy of a clip, at least one sample.
pub(super) fn vary(
    samples: &[i16],
    augment: &Augment,
    sample_rate: u32,
    dice: &mut Dice,
) -> Vec<i16> {
    let mut within = |most: f32| dice.between(-f64::from(most), f64::from(most));
    let (speed, gain) = (1.0 + within(augment.speed), within(augment.gain));
    let lag = (within(augment.lag) * f64::from(sample_rate)) as isize;
    let mut clip = resample(samples, speed);
    if lag > 0 {
        clip.splice(..0, std::iter::repeat_n(0.0, lag as usize));
    } else {
        // At least three quarters of the clip stay.
        clip.drain(..lag.unsigned_abs().min(clip.len() / 4));
    }
    if augment.offset > 0.0 {
        begin_late(&mut clip, augment.offset, sample_rate, dice);
    }
    let mut gain = libm::pow(10.0, gain / 20.0);
    let peak = clip.iter().fold(1.0f64, |most, s| most.max(s.abs()));
    gain = gain.min(32_767.0 / peak);
    let noise = augment.noise.map(|least| {
        let ratio = f64::from(least) + NOISE_SPAN * dice.unit();
        let power = clip.iter().map(|s| s * s).sum::<f64>() / clip.len().max(1) as f64;
        libm::sqrt(power / libm::pow(10.0, ratio / 10.0))
    });
    let mut sample = |s: f64| {
        let noisy = s + noise.map_or(0.0, |sigma| sigma * dice.normal());
        libm::round((gain * noisy).clamp(-32_768.0, 32_767.0)) as i16
    };
    clip.into_iter().map(&mut sample).collect()
}

/// Levels of the noise before a clip that begins late, in dB below the clip's: from a quiet room to silence.
const BEFORE: [f64; 2] = [30.0, 80.0];

/// Puts up to `longest` seconds of faint noise before a clip.
fn begin_late(clip: &mut Vec<f64>, longest: f32, sample_rate: u32, dice: &mut Dice) {
    let count = dice.between(0.0, f64::from(longest)) * f64::from(sample_rate);
    let below = dice.between(BEFORE[0], BEFORE[1]);
    let power = clip.iter().map(|s| s * s).sum::<f64>() / clip.len().max(1) as f64;
    let sigma = libm::sqrt(power) / libm::pow(10.0, below / 20.0);
    let before: Vec<f64> = (0..count as usize).map(|_| sigma * dice.normal()).collect();
    clip.splice(..0, before);
}

/// Number of samples on each side that count in [`resample`].
const REACH: isize = 5;

/// Resamples a clip as if it were played at `speed` times the speed: a sinc under a Hann window, cut off at the lower of both
/// Nyquist frequencies. Linear interpolation would take the high bands away, and with them the sound of a recording's noise.
fn resample(samples: &[i16], speed: f64) -> Vec<f64> {
    if speed == 1.0 {
        return samples.iter().map(|&s| s.into()).collect();
    }
    let len = ((samples.len() as f64 / speed) as usize).max(1);
    let cut = speed.recip().min(1.0);
    let at = |i: isize| {
        let inside = usize::try_from(i).ok().and_then(|i| samples.get(i));
        inside.map_or(0.0, |&s| f64::from(s))
    };
    // From tap to tap the angles of sinc and window advance by the same step, so they are turned instead of computed anew.
    let sinc_step = Turn::by(PI * cut);
    let window_step = Turn::by(PI / REACH as f64);
    let one = |i: usize| {
        let place = i as f64 * speed;
        let whole = place as isize;
        let first = whole - REACH + 1;
        let mut distance = first as f64 - place;
        let mut sinc = Turn::by(PI * cut * distance);
        let mut window = Turn::by(PI * distance / REACH as f64);
        let mut sum = 0.0;
        for tap in first..=whole + REACH {
            // Close to zero the sinc's limit is the cut itself.
            let value = if distance.abs() < 1e-9 {
                cut
            } else {
                sinc.sin / (PI * distance)
            };
            sum += at(tap) * value * (0.5 + 0.5 * window.cos);
            distance += 1.0;
            sinc = sinc.then(&sinc_step);
            window = window.then(&window_step);
        }
        sum
    };
    (0..len).map(one).collect()
}

/// An angle, held as its sine and cosine.
struct Turn {
    sin: f64,
    cos: f64,
}

impl Turn {
    fn by(angle: f64) -> Self {
        Turn {
            sin: libm::sin(angle),
            cos: libm::cos(angle),
        }
    }

    fn then(&self, other: &Turn) -> Self {
        Turn {
            sin: self.sin * other.cos + self.cos * other.sin,
            cos: self.cos * other.cos - self.sin * other.sin,
        }
    }
}

/// Control points of the curve of [`equalise`].
const POINTS: usize = 4;
/// Stored steps of one deviation of the training data.
const DEVIATION: f64 = 32.0;

/// Adds one curve over the bands to every frame: normal at four points, linear between them.
pub(super) fn equalise(values: &mut [i8], bands: usize, deviation: f32, dice: &mut Dice) {
    if deviation == 0.0 {
        return;
    }
    let points = [0; POINTS].map(|_| DEVIATION * f64::from(deviation) * dice.normal());
    let curve: Vec<f64> = (0..bands)
        .map(|band| {
            let place = band as f64 * (POINTS - 1) as f64 / bands.max(2) as f64;
            let (left, part) = (place as usize, place.fract());
            points[left] * (1.0 - part) + points[left + 1] * part
        })
        .collect();
    for frame in values.chunks_exact_mut(bands) {
        for (value, lift) in frame.iter_mut().zip(&curve) {
            *value = libm::round((f64::from(*value) + lift).clamp(-128.0, 127.0)) as i8;
        }
    }
}

/// Sets up to `most` neighbouring bands of every frame to 0, their mean.
pub(super) fn mask_bands(values: &mut [i8], bands: usize, most: usize, dice: &mut Dice) {
    let count = dice.below(most.min(bands) + 1);
    let first = dice.below(bands - count + 1);
    for frame in values.chunks_exact_mut(bands) {
        frame[first..first + count].fill(0);
    }
}

/// Sets up to `most` neighbouring steps, at most a third of all, to 0.
pub(super) fn mask_steps(values: &mut [i8], width: usize, most: usize, dice: &mut Dice) {
    let steps = values.len() / width.max(1);
    let count = dice.below(most.min(steps / 3) + 1);
    let first = dice.below(steps - count + 1);
    values[first * width..(first + count) * width].fill(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone() -> Vec<i16> {
        (0..800)
            .map(|i| if i % 16 < 8 { 3000 } else { -3000 })
            .collect()
    }

    #[test]
    fn speed_changes_length_and_pitch_and_keeps_loudness() {
        let wave = |period: f64| {
            let value = |i: i32| 8000.0 * libm::sin(2.0 * PI * f64::from(i) / period);
            (0..800).map(|i| value(i) as i16).collect::<Vec<_>>()
        };
        let slow = resample(&wave(16.0), 0.8);
        assert_eq!(slow.len(), 1000);
        for (i, &sample) in slow.iter().enumerate().take(980).skip(20) {
            let wanted = 8000.0 * libm::sin(2.0 * PI * i as f64 / 20.0);
            assert!((sample - wanted).abs() < 80.0, "{i}: {sample} for {wanted}");
        }
        // Frequencies above half the sampling rate are removed instead of folded.
        let folded = resample(&wave(2.05), 1.5);
        assert!(folded[20..500].iter().all(|s| s.abs() < 1200.0));
        assert_eq!(resample(&[5], 3.0).len(), 1);
        assert_eq!(resample(&tone(), 1.0).len(), 800);
    }

    #[test]
    fn noise_and_gain_are_within_what_is_asked() {
        let augment = Augment {
            gain: 6.0,
            noise: Some(10.0),
            ..Augment::default()
        };
        for n in 0..30 {
            let varied = vary(&tone(), &augment, 8000, &mut Dice::new(3, n));
            let power = varied.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / 800.0;
            let change = 10.0 * (power / 9e6).log10();
            assert!(change.abs() < 6.7, "{change}");
            assert_ne!(varied, tone());
        }
        let loud = Augment {
            gain: 60.0,
            ..Augment::default()
        };
        // The peak stays inside 16 bits instead of being cut.
        let varied = vary(&tone(), &loud, 8000, &mut Dice::new(3, 1));
        assert_eq!(varied.iter().filter(|&&s| s == varied[0]).count(), 400);
    }

    #[test]
    fn a_clip_begins_later_or_earlier() {
        let augment = Augment {
            lag: 0.01,
            ..Augment::default()
        };
        let lengths: Vec<_> = (0..50)
            .map(|n| vary(&tone(), &augment, 8000, &mut Dice::new(4, n)).len())
            .collect();
        assert!(lengths.iter().all(|len| (720..=880).contains(len)));
        assert!(lengths.iter().any(|&len| len < 800) && lengths.iter().any(|&len| len > 800));
    }

    #[test]
    fn a_late_clip_has_faint_noise_before_it() {
        let augment = Augment {
            offset: 0.1,
            ..Augment::default()
        };
        let mut counts = Vec::new();
        for n in 0..50 {
            let varied = vary(&tone(), &augment, 8000, &mut Dice::new(6, n));
            let count = varied.len() - 800;
            assert_eq!(varied[count..], tone());
            // 30 dB below 3,000 are 95, and hardly any value is over four deviations.
            assert!(varied[..count].iter().all(|s| s.abs() < 500));
            counts.push(count);
        }
        counts.sort_unstable();
        assert!(
            counts[0] < 100 && counts[49] > 700 && counts[49] <= 800,
            "{counts:?}"
        );
    }

    #[test]
    fn one_curve_lifts_every_frame() {
        let mut values: Vec<i8> = [10, 20, 30, 40, 50].repeat(8);
        equalise(&mut values, 5, 0.5, &mut Dice::new(7, 1));
        assert_ne!(values[..5], [10, 20, 30, 40, 50]);
        assert!(values.chunks(5).all(|frame| frame == &values[..5]));
    }

    #[test]
    fn masks_cover_neighbours() {
        for n in 0..60 {
            let mut values = vec![1i8; 6 * 8];
            mask_bands(&mut values, 4, 2, &mut Dice::new(5, n));
            let masked = values[..4].iter().filter(|&&v| v == 0).count();
            assert!(masked <= 2);
            assert!(values.chunks(4).all(|frame| frame == &values[..4]));
            let mut values = vec![1i8; 6 * 8];
            mask_steps(&mut values, 8, 9, &mut Dice::new(6, n));
            let masked: Vec<_> = values.chunks(8).map(|step| step == [0; 8]).collect();
            assert!(masked.iter().filter(|&&m| m).count() <= 2);
        }
        mask_steps(&mut [], 8, 9, &mut Dice::new(6, 1));
    }
}
