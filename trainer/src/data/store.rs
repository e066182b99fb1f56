//! Samples kept in a file, one after the other: memory stays flat however many there are.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Samples in an unnamed file that goes when the process does. What is in memory is the place of each sample, 8 bytes.
#[derive(Debug)]
pub struct Store {
    file: File,
    /// The end of each sample in the file.
    ends: Vec<u64>,
}

impl Store {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a sample.
    ///
    /// # Panics
    /// Where the file of this process cannot be read any more: a disk that fails.
    pub fn read(&self, index: usize) -> Vec<u8> {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends[before],
            None => 0,
        };
        let mut bytes = vec![0; (self.ends[index] - start) as usize];
        read_at(&self.file, &mut bytes, start).expect("a file of this process stays readable");
        bytes
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = &mut bytes[read..];
                at += read as u64;
            }
        }
    }
    Ok(())
}

/// A store under construction. Its errors name the folder and say how to mend it.
#[derive(Debug)]
pub struct StoreWriter {
    file: BufWriter<File>,
    /// The folder in which the file lies, for errors.
    folder: PathBuf,
    ends: Vec<u64>,
}

impl StoreWriter {
    /// An empty store, in the system's folder for temporary files.
    pub fn new() -> io::Result<Self> {
        let folder = env::temp_dir();
        let file = tempfile::tempfile_in(&folder).map_err(|error| cannot_keep(&folder, &error))?;
        Ok(Self::of(file, folder))
    }

    fn of(file: File, folder: PathBuf) -> Self {
        StoreWriter {
            file: BufWriter::with_capacity(1 << 18, file),
            folder,
            ends: Vec::new(),
        }
    }

    /// Adds a sample.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| cannot_keep(&self.folder, &error))?;
        let end = self.ends.last().copied().unwrap_or_default() + bytes.len() as u64;
        self.ends.push(end);
        Ok(())
    }

    /// The finished store.
    pub fn finish(self) -> io::Result<Store> {
        let file = self.file.into_inner();
        let file = file.map_err(|error| cannot_keep(&self.folder, error.error()))?;
        Ok(Store {
            file,
            ends: self.ends,
        })
    }
}

/// The variable that names the folder for temporary files.
const VARIABLE: &str = if cfg!(windows) { "TEMP" } else { "TMPDIR" };

fn cannot_keep(folder: &Path, error: &io::Error) -> io::Error {
    let shown = folder.display();
    let words = format!(
        "{shown}: samples cannot be kept in this folder for temporary files: {error}; make room in it, or name another folder in the environment variable {VARIABLE}"
    );
    io::Error::new(error.kind(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_in_any_order() {
        let mut writer = StoreWriter::new().unwrap();
        let all: Vec<Vec<u8>> = (0..200).map(|n| vec![n as u8; n * 7 % 31]).collect();
        all.iter().for_each(|bytes| writer.push(bytes).unwrap());
        let store = writer.finish().unwrap();
        assert_eq!(store.len(), 200);
        for index in [199, 0, 7, 100, 1] {
            assert_eq!(store.read(index), all[index]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_with_the_folder() {
        let full = || {
            let file = File::options().write(true).open("/dev/full").unwrap();
            StoreWriter::of(file, PathBuf::from("/somewhere"))
        };
        let mut writer = full();
        let at_once = writer.push(&vec![1; 1 << 19]).unwrap_err();
        let mut writer = full();
        writer.push(b"little").unwrap();
        let at_the_end = writer.finish().unwrap_err();
        for error in [at_once, at_the_end] {
            let told = error.to_string();
            assert!(
                told.starts_with("/somewhere: samples cannot be kept"),
                "{told}"
            );
            assert!(told.contains("No space left"), "{told}");
            assert!(told.contains("TMPDIR"), "{told}");
        }
    }
}
