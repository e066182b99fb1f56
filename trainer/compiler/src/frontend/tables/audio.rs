//! Sound frontend: window, twiddles, mel filter bank, normalisation.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};
use tillsense_core::frontend::audio;
use tillsense_core::model::records::{AudioParams, Blob, Span, View};
use tillsense_core::tensor::Weights;

use crate::aligned::Aligned;
use crate::bounded;

/// Values of one of the tables, at most.
const MOST_VALUES: usize = 1 << 16;

/// Least deviation of a band, in log2 units: bands that hardly change are not blown up.
const LEAST_DEVIATION: f64 = 0.25;

/// What a model asks of its sound frontend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioSpec {
    /// Samples a second, 8000 or 16000.
    pub sample_rate: u16,
    /// Samples a frame.
    pub frame_len: u16,
    /// Samples between frames.
    pub hop: u16,
    /// Mel bands.
    pub bands: u8,
    /// Frames a feature vector.
    pub stack: u8,
    /// Most feature vectors of a clip.
    pub max_steps: u16,
    /// Causal gain control.
    pub level: bool,
    /// Lower edge of the lowest band.
    pub low_hz: f64,
    /// Upper edge of the highest band, at most half the sample rate.
    pub high_hz: f64,
}

impl AudioSpec {
    /// Speech of up to `seconds`: 20 bands, frames of 32 ms every 16 ms, two to a vector.
    pub fn speech(sample_rate: u16, seconds: f64) -> Self {
        let (frame_len, hop) = (sample_rate / 125 * 4, sample_rate / 125 * 2);
        let frames = (seconds * sample_rate as f64 - frame_len as f64) / hop as f64 + 1.0;
        let max_steps = (frames / 2.0).max(1.0) as u16;
        let high_hz = sample_rate as f64 / 2.0;
        AudioSpec {
            sample_rate,
            frame_len,
            hop,
            bands: 20,
            stack: 2,
            max_steps,
            level: true,
            low_hz: 60.0,
            high_hz,
        }
    }

    /// Points of the FFT: the power of two that holds a frame.
    pub fn fft_len(&self) -> u16 {
        self.frame_len.next_power_of_two().max(64)
    }
}

/// The contents of the frontend's blobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioTables {
    /// Q15 `[frame_len]`.
    #[serde(deserialize_with = "bounded::list::<MOST_VALUES, _, _>")]
    pub window: Vec<u16>,
    /// Q15 cos, -sin `[fft_len / 2][2]`.
    #[serde(deserialize_with = "bounded::list::<MOST_VALUES, _, _>")]
    pub twiddles: Vec<i16>,
    /// `[bands][2]` first bin, bins.
    #[serde(deserialize_with = "bounded::list::<MOST_VALUES, _, _>")]
    pub band_bins: Vec<u16>,
    /// Q15, band after band.
    #[serde(deserialize_with = "bounded::list::<MOST_VALUES, _, _>")]
    pub band_weights: Vec<u16>,
    /// Q8 log2 units `[bands]`.
    #[serde(deserialize_with = "bounded::list::<MOST_VALUES, _, _>")]
    pub means: Vec<i16>,
    /// Q12 `[bands]`.
    #[serde(deserialize_with = "bounded::list::<MOST_VALUES, _, _>")]
    pub factors: Vec<i16>,
}

impl AudioTables {
    /// Tables of a spec, not yet fitted: means 0 and factors 0.
    pub fn design(spec: &AudioSpec) -> Self {
        let (band_bins, band_weights) = mel_bands(spec);
        let bands = spec.bands as usize;
        AudioTables {
            window: hann(spec.frame_len as usize),
            twiddles: twiddles(spec.fft_len() as usize),
            band_bins,
            band_weights,
            means: vec![0; bands],
            factors: vec![0; bands],
        }
    }

    /// Whether all tables have the lengths that the settings give them.
    pub fn fit_lengths(&self, spec: &AudioSpec) -> bool {
        let bands = usize::from(spec.bands);
        let (bins, []) = self.band_bins.as_chunks() else {
            return false;
        };
        let weights: usize = bins.iter().map(|&[_, bins]| usize::from(bins)).sum();
        self.window.len() == usize::from(spec.frame_len)
            && self.twiddles.len() == usize::from(spec.fft_len())
            && (bins.len(), weights) == (bands, self.band_weights.len())
            && [self.means.len(), self.factors.len()] == [bands; 2]
    }

    /// Tables fitted to training clips: each band gets mean 0 and deviation 1, stored in steps of `scale`.
    pub fn fit(
        spec: &AudioSpec,
        clips: impl IntoIterator<Item = impl AsRef<[i16]>>,
        scale: f64,
    ) -> Self {
        let mut tables = Self::design(spec);
        let mut frontend = AudioFrontend::new(spec, &tables);
        let mut sums = vec![(0i64, 0i64); spec.bands as usize];
        let mut count = 0;
        for clip in clips {
            for frame in frontend.log_mels(clip.as_ref()) {
                count += 1;
                for ((sum, squares), x) in sums.iter_mut().zip(frame) {
                    *sum += x as i64;
                    *squares += x as i64 * x as i64;
                }
            }
        }
        let count = (count as f64).max(1.0);
        for (((sum, squares), mean), factor) in
            sums.iter().zip(&mut tables.means).zip(&mut tables.factors)
        {
            let average = *sum as f64 / count;
            let variance = (*squares as f64 / count - average * average).max(0.0);
            let deviation = (variance.sqrt() / 256.0).max(LEAST_DEVIATION);
            *mean = libm::round(average) as i16;
            // Q8 log2 units to steps, in Q12: 4096 / (256 * deviation * scale).
            *factor = libm::round(16.0 / (deviation * scale)).clamp(1.0, 32767.0) as i16;
        }
        tables
    }

    /// The frontend's record; `place` stores a blob at a multiple of 2 and answers where. Output, state and scratch have
    /// their shapes and lengths, and offset 0.
    pub fn params(&self, spec: &AudioSpec, mut place: impl FnMut(&[u8]) -> Blob) -> AudioParams {
        let mut unsigned = |values: &[u16]| {
            place(
                &values
                    .iter()
                    .flat_map(|v| v.to_le_bytes())
                    .collect::<Vec<_>>(),
            )
        };
        let (window, band_bins, band_weights) = (
            unsigned(&self.window),
            unsigned(&self.band_bins),
            unsigned(&self.band_weights),
        );
        let mut signed = |values: &[i16]| {
            place(
                &values
                    .iter()
                    .flat_map(|v| v.to_le_bytes())
                    .collect::<Vec<_>>(),
            )
        };
        let mut params = AudioParams {
            sample_rate: spec.sample_rate,
            frame_len: spec.frame_len,
            hop: spec.hop,
            fft_len: spec.fft_len(),
            bands: spec.bands,
            stack: spec.stack,
            max_steps: spec.max_steps,
            level: spec.level,
            window,
            twiddles: signed(&self.twiddles),
            band_bins,
            band_weights,
            means: signed(&self.means),
            factors: signed(&self.factors),
            output: View {
                offset: 0,
                h: 1,
                w: 1,
                c: spec.stack as u16 * spec.bands as u16,
                zero_point: 0,
            },
            state: Span::default(),
            scratch: Span::default(),
        };
        params.state.len = audio::state_len(&params) as u32;
        params.scratch.len = audio::scratch_len(&params) as u32;
        params
    }
}

/// The core's sound frontend with memory of its own, to make features for training.
pub struct AudioFrontend {
    params: AudioParams,
    weights: Aligned,
    state: Aligned,
    scratch: Aligned,
}

impl AudioFrontend {
    /// Of a spec and its tables.
    pub fn new(spec: &AudioSpec, tables: &AudioTables) -> Self {
        let mut section = Vec::new();
        let params = tables.params(spec, |bytes| {
            let offset = section.len() as u32;
            section.extend_from_slice(bytes);
            Blob {
                offset,
                len: bytes.len() as u32,
            }
        });
        let memory = |span: Span| Aligned::zeros(span.len as usize);
        AudioFrontend {
            params,
            weights: Aligned::from(&section[..]),
            state: memory(params.state),
            scratch: memory(params.scratch),
        }
    }

    /// The record in use.
    pub fn params(&self) -> &AudioParams {
        &self.params
    }

    /// The feature vectors of a clip, `[steps][stack * bands]`.
    pub fn features(&mut self, clip: &[i16]) -> Vec<Vec<i8>> {
        let weights = Weights::new(&self.weights);
        let (state, scratch) = (&mut self.state, &mut self.scratch);
        audio::reset(state);
        let mut vector = vec![0; self.params.output.c as usize];
        let mut vectors = Vec::new();
        let mut rest = clip;
        while !rest.is_empty() {
            let pushed = audio::push(&self.params, &weights, state, scratch, rest, &mut vector);
            rest = &rest[pushed.consumed..];
            if pushed.step {
                vectors.push(vector.clone());
            }
        }
        vectors
    }

    /// The frames that [`Self::features`] uses before normalisation, Q8 log2 units, less the level if the model has it.
    pub fn log_mels(&mut self, clip: &[i16]) -> Vec<Vec<i16>> {
        let params = &self.params;
        let weights = Weights::new(&self.weights);
        let scratch = &mut self.scratch;
        let mut peak = audio::LEVEL_FLOOR;
        let frame = |samples| {
            let mut bands = vec![0; params.bands as usize];
            audio::frame_log_mel(params, &weights, samples, scratch, &mut bands);
            if params.level {
                audio::subtract_level(&mut peak, &mut bands);
            }
            bands
        };
        let most = params.max_steps as usize * params.stack as usize;
        let frames: Vec<_> = clip
            .windows(params.frame_len as usize)
            .step_by(params.hop as usize)
            .take(most)
            .map(frame)
            .collect();
        let whole = frames.len() / params.stack as usize * params.stack as usize;
        frames.into_iter().take(whole).collect()
    }
}

/// The periodic Hann window `(1 - cos(2 pi i / len)) / 2` in Q15.
fn hann(len: usize) -> Vec<u16> {
    let value = |i: usize| 0.5 - 0.5 * libm::cos(TAU * i as f64 / len as f64);
    (0..len)
        .map(|i| libm::round(value(i) * 32768.0) as u16)
        .collect()
}

/// `exp(-2 pi i k / len)` for k below len / 2, Q15.
fn twiddles(len: usize) -> Vec<i16> {
    let q15 = |v: f64| libm::round(v * 32768.0).clamp(-32768.0, 32767.0) as i16;
    let angle = |k: usize| TAU * k as f64 / len as f64;
    (0..len / 2)
        .flat_map(|k| [q15(libm::cos(angle(k))), q15(-libm::sin(angle(k)))])
        .collect()
}

/// `2595 log10(1 + f / 700)`, the mel scale of HTK.
fn mel(hz: f64) -> f64 {
    2595.0 * libm::log10(1.0 + hz / 700.0)
}

/// The inverse of [`mel`].
fn hertz(mel: f64) -> f64 {
    700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0)
}

/// Triangular bands of height 1 whose edges and peaks are evenly spaced in mel.
///
/// A weight is the mean of the triangle over the width of its bin, so that narrow bands at low frequencies, which a
/// sample at the bin's centre might miss, still hear something.
fn mel_bands(spec: &AudioSpec) -> (Vec<u16>, Vec<u16>) {
    let bands = spec.bands as usize;
    let (low, high) = (mel(spec.low_hz), mel(spec.high_hz));
    let bin_hz = spec.sample_rate as f64 / spec.fft_len() as f64;
    let corner = |i: usize| hertz(low + (high - low) * i as f64 / (bands + 1) as f64) / bin_hz;
    let last = spec.fft_len() as usize / 2 - 1;
    let (mut bins, mut weights) = (Vec::new(), Vec::new());
    for b in 0..bands {
        let corners = [corner(b), corner(b + 1), corner(b + 2)];
        let weight = |k: usize| {
            let mean =
                triangle_area(corners, k as f64 + 0.5) - triangle_area(corners, k as f64 - 0.5);
            libm::round(mean * 32768.0).clamp(0.0, 32768.0) as u16
        };
        let heard: Vec<usize> = (0..=last).filter(|k| weight(*k) > 0).collect();
        let first = heard.first().copied().unwrap_or(last);
        let own: Vec<u16> = (first..=heard.last().copied().unwrap_or(last))
            .map(|k| weight(k).max(1))
            .collect();
        bins.extend([first as u16, own.len() as u16]);
        weights.extend(own);
    }
    (bins, weights)
}

/// Area of the triangle (left, peak, right) of height 1 up to `x`.
fn triangle_area([left, peak, right]: [f64; 3], x: f64) -> f64 {
    if x <= left {
        0.0
    } else if x <= peak {
        (x - left) * (x - left) / (2.0 * (peak - left))
    } else if x <= right {
        (right - left) / 2.0 - (right - x) * (right - x) / (2.0 * (right - peak))
    } else {
        (right - left) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use tillsense_core::parity::SplitMix64;

    use super::*;

    fn sine(hz: f64, rate: u16, len: usize, amplitude: f64) -> Vec<i16> {
        (0..len)
            .map(|i| (libm::sin(TAU * hz * i as f64 / rate as f64) * amplitude) as i16)
            .collect()
    }

    #[test]
    fn designs_pass_the_check_of_core() {
        for rate in [8000, 16000] {
            for (bands, frame_len, low_hz) in [
                (1, 256, 0.0),
                (13, 200, 20.0),
                (20, 256, 60.0),
                (40, 400, 60.0),
                (80, 512, 0.0),
            ] {
                let high_hz = rate as f64 / 2.0;
                let spec = AudioSpec {
                    bands,
                    frame_len,
                    hop: frame_len / 2,
                    low_hz,
                    high_hz,
                    ..AudioSpec::speech(rate, 1.0)
                };
                let frontend = AudioFrontend::new(&spec, &AudioTables::design(&spec));
                assert_eq!(
                    audio::check(&frontend.params, &Weights::new(&frontend.weights)),
                    Ok(()),
                    "{spec:?}"
                );
            }
        }
    }

    #[test]
    fn one_second_of_speech_is_thirty_steps() {
        let spec = AudioSpec::speech(8000, 1.0);
        assert_eq!(
            (spec.frame_len, spec.hop, spec.fft_len(), spec.max_steps),
            (256, 128, 256, 30)
        );
        let mut frontend = AudioFrontend::new(&spec, &AudioTables::design(&spec));
        assert_eq!(frontend.features(&[0; 8000]).len(), 30);
        assert_eq!(frontend.features(&[0; 20000]).len(), 30);
    }

    /// Between its first peak and its last, overlapping bands add up to 1 in every bin.
    #[test]
    fn bands_cover_the_spectrum_evenly() {
        let spec = AudioSpec::speech(16000, 1.0);
        let (bins, weights) = mel_bands(&spec);
        let mut total = vec![0u32; spec.fft_len() as usize / 2];
        let mut weights = weights.into_iter();
        for bin in bins.as_chunks::<2>().0 {
            total[bin[0] as usize..][..bin[1] as usize]
                .iter_mut()
                .for_each(|t| *t += weights.next().unwrap() as u32);
        }
        let step = (mel(spec.high_hz) - mel(spec.low_hz)) / 21.0;
        let bin = |i: f64| {
            (hertz(mel(spec.low_hz) + step * i) * spec.fft_len() as f64 / 16000.0) as usize
        };
        assert!(
            total[bin(1.0) + 2..bin(20.0) - 1]
                .iter()
                .all(|t| t.abs_diff(32768) < 4),
            "{total:?}"
        );
    }

    #[test]
    fn a_tone_is_heard_in_its_band() {
        let spec = AudioSpec {
            level: false,
            ..AudioSpec::speech(8000, 1.0)
        };
        let mut frontend = AudioFrontend::new(&spec, &AudioTables::design(&spec));
        for hz in [200.0, 440.0, 1000.0, 2500.0, 3600.0] {
            let frames = frontend.log_mels(&sine(hz, 8000, 4000, 8000.0));
            let loudest = (0..20).max_by_key(|b| frames[10][*b]).unwrap();
            let expected = (mel(hz) - mel(60.0)) / (mel(4000.0) - mel(60.0)) * 21.0 - 1.0;
            assert!(
                (loudest as f64 - expected).abs() <= 1.0,
                "{hz}: {loudest} {expected}"
            );
        }
    }

    #[test]
    fn fitted_features_have_mean_0_and_deviation_1() {
        let spec = AudioSpec::speech(8000, 1.0);
        let mut numbers = SplitMix64::new(1);
        let mut noise = || (numbers.next_u64() >> 48) as i16;
        let clips: Vec<Vec<i16>> = (0..20)
            .map(|c| {
                (0..8000)
                    .map(|i| noise() >> (2 + (i / 700 + c) % 7))
                    .collect()
            })
            .collect();
        let tables = AudioTables::fit(&spec, clips.iter().map(Vec::as_slice), 1.0 / 32.0);
        let mut frontend = AudioFrontend::new(&spec, &tables);
        let all: Vec<Vec<i8>> = clips.iter().flat_map(|c| frontend.features(c)).collect();
        for band in 0..20 {
            let values = || {
                all.iter()
                    .flat_map(|v| [v[band], v[band + 20]])
                    .map(|v| v as f64 / 32.0)
            };
            let count = values().count() as f64;
            let mean = values().sum::<f64>() / count;
            let deviation = (values().map(|v| v * v).sum::<f64>() / count - mean * mean).sqrt();
            assert!(
                mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05,
                "{band}: {mean} {deviation}"
            );
        }
    }

    #[test]
    fn no_clips_give_usable_tables() {
        let spec = AudioSpec::speech(8000, 1.0);
        let tables = AudioTables::fit(&spec, [[0i16; 0]; 0], 1.0 / 32.0);
        assert_eq!((tables.means[0], tables.factors[0]), (0, 2048));
    }
}
