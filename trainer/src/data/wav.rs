//! RIFF WAVE files: 16-bit mono PCM at 8000 Hz.

use super::error::WavFault;

/// The sampling rate of every clip.
pub(crate) const SAMPLE_RATE: u32 = 8000;

const PCM: u16 = 1;
/// `WAVE_FORMAT_EXTENSIBLE`: the format proper begins the sub-format identifier at byte 24.
const EXTENSIBLE: u16 = 0xfffe;

/// The samples of a wav file. Chunks other than `fmt ` and `data` are passed over.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<i16>, WavFault> {
    let mut rest = match bytes.split_at_checked(12) {
        Some((head, rest)) if head.starts_with(b"RIFF") && head.ends_with(b"WAVE") => rest,
        _ => return Err(WavFault::NotRiff),
    };
    let mut format_seen = false;
    while let Some((head, body)) = rest.split_at_checked(8) {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match &head[..4] {
            b"fmt " => {
                check_format(body.get(..len).ok_or(WavFault::NoFormat)?)?;
                format_seen = true;
            }
            b"data" if format_seen => return samples(body.get(..len).ok_or(WavFault::NoData)?),
            b"data" => return Err(WavFault::NoFormat),
            _ => {}
        }
        // A chunk of odd length is followed by a padding byte.
        let next = len.saturating_add(len % 2).min(body.len());
        rest = &body[next..];
    }
    Err(if format_seen {
        WavFault::NoData
    } else {
        WavFault::NoFormat
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

fn samples(chunk: &[u8]) -> Result<Vec<i16>, WavFault> {
    if chunk.is_empty() || !chunk.len().is_multiple_of(2) {
        return Err(WavFault::NoSamples);
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
            (16, &[255, 255, 255, 255], WavFault::NoFormat),
            (16, &[8], WavFault::NoFormat),
            (20, &[3], WavFault::NotPcm16),
            (22, &[2], WavFault::NotMono),
            (24, &44100u32.to_le_bytes(), WavFault::Rate(44100)),
            (34, &[8], WavFault::NotPcm16),
            (36, b"dato", WavFault::NoData),
            (40, &[7], WavFault::NoData),
            (40, &[255, 255, 255, 255], WavFault::NoData),
            (40, &[5], WavFault::NoSamples),
            (40, &[0], WavFault::NoSamples),
        ] {
            assert_eq!(changed(at, bytes), wanted, "{bytes:?} at {at}");
        }
        for cut in 0..good.len() {
            parse(&good[..cut]).unwrap_err();
        }
    }
}
