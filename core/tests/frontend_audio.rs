//! The sound frontend: FFT and log-mel against floating point, chunks of any size, bad parameters.

mod frontend_support;

use std::f64::consts::TAU;

use frontend_support::{Section, view};
use tillsense_core::frontend::audio::{self, LEVEL_FLOOR};
use tillsense_core::frontend::{FrontendError, fft};
use tillsense_core::model::records::{AudioParams, Blob, Span};
use tillsense_core::parity::SplitMix64;

fn twiddles(len: usize) -> Vec<i16> {
    let q15 = |v: f64| libm::round(v * 32768.0).clamp(-32768.0, 32767.0) as i16;
    (0..len / 2)
        .map(|k| k as f64 * TAU / len as f64)
        .flat_map(|a| [q15(libm::cos(a)), q15(-libm::sin(a))])
        .collect()
}

/// Bands of equal width with triangular weights.
fn bands(half: usize, count: usize) -> (Vec<u16>, Vec<u16>) {
    let width = half / count;
    let bins = (0..count)
        .flat_map(|b| [(b * width) as u16, width as u16])
        .collect();
    let weights = (0..count * width)
        .map(|i| (32768 * (1 + i % width) / width) as u16)
        .collect();
    (bins, weights)
}

struct Case {
    section: Section,
    params: AudioParams,
}

impl Case {
    fn new(
        fft_len: u16,
        frame_len: u16,
        hop: u16,
        bands_count: u8,
        stack: u8,
        max_steps: u16,
        level: bool,
    ) -> Self {
        let mut section = Section::default();
        let hann = |i: u16| {
            libm::round((0.5 - 0.5 * libm::cos(TAU * i as f64 / frame_len as f64)) * 32768.0) as u16
        };
        let window: Vec<u16> = (0..frame_len).map(hann).collect();
        let (bins, weights) = bands(fft_len as usize / 2, bands_count as usize);
        let mean = if level { -10 << 8 } else { 40 << 8 };
        let mut params = AudioParams {
            sample_rate: 8000,
            frame_len,
            hop,
            fft_len,
            bands: bands_count,
            stack,
            max_steps,
            level,
            window: section.add(&window),
            twiddles: section.add(&twiddles(fft_len as usize)),
            band_bins: section.add(&bins),
            band_weights: section.add(&weights),
            means: section.add(&vec![mean as i16; bands_count as usize]),
            factors: section.add(&vec![200i16; bands_count as usize]),
            output: view(1, 1, stack as u16 * bands_count as u16),
            state: Span::default(),
            scratch: Span::default(),
        };
        params.state.len = audio::state_len(&params) as u32;
        params.scratch.len = audio::scratch_len(&params) as u32;
        assert_eq!(audio::check(&params, &section.weights()), Ok(()));
        assert!(
            audio::state_len(&params).is_multiple_of(4)
                && audio::scratch_len(&params).is_multiple_of(4)
        );
        Case { section, params }
    }

    /// All feature vectors of a clip pushed in chunks whose sizes `chunk` gives.
    fn run(&self, clip: &[i16], mut chunk: impl FnMut() -> usize) -> Vec<Vec<i8>> {
        // A byte more than asked for does no harm.
        let (state_len, scratch_len) = (
            audio::state_len(&self.params),
            audio::scratch_len(&self.params),
        );
        let mut state = vec![0u32; state_len / 4 + 1];
        let mut scratch = vec![0u32; scratch_len / 4 + 1];
        let state = &mut bytemuck::cast_slice_mut(&mut state)[..state_len + 1];
        audio::reset(state);
        let mut output = vec![0i8; self.params.output.c as usize];
        let mut vectors = Vec::new();
        let mut rest = clip;
        while !rest.is_empty() {
            let (mut now, later) = rest.split_at(chunk().min(rest.len()));
            rest = later;
            while !now.is_empty() {
                // What is left in the workspace between pushes must not matter.
                bytemuck::cast_slice_mut::<u32, u8>(&mut scratch).fill(now.len() as u8);
                let scratch = &mut bytemuck::cast_slice_mut(&mut scratch)[..scratch_len + 1];
                let pushed = audio::push(
                    &self.params,
                    &self.section.weights(),
                    state,
                    scratch,
                    now,
                    &mut output,
                );
                assert!(pushed.consumed > 0);
                now = &now[pushed.consumed..];
                if pushed.step {
                    vectors.push(output.clone());
                    assert_eq!(audio::steps(state), vectors.len());
                }
                output.fill(99);
            }
        }
        vectors
    }

    fn log_mel(&self, frame: &[i16]) -> Vec<i16> {
        let mut scratch = vec![0u32; audio::scratch_len(&self.params) / 4];
        let mut out = vec![0; self.params.bands as usize];
        let scratch = bytemuck::cast_slice_mut(&mut scratch);
        audio::frame_log_mel(
            &self.params,
            &self.section.weights(),
            frame,
            scratch,
            &mut out,
        );
        out
    }
}

/// Powers by the definition of the DFT, scaled as the frontend's.
fn dft_powers(samples: &[f64]) -> Vec<f64> {
    let len = samples.len();
    let bin = |k: usize| {
        let (re, im) = samples
            .iter()
            .enumerate()
            .fold((0.0, 0.0), |(re, im), (i, x)| {
                let a = -TAU * ((i * k) % len) as f64 / len as f64;
                (re + x * libm::cos(a), im + x * libm::sin(a))
            });
        re * re + im * im
    };
    (0..len / 2).map(bin).collect()
}

fn signals(len: usize, rng: &mut SplitMix64) -> Vec<Vec<i32>> {
    let top = (1i32 << 29) / len as i32;
    let mut all = vec![
        vec![0; len],
        vec![top; len],
        vec![-top; len],
        (0..len)
            .map(|i| if i % 2 == 0 { top } else { -top })
            .collect(),
        (0..len)
            .map(|i| if i % 4 < 2 { top } else { -top })
            .collect(),
        (0..len).map(|i| if i == 5 { top } else { 0 }).collect(),
    ];
    for k in [1, 7, len / 4, len / 3, len / 2 - 1] {
        let square = |i: usize| {
            if libm::sin(TAU * (i * k) as f64 / len as f64 + 0.1) > 0.0 {
                top
            } else {
                -top
            }
        };
        all.push((0..len).map(square).collect());
    }
    for bits in [3, 10, 16, 28] {
        let most = (top as i64).min(1 << bits);
        all.push((0..len).map(|_| rng.between(-most, most) as i32).collect());
    }
    all
}

/// The error of each |X| is below 24 steps of the integer input plus 2^-13 of the largest |X|.
#[test]
fn fft_agrees_with_the_dft() {
    let mut rng = SplitMix64::new(1);
    for len in [64, 128, 256, 512, 1024] {
        for (case, signal) in signals(len, &mut rng).iter().enumerate() {
            let exact = dft_powers(&signal.iter().map(|v| *v as f64).collect::<Vec<_>>());
            let largest = exact.iter().fold(0.0f64, |m, p| m.max(*p)).sqrt();
            let mut work = signal.clone();
            fft::power_spectrum(&mut work, &twiddles(len));
            for (k, (pair, exact)) in work.as_chunks::<2>().0.iter().zip(exact).enumerate() {
                let got = ((fft::power_at(*pair) as f64 + 0.5) * 1024.0).sqrt();
                let error = (got - exact.sqrt()).abs();
                assert!(
                    error <= 24.0 + largest / 8192.0,
                    "len {len} case {case} bin {k}: {got} {}",
                    exact.sqrt()
                );
            }
        }
    }
}

#[test]
fn largest_samples_do_not_overflow() {
    // Overflow would wrap; the sum of all powers shows it (Parseval).
    for len in [64usize, 1024] {
        let mut rng = SplitMix64::new(len as u64);
        for _ in 0..50 {
            let signal: Vec<i32> =
                (0..len).map(|_| if rng.next_u64() & 1 == 0 { i16::MIN as i32 } else { i16::MAX as i32 } << fft::headroom(len)).collect();
            let energy: f64 = signal.iter().map(|v| (*v as f64).powi(2)).sum::<f64>() * len as f64;
            let nyquist: f64 = signal
                .iter()
                .enumerate()
                .map(|(i, v)| if i % 2 == 0 { *v as f64 } else { -*v as f64 })
                .sum();
            let mut work = signal;
            fft::power_spectrum(&mut work, &twiddles(len));
            let powers: Vec<f64> = work
                .as_chunks::<2>()
                .0
                .iter()
                .map(|p| fft::power_at(*p) as f64 * 1024.0)
                .collect();
            let total = 2.0 * powers.iter().sum::<f64>() - powers[0] + nyquist * nyquist;
            assert!((total / energy - 1.0).abs() < 1e-3, "{total} {energy}");
        }
    }
}

#[test]
fn log_mel_agrees_with_floating_point() {
    let mut rng = SplitMix64::new(2);
    for (fft_len, frame_len) in [(256u16, 200u16), (512, 512), (1024, 640), (64, 50)] {
        let case = Case::new(fft_len, frame_len, frame_len / 2, 16, 1, 10, false);
        let weights = case.section.weights();
        let window = weights.u16s(case.params.window);
        for amplitude in [3, 40, 700, 9000, 32767] {
            let tone = rng.between(1, fft_len as i64 / 2 - 2) as f64 + 0.3;
            let noise = (amplitude / 4).max(2) as i64;
            // A few steps of the samples are a hundred steps of the FFT's input: its rounding shows.
            let tolerance = if amplitude < 40 { 12.0 } else { 3.0 };
            let frame: Vec<i16> = (0..frame_len)
                .map(|i| libm::sin(TAU * tone * i as f64 / fft_len as f64) * amplitude as f64 * 0.7)
                .map(|v| (v as i64 + rng.between(-noise, noise)).clamp(-32768, 32767) as i16)
                .collect();
            let scale = (1u32 << fft::headroom(fft_len as usize)) as f64 / 32768.0;
            let mut samples: Vec<f64> = frame
                .iter()
                .zip(window)
                .map(|(x, w)| *x as f64 * *w as f64 * scale)
                .collect();
            samples.resize(fft_len as usize, 0.0);
            let powers = dft_powers(&samples);
            let loudest = powers.iter().fold(0.0f64, |m, p| m.max(*p));
            let bins = weights.u16s(case.params.band_bins).as_chunks::<2>().0;
            let mut band_weights = weights.u16s(case.params.band_weights).iter();
            for (got, &[first, count]) in case.log_mel(&frame).iter().zip(bins) {
                let own = powers[first as usize..][..count as usize]
                    .iter()
                    .zip(band_weights.by_ref());
                let sum: f64 = own.map(|(p, w)| p / 1024.0 * *w as f64).sum();
                let exact = libm::log2(sum) * 256.0;
                // Bands far below the loudest tone see the roundings of the FFT.
                if sum / 32768.0 > loudest / 1024.0 * 1e-5 {
                    assert!(
                        (*got as f64 - exact).abs() < tolerance,
                        "{fft_len} {amplitude}: {got} {exact}"
                    );
                } else {
                    assert!((*got as f64) < libm::log2(loudest * 32.0 * 1e-5) * 256.0);
                }
            }
        }
    }
}

#[test]
fn powers_do_not_depend_on_the_fft_length() {
    for fft_len in [64u16, 256, 1024] {
        let case = Case::new(fft_len, fft_len, fft_len, 8, 1, 10, false);
        for exponent in [8, 11, 14] {
            // In the middle of a band of equal width; at its heaviest bin the weight is 1.
            let bin = fft_len as usize / 16 * 3 - 1;
            let sine = |i: u16| {
                (libm::sin(TAU * (bin * i as usize) as f64 / fft_len as f64)
                    * (1 << exponent) as f64)
                    .round() as i16
            };
            let frame: Vec<i16> = (0..fft_len).map(sine).collect();
            let band = case.log_mel(&frame)[2] as f64 / 256.0;
            assert!(
                (band - (29.0 + 2.0 * exponent as f64)).abs() < 0.5,
                "{fft_len} {exponent}: {band}"
            );
        }
    }
}

#[test]
fn any_chunks_give_the_same_frames() {
    let mut rng = SplitMix64::new(3);
    for (fft, frame, hop, bands, stack, steps, level) in [
        (256, 200, 80, 20, 1, 1000, true),
        (256, 256, 256, 13, 3, 7, true),
        (512, 400, 160, 40, 2, 1000, false),
        (64, 64, 1, 5, 4, 100, true),
        (64, 1, 1, 3, 1, 50, false),
        (128, 99, 33, 7, 2, 1, false),
    ] {
        let case = Case::new(fft, frame, hop, bands, stack, steps, level);
        let clip: Vec<i16> = (0..6000)
            .map(|i| (rng.next_u64() as i16) >> (15 - (i / 400)))
            .collect();
        let whole = case.run(&clip, || usize::MAX);
        let frames = (clip.len() - frame as usize) / hop as usize + 1;
        assert_eq!(whole.len(), (frames / stack as usize).min(steps as usize));
        assert_eq!(case.run(&clip, || 1), whole);
        for most in [3, 79, 80, 81, 500, 5000] {
            assert_eq!(case.run(&clip, || rng.between(1, most) as usize), whole);
        }
    }
}

#[test]
fn features_follow_from_the_frames() {
    let case = Case::new(256, 200, 90, 16, 2, 9, true);
    let mut rng = SplitMix64::new(4);
    let clip: Vec<i16> = (0..4000)
        .map(|i| (rng.between(-32768, 32767) * i / 4000) as i16)
        .collect();
    let mut peak = LEVEL_FLOOR;
    let rows: Vec<Vec<i8>> = clip
        .windows(200)
        .step_by(90)
        .map(|frame| {
            let mut bands = case.log_mel(frame);
            peak = peak.max(*bands.iter().max().unwrap());
            bands.iter_mut().for_each(|b| *b -= peak);
            let store = |b: &i16| {
                libm::floor((*b as f64 + 2560.0) * 200.0 / 4096.0 + 0.5).clamp(-128.0, 127.0) as i8
            };
            bands.iter().map(store).collect()
        })
        .collect();
    let expected: Vec<Vec<i8>> = rows
        .chunks_exact(2)
        .take(9)
        .map(|pair| pair.concat())
        .collect();
    assert_eq!(case.run(&clip, || usize::MAX), expected);
}

#[test]
fn silence_and_clips_too_short() {
    let case = Case::new(256, 200, 80, 16, 1, 1000, true);
    assert!(case.run(&[], || 10).is_empty());
    assert!(case.run(&[1000; 199], || 10).is_empty());
    let silent = case.run(&[0; 1000], || 10);
    assert_eq!(silent.len(), 11);
    assert!(silent.iter().flatten().all(|v| *v == -128));
}

#[test]
fn check_refuses_bad_parameters() {
    let case = Case::new(256, 200, 80, 16, 2, 100, true);
    let good = case.params;
    let check = |change: &dyn Fn(&mut AudioParams)| {
        let mut params = good;
        change(&mut params);
        audio::check(&params, &case.section.weights())
    };
    let short = |blob: Blob| Blob {
        len: blob.len - 2,
        ..blob
    };
    let shapes: [&dyn Fn(&mut AudioParams); 12] = [
        &|p| p.sample_rate = 44100,
        &|p| p.fft_len = 300,
        &|p| p.fft_len = 32,
        &|p| p.fft_len = 2048,
        &|p| p.frame_len = 257,
        &|p| p.frame_len = 0,
        &|p| p.hop = 0,
        &|p| p.hop = 201,
        &|p| p.bands = 0,
        &|p| p.stack = 0,
        &|p| p.max_steps = 0,
        &|p| p.output.c = 16,
    ];
    for (i, change) in shapes.iter().enumerate() {
        assert_eq!(check(change), Err(FrontendError::Shape), "{i}");
    }
    let memory: [&dyn Fn(&mut AudioParams); 4] = [
        &|p| p.state.len -= 1,
        &|p| p.state.offset = 2,
        &|p| p.scratch.len -= 4,
        &|p| p.scratch.offset = 1,
    ];
    for change in memory {
        assert_eq!(check(change), Err(FrontendError::Memory));
    }
    let blobs: [&dyn Fn(&mut AudioParams); 7] = [
        &|p| p.window = short(p.window),
        &|p| p.twiddles = short(p.twiddles),
        &|p| p.band_bins = short(p.band_bins),
        &|p| p.band_weights = short(p.band_weights),
        &|p| p.means = short(p.means),
        &|p| p.factors = short(p.factors),
        &|p| p.window.offset += 1,
    ];
    for (i, change) in blobs.iter().enumerate() {
        assert_eq!(check(change), Err(FrontendError::Blob), "{i}");
    }
    // Tables of the right length with values out of range.
    let mut section = Section::default();
    let loud = section.add(&[32769u16; 512]);
    let long = section.add(&[32767i16; 256]);
    let past: Vec<u16> = (0..16).flat_map(|_| [125, 8]).collect();
    let past = section.add(&past);
    let quiet = section.add(&[32768u16; 512]);
    let unit: Vec<i16> = (0..128).flat_map(|_| [32767, 0]).collect();
    let unit = section.add(&unit);
    let bins: Vec<u16> = (0..16).flat_map(|b| [8 * b, 8]).collect();
    let bins = section.add(&bins);
    let whole = AudioParams {
        window: Blob { len: 400, ..quiet },
        twiddles: unit,
        band_bins: bins,
        band_weights: Blob { len: 256, ..quiet },
        means: Blob { len: 32, ..quiet },
        factors: Blob { len: 32, ..quiet },
        ..good
    };
    let check = |params: AudioParams| audio::check(&params, &section.weights());
    assert_eq!(check(whole), Ok(()));
    let bad = [
        AudioParams {
            window: Blob { len: 400, ..loud },
            ..whole
        },
        AudioParams {
            band_weights: Blob { len: 256, ..loud },
            ..whole
        },
        AudioParams {
            twiddles: long,
            ..whole
        },
        AudioParams {
            band_bins: past,
            ..whole
        },
    ];
    for params in bad {
        assert_eq!(check(params), Err(FrontendError::Table));
    }
}

#[test]
fn bad_memory_never_panics() {
    let mut rng = SplitMix64::new(5);
    let case = Case::new(256, 200, 80, 16, 2, 100, true);
    let clip: Vec<i16> = (0..700).map(|_| rng.next_u64() as i16).collect();
    for _ in 0..3000 {
        let mut params = case.params;
        let mut any = |v: u16| {
            if rng.next_u64().is_multiple_of(4) {
                rng.between(0, 2 * v as i64) as u16
            } else {
                v
            }
        };
        params.frame_len = any(params.frame_len);
        params.hop = any(params.hop);
        params.fft_len = any(params.fft_len);
        params.bands = any(params.bands as u16) as u8;
        params.stack = any(params.stack as u16) as u8;
        params.band_bins.offset = any(params.band_bins.offset as u16) as u32;
        params.twiddles.len = any(params.twiddles.len as u16) as u32;
        let mut memory = vec![0u32; 1200];
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
        // Garbage in the state, too.
        memory.iter_mut().for_each(|b| *b = rng.next_u64() as u8);
        let (state, scratch) = memory.split_at_mut(rng.between(0, 2400) as usize);
        let length = rng.between(0, 2400) as usize;
        let state_len = state.len().min(length);
        let mut output = vec![0i8; rng.between(0, 80) as usize];
        let _ = audio::check(&params, &case.section.weights());
        let mut rest = &clip[..];
        while !rest.is_empty() {
            let pushed = audio::push(
                &params,
                &case.section.weights(),
                &mut state[..state_len],
                scratch,
                rest,
                &mut output,
            );
            assert!(pushed.consumed > 0);
            rest = &rest[pushed.consumed..];
        }
        audio::reset(&mut state[..state_len]);
        audio::steps(&state[..state_len]);
    }
}
