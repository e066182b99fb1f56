//! Fetches the data sets from their public addresses, or from a mirror with the layout of a data folder.
//!
//! Each file is downloaded to a `.part` beside its place, continues there after a break, is verified by SHA-256 and
//! then written whole, so that a data folder never holds half a file. The archive of the clips, the CSV of the credit
//! set and the zip of the shop set are first turned into the file used here; the checksum is that of the result, so
//! that it does not matter how a host packs.
//!
//! Tests cover everything below against a local server (whole, interrupted, damaged, missing, without ranges),
//! and the repacking of the clips against the real ones. The public addresses are those that their publishers and
//! many users name; the tests do not call them.

use std::fs;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tillsense_compiler::files;

use super::convert::convert;
use super::download::{MOST_BYTES, agent, download};
use super::error::{DataError, Problem};
use super::manifest::{Entry, FILES, Form, Origin};
use super::source::SetKind;
use super::{check, digest};

/// Settings of a fetch.
#[derive(Clone, Copy, Debug)]
pub struct Fetch<'a> {
    /// The data folder; it is created if it does not exist.
    pub dir: &'a Path,
    /// The sets to fetch.
    pub sets: &'a [SetKind],
    /// The address of a folder that is laid out as a data folder, instead of the public addresses.
    pub from: Option<&'a str>,
    /// Whether to show progress (only where standard error is a terminal).
    pub progress: bool,
}

/// A fetched file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// Path of the file in the data folder.
    pub file: String,
    /// The address that the file came from; `None` if it was there already.
    pub from: Option<String>,
}

/// Fetches the files that are missing. A file that is there with other bytes than published is an error and is left alone.
pub fn fetch(what: &Fetch<'_>) -> Result<Vec<Fetched>, DataError> {
    let entries = FILES.iter().filter(|entry| what.sets.contains(&entry.set));
    entries.map(|entry| fetch_entry(what, entry)).collect()
}

fn fetch_entry(what: &Fetch<'_>, entry: &Entry<'_>) -> Result<Fetched, DataError> {
    let target = what.dir.join(entry.path);
    let fetched = |from: Option<&str>| Fetched {
        file: entry.path.to_owned(),
        from: from.map(str::to_owned),
    };
    match check::state(what.dir, entry)? {
        check::FileState::Verified => return Ok(fetched(None)),
        check::FileState::Differs { sha256 } => {
            let problem = Problem::Checksum(sha256, entry.sha256.to_owned());
            return Err(DataError::new(target, problem));
        }
        _ => {}
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| DataError::io(folder, error))?;
    }

    let mirror = what
        .from
        .map(|base| format!("{}/{}", base.trim_end_matches('/'), entry.path));
    let mirror = mirror.as_deref().map(|url| Origin {
        url,
        form: Form::Same,
    });
    let origins: &[Origin<'_>] = mirror.as_ref().map_or(entry.origins, core::slice::from_ref);
    let mut last = None;
    for origin in origins {
        let bar = progress_bar(what.progress, entry);
        match from_origin(entry, origin, &target, &bar) {
            Ok(()) => {
                bar.finish_and_clear();
                return Ok(fetched(Some(origin.url)));
            }
            Err(error) => last = Some(error),
        }
        bar.finish_and_clear();
    }
    Err(last.unwrap_or_else(|| DataError::new(target, Problem::NotFound)))
}

fn from_origin(
    entry: &Entry<'_>,
    origin: &Origin<'_>,
    target: &Path,
    bar: &ProgressBar,
) -> Result<(), DataError> {
    let part = part_path(target, origin);
    let length = (origin.form == Form::Same).then_some(entry.bytes);
    download(&agent(is_local(origin.url)), origin.url, &part, length, bar)?;
    let bytes = files::read(&part, MOST_BYTES).map_err(|error| DataError::io(&part, error))?;
    let made = convert(bytes, origin.form).and_then(|bytes| match digest::of_bytes(&bytes) {
        found if found == entry.sha256 => Ok(bytes),
        found => Err(Problem::Checksum(found, entry.sha256.to_owned())),
    });
    let bytes = match made {
        Ok(bytes) => bytes,
        Err(problem) => {
            // Continuing behind these bytes would fail again each time.
            fs::remove_file(&part).map_err(|error| DataError::io(&part, error))?;
            return Err(DataError::new(origin.url, problem));
        }
    };
    files::replace(target, &bytes).map_err(|error| DataError::io(target, error))?;
    fs::remove_file(&part).map_err(|error| DataError::io(&part, error))
}

/// Path of the `.part` file beside the target. Addresses that hold another form than the file itself each have one of their own.
fn part_path(target: &Path, origin: &Origin<'_>) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    if origin.form != Form::Same {
        name.push(".");
        name.push(&digest::of_bytes(origin.url.as_bytes())[..8]);
    }
    name.push(".part");
    name.into()
}

fn is_local(url: &str) -> bool {
    ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|local| url.starts_with(local))
}

fn progress_bar(show: bool, entry: &Entry<'_>) -> ProgressBar {
    let target = if show {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template(
        "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.with_message(entry.path.to_owned())
}

#[cfg(test)]
mod tests;
