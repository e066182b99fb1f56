//! Pictures, recordings and texts of files, made what an input takes, and what they were like.

use std::collections::BTreeMap;
use std::path::Path;

use tillsense_compiler::network::description::{AudioSource, ImageSource, Source};

use super::stored::Value;
use crate::data::dataset::InputKind;
use crate::data::media::{
    MediaError, PICTURE_ENDINGS, Picture, Recording, SOUND_ENDINGS, leading_silence,
};

/// What the files of an input were like.
#[derive(Clone, Debug, Default)]
pub struct MediaFacts {
    /// Number of files of each form: size and channels of a picture, rate, channels and width of a recording.
    pub forms: BTreeMap<String, usize>,
    /// Number of recordings of each sampling rate.
    pub rates: BTreeMap<u32, usize>,
    /// Recordings that are clipped: those with samples at full scale, three or more in a row.
    pub clipped: Places,
    /// Recordings in which nothing can be heard.
    pub silent: Places,
    /// Recordings whose sound begins later than 0.2 s after they do.
    pub late: Places,
    /// Seconds of the shortest and the longest recording.
    pub seconds: Option<(f64, f64)>,
}

/// Files of one kind: how many there are, and the first of them.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Number of files.
    pub count: usize,
    /// The first files.
    pub first: Vec<String>,
}

impl Places {
    fn add(&mut self, is: bool, path: &Path) {
        if is {
            self.count += 1;
            if self.first.len() < MOST_FIRST {
                self.first.push(path.display().to_string());
            }
        }
    }
}

/// Files of a kind that are named.
const MOST_FIRST: usize = 5;

/// Seconds of silence before the sound of a recording from which on it is told.
const LATE: f64 = 0.2;

/// The kind of input that a description's source reads, with the sizes that it states.
pub fn kind_of(source: &Source) -> InputKind {
    match source {
        Source::Image(image) => InputKind::Image {
            height: image.size[0],
            width: image.size[1],
            channels: image.channels,
        },
        Source::Audio(audio) => InputKind::Audio {
            sample_rate: audio.sample_rate as u32,
        },
        Source::Text(_) => InputKind::Text,
        Source::Record => InputKind::Record,
        Source::Sequence(_) => InputKind::Sequence,
    }
}

/// Name extensions of files that an input of this kind reads; none for kinds that no file holds.
pub fn extensions(source: &Source) -> &'static [&'static str] {
    match source {
        Source::Image(_) => PICTURE_ENDINGS,
        Source::Audio(_) => SOUND_ENDINGS,
        Source::Text(_) => &["txt"],
        Source::Record | Source::Sequence(_) => &[],
    }
}

/// The value of a file for an input. Records have no files of their own.
pub fn value(
    source: &Source,
    bytes: Vec<u8>,
    path: &Path,
    facts: &mut MediaFacts,
) -> Result<Value, MediaError> {
    match source {
        Source::Image(image) => picture(image, &bytes, path, facts),
        Source::Audio(audio) => recording(audio, bytes, path, facts),
        _ => Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned())),
    }
}

fn picture(
    source: &ImageSource,
    bytes: &[u8],
    path: &Path,
    facts: &mut MediaFacts,
) -> Result<Value, MediaError> {
    let picture = Picture::decode(bytes, path)?;
    let colours = if picture.channels == 1 { "grey" } else { "RGB" };
    let form = format!("{} x {} {colours}", picture.width, picture.height);
    *facts.forms.entry(form).or_default() += 1;
    Ok(Value::Image(picture.fitted(
        source.size,
        source.channels,
        source.fit.into(),
    )))
}

fn recording(
    source: &AudioSource,
    bytes: Vec<u8>,
    path: &Path,
    facts: &mut MediaFacts,
) -> Result<Value, MediaError> {
    let recording = Recording::decode(bytes, path)?;
    *facts.forms.entry(recording.to_string()).or_default() += 1;
    *facts.rates.entry(recording.rate).or_default() += 1;
    facts.clipped.add(recording.clipped > 0, path);
    facts.silent.add(recording.is_silent(), path);
    let seconds = recording.duration();
    let (least, most) = facts.seconds.unwrap_or((seconds, seconds));
    facts.seconds = Some((least.min(seconds), most.max(seconds)));
    let rate = source.sample_rate as u32;
    let samples = recording.at_rate(rate);
    let lead = leading_silence(&samples, rate);
    facts.late.add(lead as f64 > LATE * f64::from(rate), path);
    Ok(Value::Audio(samples))
}

impl MediaFacts {
    /// Adds the facts of other files.
    pub fn join(&mut self, other: MediaFacts) {
        for (form, count) in other.forms {
            *self.forms.entry(form).or_default() += count;
        }
        for (rate, count) in other.rates {
            *self.rates.entry(rate).or_default() += count;
        }
        self.clipped.join(other.clipped);
        self.silent.join(other.silent);
        self.late.join(other.late);
        self.seconds = match (self.seconds, other.seconds) {
            (Some((least, most)), Some((l, m))) => Some((least.min(l), most.max(m))),
            (ours, theirs) => ours.or(theirs),
        };
    }
}

impl Places {
    fn join(&mut self, other: Places) {
        self.count += other.count;
        let room = MOST_FIRST.saturating_sub(self.first.len());
        self.first.extend(other.first.into_iter().take(room));
    }
}
