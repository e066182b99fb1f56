//! Spoken digits, synthesised: each digit is a sequence of speech sounds; pulses and noise run through three resonators whose
//! frequencies glide from sound to sound. Six voices differ in pitch, tract length, tempo and level.

use super::super::dice::Dice;
use super::super::media::wav::SAMPLE_RATE;
use super::super::types::{Clip, Clips, Split};
use super::{Size, stream};

/// A speech sound: milliseconds, level of the voice, level of the noise, centre of the noise in Hz, formants in Hz at its middle.
struct Sound(f64, f64, f64, f64, [f64; 3]);

const fn vowel(ms: f64, f1: f64, f2: f64, f3: f64) -> Sound {
    Sound(ms, 1.0, 0.0, 2500.0, [f1, f2, f3])
}
const fn nasal(ms: f64) -> Sound {
    Sound(ms, 0.35, 0.0, 2500.0, [260.0, 1300.0, 2400.0])
}
const fn hiss(ms: f64, level: f64, centre: f64) -> Sound {
    Sound(ms, 0.0, level, centre, [400.0, 1500.0, 2500.0])
}
const fn buzz(ms: f64, level: f64, centre: f64) -> Sound {
    Sound(ms, 0.3, level, centre, [300.0, 1400.0, 2500.0])
}
const fn gap(ms: f64) -> Sound {
    Sound(ms, 0.0, 0.0, 2500.0, [400.0, 1600.0, 2500.0])
}

/// Formants after Peterson and Barney, "Control methods used in a study of the vowels" (1952), men; the rest by ear.
static DIGITS: [&[Sound]; 10] = [
    &[
        buzz(70.0, 0.25, 3400.0),
        vowel(80.0, 390.0, 1990.0, 2550.0),
        vowel(60.0, 420.0, 1300.0, 1650.0),
        vowel(140.0, 480.0, 880.0, 2350.0),
    ],
    &[
        vowel(60.0, 300.0, 700.0, 2200.0),
        vowel(130.0, 640.0, 1190.0, 2390.0),
        nasal(110.0),
    ],
    &[
        hiss(50.0, 0.5, 3200.0),
        vowel(50.0, 320.0, 1500.0, 2300.0),
        vowel(170.0, 300.0, 870.0, 2240.0),
    ],
    &[
        hiss(80.0, 0.12, 2800.0),
        vowel(60.0, 420.0, 1250.0, 1600.0),
        vowel(180.0, 270.0, 2290.0, 3010.0),
    ],
    &[
        hiss(90.0, 0.14, 2200.0),
        vowel(150.0, 570.0, 840.0, 2410.0),
        vowel(80.0, 480.0, 1250.0, 1700.0),
    ],
    &[
        hiss(90.0, 0.14, 2200.0),
        vowel(120.0, 730.0, 1090.0, 2440.0),
        vowel(70.0, 400.0, 1950.0, 2550.0),
        buzz(70.0, 0.08, 2200.0),
    ],
    &[
        hiss(110.0, 0.5, 3500.0),
        vowel(70.0, 390.0, 1990.0, 2550.0),
        gap(50.0),
        hiss(20.0, 0.5, 1800.0),
        hiss(120.0, 0.45, 3500.0),
    ],
    &[
        hiss(110.0, 0.5, 3500.0),
        vowel(80.0, 530.0, 1840.0, 2480.0),
        buzz(50.0, 0.08, 2200.0),
        vowel(60.0, 500.0, 1400.0, 2400.0),
        nasal(90.0),
    ],
    &[
        vowel(90.0, 500.0, 1900.0, 2500.0),
        vowel(90.0, 300.0, 2250.0, 2900.0),
        gap(60.0),
        hiss(40.0, 0.4, 3200.0),
    ],
    &[
        nasal(80.0),
        vowel(120.0, 730.0, 1090.0, 2440.0),
        vowel(70.0, 400.0, 1950.0, 2550.0),
        nasal(90.0),
    ],
];

/// A speaker: name, pitch in Hz, factor of the formants, factor of the durations, peak level.
struct Voice(&'static str, f64, f64, f64, f64);

static VOICES: [Voice; 6] = [
    Voice("anna", 205.0, 1.14, 0.95, 9000.0),
    Voice("bo", 104.0, 0.95, 1.10, 3000.0),
    Voice("carla", 182.0, 1.08, 1.20, 15_000.0),
    Voice("deniz", 132.0, 1.02, 0.85, 1500.0),
    Voice("emil", 118.0, 0.98, 1.00, 6000.0),
    Voice("fynn", 92.0, 0.91, 1.05, 1000.0),
];

/// First take of training clips; test takes count from 0.
const FIRST_TRAIN_TAKE: usize = 5;
/// Number of samples after which the resonators' coefficients are renewed: one millisecond.
const FRAME: usize = 8;
/// Level and bandwidth in Hz of the three resonators.
const FORMANTS: [(f64, f64); 3] = [(1.0, 80.0), (0.55, 110.0), (0.25, 160.0)];

/// Synthesised digits, all digits and voices about equally often.
pub fn clips(size: Size, seed: u64) -> Split<Clips> {
    Split {
        train: part(
            size.train,
            FIRST_TRAIN_TAKE,
            &mut Dice::new(seed, stream::CLIPS),
        ),
        test: part(size.test, 0, &mut Dice::new(seed, stream::CLIPS + 1)),
    }
}

fn part(count: usize, first_take: usize, dice: &mut Dice) -> Clips {
    let mut clips: Vec<Clip> = (0..count)
        .map(|index| {
            let (label, speaker) = (index % 10, index / 10 % VOICES.len());
            Clip {
                samples: speak(DIGITS[label], &VOICES[speaker], dice),
                label: label as u8,
                speaker: speaker as u8,
                take: (first_take + index / (10 * VOICES.len())) as u16,
            }
        })
        .collect();
    clips.sort_by_key(|clip| (clip.label, clip.speaker, clip.take));
    Clips {
        clips,
        speakers: VOICES.iter().map(|voice| voice.0.to_owned()).collect(),
        sample_rate: SAMPLE_RATE,
    }
}

/// Settings of the synthesiser at one moment.
#[derive(Clone, Copy)]
struct Moment {
    voice: f64,
    noise: f64,
    centre: f64,
    formants: [f64; 3],
}

fn speak(sounds: &[Sound], voice: &Voice, dice: &mut Dice) -> Vec<i16> {
    let score = score(sounds, voice, dice);
    let pitch = voice.1 * (1.0 + 0.08 * dice.normal());
    let fall = dice.between(0.7, 1.05);
    let rate = f64::from(SAMPLE_RATE);

    let mut tract = FORMANTS.map(|_| Resonator::default());
    let mut rustle = Resonator::default();
    let (mut phase, mut pulse) = (0.0, 0.0);
    let mut sound = Vec::with_capacity(score.len() * FRAME);
    for (frame, moment) in score.iter().enumerate() {
        for (resonator, (&frequency, &(_, width))) in
            tract.iter_mut().zip(moment.formants.iter().zip(&FORMANTS))
        {
            resonator.tune(frequency, width);
        }
        rustle.tune(moment.centre, 900.0);
        let progress = frame as f64 / score.len() as f64;
        let step = pitch * (1.0 + (fall - 1.0) * progress) / rate;
        for _ in 0..FRAME {
            phase += step * (1.0 + 0.02 * dice.normal());
            let beat = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase -= beat;
            // A pulse with a tail, about -6 dB an octave.
            pulse = 0.9 * pulse + beat;
            let breath = dice.normal();
            let source = moment.voice * (pulse + 0.02 * breath);
            let voiced: f64 = tract
                .iter_mut()
                .zip(&FORMANTS)
                .map(|(resonator, &(level, _))| level * resonator.next(source))
                .sum();
            sound.push(voiced + rustle.next(moment.noise * breath));
        }
    }
    record(&sound, voice.4, dice)
}

/// The moments of a word, one for each frame: sounds with random durations and glides between them, silence around.
fn score(sounds: &[Sound], voice: &Voice, dice: &mut Dice) -> Vec<Moment> {
    let tempo = voice.3 * dice.between(0.75, 1.35);
    let stretch = voice.2 * (1.0 + 0.03 * dice.normal());
    let silence = |moment: Moment| Moment {
        voice: 0.0,
        noise: 0.0,
        ..moment
    };
    let mut steps: Vec<(usize, Moment)> = Vec::new();
    for &Sound(ms, voiced, noise, centre, formants) in sounds {
        let frames = ms * tempo * dice.between(0.8, 1.25);
        let moment = Moment {
            voice: voiced * dice.between(0.7, 1.3),
            noise: noise * dice.between(0.6, 1.4),
            centre,
            formants: formants.map(|f| (f * stretch * (1.0 + 0.05 * dice.normal())).min(3800.0)),
        };
        steps.push((libm::round(frames) as usize, moment));
    }
    let (first, last) = (steps[0].1, steps[steps.len() - 1].1);
    steps.insert(0, (10 + dice.below(50), silence(first)));
    steps.push((20 + dice.below(60), silence(last)));

    // A first-order glide towards each sound, with a time constant of 12 ms.
    let mut now = steps[0].1;
    let mut score = Vec::new();
    for (frames, goal) in steps {
        for _ in 0..frames {
            let glide = |from: f64, to: f64| from + (to - from) / 12.0;
            now.voice = glide(now.voice, goal.voice);
            now.noise = glide(now.noise, goal.noise);
            now.centre = glide(now.centre, goal.centre);
            for (from, to) in now.formants.iter_mut().zip(goal.formants) {
                *from = glide(*from, to);
            }
            score.push(now);
        }
    }
    score
}

/// Converts sound to 16 bits at about the voice's level, and adds the noise of a room.
fn record(sound: &[f64], level: f64, dice: &mut Dice) -> Vec<i16> {
    let peak = sound
        .iter()
        .fold(1e-9, |peak: f64, value| peak.max(value.abs()));
    let gain = level * dice.between(0.6, 1.5) / peak;
    let room = level * dice.between(0.002, 0.02);
    sound
        .iter()
        .map(|value| {
            libm::round((gain * value + room * dice.normal()).clamp(-32_768.0, 32_767.0)) as i16
        })
        .collect()
}

/// A two-pole resonator with unit gain at its frequency, roughly.
#[derive(Clone, Copy, Default)]
struct Resonator {
    gain: f64,
    first: f64,
    second: f64,
    past: [f64; 2],
}

impl Resonator {
    fn tune(&mut self, frequency: f64, width: f64) {
        let rate = f64::from(SAMPLE_RATE);
        let radius = libm::exp(-core::f64::consts::PI * width / rate);
        let angle = 2.0 * core::f64::consts::PI * frequency / rate;
        self.first = 2.0 * radius * libm::cos(angle);
        self.second = -radius * radius;
        self.gain = (1.0 - radius) * libm::sin(angle).max(0.1);
    }

    fn next(&mut self, input: f64) -> f64 {
        let output = self.gain * input + self.first * self.past[0] + self.second * self.past[1];
        self.past = [output, self.past[0]];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_everywhere() {
        let set = clips(Size::new(20, 10), 1);
        let all = set.train.clips.iter().chain(&set.test.clips);
        let bytes =
            all.flat_map(|clip| clip.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        assert_eq!(super::super::digest(bytes), "c62c2e81b12854e0");
    }

    #[test]
    fn lengths_levels_and_order() {
        let set = clips(Size::new(240, 60), 3);
        for clip in &set.train.clips {
            assert!(
                (1200..8000).contains(&clip.samples.len()),
                "{}",
                clip.samples.len()
            );
            let peak = clip
                .samples
                .iter()
                .map(|sample| sample.unsigned_abs())
                .max();
            assert!((400..=32_768).contains(&peak.unwrap()), "{peak:?}");
            assert!(clip.take >= 5);
        }
        let keys = |clips: &Clips| -> Vec<_> {
            clips
                .clips
                .iter()
                .map(|clip| (clip.label, clip.speaker, clip.take))
                .collect()
        };
        assert!(keys(&set.train).is_sorted());
        assert_eq!(keys(&set.test)[..2], [(0, 0, 0), (0, 1, 0)]);
        assert_eq!(set.train.speakers.len(), 6);
    }

    /// Energies in eight bands over six parts of the clip, nearest class mean: far above chance, and not all right.
    #[test]
    fn learnable_but_not_trivial() {
        const BANDS: [f64; 8] = [250.0, 450.0, 700.0, 1050.0, 1500.0, 2000.0, 2600.0, 3400.0];
        let features = |clip: &Clip| -> Vec<f64> {
            let part = clip.samples.len() / 6;
            let mut energies = Vec::new();
            for piece in clip.samples.chunks_exact(part).take(6) {
                for frequency in BANDS {
                    let mut resonator = Resonator::default();
                    resonator.tune(frequency, 200.0);
                    let power: f64 = piece
                        .iter()
                        .map(|&x| resonator.next(f64::from(x)).powi(2))
                        .sum();
                    energies.push(libm::log(power + 1.0));
                }
            }
            let mean = energies.iter().sum::<f64>() / energies.len() as f64;
            energies.iter().map(|energy| energy - mean).collect()
        };
        let set = clips(Size::new(600, 300), 4);
        let mut means = vec![vec![0.0; 48]; 10];
        for clip in &set.train.clips {
            for (sum, value) in means[usize::from(clip.label)]
                .iter_mut()
                .zip(features(clip))
            {
                *sum += value / 60.0;
            }
        }
        let right = set
            .test
            .clips
            .iter()
            .filter(|clip| {
                let found = features(clip);
                let cost = |mean: &[f64]| -> f64 {
                    mean.iter().zip(&found).map(|(a, b)| (a - b).powi(2)).sum()
                };
                let best = (0..10).min_by(|&a, &b| cost(&means[a]).total_cmp(&cost(&means[b])));
                best == Some(usize::from(clip.label))
            })
            .count();
        assert!((150..297).contains(&right), "{right} of 300");
    }
}
