//! Verification of a data folder: whether the files are there, have the published bytes, and can be read.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::error::{DataError, Problem};
use super::manifest::{Entry, FILES, Instead};
use super::source::{self, DataSource, SetFigures, SetKind};
use super::{convert, digest};

/// Report on a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// One row for each file.
    pub files: Vec<FileRow>,
    /// One row for each set.
    pub sets: Vec<SetRow>,
}

/// Report on one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// Name of the set.
    pub set: &'static str,
    /// Path of the file in the data folder.
    pub file: &'static str,
    /// State of the file.
    #[serde(flatten)]
    pub state: FileState,
}

/// The state of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum FileState {
    /// The file, or its unpacked form, is there with the published bytes.
    Verified,
    /// The file is there with other bytes.
    Differs {
        /// SHA-256 of the bytes that are there.
        sha256: String,
    },
    /// The file is not there.
    Missing,
}

/// Report on one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetRow {
    /// Name of the set.
    pub set: &'static str,
    /// Size of the set, if it can be read.
    pub figures: Option<SetFigures>,
    /// The reason why the set cannot be read.
    pub error: Option<String>,
}

/// Verifies the files of these sets in `dir` and reads them.
pub fn check(dir: &Path, sets: &[SetKind]) -> Result<Report, DataError> {
    if !dir.is_dir() {
        return Err(DataError::new(dir, Problem::NoFolder("--data")));
    }
    let entries = FILES.iter().filter(|entry| sets.contains(&entry.set));
    let files = entries
        .map(|entry| {
            Ok(FileRow {
                set: entry.set.name(),
                file: entry.path,
                state: state(dir, entry)?,
            })
        })
        .collect::<Result<_, DataError>>()?;
    let folder = DataSource::Folder {
        dir: dir.to_owned(),
        named_by: "--data",
    };
    let read = |&set: &SetKind| {
        let read = source::describe(&folder, set);
        SetRow {
            set: set.name(),
            error: read.as_ref().err().map(DataError::to_string),
            figures: read.ok(),
        }
    };
    Ok(Report {
        files,
        sets: sets.iter().map(read).collect(),
    })
}

impl Report {
    /// Whether every file has the published bytes and every set can be read.
    pub fn is_verified(&self) -> bool {
        self.is_usable()
            && self
                .files
                .iter()
                .all(|row| row.state == FileState::Verified)
    }

    /// Whether every set can be read, even where its bytes differ from the published ones.
    pub fn is_usable(&self) -> bool {
        self.sets.iter().all(|row| row.error.is_none())
    }
}

/// Two tables, of files and of sets; for a set that cannot be read its row gives the reason.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<47}  state", "file")?;
        for row in &self.files {
            write!(f, "{:<47}  ", row.file)?;
            match &row.state {
                FileState::Verified => writeln!(f, "verified")?,
                FileState::Differs { sha256 } => {
                    writeln!(f, "differs from the published file (SHA-256 {sha256})")?
                }
                FileState::Missing => writeln!(f, "missing")?,
            }
        }
        writeln!(
            f,
            "\n{:<17}{:>8}{:>8}{:>9}",
            "set", "train", "test", "classes"
        )?;
        for row in &self.sets {
            match (&row.figures, &row.error) {
                (Some(sizes), _) => writeln!(
                    f,
                    "{:<17}{:>8}{:>8}{:>9}",
                    row.set, sizes.train, sizes.test, sizes.classes
                )?,
                (None, error) => {
                    writeln!(f, "{:<17}{}", row.set, error.as_deref().unwrap_or_default())?
                }
            }
        }
        Ok(())
    }
}

/// The state of one file.
pub(crate) fn state(dir: &Path, entry: &Entry<'_>) -> Result<FileState, DataError> {
    let compare = |found: String, wanted: &str| match found == wanted {
        true => FileState::Verified,
        false => FileState::Differs { sha256: found },
    };
    let path = dir.join(entry.path);
    if path.exists() {
        let (found, _) = digest::of_file(&path).map_err(|error| DataError::io(&path, error))?;
        return Ok(compare(found, entry.sha256));
    }
    match entry.instead {
        Some(Instead::File(other, wanted)) if dir.join(other).exists() => {
            let path = dir.join(other);
            let (found, _) = digest::of_file(&path).map_err(|error| DataError::io(&path, error))?;
            Ok(compare(found, wanted))
        }
        Some(Instead::Recordings(folder)) if dir.join(folder).is_dir() => {
            let path = dir.join(folder);
            let packed =
                convert::pack_folder(&path).map_err(|error| DataError::io(&path, error))?;
            Ok(compare(digest::of_bytes(&packed), entry.sha256))
        }
        _ => Ok(FileState::Missing),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::published::folder;
    use super::*;

    #[test]
    fn an_empty_folder_lacks_everything() {
        let dir = tempfile::tempdir().unwrap();
        let report = check(dir.path(), &SetKind::ALL).unwrap();
        assert_eq!(report.files.len(), FILES.len());
        assert!(
            report
                .files
                .iter()
                .all(|row| row.state == FileState::Missing)
        );
        assert!(
            report
                .sets
                .iter()
                .all(|row| row.figures.is_none() && row.error.is_some())
        );
        assert!(!report.is_verified() && !report.is_usable());
        let text = report.to_string();
        assert!(
            text.contains("fsdd/fsdd.tar") && text.contains("missing"),
            "{text}"
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["files"][0]["state"], "missing");
        let error = check(&dir.path().join("x"), &SetKind::ALL).unwrap_err();
        assert!(matches!(error.problem, Problem::NoFolder(_)));
    }

    #[test]
    fn readable_but_not_as_published() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("banking77");
        fs::create_dir(&at).unwrap();
        for name in ["train.csv", "test.csv"] {
            fs::write(at.join(name), "text,category\nWhere?,card_arrival\n").unwrap();
        }
        let report = check(dir.path(), &[SetKind::Banking77]).unwrap();
        assert!(report.is_usable() && !report.is_verified());
        assert!(matches!(report.files[0].state, FileState::Differs { .. }));
        assert_eq!(report.files[2].state, FileState::Missing);
        assert_eq!(report.sets[0].figures.map(|sizes| sizes.train), Some(1));
    }

    #[test]
    #[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
    fn the_published_folder() {
        let report = check(&folder(), &SetKind::ALL).unwrap();
        assert!(report.is_verified(), "{report}");
    }

    /// Clips in a folder and unpacked images are verified as well.
    #[test]
    #[ignore = "needs the published data, whose folder TILLSENSE_DATA names"]
    fn the_published_files_unpacked() {
        let real = folder();
        let dir = tempfile::tempdir().unwrap();
        let tar = fs::File::open(real.join("fsdd/fsdd.tar")).unwrap();
        tar::Archive::new(tar)
            .unpack(dir.path().join("fsdd"))
            .unwrap();
        fs::create_dir(dir.path().join("mnist")).unwrap();
        for entry in FILES.iter().filter(|entry| entry.set == SetKind::Mnist) {
            let packed = fs::File::open(real.join(entry.path)).unwrap();
            let plain = dir.path().join(entry.path.trim_end_matches(".gz"));
            std::io::copy(
                &mut flate2::read::GzDecoder::new(packed),
                &mut fs::File::create(plain).unwrap(),
            )
            .unwrap();
        }
        let report = check(dir.path(), &[SetKind::Mnist, SetKind::Fsdd]).unwrap();
        assert!(report.is_verified(), "{report}");
    }
}
