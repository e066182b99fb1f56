use std::f64::consts::PI;
use std::path::Path;

use crate::data::media::{Fault, Form, MediaError, Recording, Width, leading_silence, wav};

/// A tenth of a second of 440 Hz at 22,050 Hz, half of full scale on the left, a quarter on the right.
const FLAC: &[u8] = include_bytes!("samples/tone.flac");
const OGG: &[u8] = include_bytes!("samples/tone.ogg");

fn decode(bytes: &[u8]) -> Result<Recording, MediaError> {
    Recording::decode(bytes.to_vec(), Path::new("a.wav"))
}

/// A wav file: tag, bits and channels, rate, bytes of the samples.
fn wav_file(tag: u16, bits: u16, channels: u16, rate: u32, data: &[u8]) -> Vec<u8> {
    let frame = u32::from(channels) * u32::from(bits) / 8;
    let mut out = Vec::new();
    out.extend(b"RIFF");
    out.extend((36 + data.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend(tag.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * frame).to_le_bytes());
    out.extend((frame as u16).to_le_bytes());
    out.extend(bits.to_le_bytes());
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

#[test]
fn a_recording_of_the_form_that_is_taken_stays_what_it_is() {
    let samples = [0, 1, -1, i16::MAX, i16::MIN, 1234];
    let read = decode(&wav::write(&samples)).unwrap();
    assert_eq!(read.at_rate(8000), samples);
    assert_eq!(read.to_string(), "8,000 Hz, 1 channel of 16 bits (WAV)");
}

#[test]
fn every_width_gives_the_same_sound() {
    // 1/2 and -1/4 of full scale.
    let wide: [(u16, u16, Vec<u8>, Width); 7] = [
        (1, 8, vec![192, 96], Width::Integer(8)),
        (
            1,
            16,
            [0x4000i16, -0x2000].map(i16::to_le_bytes).concat(),
            Width::Integer(16),
        ),
        (1, 24, vec![0, 0, 0x40, 0, 0, 0xe0], Width::Integer(24)),
        (1, 20, vec![0, 0, 0x40, 0, 0, 0xe0], Width::Integer(24)),
        (
            1,
            32,
            [0x4000_0000i32, -0x2000_0000]
                .map(i32::to_le_bytes)
                .concat(),
            Width::Integer(32),
        ),
        (
            3,
            32,
            [0.5f32, -0.25].map(f32::to_le_bytes).concat(),
            Width::Float(32),
        ),
        (
            3,
            64,
            [0.5f64, -0.25].map(f64::to_le_bytes).concat(),
            Width::Float(64),
        ),
    ];
    for (tag, bits, data, width) in wide {
        let read = decode(&wav_file(tag, bits, 1, 16_000, &data)).unwrap();
        assert_eq!(read.at_rate(16_000), [16_384, -8_192], "{bits} bits");
        assert_eq!((read.width, read.peak), (width, 16_384.0));
    }
}

#[test]
fn an_extensible_header_names_its_form_further_back() {
    let mut file = wav_file(0xfffe, 16, 2, 8000, &[0, 16, 0, 32, 0, 0, 2, 0]);
    // Size of the rest, valid bits, speakers, then the form's identifier.
    let mut rest = vec![22, 0, 16, 0, 3, 0, 0, 0, 1, 0];
    rest.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    file.splice(36..36, rest);
    file[16] = 40;
    let read = decode(&file).unwrap();
    // The mean of two channels.
    assert_eq!(read.at_rate(8000), [6144, 1]);
    assert_eq!(read.channels, 2);
}

#[test]
fn values_beyond_the_scale_are_cut_and_what_is_no_number_is_silence() {
    let data = [2.0f32, -3.0, f32::NAN, f32::INFINITY].map(f32::to_le_bytes);
    let read = decode(&wav_file(3, 32, 1, 8000, &data.concat())).unwrap();
    assert_eq!(read.at_rate(8000), [32_767, -32_768, 0, 0]);
}

fn tone(rate: u32, frequency: f64, seconds: f64) -> Vec<i16> {
    let value = |i: usize| 12_000.0 * libm::sin(2.0 * PI * frequency * i as f64 / f64::from(rate));
    let len = (f64::from(rate) * seconds) as usize;
    (0..len).map(|i| libm::round(value(i)) as i16).collect()
}

/// The recording of some samples at a rate.
fn recording(rate: u32, samples: &[i16]) -> Recording {
    let data: Vec<_> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    decode(&wav_file(1, 16, 1, rate, &data)).unwrap()
}

/// The largest difference of two clips away from their ends.
fn difference(one: &[i16], other: &[i16]) -> u16 {
    assert_eq!(one.len(), other.len());
    let edge = one.len() / 5;
    let middle = one.iter().zip(other).skip(edge).take(one.len() - 2 * edge);
    middle.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn tones_within_the_band_keep_frequency_and_level() {
    for (from, to) in [
        (44_100, 16_000),
        (48_000, 8_000),
        (11_025, 8_000),
        (8_000, 16_000),
        (22_050, 16_000),
        (44_101, 16_000),
    ] {
        for part in [0.01, 0.3, 0.78] {
            let frequency = part * f64::from(from.min(to)) / 2.0;
            let given = recording(from, &tone(from, frequency, 0.2));
            let made = given.at_rate(to);
            let wanted = tone(to, frequency, made.len() as f64 / f64::from(to) + 1e-9);
            let worst = difference(&made, &wanted);
            assert!(worst <= 6, "{from} to {to} at {frequency} Hz: {worst}");
        }
    }
}

#[test]
fn tones_beyond_the_band_do_not_fold_back() {
    for (from, to, frequency) in [
        (44_100, 16_000, 9_000.0),
        (48_000, 8_000, 4_400.0),
        (48_000, 8_000, 15_500.0),
    ] {
        let made = recording(from, &tone(from, frequency, 0.2)).at_rate(to);
        let worst = difference(&made, &vec![0; made.len()]);
        // 12,000 is 66 dB above 6.
        assert!(worst <= 6, "{from} to {to} at {frequency} Hz: {worst}");
    }
}

#[test]
fn a_constant_stays_what_it_is() {
    let made = recording(44_100, &[5_000; 4_410]).at_rate(8_000);
    assert_eq!(made.len(), 800);
    assert!(made[100..700].iter().all(|&s| s == 5_000));
    assert_eq!(recording(48_000, &[7]).at_rate(8_000).len(), 1);
}

#[test]
fn compressed_recordings_are_read_and_mixed() {
    let wanted: Vec<_> = tone(22_050, 440.0, 0.1)
        .iter()
        .map(|&s| (f64::from(s) * 12_288.0 / 12_000.0) as i16)
        .collect();
    for (bytes, form, width, most) in [
        (FLAC, Form::Flac, Width::Integer(24), 3),
        (OGG, Form::Vorbis, Width::Lossy, 400),
    ] {
        let read = decode(bytes).unwrap();
        assert_eq!((read.form, read.width), (form, width));
        assert_eq!((read.rate, read.channels), (22_050, 2));
        assert!((read.duration() - 0.1).abs() < 1e-9);
        let worst = difference(&read.at_rate(22_050), &wanted);
        assert!(worst <= most, "{form:?}: {worst}");
    }
}

#[test]
fn what_is_cut_off_damaged_or_of_another_form_says_so() {
    let whole = wav_file(1, 16, 1, 8000, &[1; 200]);
    let mut changed = FLAC.to_vec();
    changed[FLAC.len() - 400] ^= 0x10;
    let cases: [(&[u8], &str); 13] = [
        (b"", "0 bytes; save or copy it again"),
        (
            &whole[..100],
            "cut off: it ends before its sound does; save",
        ),
        (b"RIF", "cut off: it ends"),
        (
            &FLAC[..FLAC.len() - 500],
            "a damaged or cut off FLAC (0 of 2,205 samples are whole)",
        ),
        (&OGG[..OGG.len() - 1], "cut off: it ends"),
        (&OGG[..OGG.len() / 2], "cut off: it ends"),
        (&changed, "a damaged or cut off FLAC ("),
        (
            &wav_file(1, 16, 1, 8000, &[]),
            "no samples; record it again",
        ),
        (
            &wav_file(7, 8, 1, 8000, &[1]),
            "mu-law sound; convert it to PCM",
        ),
        (&wav_file(1, 16, 1, 0, &[1; 4]), "sampled at 0 Hz"),
        (b"ID3\x04....", "an MP3, which is not read (WAV, FLAC"),
        (b"hello", "none of the forms that are read (WAV"),
        (b"RIFF....AVI ", "not a RIFF WAVE file"),
    ];
    for (bytes, words) in cases {
        let error = decode(bytes).unwrap_err().to_string();
        assert!(error.starts_with(&format!("a.wav: {words}")), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = Recording::read(folder.path()).unwrap_err();
    assert!(matches!(error.fault, Fault::Folder), "{error}");
}

#[test]
fn clipped_silent_and_late_sound_is_noted() {
    let clipped = [100, 32_767, 32_767, 32_767, 32_767, 5, -32_768, -32_768, 9];
    assert_eq!(recording(8000, &clipped).clipped, 4);
    assert_eq!(recording(8000, &[0, 32_767, 0]).clipped, 0);
    assert!(recording(8000, &[0; 50]).is_silent());
    let late = [vec![0; 2_400], tone(8000, 300.0, 0.5)].concat();
    let late = recording(8000, &late);
    assert!(!late.is_silent());
    assert_eq!(late.silence(), 0.28);
    assert_eq!(late.duration(), 0.8);
}

#[test]
fn a_sound_begins_where_it_rises_over_what_is_before_it() {
    let sound = tone(16_000, 400.0, 0.2);
    let quiet = |level: i16| (0..3_200).map(move |i| level * (2 * (i % 2) - 1));
    let begin = |level| {
        leading_silence(
            &quiet(level).chain(sound.clone()).collect::<Vec<_>>(),
            16_000,
        )
    };
    // The tone's energy is that of 8,485; 32 dB below it are 212.
    assert_eq!(
        [begin(0), begin(200), begin(230)],
        [3_200 - 320, 3_200 - 320, 0]
    );
    assert_eq!(leading_silence(&[0; 500], 8000), 0);
    assert_eq!(leading_silence(&[], 8000), 0);
    assert_eq!(leading_silence(&sound, 16_000), 0);
}
