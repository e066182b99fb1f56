//! Errors of this room: the file, the problem, and the remedy, in one line.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use super::picture::{MOST_PICTURE_BYTES, MOST_PICTURE_FILE};
use super::sound::{MOST_SAMPLES, MOST_SOUND_FILE, RATES};
use crate::data::WavFault;

/// A picture or recording that cannot be used, printed as one line: `FILE: problem; how to mend it`.
#[derive(Debug)]
pub struct MediaError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A problem with a picture or recording.
#[derive(Debug)]
pub enum Fault {
    /// There is no such file.
    NotFound,
    /// There is a folder of this name.
    Folder,
    /// Reading failed.
    Io(io::Error),
    /// The file has no byte.
    Empty,
    /// The file has more bytes than are read.
    TooLarge(u64),
    /// The bytes are no picture of a form that is read; the form that they have, where it is known.
    NotAPicture(Option<&'static str>),
    /// The bytes are no recording of a form that is read; the form that they have, where it is known.
    NotASound(Option<&'static str>),
    /// The decoder of this form gives up; its own words.
    Damaged(&'static str, String),
    /// The picture announces more than is taken: columns, rows.
    Huge(u32, u32),
    /// The wav file's chunks are wrong.
    Wav(WavFault),
    /// The file ends before its sound does.
    CutOff,
    /// The recording has more samples than are taken.
    TooLong,
    /// The recording has a sampling rate that nobody records at.
    Rate(u32),
    /// The recording changes its rate or channels on its way.
    Changes,
    /// The recording holds no sample.
    NoSamples,
}

impl MediaError {
    pub(super) fn new(file: &Path, fault: Fault) -> Self {
        MediaError {
            file: file.to_owned(),
            fault,
        }
    }

    /// What an error of reading says of a file; `most` is how many bytes are read.
    pub(super) fn io(file: &Path, error: io::Error, most: u64) -> Self {
        let fault = match error.kind() {
            io::ErrorKind::NotFound => Fault::NotFound,
            io::ErrorKind::IsADirectory => Fault::Folder,
            io::ErrorKind::FileTooLarge => Fault::TooLarge(most),
            _ => Fault::Io(error),
        };
        Self::new(file, fault)
    }
}

impl Fault {
    fn mend(&self) -> &'static str {
        match self {
            Fault::NotFound => "correct the path, or leave the cell empty where there is none",
            Fault::Folder => "name a file in it",
            Fault::Io(_) => "check the permissions there",
            Fault::Empty | Fault::Damaged(..) | Fault::CutOff => {
                "save or copy it again, or take it away"
            }
            Fault::Wav(WavFault::Encoding(..)) => {
                "convert it to PCM of 8, 16, 24 or 32 bits or to float"
            }
            Fault::Wav(_) => "record or copy it again, or take it away",
            Fault::TooLarge(MOST_PICTURE_FILE) | Fault::Huge(..) => "make it smaller",
            Fault::TooLarge(MOST_SOUND_FILE) | Fault::TooLong => "cut it into shorter clips",
            Fault::TooLarge(_) => "take it away",
            Fault::NotAPicture(_) => "convert it to PNG or JPEG, or take it away",
            Fault::NotASound(_) => "convert it to WAV or FLAC, or take it away",
            Fault::Rate(_) | Fault::Changes => "convert it to WAV at 16,000 Hz",
            Fault::NoSamples => "record it again, or take it away",
        }
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = brief(self.file.display());
        write!(f, "{file}: {}; {}", self.fault, self.fault.mend())
    }
}

// There is no source: the message holds the words of the inner error already.
impl std::error::Error for MediaError {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unread = |f: &mut fmt::Formatter<'_>, found: &Option<&str>, read| match found {
            Some(found) => write!(f, "{found}, which is not read ({read} are)"),
            None => write!(f, "none of the forms that are read ({read})"),
        };
        match self {
            Fault::NotFound => f.write_str("not found"),
            Fault::Folder => f.write_str("a folder, where a file is due"),
            Fault::Io(error) => write!(f, "{error}"),
            Fault::Empty => f.write_str("0 bytes"),
            Fault::TooLarge(most) => write!(f, "more than {} bytes", grouped(*most)),
            Fault::NotAPicture(found) => unread(f, found, "PNG, JPEG, BMP, PGM and PPM"),
            Fault::NotASound(found) => unread(f, found, "WAV, FLAC and Ogg Vorbis"),
            Fault::Damaged(form, words) => {
                write!(f, "a damaged or cut off {form} ({})", brief(words))
            }
            Fault::Huge(columns, rows) => write!(
                f,
                "{} x {} pixels, more than the {} bytes that a picture may take in memory",
                grouped(*columns),
                grouped(*rows),
                grouped(MOST_PICTURE_BYTES)
            ),
            Fault::Wav(fault) => write!(f, "{fault}"),
            Fault::CutOff => f.write_str("cut off: it ends before its sound does"),
            Fault::TooLong => write!(f, "more than {} samples", grouped(MOST_SAMPLES)),
            Fault::Rate(rate) => write!(
                f,
                "sampled at {} Hz, not at {} to {} Hz",
                grouped(*rate),
                grouped(*RATES.start()),
                grouped(*RATES.end())
            ),
            Fault::Changes => f.write_str("its sampling rate or channels change on the way"),
            Fault::NoSamples => f.write_str("no samples"),
        }
    }
}
