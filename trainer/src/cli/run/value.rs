//! Values of inputs, read from files or the command line as a terminal would be given them, with what was done to them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use tillsense_compiler::run::sample::Raw;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;
use tillsense_core::frontend::text;
use tillsense_core::model::records::{AudioParams, Fit, ImageParams, Source, TextParams};

use super::inputs::{Input, Kind};
use super::{record, tensor};
use crate::data::media::{Picture, Recording};

/// The value of one input.
#[derive(Clone, Debug)]
pub struct Value<'m> {
    /// What is pushed.
    pub raw: Raw<'m>,
    /// What was converted, cut or missing, in words.
    pub notes: Vec<String>,
}

/// Reads the value of an input; paths start from `base`.
pub fn read<'m>(input: &Input<'m>, given: &str, base: &Path) -> Result<Value<'m>> {
    match &input.source {
        Source::Image(params) => picture(params, &existing(given, base)?),
        Source::Audio(params) => recording(params, &existing(given, base)?),
        Source::Text(params) => Ok(words(input.name, params, given)),
        Source::Record(_) => record::whole(input, given, base),
        Source::Sequence(params) => record::sequence(input, params, given, base),
        Source::Tensor(params) => tensor::read(params, &existing(given, base)?),
    }
}

/// The path of a file that is there.
pub fn existing(given: &str, base: &Path) -> Result<PathBuf> {
    let path = base.join(given);
    ensure!(
        path.exists(),
        "{}: there is no such file; correct the path, which starts from {}",
        shown(&path),
        match base.as_os_str().is_empty() {
            true => "this folder",
            false => "the table's folder",
        }
    );
    Ok(path)
}

fn picture<'m>(params: &ImageParams, path: &Path) -> Result<Value<'m>> {
    let picture = Picture::read(path)?;
    let size = [params.source_h, params.source_w].map(usize::from);
    let channels = usize::from(params.source_c);
    let mut notes = Vec::new();
    if ([picture.height, picture.width], picture.channels) != (size, channels) {
        let done = match params.fit {
            _ if [picture.height, picture.width] == size => "made",
            Fit::Stretch => "stretched to",
            Fit::Cover => "cropped to",
            Fit::Contain => "fitted into",
        };
        notes.push(format!(
            "{}: {} x {} {}, {done} {} x {} {}",
            shown(path),
            picture.width,
            picture.height,
            colours(picture.channels),
            size[1],
            size[0],
            colours(channels)
        ));
    }
    Ok(Value {
        raw: Raw::Image(picture.fitted(size, channels, params.fit).into()),
        notes,
    })
}

const fn colours(channels: usize) -> &'static str {
    if channels == 1 { "grey" } else { "RGB" }
}

fn recording<'m>(params: &AudioParams, path: &Path) -> Result<Value<'m>> {
    let recording = Recording::read(path)?;
    let rate = u32::from(params.sample_rate);
    let mut notes = Vec::new();
    if recording.rate != rate || recording.channels != 1 {
        let channels = match recording.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            several => format!("of {several} channels"),
        };
        let done = match recording.rate == rate {
            true => "mixed to one channel".to_owned(),
            false => format!("resampled to {} Hz", grouped(rate)),
        };
        let own = grouped(recording.rate);
        notes.push(format!("{}: {own} Hz {channels}, {done}", shown(path)));
    }
    if recording.is_silent() {
        notes.push(format!("{}: nothing can be heard in it", shown(path)));
    }
    let samples = recording.at_rate(rate);
    let seconds = |samples: usize| samples as f64 / f64::from(rate);
    let (least, most) = (samples_of(params, 1), params.max_steps.into());
    let mut raw = Raw::Audio(samples.into());
    if let Raw::Audio(samples) = &raw {
        let len = samples.len();
        if len < least {
            notes.push(format!(
                "{}: {:.3} s, less than the {:.3} s of one step, so it counts as absent",
                shown(path),
                seconds(len),
                seconds(least)
            ));
            raw = Raw::Absent;
        } else if len >= samples_of(params, most + 1) {
            notes.push(format!(
                "{}: {:.1} s, of which the first {:.1} s are heard",
                shown(path),
                seconds(len),
                seconds(samples_of(params, most))
            ));
        }
    }
    Ok(Value { raw, notes })
}

/// Samples that this many steps need.
fn samples_of(params: &AudioParams, steps: usize) -> usize {
    let frames = steps * usize::from(params.stack);
    usize::from(params.frame_len) + frames.saturating_sub(1) * usize::from(params.hop)
}

fn words<'m>(name: &str, params: &TextParams, given: &str) -> Value<'m> {
    let mut scratch = vec![0; params.max_bytes.into()];
    let most = usize::from(params.ids.max);
    // One more than fit tells whether all did.
    let mut ids = vec![0; most + 1];
    let (name, mut notes) = (brief(name), Vec::new());
    let raw = match text::run(params, given.as_bytes(), &mut scratch, &mut ids) {
        Err(_) => {
            notes.push(format!(
                "{name}: nothing in the text can be read, so it counts as absent"
            ));
            Raw::Absent
        }
        Ok(count) => {
            if count > most || given.len() > params.max_bytes.into() {
                notes.push(format!(
                    "{name}: longer than {} bytes or {} ids, read from the beginning",
                    grouped(params.max_bytes),
                    grouped(most)
                ));
            }
            Raw::Text(Cow::Owned(given.to_owned()))
        }
    };
    Value { raw, notes }
}

/// A path as it is told.
pub fn shown(path: &Path) -> String {
    brief(path.display())
}

/// The files that a folder or a pattern names, in order; `None` where `given` names one file.
pub fn files(input: &Input<'_>, given: &str) -> Result<Option<Vec<PathBuf>>> {
    let kind = input.kind();
    if kind.endings().is_empty() {
        return Ok(None);
    }
    let path = Path::new(given);
    let mut found = Vec::new();
    if path.is_dir() {
        walk(path, kind.endings(), &mut found)?;
        if found.is_empty() {
            bail!(
                "{kind}: {}: no file of this folder ends in {}; name a folder with such files",
                shown(path),
                kind.endings().join(", ")
            );
        }
    } else if is_pattern(kind, given) {
        let matches = glob::glob(given)
            .map_err(|error| anyhow!("{kind}: {}: no pattern: {error}", brief(given)))?;
        for file in matches {
            let file = file?;
            if file.is_file() {
                found.push(file);
            }
        }
        if found.is_empty() {
            bail!(
                "{kind}: no file matches {}; correct the pattern, which starts from this folder",
                brief(given)
            );
        }
    } else {
        return Ok(None);
    }
    found.sort();
    Ok(Some(found))
}

/// Whether a value is a pattern: it names no file that is there, and is no record itself (`price [EUR]=12.5`).
fn is_pattern(kind: Kind, given: &str) -> bool {
    let pattern = given.contains(['*', '?', '[']) && !given.starts_with(['{', '[']);
    let ends = |ending: &&str| given.ends_with(&format!(".{ending}"));
    let pairs = kind == Kind::Record && given.contains('=') && !kind.endings().iter().any(ends);
    pattern && !pairs && !Path::new(given).exists()
}

/// Files below a folder with one of these endings. What begins with a dot is not meant to be seen.
fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    let unread = |error| anyhow!("{}: cannot be read: {error}", shown(folder));
    for entry in folder.read_dir().map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        if entry.file_type().map_err(unread)?.is_dir() {
            walk(&path, endings, found)?;
        } else if ending.is_some_and(|ending| endings.contains(&&*ending)) {
            found.push(path);
        }
    }
    Ok(())
}
