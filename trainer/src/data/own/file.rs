//! Files that hold a value of a sample: on the disk, or unpacked from an archive.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tillsense_compiler::files;

use crate::data::store::Store;

/// Bytes of the largest file of a sample.
pub const MOST_FILE: u64 = 512 << 20;

/// A file that holds a value of a sample.
#[derive(Clone, Debug)]
pub struct SampleFile {
    /// Its path; of a file in an archive that of the archive, and the path in it.
    pub path: PathBuf,
    unpacked: Option<(Arc<Store>, usize)>,
}

impl From<PathBuf> for SampleFile {
    fn from(path: PathBuf) -> Self {
        SampleFile {
            path,
            unpacked: None,
        }
    }
}

impl SampleFile {
    /// A file that was unpacked as the item `index` of a store.
    pub fn unpacked(path: PathBuf, store: Arc<Store>, index: usize) -> Self {
        SampleFile {
            path,
            unpacked: Some((store, index)),
        }
    }

    /// Whether it was unpacked, so that there is no such file on the disk.
    pub fn is_unpacked(&self) -> bool {
        self.unpacked.is_some()
    }

    /// Its bytes; the error is a line that names it.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        match &self.unpacked {
            Some((store, index)) => Ok(store.read(*index)),
            None => read_file(&self.path),
        }
    }
}

/// The bytes of a file on the disk; the error is a line that names it.
pub fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    // One would wait for somebody to write into a pipe.
    if path.metadata().is_ok_and(|about| is_special(&about)) {
        return Err(format!(
            "{}: is a pipe or a device, not a file; name a file",
            path.display()
        ));
    }
    files::read(path, MOST_FILE).map_err(|error| {
        format!(
            "{}: cannot be read: {error}; mend or remove it",
            path.display()
        )
    })
}

/// Whether something is neither file nor folder: a pipe, a socket, a device.
pub fn is_special(about: &Metadata) -> bool {
    !about.is_file() && !about.is_dir()
}
