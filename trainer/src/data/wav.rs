//! RIFF WAVE files: 16-bit mono PCM at 8000 Hz.
//!
//! The reader is our own because the usual ones refuse recordings that people have. `hound` 3.5 does not skip the padding byte behind a
//! chunk of odd length, and reads no streamed recording, whose length is announced as 0 or as about as much as can be; `symphonia` 0.6
//! takes only 2^32 - 1 of those for an unknown length. The tests below hold what is read here.

use super::error::WavFault;

/// The sampling rate of every clip.
pub(crate) const SAMPLE_RATE: u32 = 8000;

const PCM: u16 = 1;
/// `WAVE_FORMAT_EXTENSIBLE`: the format proper begins the sub-format identifier at byte 24.
const EXTENSIBLE: u16 = 0xfffe;

/// Smallest announced length that is none: recorders write `0x7fff_f000`, `0x8000_0000` or
/// `0xffff_ffff` where they do not know it.
const STREAMED: usize = 0x7fff_0000;

/// The samples of a wav file. Chunks other than `fmt ` and `data` are passed over.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<i16>, WavFault> {
    let mut rest = match bytes.split_at_checked(12) {
        Some((head, rest)) if head.starts_with(b"RIFF") && head.ends_with(b"WAVE") => rest,
        _ if bytes.is_empty() => return Err(WavFault::Empty),
        None if b"RIFF".starts_with(&bytes[..bytes.len().min(4)]) || bytes.starts_with(b"RIFF") => {
            return Err(WavFault::CutOff);
        }
        _ => return Err(WavFault::NotRiff),
    };
    let (mut format_seen, mut cut_off) = (false, false);
    while let Some((head, body)) = rest.split_at_checked(8) {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match &head[..4] {
            b"fmt " => {
                check_format(body.get(..len).ok_or(WavFault::CutOff)?)?;
                format_seen = true;
            }
            b"data" if format_seen => return samples(sound(body, len)?),
            b"data" => return Err(WavFault::NoFormat),
            _ => {}
        }
        // A chunk of odd length is followed by a padding byte.
        let next = len.saturating_add(len % 2).min(body.len());
        cut_off = body.len() < len;
        rest = &body[next..];
    }
    Err(match (cut_off || !rest.is_empty(), format_seen) {
        (true, _) => WavFault::CutOff,
        (false, true) => WavFault::NoData,
        (false, false) => WavFault::NoFormat,
    })
}

fn check_format(chunk: &[u8]) -> Result<(), WavFault> {
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
    let rate = u32::from(high) << 16 | u32::from(low);
    match (tag, channels, bits, rate) {
        (PCM, 1, 16, SAMPLE_RATE) => Ok(()),
        (PCM, 1, 16, rate) => Err(WavFault::Rate(rate)),
        (PCM, _, 16, _) => Err(WavFault::NotMono),
        _ => Err(WavFault::NotPcm16),
    }
}

/// The bytes of the samples. A recorder that writes into a pipe never learns how many there will be: it announces none, or about
/// as many as can be, and the samples go on to the end of the file.
fn sound(body: &[u8], announced: usize) -> Result<&[u8], WavFault> {
    let unknown = match announced {
        0 => !is_chunks(body),
        _ => announced >= STREAMED,
    };
    match unknown {
        // Half a sample at the end was cut off.
        true => Ok(&body[..body.len() / 2 * 2]),
        false => body.get(..announced).ok_or(WavFault::CutOff),
    }
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

fn samples(chunk: &[u8]) -> Result<Vec<i16>, WavFault> {
    if chunk.is_empty() {
        return Err(WavFault::NoSamples);
    }
    if !chunk.len().is_multiple_of(2) {
        return Err(WavFault::HalfSample);
    }
    Ok(chunk
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]))
        .collect())
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
        assert_eq!(parse(&write(&samples)).unwrap(), samples);
    }

    #[test]
    fn other_chunks_are_passed_over() {
        let mut bytes = write(&[5, 6]);
        let list = [b"LIST".as_slice(), &3u32.to_le_bytes(), b"abc\0"].concat();
        bytes.splice(36..36, list.clone());
        bytes.extend(list);
        assert_eq!(parse(&bytes).unwrap(), [5, 6]);
    }

    #[test]
    fn a_streamed_recording_goes_on_to_the_end_of_the_file() {
        let whole = write(&[5, 6, 7]);
        for announced in [0, u32::MAX, 0x8000_0000, 0x7fff_f000] {
            let mut streamed = whole.clone();
            streamed[40..44].copy_from_slice(&u32::to_le_bytes(announced));
            assert_eq!(parse(&streamed).unwrap(), [5, 6, 7], "{announced:x}");
            // A byte of the next sample.
            streamed.push(9);
            assert_eq!(parse(&streamed).unwrap(), [5, 6, 7], "{announced:x}");
            assert_eq!(
                parse(&streamed[..44]),
                Err(WavFault::NoSamples),
                "{announced:x}"
            );
        }
        // Nothing but chunks that are no sound: there is none.
        let list = [b"LIST".as_slice(), &3u32.to_le_bytes(), b"abc\0"].concat();
        let empty = [write(&[]), list].concat();
        assert_eq!(parse(&empty), Err(WavFault::NoSamples));
    }

    #[test]
    fn bad_headers() {
        let good = write(&[1, 2, 3]);
        let changed = |at: usize, bytes: &[u8]| {
            let mut bad = good.clone();
            bad[at..at + bytes.len()].copy_from_slice(bytes);
            parse(&bad).unwrap_err()
        };
        for (at, bytes, wanted) in [
            (0, b"RIFX".as_slice(), WavFault::NotRiff),
            (8, b"AVI ", WavFault::NotRiff),
            (12, b"junk", WavFault::NoFormat),
            (16, &[255, 255, 255, 255], WavFault::CutOff),
            (16, &[8], WavFault::NoFormat),
            (20, &[3], WavFault::NotPcm16),
            (22, &[2], WavFault::NotMono),
            (24, &44100u32.to_le_bytes(), WavFault::Rate(44100)),
            (34, &[8], WavFault::NotPcm16),
            (36, b"dato", WavFault::NoData),
            (36, &[b'd', b'a', b't', b'o', 9], WavFault::CutOff),
            (40, &[7], WavFault::CutOff),
            (40, &[0, 0, 0, 1], WavFault::CutOff),
            (40, &[5], WavFault::HalfSample),
        ] {
            assert_eq!(changed(at, bytes), wanted, "{bytes:?} at {at}");
        }
    }

    #[test]
    fn a_recording_cut_off_anywhere_is_called_that() {
        let good = write(&[1, 2, 3]);
        assert_eq!(parse(&[]), Err(WavFault::Empty));
        for cut in 1..good.len() {
            let wanted = match cut {
                // What is left is a whole file in itself, without all its chunks.
                12 => WavFault::NoFormat,
                36 => WavFault::NoData,
                _ => WavFault::CutOff,
            };
            assert_eq!(parse(&good[..cut]), Err(wanted), "{cut}");
        }
    }
}
