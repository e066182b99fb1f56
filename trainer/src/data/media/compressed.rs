//! FLAC and Ogg Vorbis, decoded by `symphonia`, which says little of files that are cut off: here it is made sure that they are whole.

use std::io::{Cursor, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::{get_codecs, get_probe};
use tillsense_compiler::words::grouped;

use super::error::Fault;
use super::sound::{Form, Mixer, Recording, Width};

/// Steps of 16 bits from silence to full scale.
const FULL: f64 = 32_768.0;

/// The recording that these bytes are.
pub(super) fn decode(bytes: Vec<u8>, form: Form) -> Result<Recording, Fault> {
    if form == Form::Vorbis && !pages_end(&bytes) {
        return Err(Fault::CutOff);
    }
    let damaged = |error| damaged(form, error);
    let mut reader = open(bytes).map_err(damaged)?;
    let track = reader.default_track(TrackType::Audio).ok_or(NO_VORBIS)?;
    let Some(CodecParameters::Audio(params)) = &track.codec_params else {
        return Err(NO_VORBIS);
    };
    let (number, frames) = (track.id, track.num_frames);
    let bits = params.bits_per_sample.unwrap_or(16);
    let mut decoder = get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default().verify(true))
        .map_err(|error| match error {
            Error::Unsupported(_) => NO_VORBIS,
            error => damaged(error),
        })?;
    let mut mixer: Option<Mixer> = None;
    let (mut values, mut spec) = (Vec::<f64>::new(), None);
    while let Some(packet) = reader.next_packet().map_err(damaged)? {
        if packet.track_id != number {
            continue;
        }
        let decoded = decoder.decode(&packet).map_err(damaged)?;
        let now = (decoded.spec().rate(), decoded.spec().channels().count());
        if *spec.get_or_insert(now) != now {
            return Err(Fault::Changes);
        }
        decoded.copy_to_vec_interleaved(&mut values);
        let mixer = match &mut mixer {
            Some(mixer) => mixer,
            empty => empty.insert(Mixer::new(now.0, now.1, limit(form, bits))?),
        };
        mixer.add(values.iter().map(|value| value * FULL))?;
    }
    let width = match form {
        Form::Flac => {
            require_all(frames, mixer.as_ref().map_or(0, Mixer::len))?;
            Width::Integer(bits)
        }
        _ => Width::Lossy,
    };
    if decoder.finalize().verify_ok == Some(false) {
        let words = "its checksum is of other samples".to_owned();
        return Err(Fault::Damaged(name(form), words));
    }
    mixer.ok_or(Fault::NoSamples)?.finish(form, width)
}

/// What an Ogg file with something else in it is called.
const NO_VORBIS: Fault = Fault::NotASound(Some("an Ogg file without Vorbis"));

fn open(bytes: Vec<u8>) -> Result<Box<dyn FormatReader>, Error> {
    let stream = MediaSourceStream::new(
        Box::new(Cursor::new(bytes)),
        MediaSourceStreamOptions::default(),
    );
    get_probe().probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )
}

fn damaged(form: Form, error: Error) -> Fault {
    match error {
        Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Fault::CutOff,
        error => Fault::Damaged(name(form), error.to_string()),
    }
}

/// FLAC states how many samples there are, unless its writer did not know; frames that are damaged or beyond the end of the file are missing.
fn require_all(stated: Option<u64>, read: usize) -> Result<(), Fault> {
    match stated.filter(|&stated| stated > read as u64) {
        Some(stated) => {
            let words = format!("{} of {} samples are whole", grouped(read), grouped(stated));
            Err(Fault::Damaged(name(Form::Flac), words))
        }
        None => Ok(()),
    }
}

const fn name(form: Form) -> &'static str {
    match form {
        Form::Wav => "WAV",
        Form::Flac => "FLAC",
        Form::Vorbis => "Ogg Vorbis",
    }
}

/// The largest value of samples of so many bits.
fn limit(form: Form, bits: u32) -> f64 {
    match form {
        Form::Flac => FULL - libm::ldexp(FULL, 1 - bits.clamp(1, 32) as i32),
        _ => FULL,
    }
}

/// Whether Ogg pages follow one another to the end of the file, where the last one says that it is the last.
fn pages_end(mut rest: &[u8]) -> bool {
    const LAST: u8 = 4;
    let mut last = false;
    while let Some((head, body)) = rest.split_at_checked(27) {
        let segments = body.get(..usize::from(head[26]));
        let Some(segments) = segments.filter(|_| head.starts_with(b"OggS")) else {
            return false;
        };
        let len: usize = segments.iter().map(|&len| usize::from(len)).sum();
        let Some(next) = body.get(segments.len() + len..) else {
            return false;
        };
        last = head[5] & LAST != 0;
        rest = next;
    }
    last && rest.is_empty()
}
