//! Files: read up to a limit, written whole or not at all.
//!
//! All that commands write goes through here. A file is written beside its place and then renamed, so that nobody meets half of
//! it. A symbolic link is followed: what it leads to is replaced, the link stays. Only a regular file is replaced; devices, pipes,
//! sockets and folders are refused, before long work where [`writable`] is asked first.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::words::grouped;

/// Links followed one after the other, as many as Linux follows.
const MOST_LINKS: usize = 40;

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).with_context(|| unwritten(path))
}

/// As [`write()`], for callers with an error of their own.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Fresh::new(path, bytes)?.persist()
}

/// Writes two files that belong together: both are on disk before the first takes its place. Their reader must still be able to
/// tell whether they are of one writing, because nothing renames two files at once.
pub fn write_pair(first: (&Path, &[u8]), second: (&Path, &[u8])) -> Result<()> {
    let fresh = |(path, bytes)| Fresh::new(path, bytes).with_context(|| unwritten(path));
    let (one, other) = (fresh(first)?, fresh(second)?);
    one.persist().with_context(|| unwritten(first.0))?;
    other.persist().with_context(|| unwritten(second.0))
}

/// Whether [`write()`] could write this file now; nothing is left behind.
pub fn writable(path: &Path) -> Result<()> {
    let made = target(path).and_then(|target| temporary(&target));
    made.map(drop).with_context(|| unwritten(path))
}

/// Opens a file to which lines or pieces are added; it is made where there is none.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Opening a pipe would wait for its reader, so its kind is looked at before.
    options
        .create(true)
        .append(true)
        .read(true)
        .open(target(path)?)
}

/// The bytes of a file, which has at most `most`; more is refused before memory is taken for it.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    // A pipe has no length beforehand, and a file may grow meanwhile: what arrives is counted too.
    let len = file.metadata()?.len();
    if len > most {
        return Err(too_large(most));
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// The text of a file, as [`read`] reads its bytes.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "bytes that are not UTF-8"))
}

/// A new file beside the place that it will take.
struct Fresh {
    file: NamedTempFile,
    target: PathBuf,
}

impl Fresh {
    fn new(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let target = target(path)?;
        let mut file = temporary(&target)?;
        file.write_all(bytes).map_err(told)?;
        if let Ok(old) = fs::metadata(&target) {
            file.as_file().set_permissions(old.permissions())?;
        }
        file.as_file().sync_all().map_err(told)?;
        Ok(Fresh { file, target })
    }

    fn persist(self) -> io::Result<()> {
        let done = self.file.persist(&self.target);
        done.map(drop).map_err(|error| told(error.error))
    }
}

fn unwritten(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

fn too_large(most: u64) -> io::Error {
    let most = grouped(most);
    let text = format!("it has more than {most} bytes, which is more than is read here");
    io::Error::new(ErrorKind::FileTooLarge, text)
}

/// The place of the regular file that a name stands for; no file need be there yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    // The system follows all links, also those of `/proc` that lead to no name.
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => {
            let text = format!("it is {}, not a file", kind(there.file_type()));
            return Err(io::Error::new(ErrorKind::InvalidInput, text));
        }
        Ok(there) if there.permissions().readonly() => {
            return Err(io::Error::new(
                ErrorKind::PermissionDenied,
                "it is read-only",
            ));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    followed(path).ok_or_else(|| {
        let text = "too many symbolic links one after the other";
        io::Error::new(ErrorKind::InvalidInput, text)
    })
}

/// Where a file lies that is named by a link, or by links one behind the other; any other name stays as it is. What belongs beside a
/// file lies beside this place.
pub fn place(path: &Path) -> PathBuf {
    followed(path).unwrap_or_else(|| path.to_owned())
}

fn followed(path: &Path) -> Option<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(link) => target = target.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Some(target),
        }
    }
    None
}

/// Whether both names lead to one file that is there.
pub fn same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// What is there instead of a file, in words.
fn kind(found: FileType) -> &'static str {
    if found.is_dir() {
        return "a folder";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return "a pipe";
        }
        if found.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

/// A temporary file in the folder of `target`.
fn temporary(target: &Path) -> io::Result<NamedTempFile> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // Temporary files are private unless told otherwise; this one becomes a file like any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(told)
}

/// Why a file could not be written, for a person: the crate adds the temporary file's name, which means nothing to anybody.
pub fn told(error: io::Error) -> io::Error {
    let text = error.to_string();
    let text = match error.kind() {
        ErrorKind::StorageFull => "No space left on device; free some",
        ErrorKind::QuotaExceeded => "your quota of space is used up; free some",
        _ => text.split(" at path ").next().unwrap_or_default(),
    };
    io::Error::new(error.kind(), text.to_owned())
}

#[cfg(all(test, unix))]
mod tests;
