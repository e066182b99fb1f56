//! Sound frontend: 16-bit samples in chunks of any size to log-mel feature vectors, one `hop` after the other.
//!
//! For each frame of `frame_len` samples, `hop` apart:
//! 1. window: `x[i] = (sample[i] * window[i]) >> (15 - headroom)`, rounded; zeros up to `fft_len`;
//! 2. power: `p[k] = |X[k]|^2 >> 10`, see [`crate::frontend::fft`];
//! 3. mel: `m[b] = sum of p[first[b] + j] * weight[b][j]`, u64 (at most 2^48 * 2^15);
//! 4. `l[b] = log2(max(m[b], 1))` in Q8;
//! 5. with `level`: `peak = max(peak, l[0], l[1], ..)`, `l[b] -= peak`: a gain control that needs no look ahead;
//! 6. `stored[b] = clip8(zero_point + ((l[b] - mean[b]) * factor[b] + 2^11) >> 12)`.
//!
//! `stack` frames make one feature vector, one step of the encoder.
//!
//! Powers are scaled alike for every `fft_len`: a sine of amplitude 2^a gives about `29 + 2 a` in log2 units in its band.
//! The number of instructions depends on the number of samples only.
//!
//! State: u32 words `[samples kept, frames stacked, steps, peak]`, then the samples kept, i16 `[frame_len]`, then the
//! frames stacked, int8 `[stack - 1][bands]`, each padded to 4 bytes.

use core::hint::black_box;

use crate::frontend::{FrontendError, fft, require};
use crate::kernels::spectrum;
use crate::model::records::{AudioParams, Span};
use crate::num::{clamp, log2_q8, max};
use crate::size::Size;
use crate::tensor::Weights;

/// What became of a chunk of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Samples used up; the rest is to be pushed again after the step.
    pub consumed: usize,
    /// Whether `output` now holds a feature vector.
    pub step: bool,
}

/// Peak level at the start of a clip, Q8: a sine of amplitude 64 (-54 dB of full scale). Weaker sounds are not raised.
pub const LEVEL_FLOOR: i16 = 41 << 8;

/// Words at the start of the state.
const HEADER: usize = 4;

/// Bytes of state.
pub const fn state_len(params: &AudioParams) -> usize {
    let rows = Size::of((params.stack as usize).saturating_sub(1)).times(params.bands as usize);
    let len = Size::of(4 * HEADER).plus(samples_len(params));
    len.plus(rows.up_to(4)).or_beyond()
}

/// Bytes of the samples kept.
const fn samples_len(params: &AudioParams) -> Size {
    Size::of(params.frame_len as usize).times(2).up_to(4)
}

/// Bytes of workspace: i32 `[fft_len]`, then i16 `[bands]`.
pub const fn scratch_len(params: &AudioParams) -> usize {
    let points = Size::of(params.fft_len as usize).times(4);
    let bands = Size::of(params.bands as usize).times(2).up_to(4);
    points.plus(bands).or_beyond()
}

/// Checks what the rest relies on: shapes, memory, blobs, and the bounds that keep all sums in range.
pub fn check(params: &AudioParams, weights: &Weights<'_>) -> Result<(), FrontendError> {
    check_shape(params)?;
    check_memory(params.state, state_len(params))?;
    check_memory(params.scratch, scratch_len(params))?;
    check_tables(params, weights)
}

/// Forgets everything heard.
pub fn reset(state: &mut [u8]) {
    state.fill(0);
    if let [_, _, _, peak, ..] = state.as_chunks_mut::<4>().0 {
        *peak = (LEVEL_FLOOR as u32).to_le_bytes();
    }
}

/// Feature vectors made since [`reset`].
pub fn steps(state: &[u8]) -> usize {
    match state.as_chunks::<4>().0 {
        [_, _, steps, ..] => u32::from_le_bytes(*steps) as usize,
        _ => 0,
    }
}

/// Samples that make the next frame whole, at least one; a feature vector is complete with the last of them or later.
pub fn wanted(params: &AudioParams, state: &[u8]) -> usize {
    let kept = match state.as_chunks::<4>().0 {
        [kept, ..] => u32::from_le_bytes(*kept) as usize,
        _ => 0,
    };
    (params.frame_len as usize).saturating_sub(kept).max(1)
}

/// Takes samples until a feature vector is complete in `output` `[stack * bands]` or all are taken.
///
/// At least one sample is taken of a chunk that holds any. Once `max_steps` vectors were made, all are taken and not heard.
/// `state` (at least [`state_len`] bytes) and `scratch` (at least [`scratch_len`]) are 4-byte aligned.
pub fn push(
    params: &AudioParams,
    weights: &Weights<'_>,
    state: &mut [u8],
    scratch: &mut [u8],
    samples: &[i16],
    output: &mut [i8],
) -> Pushed {
    let ignored = Pushed {
        consumed: samples.len(),
        step: false,
    };
    let Some(mut state) = State::view(params, state) else {
        return ignored;
    };
    if *state.steps >= params.max_steps as u32 {
        return ignored;
    }
    let mut rest = samples;
    while !rest.is_empty() {
        rest = state.take(rest);
        if state.is_full() && state.frame(params, weights, scratch, output) {
            return Pushed {
                consumed: samples.len() - rest.len(),
                step: true,
            };
        }
    }
    ignored
}

/// Steps 1 to 4 for one frame: writes Q8 log2 band powers, in `[0, 2^14)`, to `out` `[bands]`.
///
/// Uses the first `4 * fft_len` bytes of `scratch` (4-byte aligned).
pub fn frame_log_mel(
    params: &AudioParams,
    weights: &Weights<'_>,
    frame: &[i16],
    scratch: &mut [u8],
    out: &mut [i16],
) {
    let len = params.fft_len as usize;
    let work = scratch.get_mut(..4 * len).unwrap_or_default();
    let Ok(work) = bytemuck::try_cast_slice_mut::<u8, i32>(work) else {
        return;
    };
    fft::windowed_power_spectrum(
        work,
        frame,
        weights.u16s(params.window),
        weights.i16s(params.twiddles),
    );
    let powers = work.as_chunks::<2>().0;
    let mut band_weights = weights.u16s(params.band_weights);
    let bands = weights.u16s(params.band_bins).as_chunks::<2>().0;
    for (out, &[first, count]) in out.iter_mut().zip(bands) {
        let (own, others) = band_weights
            .split_at_checked(count as usize)
            .unwrap_or_default();
        band_weights = others;
        let powers = powers.get(first.into()..).unwrap_or_default();
        let sum = spectrum::band(powers, own);
        *out = log2_q8(sum) as i16;
    }
}

/// Step 5 for one frame; `peak` starts at [`LEVEL_FLOOR`].
pub fn subtract_level(peak: &mut i16, bands: &mut [i16]) {
    let highest = bands
        .iter()
        .fold(*peak as i32, |peak, band| max(peak, *band as i32));
    *peak = highest as i16;
    for band in bands {
        *band = band.wrapping_sub(*peak);
    }
}

/// Step 6 for one frame.
pub fn normalise(params: &AudioParams, weights: &Weights<'_>, bands: &[i16], out: &mut [i8]) {
    let tables = weights
        .i16s(params.means)
        .iter()
        .zip(weights.i16s(params.factors));
    let zero_point = params.output.zero_point as i32;
    // Opaque, because a compiler that knows the bounds' range sees a minimum in the masks of `clamp`, and branches.
    let (low, high) = black_box((i8::MIN as i32, i8::MAX as i32));
    for ((out, band), (mean, factor)) in out.iter_mut().zip(bands).zip(tables) {
        // |band - mean| < 2^15.6 and |factor| <= 2^15: the product fits.
        let product = (*band as i32 - *mean as i32).wrapping_mul(*factor as i32);
        let scaled = product.wrapping_add(1 << 11) >> 12;
        *out = clamp(scaled + zero_point, low, high) as i8;
    }
}

/// The state's parts.
struct State<'a> {
    kept: &'a mut u32,
    stacked: &'a mut u32,
    steps: &'a mut u32,
    peak: &'a mut u32,
    samples: &'a mut [i16],
    rows: &'a mut [i8],
    hop: usize,
}

impl<'a> State<'a> {
    /// `None` where the bytes are too few or misaligned.
    fn view(params: &AudioParams, bytes: &'a mut [u8]) -> Option<Self> {
        let frame_len = params.frame_len as usize;
        let rows_len = (params.stack as usize).saturating_sub(1) * params.bands as usize;
        let (header, rest) = bytes.split_at_mut_checked(4 * HEADER)?;
        let [kept, stacked, steps, peak] = bytemuck::try_cast_slice_mut(header).ok()? else {
            return None;
        };
        let (samples, rows) = rest.split_at_mut_checked(samples_len(params).or_beyond())?;
        let samples = bytemuck::try_cast_slice_mut(samples)
            .ok()?
            .get_mut(..frame_len)?;
        let rows = bytemuck::cast_slice_mut(rows).get_mut(..rows_len)?;
        let hop = (params.hop as usize).clamp(1, frame_len.max(1));
        Some(State {
            kept,
            stacked,
            steps,
            peak,
            samples,
            rows,
            hop,
        })
    }

    /// Keeps samples until a frame is complete; answers those left over. Takes at least one.
    fn take<'s>(&mut self, samples: &'s [i16]) -> &'s [i16] {
        let kept = (*self.kept as usize).min(self.samples.len().saturating_sub(1));
        let free = self.samples.get_mut(kept..).unwrap_or_default();
        let count = free.len().min(samples.len());
        let (taken, rest) = samples.split_at_checked(count.max(1)).unwrap_or_default();
        for (free, sample) in free.iter_mut().zip(taken) {
            *free = *sample;
        }
        *self.kept = (kept + count) as u32;
        rest
    }

    fn is_full(&self) -> bool {
        *self.kept as usize >= self.samples.len()
    }

    /// Works on the frame kept, moves on by a hop, and answers whether a feature vector is complete.
    fn frame(
        &mut self,
        params: &AudioParams,
        weights: &Weights<'_>,
        scratch: &mut [u8],
        output: &mut [i8],
    ) -> bool {
        let (work, bands) = scratch
            .split_at_mut_checked(4 * params.fft_len as usize)
            .unwrap_or_default();
        let bands = bands
            .get_mut(..2 * params.bands as usize)
            .unwrap_or_default();
        let bands = bytemuck::try_cast_slice_mut::<u8, i16>(bands).unwrap_or_default();
        frame_log_mel(params, weights, self.samples, work, bands);
        if params.level {
            let mut peak = *self.peak as i16;
            subtract_level(&mut peak, bands);
            *self.peak = peak as u32;
        }
        // A hop at a time, as pieces that do not overlap.
        let mut samples = &mut *self.samples;
        while let Some((to, from)) = samples.split_at_mut_checked(self.hop) {
            for (to, from) in to.iter_mut().zip(&*from) {
                *to = *from;
            }
            samples = from;
        }
        *self.kept = self.samples.len().saturating_sub(self.hop) as u32;

        let start = Size::of(*self.stacked as usize).times(params.bands as usize);
        match self.rows.get_mut(start.or_beyond()..) {
            Some(row) if !row.is_empty() => {
                normalise(params, weights, bands, row);
                *self.stacked += 1;
                false
            }
            _ => {
                for (out, value) in output.iter_mut().zip(&*self.rows) {
                    *out = *value;
                }
                normalise(
                    params,
                    weights,
                    bands,
                    output.get_mut(self.rows.len()..).unwrap_or_default(),
                );
                *self.stacked = 0;
                *self.steps += 1;
                true
            }
        }
    }
}

fn check_shape(params: &AudioParams) -> Result<(), FrontendError> {
    let output = &params.output;
    let fft_len = params.fft_len as usize;
    let shape = matches!(params.sample_rate, 8000 | 16000)
        && fft::LENGTHS.contains(&fft_len)
        && fft_len.is_power_of_two()
        && (1..=params.fft_len).contains(&params.frame_len)
        && (1..=params.frame_len).contains(&params.hop)
        && params.bands > 0
        && params.stack > 0
        && params.max_steps > 0
        && (output.h, output.w, output.c) == (1, 1, params.stack as u16 * params.bands as u16);
    require(shape, FrontendError::Shape)
}

fn check_memory(span: Span, len: usize) -> Result<(), FrontendError> {
    require(
        span.offset.is_multiple_of(4) && span.len as usize >= len,
        FrontendError::Memory,
    )
}

fn check_tables(params: &AudioParams, weights: &Weights<'_>) -> Result<(), FrontendError> {
    let (half, bands) = (params.fft_len as usize / 2, params.bands as usize);
    let window = weights.u16s(params.window);
    let twiddles = weights.i16s(params.twiddles).as_chunks::<2>().0;
    let band_bins = weights.u16s(params.band_bins).as_chunks::<2>().0;
    let band_weights = weights.u16s(params.band_weights);
    let lengths = window.len() == params.frame_len as usize
        && weights.i16s(params.twiddles).len() == 2 * half
        && weights.u16s(params.band_bins).len() == 2 * bands
        && weights.i16s(params.means).len() == bands
        && weights.i16s(params.factors).len() == bands
        && band_weights.len() == band_bins.iter().map(|bins| bins[1] as usize).sum::<usize>();
    require(lengths, FrontendError::Blob)?;
    // A rounded unit vector is at most 0.71 too long; longer ones would eat the headroom.
    let unit =
        |&[cos, sin]: &[i16; 2]| (cos as i64).pow(2) + (sin as i64).pow(2) <= (1 << 30) + (1 << 16);
    let mut halves = [window, band_weights].into_iter();
    let ranges = halves.all(|values| values.iter().all(|v| *v <= 1 << 15))
        && twiddles.iter().all(unit)
        && band_bins
            .iter()
            .all(|&[first, count]| count > 0 && first as usize + count as usize <= half);
    require(ranges, FrontendError::Table)
}
