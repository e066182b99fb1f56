//! Archives that stand for the folder that they hold: zip, tar, and tar packed with gzip.
//!
//! Files are unpacked one after the other into one unnamed temporary file, so that memory stays flat, decoders read them side by
//! side, and nothing stays behind. No path in an archive ever becomes a path on the disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use flate2::read::MultiGzDecoder;
use tillsense_compiler::text::brief;
use zip::ZipArchive;
use zip::result::ZipError;

use super::is_hidden;
use crate::data::archive::{Limits, each_member};
use crate::data::error::{Place, Problem};
use crate::data::own::file::{MOST_FILE, SampleFile};
use crate::data::store::StoreWriter;

/// Entries of an archive: its list is held in memory.
const MOST_ENTRIES: u64 = 500_000;

/// Bytes that any archive may unpack to.
const FREE_BYTES: u64 = 256 << 20;

/// Times its own bytes that a larger archive may unpack to: pictures and recordings stay far below.
const MOST_GROWTH: u64 = 100;

/// Forms of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Zip,
    Tar,
    GzippedTar,
}

/// Endings of the names of archives, in small letters.
const ENDINGS: [(&str, Form); 4] = [
    (".zip", Form::Zip),
    (".tar", Form::Tar),
    (".tar.gz", Form::GzippedTar),
    (".tgz", Form::GzippedTar),
];

fn form(path: &Path) -> Option<(Form, usize)> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let known = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending))?;
    Some((known.1, known.0.len()))
}

/// Whether a path is called like an archive that can stand for a folder.
pub fn is_archive(path: &Path) -> bool {
    form(path).is_some()
}

/// The name of an archive without its ending; `None` of other files.
pub fn archive_stem(path: &Path) -> Option<String> {
    let (_, ending) = form(path)?;
    let name = path.file_name()?.to_str()?;
    Some(name[..name.len() - ending].to_owned())
}

/// Bytes that something packed into so many bytes may unpack to.
pub fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(MOST_GROWTH).max(FREE_BYTES)
}

/// Unpacks the wanted files of an archive: all files by their names, of which those that are not wanted hold nothing.
pub fn unpack(
    archive: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, SampleFile>> {
    let shown = archive.display();
    let unreadable = || format!("{shown}: cannot be read; mend its permissions");
    let file = File::open(archive).with_context(unreadable)?;
    let packed = file.metadata().with_context(unreadable)?.len();
    ensure!(packed > 0, "{shown}: has 0 bytes; copy it again");
    let limits = Limits {
        member: MOST_FILE,
        members: most_unpacked(packed),
        entries: MOST_ENTRIES,
    };
    let mut unpacking = Unpacking {
        archive,
        wanted,
        store: StoreWriter::new()?,
        names: BTreeMap::new(),
    };
    let reader = BufReader::new(file);
    match form(archive) {
        Some((Form::Zip, _)) => unpacking.zip(reader, limits)?,
        Some((Form::Tar, _)) => unpacking.tar(reader, limits)?,
        // What is passed over is unpacked too, so that it is limited as well.
        _ => unpacking.tar(
            MultiGzDecoder::new(reader).take(limits.members.saturating_mul(2)),
            limits,
        )?,
    }
    let store = Arc::new(unpacking.store.finish()?);
    let file = |name: &str, place: Option<usize>| {
        let path: PathBuf = archive.join(name);
        match place {
            Some(place) => SampleFile::unpacked(path, Arc::clone(&store), place),
            None => path.into(),
        }
    };
    let names = unpacking.names.into_iter();
    Ok(names
        .map(|(name, place)| {
            let file = file(&name, place);
            (name, file)
        })
        .collect())
}

struct Unpacking<'a, W> {
    archive: &'a Path,
    wanted: W,
    store: StoreWriter,
    /// Names of the files, with the places of those that are wanted in the store.
    names: BTreeMap<String, Option<usize>>,
}

impl<W: Fn(&str) -> bool> Unpacking<'_, W> {
    fn tar(&mut self, reader: impl Read, limits: Limits) -> Result<()> {
        let Unpacking {
            wanted,
            names,
            store,
            ..
        } = self;
        let mut kept = Vec::new();
        let read = each_member(
            reader,
            limits,
            |path| {
                let raw = path.to_string_lossy();
                let name = inside(&raw);
                let is_wanted = name.as_deref().is_none_or(&*wanted) && !is_hidden(&raw);
                if let (Some(name), false) = (name, is_wanted || is_hidden(&raw)) {
                    names.insert(name, None);
                }
                is_wanted
            },
            |path, bytes| {
                store.push(&bytes).map_err(Problem::Io)?;
                kept.push(path.to_string_lossy().into_owned());
                Ok(())
            },
        );
        if let Err((place, problem)) = read {
            let place = match place {
                Some(Place::Member(name)) => format!(", in it `{}`", brief(&name)),
                _ => String::new(),
            };
            bail!("{}{place}: {}", self.archive.display(), told(&problem));
        }
        for (place, raw) in kept.iter().enumerate() {
            self.take(raw, place)?;
        }
        Ok(())
    }

    fn zip(&mut self, reader: BufReader<File>, limits: Limits) -> Result<()> {
        let shown = self.archive.display();
        let damaged = |error: ZipError| anyhow!("{shown}: {}", zip_fault(&error));
        let mut archive = ZipArchive::new(reader).map_err(damaged)?;
        ensure!(
            archive.len() as u64 <= limits.entries,
            "{shown}: {}",
            told(&Problem::Entries(limits.entries))
        );
        ensure!(
            !archive.has_duplicate_names(),
            "{shown}: holds two files of one name; pack the folder again"
        );
        let (mut all, mut place) = (0, 0);
        for index in 0..archive.len() {
            let about = archive.by_index_data(index).map_err(damaged)?;
            // Some programs on Windows write paths as there.
            let raw = about.name().map_err(damaged)?.replace('\\', "/");
            let name = inside(&raw);
            if about.is_dir() || raw.ends_with('/') || is_hidden(&raw) {
                continue;
            }
            if let Some(name) = name.filter(|name| !(self.wanted)(name)) {
                self.names.insert(name, None);
                continue;
            }
            let left = limits.members - all;
            let bytes = member(&mut archive, index, limits.member.min(left))
                .map_err(|fault| anyhow!("{shown}, in it `{}`: {fault}", brief(&raw)))?;
            all += bytes.len() as u64;
            if all > limits.members {
                bail!("{shown}: {}", told(&Problem::TooLarge(limits.members)));
            }
            self.store.push(&bytes)?;
            self.take(&raw, place)?;
            place += 1;
        }
        Ok(())
    }

    /// Names the file at this place of the store.
    fn take(&mut self, raw: &str, place: usize) -> Result<()> {
        let shown = self.archive.display();
        let Some(name) = inside(raw) else {
            bail!(
                "{shown}, in it `{}`: a path that leads out of the archive; pack the folder again, with paths below it",
                brief(raw)
            );
        };
        let before = self.names.insert(name, Some(place));
        ensure!(
            before.is_none(),
            "{shown}, in it `{}`: two files of one name; pack the folder again",
            brief(raw)
        );
        Ok(())
    }
}

/// The bytes of a file of a zip archive, at most one more than so many where fewer are left than a file may have; or what is wrong
/// with it.
fn member(
    archive: &mut ZipArchive<BufReader<File>>,
    index: usize,
    most: u64,
) -> Result<Vec<u8>, String> {
    let fault = |error: ZipError| zip_fault(&error);
    let about = archive.by_index_data(index).map_err(fault)?;
    if about.is_symlink() {
        return Err(told(&Problem::Link));
    }
    if about.encrypted() {
        return Err("is encrypted; pack the folder without a password".to_owned());
    }
    let mut bytes = Vec::new();
    let file = archive.by_index(index).map_err(fault)?;
    if file.take(most + 1).read_to_end(&mut bytes).is_err() {
        let other = "its bytes are not those that were packed";
        return Err(told(&Problem::Packing(other)));
    }
    match bytes.len() as u64 > MOST_FILE {
        true => Err(told(&Problem::TooLarge(MOST_FILE))),
        false => Ok(bytes),
    }
}

/// The path below the archive's top; `None` where it leads elsewhere.
fn inside(raw: &str) -> Option<String> {
    let drive = raw.as_bytes().get(1) == Some(&b':');
    if raw.starts_with('/') || drive {
        return None;
    }
    let parts = raw.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.collect();
    match parts.contains(&"..") {
        true => None,
        false => Some(parts.join("/")),
    }
}

fn zip_fault(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            "packed in a way that is not known here; pack the folder again, as zip programs do by default".to_owned()
        }
        ZipError::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            format!("cannot be read: {error}; mend its permissions")
        }
        _ => "damaged or cut off: not a complete zip archive; copy it again".to_owned(),
    }
}

fn told(problem: &Problem) -> String {
    let mend = match problem {
        Problem::Packing(_) => "copy it again, or pack the folder again",
        Problem::Link | Problem::Sparse => "pack the file itself",
        // Said by the store, which knows the folder.
        Problem::Io(error) => return error.to_string(),
        _ => "unpack it yourself if you trust it, and name the folder",
    };
    format!("{problem}; {mend}")
}
