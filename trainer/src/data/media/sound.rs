//! Recordings read from files, and made what an input takes.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use tillsense_compiler::files;
use tillsense_compiler::words::grouped;

use super::error::{Fault, MediaError};
use super::resample::resample;
use super::{compressed, silence, wav};

/// Bytes of the largest file that is read.
pub(super) const MOST_SOUND_FILE: u64 = 512 << 20;

/// Samples of the longest recording, one channel: 16 minutes at 48 kHz.
pub const MOST_SAMPLES: usize = 48_000_000;

/// Sampling rates that recordings have.
pub(super) const RATES: RangeInclusive<u32> = 1_000..=768_000;

/// Neighbouring samples at the limit from which on they count as clipped: one alone is the peak of a recording that was levelled.
const CLIPPED: usize = 3;

/// The form of a recording's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// RIFF WAVE.
    Wav,
    /// Free Lossless Audio Codec.
    Flac,
    /// Ogg Vorbis.
    Vorbis,
}

/// How a recording's samples are kept in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Integers of so many bits.
    Integer(u32),
    /// Numbers of so many bits.
    Float(u32),
    /// Compressed with loss.
    Lossy,
}

/// A recording, its channels mixed to one, and what it was like in its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The form of the file.
    pub form: Form,
    /// Samples a second.
    pub rate: u32,
    /// Number of channels in the file.
    pub channels: usize,
    /// How the samples are kept in the file.
    pub width: Width,
    /// The mean of the channels, in steps of 16 bits (32,768 is full scale); at least one sample.
    pub samples: Vec<f32>,
    /// The largest value of any channel, in steps of 16 bits.
    pub peak: f32,
    /// Number of samples, of all channels, that lie at the limits of the scale, three or more of a channel in a row.
    pub clipped: usize,
}

impl Recording {
    /// The recording in a file.
    pub fn read(path: &Path) -> Result<Self, MediaError> {
        if path.is_dir() {
            return Err(MediaError::new(path, Fault::Folder));
        }
        let bytes = files::read(path, MOST_SOUND_FILE)
            .map_err(|error| MediaError::io(path, error, MOST_SOUND_FILE))?;
        Self::decode(bytes, path)
    }

    /// The recording that these bytes of a file are; the path is for messages.
    pub fn decode(bytes: Vec<u8>, path: &Path) -> Result<Self, MediaError> {
        let decoded = match &bytes[..bytes.len().min(4)] {
            [] => Err(Fault::Empty),
            b"fLaC" => compressed::decode(bytes, Form::Flac),
            b"OggS" => compressed::decode(bytes, Form::Vorbis),
            start if b"RIFF".starts_with(start) => from_wav(&bytes),
            _ => Err(Fault::NotASound(other(&bytes))),
        };
        decoded.map_err(|fault| MediaError::new(path, fault))
    }

    /// Seconds.
    pub fn duration(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    /// Whether nothing can be heard: no sample is as large as a step of 16 bits.
    pub fn is_silent(&self) -> bool {
        self.peak < 1.0
    }

    /// Seconds before the sound begins, by the rule of [`leading_silence`](super::leading_silence).
    pub fn silence(&self) -> f64 {
        let samples = rounded(self.samples.iter().map(|&sample| sample.into()));
        silence::leading(&samples, self.rate) as f64 / f64::from(self.rate)
    }

    /// Decibels from its quiet parts to its loud ones: between the energies that 95 % and 5 % of its windows of 10 ms reach. What is
    /// below a step of 16 bits is silence.
    pub fn range(&self) -> f64 {
        let window = (self.rate / 100).max(1) as usize;
        let mut energies: Vec<f64> = self
            .samples
            .chunks(window)
            .map(|part| {
                let squares: f64 = part.iter().map(|&s| f64::from(s).powi(2)).sum();
                10.0 * libm::log10((squares / part.len() as f64).max(0.1))
            })
            .collect();
        energies.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            energies
                .get((energies.len().max(1) - 1) * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        at(95) - at(5)
    }

    /// The recording as an input takes it: one channel of 16 bits at this rate, 8000 or 16000. A recording of this form is what it is.
    ///
    /// Values are rounded, halves away from zero; what a float file has beyond full scale is cut.
    pub fn at_rate(&self, rate: u32) -> Vec<i16> {
        rounded(resample(&self.samples, self.rate, rate).into_iter())
    }
}

/// The recording in the words of a report: `44,100 Hz, 2 channels of 24 bits (WAV)`.
impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = match self.channels {
            1 => "1 channel".to_owned(),
            several => format!("{several} channels"),
        };
        let width = match self.width {
            Width::Integer(bits) => format!(" of {bits} bits"),
            Width::Float(bits) => format!(" of {bits}-bit floats"),
            Width::Lossy => String::new(),
        };
        let form = match self.form {
            Form::Wav => "WAV",
            Form::Flac => "FLAC",
            Form::Vorbis => "Ogg Vorbis",
        };
        write!(f, "{} Hz, {channels}{width} ({form})", grouped(self.rate))
    }
}

fn rounded(samples: impl Iterator<Item = f64>) -> Vec<i16> {
    let round = |sample: f64| libm::round(sample.clamp(-32_768.0, 32_767.0)) as i16;
    samples.map(round).collect()
}

fn from_wav(bytes: &[u8]) -> Result<Recording, Fault> {
    let sound = wav::parse(bytes).map_err(|fault| match fault {
        wav::WavFault::CutOff => Fault::CutOff,
        wav::WavFault::NoSamples => Fault::NoSamples,
        other => Fault::Wav(other),
    })?;
    let mut mixer = Mixer::new(
        sound.format.rate,
        sound.format.channels.into(),
        sound.limit(),
    )?;
    mixer.add(sound.values())?;
    mixer.finish(Form::Wav, sound.width())
}

/// Mixes channels to one as samples come, and notes peaks.
pub(super) struct Mixer {
    rate: u32,
    channels: usize,
    /// From here on a sample lies at the limit of its scale.
    limit: f64,
    samples: Vec<f32>,
    peak: f64,
    clipped: usize,
    /// Samples in a row that lie at the limit, by channel.
    runs: Vec<usize>,
}

impl Mixer {
    pub fn new(rate: u32, channels: usize, limit: f64) -> Result<Self, Fault> {
        if !RATES.contains(&rate) {
            return Err(Fault::Rate(rate));
        }
        Ok(Mixer {
            rate,
            channels: channels.max(1),
            limit,
            samples: Vec::new(),
            peak: 0.0,
            clipped: 0,
            runs: vec![0; channels.max(1)],
        })
    }

    /// Adds samples, channel after channel, in steps of 16 bits. What is no number counts as 0.
    pub fn add(&mut self, values: impl Iterator<Item = f64>) -> Result<(), Fault> {
        let mut values = values.map(|value| if value.is_finite() { value } else { 0.0 });
        while let Some(first) = values.next() {
            let mut sum = self.heard(0, first);
            for channel in 1..self.channels {
                sum += values
                    .next()
                    .map_or(0.0, |value| self.heard(channel, value));
            }
            if self.samples.len() == MOST_SAMPLES {
                return Err(Fault::TooLong);
            }
            self.samples.push((sum / self.channels as f64) as f32);
        }
        Ok(())
    }

    /// A value of a channel, noted.
    fn heard(&mut self, channel: usize, value: f64) -> f64 {
        self.peak = self.peak.max(value.abs());
        let run = &mut self.runs[channel];
        *run = match value >= self.limit || value <= -32_768.0 {
            true => *run + 1,
            false => 0,
        };
        self.clipped += match *run {
            0..CLIPPED => 0,
            CLIPPED => CLIPPED,
            _ => 1,
        };
        value
    }

    /// Samples so far.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    pub fn finish(self, form: Form, width: Width) -> Result<Recording, Fault> {
        if self.samples.is_empty() {
            return Err(Fault::NoSamples);
        }
        Ok(Recording {
            form,
            rate: self.rate,
            channels: self.channels,
            width,
            samples: self.samples,
            peak: self.peak as f32,
            clipped: self.clipped,
        })
    }
}

/// The name of a form that people have and that is not read.
fn other(bytes: &[u8]) -> Option<&'static str> {
    let at = |place: usize, sign: &[u8]| {
        bytes
            .get(place..)
            .is_some_and(|rest| rest.starts_with(sign))
    };
    let layer = at(0, &[0xff, 0xfb]) || at(0, &[0xff, 0xf3]) || at(0, &[0xff, 0xf2]);
    let known = [
        (at(0, b"ID3") || layer, "an MP3"),
        (at(4, b"ftyp"), "an MP4 or M4A"),
        (at(0, b"FORM") && at(8, b"AIF"), "an AIFF"),
        (at(0, b"#!AMR"), "an AMR"),
        (at(0, b"\x1aE\xdf\xa3"), "a WebM or Matroska"),
        (
            at(0, b"RF64") || at(0, b"RIFX"),
            "a WAV of a rare kind (RF64 or RIFX)",
        ),
        (at(0, b".snd"), "an AU"),
        (at(0, b"\x89PNG") || at(0, &[0xff, 0xd8, 0xff]), "a picture"),
    ];
    known.iter().find(|(is, _)| *is).map(|(_, name)| *name)
}
