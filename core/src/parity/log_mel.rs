//! Cases of the sound frontend: one frame, with windows, twiddles and bands of any values that its check takes.

use super::bench::{Bench, Digest, span};
use super::{Mismatch, SplitMix64};
use crate::frontend::{audio, fft};
use crate::model::records::{AudioParams, View};
use crate::num::{isqrt_u32, log2_q8};
use crate::tensor::Weights;

/// Most bands of a case, and bins of one.
const BANDS: u16 = 20;
const BINS: u16 = 24;

/// Squared length of the longest twiddle that the check takes.
const UNIT: i64 = (1 << 30) + (1 << 16);

pub(super) fn frame(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (params, scratch) = record(rng, &mut bench)?;
    let weights = Weights::new(bench.weights.finish());
    audio::check(&params, &weights).map_err(Mismatch::RefusedFrontend)?;
    let (frame_len, len) = (usize::from(params.frame_len), usize::from(params.fft_len));
    let frame: &mut [i16] = bytemuck::cast_slice_mut(bench.memory.bytes(2 * frame_len)?);
    let style = rng.between(0, 4);
    for sample in frame.iter_mut() {
        *sample = match style {
            0 => *rng.pick(&[i16::MIN, i16::MAX]),
            1 => rng.between(-100, 100) as i16,
            2 => i16::MIN,
            _ => rng.between(-32_768, 32_767) as i16,
        };
    }
    let work = bench.memory.bytes(scratch)?;
    let bands: &mut [i16] =
        bytemuck::cast_slice_mut(bench.memory.bytes(2 * usize::from(params.bands))?);
    audio::frame_log_mel(&params, &weights, frame, work, bands);

    let wanted: &mut [i32] = bytemuck::cast_slice_mut(bench.memory.bytes(4 * len)?);
    powers(&params, &weights, frame, wanted);
    let mut digest = Digest::new();
    let got: &[i32] = bytemuck::cast_slice(&work[..4 * len]);
    for (i, (&got, &wanted)) in got.iter().zip(wanted.iter()).enumerate() {
        digest.expect(i, got, wanted.into())?;
    }
    let mut weight = 0;
    for (band, &level) in bands.iter().enumerate() {
        let bins = &weights.u16s(params.band_bins)[2 * band..][..2];
        let mut sum = 0u64;
        for bin in bins[0]..bins[0] + bins[1] {
            let at = 2 * usize::from(bin);
            let power = u64::from(wanted[at] as u32) + (u64::from(wanted[at + 1] as u32) << 32);
            sum += power * u64::from(weights.u16s(params.band_weights)[weight]);
            weight += 1;
        }
        digest.expect(len + band, level, log2_q8(sum).into())?;
    }
    Ok(digest)
}

/// A frontend's parameters, and the bytes of workspace of a frame.
fn record(rng: &mut SplitMix64, bench: &mut Bench<'_>) -> Result<(AudioParams, usize), Mismatch> {
    let fft_len = *rng.pick(&[64u16, 128, 256]);
    let frame_len = if rng.one_in(2) {
        fft_len
    } else {
        rng.size(fft_len)
    };
    let bands = rng.size(BANDS);
    let any = rng.one_in(2);
    let weight = |rng: &mut SplitMix64| match rng.between(0, 5) {
        0 => 1 << 15,
        1 => 0,
        _ => rng.between(0, 1 << 15) as u16,
    };
    let section = &mut bench.weights;
    let window = section.u16s_by(frame_len.into(), || weight(rng))?;
    let mut twiddle = (0, 0);
    let mut is_cos = false;
    let twiddles = section.u16s_by(fft_len.into(), || {
        is_cos = !is_cos;
        if is_cos {
            twiddle = pair(rng, any);
            return twiddle.0 as u16;
        }
        twiddle.1 as u16
    })?;
    let mut count = 0;
    let mut bin = (0, 0);
    let mut is_first = false;
    let band_bins = section.u16s_by(2 * usize::from(bands), || {
        is_first = !is_first;
        if is_first {
            let bins = rng.size(BINS);
            bin = (rng.between(0, i64::from(fft_len / 2 - bins)) as u16, bins);
            count += usize::from(bins);
            return bin.0;
        }
        bin.1
    })?;
    let band_weights = section.u16s_by(count, || weight(rng))?;
    let zeros = section.u16s_by(bands.into(), || 0)?;
    let mut params = AudioParams {
        sample_rate: 8000,
        frame_len,
        hop: frame_len,
        fft_len,
        bands: bands as u8,
        stack: 1,
        max_steps: 1,
        level: false,
        window,
        twiddles,
        band_bins,
        band_weights,
        means: zeros,
        factors: zeros,
        output: View {
            offset: 0,
            h: 1,
            w: 1,
            c: bands,
            zero_point: 0,
        },
        state: span(0),
        scratch: span(0),
    };
    params.state = span(audio::state_len(&params));
    let scratch = audio::scratch_len(&params);
    params.scratch = span(scratch);
    Ok((params, scratch))
}

/// A twiddle: about as long as 1, or anything shorter too.
fn pair(rng: &mut SplitMix64, any: bool) -> (i16, i16) {
    let cos = rng.between(-32_768, 32_767);
    let most = i64::from(isqrt_u32((UNIT - cos * cos) as u32)).min(32_767);
    let sin = if any {
        rng.between(-most, most)
    } else {
        *rng.pick(&[-most, most])
    };
    (cos as i16, sin as i16)
}

/// Window, transform and powers by their formulas, in wide integers: two words for each bin.
fn powers(params: &AudioParams, weights: &Weights<'_>, frame: &[i16], work: &mut [i32]) {
    let (len, window) = (work.len(), weights.u16s(params.window));
    let shift = 15 - fft::headroom(len);
    let points = len / 2;
    for (i, part) in work.iter_mut().enumerate() {
        let k = 2 * reversed(i / 2, points) + i % 2;
        *part = match (frame.get(k), window.get(k)) {
            (Some(&sample), Some(&weight)) => rounded(i64::from(sample) * i64::from(weight), shift),
            _ => 0,
        };
    }
    let twiddle = |k: usize| {
        let pair = &weights.i16s(params.twiddles)[2 * k..][..2];
        (i64::from(pair[0]), i64::from(pair[1]))
    };
    let turned = |re: i32, im: i32, k: usize| {
        let ((re, im), (cos, sin)) = ((i64::from(re), i64::from(im)), twiddle(k));
        (
            rounded(re * cos - im * sin, 15),
            rounded(re * sin + im * cos, 15),
        )
    };
    let mut half = 1;
    while half < points {
        for i in (0..points).filter(|i| i & half == 0) {
            let (a, b, k) = (2 * i, 2 * (i + half), i % half);
            let (re, im) = if k == 0 {
                (work[b], work[b + 1])
            } else {
                turned(work[b], work[b + 1], k * (points / half))
            };
            work[b] = work[a] - re;
            work[b + 1] = work[a + 1] - im;
            work[a] += re;
            work[a + 1] += im;
        }
        half *= 2;
    }
    let power = |re: i32, im: i32| {
        let power = (i64::from(re) * i64::from(re) + i64::from(im) * i64::from(im)) as u64 >> 12;
        [power as u32 as i32, (power >> 32) as u32 as i32]
    };
    for k in 0..=points / 2 {
        let (a, b) = (2 * k, 2 * ((points - k) % points));
        let even = (work[a] + work[b], work[a + 1] - work[b + 1]);
        // -i times the difference to the conjugate.
        let (re, im) = (work[a + 1] + work[b + 1], work[b] - work[a]);
        if k == 0 {
            // Both have the factor 1, and the mirrored bin has no place.
            [work[a], work[a + 1]] = power(even.0 + re, 0);
        } else if k == points / 2 {
            [work[a], work[a + 1]] = power(2 * work[a], 2 * work[a + 1]);
        } else {
            let (re, im) = turned(re, im, k);
            [work[a], work[a + 1]] = power(even.0 + re, even.1 + im);
            [work[b], work[b + 1]] = power(even.0 - re, even.1 - im);
        }
    }
}

/// The bits of a number below `count`, a power of two, from the last to the first.
fn reversed(number: usize, count: usize) -> usize {
    let (mut rest, mut bits, mut reversed) = (number, count, 0);
    while bits > 1 {
        reversed = 2 * reversed + rest % 2;
        rest /= 2;
        bits /= 2;
    }
    reversed
}

fn rounded(x: i64, bits: u32) -> i32 {
    ((x + (1 << (bits - 1))) >> bits) as i32
}
