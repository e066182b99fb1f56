//! RIFF WAVE files: integers of 8, 16, 24 or 32 bits and floats of 32 or 64, at any rate, with any number of channels.
//!
//! The reader is our own because the usual ones refuse recordings that people have. `hound` 3.5 does not skip the padding byte behind a
//! chunk of odd length, and reads no streamed recording, whose length is announced as 0 or as about as much as can be; `symphonia` 0.6
//! takes only 2^32 - 1 of those for an unknown length, and says nothing of a file that is cut off. The tests below hold what is read here.

pub(crate) use crate::data::error::WavFault;

use super::sound::Width;

/// The sampling rate of every clip of the published spoken digits.
pub(crate) const SAMPLE_RATE: u32 = 8000;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
/// `WAVE_FORMAT_EXTENSIBLE`: the format proper begins the sub-format identifier at byte 24.
const EXTENSIBLE: u16 = 0xfffe;

/// Smallest announced length that is none: recorders write `0x7fff_f000`, `0x8000_0000` or
/// `0xffff_ffff` where they do not know it.
const STREAMED: usize = 0x7fff_0000;

/// How samples are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Whether they are floats.
    float: bool,
    /// Bytes of a sample, of one channel.
    bytes: usize,
    pub channels: u16,
    pub rate: u32,
}

/// The sound of a wav file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sound<'a> {
    pub format: Format,
    /// Whole samples of all channels, at least one.
    data: &'a [u8],
}

/// The sound of a wav file. Chunks other than `fmt ` and `data` are passed over.
pub(crate) fn parse(bytes: &[u8]) -> Result<Sound<'_>, WavFault> {
    let mut rest = match bytes.split_at_checked(12) {
        Some((head, rest)) if head.starts_with(b"RIFF") && head.ends_with(b"WAVE") => rest,
        _ if bytes.is_empty() => return Err(WavFault::Empty),
        None if b"RIFF".starts_with(&bytes[..bytes.len().min(4)]) || bytes.starts_with(b"RIFF") => {
            return Err(WavFault::CutOff);
        }
        _ => return Err(WavFault::NotRiff),
    };
    let (mut format, mut cut_off) = (None, false);
    while let Some((head, body)) = rest.split_at_checked(8) {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match (&head[..4], format) {
            (b"fmt ", _) => {
                format = Some(read_format(body.get(..len).ok_or(WavFault::CutOff)?)?);
            }
            (b"data", Some(format)) => return sound(body, len, format),
            (b"data", None) => return Err(WavFault::NoFormat),
            _ => {}
        }
        // A chunk of odd length is followed by a padding byte.
        let next = len.saturating_add(len % 2).min(body.len());
        cut_off = body.len() < len;
        rest = &body[next..];
    }
    Err(match (cut_off || !rest.is_empty(), format.is_some()) {
        (true, _) => WavFault::CutOff,
        (false, true) => WavFault::NoData,
        (false, false) => WavFault::NoFormat,
    })
}

/// The samples of a wav file that must be 16-bit mono PCM at [`SAMPLE_RATE`].
pub(crate) fn clip(bytes: &[u8]) -> Result<Vec<i16>, WavFault> {
    let sound = parse(bytes)?;
    match (sound.width(), sound.format.channels, sound.format.rate) {
        (Width::Integer(16), 1, SAMPLE_RATE) => {}
        (Width::Integer(16), 1, rate) => return Err(WavFault::Rate(rate)),
        (Width::Integer(16), ..) => return Err(WavFault::NotMono),
        _ => return Err(WavFault::NotPcm16),
    }
    let samples = sound.data.chunks_exact(2);
    Ok(samples.map(|b| i16::from_le_bytes([b[0], b[1]])).collect())
}

impl Sound<'_> {
    /// The samples, channel after channel, in steps of 16 bits. Integers of any width are exact.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        let Format { float, bytes, .. } = self.format;
        self.data.chunks_exact(bytes).map(move |sample| {
            let mut low = [0; 8];
            low[8 - bytes..].copy_from_slice(sample);
            match (float, bytes) {
                (true, 4) => {
                    f64::from(f32::from_bits((u64::from_le_bytes(low) >> 32) as u32)) * 32_768.0
                }
                (true, _) => f64::from_bits(u64::from_le_bytes(low)) * 32_768.0,
                // Bytes alone are without a sign.
                (false, 1) => (f64::from(sample[0]) - 128.0) * 256.0,
                (false, _) => (i64::from_le_bytes(low) >> 32) as f64 / 65_536.0,
            }
        })
    }

    /// How the samples are kept.
    pub fn width(&self) -> Width {
        let bits = 8 * self.format.bytes as u32;
        match self.format.float {
            true => Width::Float(bits),
            false => Width::Integer(bits),
        }
    }

    /// The largest value that the samples can have, in steps of 16 bits.
    pub fn limit(&self) -> f64 {
        match self.format.float {
            true => 32_768.0,
            false => 32_768.0 - libm::ldexp(65_536.0, -8 * self.format.bytes as i32),
        }
    }
}

fn read_format(chunk: &[u8]) -> Result<Format, WavFault> {
    let word = |at: usize| {
        chunk
            .get(at..at + 2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
    };
    let (Some(mut tag), Some(channels), Some(low), Some(high), Some(bits)) =
        (word(0), word(2), word(4), word(6), word(14))
    else {
        return Err(WavFault::NoFormat);
    };
    if tag == EXTENSIBLE {
        tag = word(24).ok_or(WavFault::NoFormat)?;
    }
    let float = tag == FLOAT;
    // Samples of 12 or 20 bits fill whole bytes, from the highest bit on.
    match (tag, bits) {
        (PCM, 1..=32) | (FLOAT, 32 | 64) => {}
        _ => return Err(WavFault::Encoding(tag, bits)),
    }
    if channels == 0 {
        return Err(WavFault::NoFormat);
    }
    Ok(Format {
        float,
        bytes: usize::from(bits).div_ceil(8),
        channels,
        rate: u32::from(high) << 16 | u32::from(low),
    })
}

/// The samples in a `data` chunk. A recorder that writes into a pipe never learns how many there will be: it announces none, or about
/// as many as can be, and the samples go on to the end of the file.
fn sound(body: &[u8], announced: usize, format: Format) -> Result<Sound<'_>, WavFault> {
    let unknown = match announced {
        0 => !is_chunks(body),
        _ => announced >= STREAMED,
    };
    let frame = format.bytes * usize::from(format.channels);
    let data = match unknown {
        // A part of a sample at the end was cut off.
        true => &body[..body.len() / frame * frame],
        false => body.get(..announced).ok_or(WavFault::CutOff)?,
    };
    if data.is_empty() {
        return Err(WavFault::NoSamples);
    }
    if !data.len().is_multiple_of(frame) {
        return Err(WavFault::HalfSample);
    }
    Ok(Sound { format, data })
}

/// Whether these bytes are whole chunks and nothing else.
fn is_chunks(mut rest: &[u8]) -> bool {
    while let Some((head, body)) = rest.split_at_checked(8) {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let named = head[..4].iter().all(|byte| matches!(byte, b' '..=b'~'));
        match body.get(len.saturating_add(len % 2)..) {
            Some(next) if named => rest = next,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// A wav file of these samples, with the header of 44 bytes that the published clips have.
#[cfg(test)]
pub(crate) fn write(samples: &[i16]) -> Vec<u8> {
    let len = 2 * samples.len() as u32;
    let mut out = Vec::new();
    out.extend(b"RIFF");
    out.extend((36 + len).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend([1, 0, 1, 0]);
    out.extend(SAMPLE_RATE.to_le_bytes());
    out.extend((2 * SAMPLE_RATE).to_le_bytes());
    out.extend([2, 0, 16, 0]);
    out.extend(b"data");
    out.extend(len.to_le_bytes());
    out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let samples = [0, 1, -1, i16::MAX, i16::MIN];
        assert_eq!(clip(&write(&samples)).unwrap(), samples);
    }

    #[test]
    fn other_chunks_are_passed_over() {
        let mut bytes = write(&[5, 6]);
        let list = [b"LIST".as_slice(), &3u32.to_le_bytes(), b"abc\0"].concat();
        bytes.splice(36..36, list.clone());
        bytes.extend(list);
        assert_eq!(clip(&bytes).unwrap(), [5, 6]);
    }

    #[test]
    fn a_streamed_recording_goes_on_to_the_end_of_the_file() {
        let whole = write(&[5, 6, 7]);
        for announced in [0, u32::MAX, 0x8000_0000, 0x7fff_f000] {
            let mut streamed = whole.clone();
            streamed[40..44].copy_from_slice(&u32::to_le_bytes(announced));
            assert_eq!(clip(&streamed).unwrap(), [5, 6, 7], "{announced:x}");
            // One byte of a next sample that was cut off.
            streamed.push(9);
            assert_eq!(clip(&streamed).unwrap(), [5, 6, 7], "{announced:x}");
            assert_eq!(
                clip(&streamed[..44]),
                Err(WavFault::NoSamples),
                "{announced:x}"
            );
        }
        // Nothing but chunks that are no sound: there is none.
        let list = [b"LIST".as_slice(), &3u32.to_le_bytes(), b"abc\0"].concat();
        let empty = [write(&[]), list].concat();
        assert_eq!(clip(&empty), Err(WavFault::NoSamples));
    }

    #[test]
    fn bad_headers() {
        let good = write(&[1, 2, 3, 4]);
        let changed = |at: usize, bytes: &[u8]| {
            let mut bad = good.clone();
            bad[at..at + bytes.len()].copy_from_slice(bytes);
            clip(&bad).unwrap_err()
        };
        for (at, bytes, wanted) in [
            (0, b"RIFX".as_slice(), WavFault::NotRiff),
            (8, b"AVI ", WavFault::NotRiff),
            (12, b"junk", WavFault::NoFormat),
            (16, &[255, 255, 255, 255], WavFault::CutOff),
            (16, &[8], WavFault::NoFormat),
            (20, &[3], WavFault::Encoding(3, 16)),
            (20, &[6], WavFault::Encoding(6, 16)),
            (22, &[0], WavFault::NoFormat),
            (22, &[2], WavFault::NotMono),
            (24, &44100u32.to_le_bytes(), WavFault::Rate(44100)),
            (34, &[8], WavFault::NotPcm16),
            (36, b"dato", WavFault::NoData),
            (36, &[b'd', b'a', b't', b'o', 9], WavFault::CutOff),
            (40, &[9], WavFault::CutOff),
            (40, &[0, 0, 0, 1], WavFault::CutOff),
            (40, &[5], WavFault::HalfSample),
        ] {
            assert_eq!(changed(at, bytes), wanted, "{bytes:?} at {at}");
        }
    }

    #[test]
    fn a_recording_cut_off_anywhere_is_called_that() {
        let good = write(&[1, 2, 3]);
        assert_eq!(clip(&[]), Err(WavFault::Empty));
        for cut in 1..good.len() {
            let wanted = match cut {
                // The rest is a whole file in itself, without all its chunks.
                12 => WavFault::NoFormat,
                36 => WavFault::NoData,
                _ => WavFault::CutOff,
            };
            assert_eq!(clip(&good[..cut]), Err(wanted), "{cut}");
        }
    }
}
