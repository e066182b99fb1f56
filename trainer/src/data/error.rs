//! Errors of this module: the file, the place in it, the problem, and the remedy.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use super::rows::TableFault;

/// A problem with a data set, printed as one line: `FILE[, place]: problem; how to mend it`.
#[derive(Debug)]
pub struct DataError {
    /// The file, folder or address that has the problem.
    pub file: PathBuf,
    /// The place in the file, if that is known.
    pub place: Option<Place>,
    /// The problem.
    pub problem: Problem,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, counted from 1.
    Line(u64),
    /// A field of the record that begins on a line.
    Field(u64, String),
    /// A row of a table without lines, counted from 1, and a column of it.
    Row(u64, Option<String>),
    /// A file inside an archive.
    Member(String),
    /// The item with this number, counted from 0 (an image, a label).
    Item(usize),
}

/// A problem with a file of a data set.
#[derive(Debug)]
pub enum Problem {
    /// The data folder that a person named does not exist; the text tells where it was named.
    NoFolder(&'static str),
    /// A file that the set needs is not there.
    NotFound,
    /// Reading or writing failed.
    Io(io::Error),
    /// The compressed data cannot be unpacked.
    Packing(&'static str),
    /// The file ends too early: bytes found, bytes needed.
    TooShort(u64, u64),
    /// The file goes on after its last item: bytes found, bytes needed.
    TooLong(u64, u64),
    /// The file has more bytes than are read.
    TooLarge(u64),
    /// A name or other entry about a file of the archive is longer than it may be.
    Name(u64),
    /// A file of the archive has holes, whose bytes are not in it.
    Sparse,
    /// A file of the archive is a link.
    Link,
    /// The archive holds more entries than are read.
    Entries(u64),
    /// The first four bytes are not those of the format: found, wanted.
    Magic(u32, u32),
    /// A dimension of the images differs: found, wanted.
    ImageSize([u32; 2], [u32; 2]),
    /// Two files that belong together hold different numbers of items: here, there.
    Counts(usize, usize),
    /// There is no clip of a split (`train` or `test`).
    Empty(&'static str),
    /// There is no row of a split of a table without an official one.
    EmptyPart(&'static str),
    /// The file holds no item.
    NoItem,
    /// The archive or folder holds no recording.
    NoClip,
    /// A set to compose from holds nothing.
    NoRows,
    /// There is no clip of this digit, so that pictures of it cannot be paired.
    NoDigit(usize),
    /// A label is outside the set's classes.
    Label(String),
    /// A cell holds a name outside those of its field.
    Category(String),
    /// A cell is not a decimal number.
    NotANumber(String),
    /// A number is outside the range that is kept.
    OutOfRange(String),
    /// A cell that needs a value is empty.
    NoValue,
    /// A request has no letter or digit.
    NoText,
    /// Bytes are not UTF-8.
    NotUtf8,
    /// The header lacks a column.
    NoColumn(&'static str),
    /// A record has another number of fields than the header: found, wanted.
    Fields(u64, u64),
    /// A record has more bytes or fields than are read: the limit of each.
    LongRecord(usize, usize),
    /// The file has more records than are read.
    Rows(u64),
    /// The CSV reader refuses the file for another reason.
    Csv(String),
    /// The file is not a wav file of the form needed.
    Wav(WavFault),
    /// The file's name does not follow `{digit}_{speaker}_{take}.wav`.
    ClipName,
    /// Two files are the same take of the same digit by the same speaker.
    SameClip(PathBuf, PathBuf),
    /// There are more speakers than there may be: found, at most.
    Speakers(usize, usize),
    /// SHA-256 differs: found, wanted.
    Checksum(String, String),
    /// The server answered with another status than 200 or 206.
    Http(u16),
    /// The server could not be reached, or it broke off.
    Network(String),
    /// The archive does not hold the file looked for.
    NoMember(String),
    /// A table of anyone's cannot be read.
    Table(TableFault),
}

/// A problem with a wav file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavFault {
    /// The file does not begin with `RIFF....WAVE`.
    NotRiff,
    /// There is no `fmt ` chunk before the samples, or a short one.
    NoFormat,
    /// The samples are not 16-bit integer PCM.
    NotPcm16,
    /// There is more than one channel, or none.
    NotMono,
    /// The sampling rate is not 8000 Hz.
    Rate(u32),
    /// There is no `data` chunk.
    NoData,
    /// The `data` chunk holds no sample.
    NoSamples,
    /// The `data` chunk ends within a sample.
    HalfSample,
    /// The file ends before what it announces.
    CutOff,
    /// The file has no byte.
    Empty,
    /// The samples are kept in another way than as PCM or floats of a usual width: the tag of the way, the bits of a sample.
    Encoding(u16, u16),
}

impl DataError {
    /// An error about a whole file.
    pub(crate) fn new(file: impl Into<PathBuf>, problem: Problem) -> Self {
        Self {
            file: file.into(),
            place: None,
            problem,
        }
    }

    /// An error about a place in a file.
    pub(crate) fn at(file: impl Into<PathBuf>, place: Place, problem: Problem) -> Self {
        Self {
            place: Some(place),
            ..Self::new(file, problem)
        }
    }

    /// An input or output error; a missing file becomes [`Problem::NotFound`].
    pub(crate) fn io(file: &Path, error: io::Error) -> Self {
        let problem = match error.kind() {
            io::ErrorKind::NotFound => Problem::NotFound,
            _ => Problem::Io(error),
        };
        Self::new(file, problem)
    }
}

impl Problem {
    /// The remedy for the problem. The match is long because each problem has a text of its own, as in `Display`.
    fn mend(&self) -> &'static str {
        match self {
            Problem::NoFolder(_) => {
                "create it with `tillsense data fetch --data DIR`, or name another folder"
            }
            Problem::NotFound => {
                "`tillsense data fetch --data DIR` gets it; without any data folder synthetic data are used"
            }
            Problem::Io(error) => match error.kind() {
                io::ErrorKind::IsADirectory => "a file belongs there; take the folder away",
                io::ErrorKind::NotADirectory => "a folder belongs there; take the file away",
                io::ErrorKind::InvalidInput => "take away what is there",
                io::ErrorKind::FileTooLarge => "delete it and run `tillsense data fetch` again",
                _ => "check the permissions and the free space there",
            },
            Problem::Label(_) | Problem::Category(_) => {
                "correct the cell, or get the published file with `tillsense data fetch`"
            }
            Problem::NotANumber(_) | Problem::OutOfRange(_) | Problem::NoValue => {
                "write a plain decimal number there, or get the published file with `tillsense data fetch`"
            }
            Problem::Fields(..) => {
                "correct the row, or get the published file with `tillsense data fetch`"
            }
            Problem::NoText => "write the request there or delete the row",
            Problem::NotUtf8 => "save the file as UTF-8",
            Problem::NoColumn(_) => "the first line must hold the published column names",
            Problem::Table(fault) => fault.mend(),
            Problem::Wav(WavFault::NoSamples) => "remove the clip or record it again",
            Problem::Wav(WavFault::HalfSample | WavFault::CutOff | WavFault::Empty) => {
                "record or copy the clip again, or remove it"
            }
            Problem::Wav(_) => "convert the clip to 16-bit mono PCM at 8000 Hz",
            Problem::ClipName => "rename it, for example `7_anna_0.wav`, or take it away",
            Problem::SameClip(..) => "keep one of them, or give one another take",
            Problem::Speakers(..) => "use fewer speakers",
            Problem::Empty(_) => "takes 0 to 4 are the test clips: add clips of both kinds",
            Problem::EmptyPart(_) => {
                "every fifth row, from the first one on, is a test row: add rows until there are both"
            }
            Problem::NoItem => "get the published file with `tillsense data fetch`, or fill it",
            Problem::NoClip => {
                "fill it with recordings, for example `7_anna_0.wav`, or get them with `tillsense data fetch`"
            }
            Problem::NoRows => "load the set before composing",
            Problem::NoDigit(_) => "add recordings of it to both the training and the test takes",
            Problem::Http(_)
            | Problem::Network(_)
            | Problem::NoMember(_)
            | Problem::Checksum(..)
            | Problem::Packing(_)
            | Problem::TooShort(..)
            | Problem::TooLong(..)
            | Problem::TooLarge(_)
            | Problem::Sparse
            | Problem::Link
            | Problem::Entries(_)
            | Problem::Magic(..)
            | Problem::ImageSize(..)
            | Problem::Counts(..)
            | Problem::LongRecord(..)
            | Problem::Rows(_)
            | Problem::Name(_)
            | Problem::Csv(_) => "delete it and run `tillsense data fetch` again",
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        let mend = match is_address(&self.file) {
            true => {
                "try again later (what has arrived is kept if it is good), or name a mirror with `--from URL`"
            }
            false => self.problem.mend(),
        };
        write!(f, ": {}; {mend}", self.problem)
    }
}

// There is no source: the message holds the words of the inner error already.
impl std::error::Error for DataError {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Field(line, name) => write!(f, "line {line}, field `{}`", brief(name)),
            Place::Row(row, None) => write!(f, "row {row}"),
            Place::Row(row, Some(name)) => write!(f, "row {row}, field `{}`", brief(name)),
            Place::Member(name) => write!(f, "in it `{}`", brief(name)),
            Place::Item(index) => write!(f, "item {index}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NoFolder(named_by) => {
                write!(f, "the data folder named by {named_by} does not exist")
            }
            Problem::NotFound => f.write_str("not found"),
            Problem::Io(error) => write!(f, "{error}"),
            Problem::Packing(what) => write!(f, "damaged or cut off: {what}"),
            Problem::TooShort(found, wanted) => {
                let [found, wanted] = [found, wanted].map(|&bytes| grouped(bytes));
                write!(f, "cut off after {found} of {wanted} bytes")
            }
            Problem::TooLong(found, wanted) => {
                let [found, wanted] = [found, wanted].map(|&bytes| grouped(bytes));
                write!(f, "{found} bytes or more where {wanted} are due")
            }
            Problem::TooLarge(most) => write!(f, "more than {} bytes", grouped(*most)),
            Problem::Link => f.write_str("a link, which holds no bytes of its own"),
            Problem::Entries(most) => write!(f, "more than {} entries", grouped(*most)),
            Problem::Sparse => f.write_str("a file with holes, whose bytes are not all there"),
            Problem::Magic(found, wanted) => {
                write!(
                    f,
                    "begins with {found:#010x}, not with {wanted:#010x}, so it is not this format"
                )
            }
            Problem::ImageSize(found, wanted) => write!(
                f,
                "images of {} x {} pixels, not {} x {}",
                found[0], found[1], wanted[0], wanted[1]
            ),
            Problem::Counts(here, there) => {
                write!(f, "{here} labels for {there} images")
            }
            Problem::Empty(split) | Problem::EmptyPart(split) => {
                write!(f, "nothing in it belongs to the {split} split")
            }
            Problem::NoItem => f.write_str("there is nothing in it"),
            Problem::NoClip => f.write_str("there is no recording in it"),
            Problem::NoRows => f.write_str("holds no rows"),
            Problem::NoDigit(digit) => write!(f, "no clip of digit {digit} in this part"),
            Problem::Label(found) => write!(f, "unknown label {}", quoted(found)),
            Problem::Category(found) => write!(f, "unknown category {}", quoted(found)),
            Problem::NotANumber(found) => write!(f, "{} is not a number", quoted(found)),
            Problem::OutOfRange(found) => write!(f, "{} is out of range", quoted(found)),
            Problem::NoValue => f.write_str("the cell is empty"),
            Problem::NoText => f.write_str("the text has no letter and no digit"),
            Problem::NotUtf8 => f.write_str("bytes that are not UTF-8"),
            Problem::NoColumn(name) => write!(f, "no column `{name}`"),
            Problem::Fields(found, wanted) => {
                let fields = if *found == 1 { "field" } else { "fields" };
                write!(f, "{found} {fields} where the header has {wanted}")
            }
            Problem::LongRecord(bytes, fields) => {
                write!(f, "a record of more than {bytes} bytes or {fields} fields")
            }
            Problem::Rows(most) => write!(f, "more than {most} records"),
            Problem::Name(most) => {
                write!(
                    f,
                    "a name or description of a file in it has more than {most} bytes"
                )
            }
            Problem::Csv(text) => f.write_str(text),
            Problem::Wav(fault) => write!(f, "{fault}"),
            Problem::ClipName => f.write_str("the name is not {digit}_{speaker}_{take}.wav"),
            Problem::SameClip(one, other) => write!(
                f,
                "{} and {} are the same clip: digit, speaker and take are equal",
                brief(one.display()),
                brief(other.display())
            ),
            Problem::Speakers(found, most) => write!(f, "{found} speakers, at most {most} can be"),
            Problem::Checksum(found, wanted) => {
                write!(f, "SHA-256 is {found}, not {wanted}")
            }
            Problem::Http(status) => write!(f, "the server answered {status}"),
            Problem::Network(text) => f.write_str(text),
            Problem::NoMember(name) => write!(f, "holds no `{name}`"),
            Problem::Table(fault) => write!(f, "{fault}"),
        }
    }
}

impl fmt::Display for WavFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WavFault::NotRiff => f.write_str("not a RIFF WAVE file"),
            WavFault::NoFormat => f.write_str("no complete `fmt ` chunk"),
            WavFault::NotPcm16 => f.write_str("not 16-bit PCM"),
            WavFault::NotMono => f.write_str("not mono"),
            WavFault::Rate(rate) => write!(f, "sampled at {rate} Hz"),
            WavFault::NoData => f.write_str("no `data` chunk"),
            WavFault::NoSamples => f.write_str("no samples"),
            WavFault::HalfSample => f.write_str("its `data` chunk ends within a sample"),
            WavFault::CutOff => f.write_str("cut off: it ends before what it announces"),
            WavFault::Empty => f.write_str("empty"),
            WavFault::Encoding(6, _) => f.write_str("A-law sound"),
            WavFault::Encoding(7, _) => f.write_str("mu-law sound"),
            WavFault::Encoding(2 | 17, _) => f.write_str("ADPCM sound"),
            WavFault::Encoding(85, _) => f.write_str("MP3 sound in a WAV file"),
            WavFault::Encoding(tag, bits) => {
                write!(f, "samples of encoding {tag} with {bits} bits")
            }
        }
    }
}

fn is_address(file: &Path) -> bool {
    file.to_str()
        .is_some_and(|name| name.starts_with("http://") || name.starts_with("https://"))
}

/// A quotation of at most 40 characters without line breaks, so that the message stays one line.
pub(crate) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    format!("`{}{dots}`", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_with_file_place_problem_and_remedy() {
        let error = DataError::at(
            "d/x.csv",
            Place::Field(12, "AGE".into()),
            Problem::NotANumber("a\nb".repeat(30)),
        );
        let text = error.to_string();
        assert!(text.starts_with("d/x.csv, line 12, field `AGE`: `a\\nb"));
        assert!(text.contains("is not a number; write a plain decimal number"));
        assert!(!text.contains('\n') && text.len() < 250, "{text}");
    }

    #[test]
    fn counts_are_words_that_a_person_would_use() {
        let cases = [
            (
                Problem::Fields(1, 25),
                "1 field where the header has 25; correct the row, or get",
            ),
            (Problem::Fields(3, 2), "3 fields where the header has 2;"),
            (Problem::TooLarge(64 << 20), "more than 67,108,864 bytes;"),
            (
                Problem::TooShort(1200, 3000),
                "cut off after 1,200 of 3,000 bytes;",
            ),
        ];
        for (problem, words) in cases {
            let text = DataError::new("x", problem).to_string();
            assert!(text.starts_with(&format!("x: {words}")), "{text}");
        }
    }

    #[test]
    fn a_missing_file_is_told_from_other_failures() {
        let missing = DataError::io(Path::new("x"), io::ErrorKind::NotFound.into());
        assert!(matches!(missing.problem, Problem::NotFound));
        let denied = DataError::io(Path::new("x"), io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied.problem, Problem::Io(_)));
    }
}
