//! Samples in a folder: one file each, in a sub-folder that is called like its class.
//!
//! `train`, `valid` and `test` above the classes divide the samples; where none of them is, they are divided by chance. A group is the
//! folder between class and file (`group = "folder"`), or the file's name up to the first `_` or `-` (`group = "prefix"`). An archive
//! stands for the folder that it holds (`packed`), and a folder may hold pictures and labels in IDX files instead (`idx`).

mod idx;
mod packed;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use anyhow::{Result, bail, ensure};

use super::division::Part;
use super::file::{SampleFile, is_special};
use super::report::{Level, Report};
use crate::data::rows::one_line;
pub use packed::{archive_stem, is_archive};

/// A file of a folder.
#[derive(Clone, Debug)]
pub struct FolderFile {
    /// Path below the folder, with `/` between its parts on every system.
    pub name: String,
    /// The file.
    pub file: SampleFile,
    /// The class: name of the sub-folder.
    pub class: String,
    /// The number that an IDX file gives as the label; there are no sub-folders then.
    pub label: Option<u8>,
    /// The part that the folder above says.
    pub part: Option<Part>,
    /// The group that folder or name say.
    pub group: Option<String>,
}

/// How a file's group is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// The folder between class and file.
    Folder,
    /// The file's name up to the first `_` or `-`.
    Prefix,
}

impl Grouping {
    /// The rule with this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "folder" => Some(Grouping::Folder),
            "prefix" => Some(Grouping::Prefix),
            _ => None,
        }
    }
}

/// Folders below one another that are looked into.
const DEEPEST: usize = 8;

/// All files of a folder or an archive with these name extensions, in the order of their names. What is passed over is told.
pub fn files(
    folder: &Path,
    extensions: &[&str],
    grouping: Option<Grouping>,
    report: &mut Report,
) -> Result<Vec<FolderFile>> {
    let shown = folder.display();
    let pictures = extensions.contains(&"pgm");
    let wanted = |name: &str| {
        let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        extension.is_some_and(|e| extensions.contains(&e.as_str()))
            || (pictures && idx::is_idx(name))
    };
    let all = all(folder, wanted, grouping)?;
    if pictures && let Some(found) = idx::files(folder, &all, report)? {
        ensure!(
            grouping.is_none(),
            "{shown}: holds idx files, which name no groups; leave the group out, or put the pictures into folders"
        );
        return Ok(found);
    }
    let (chosen, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| wanted(name));
    for (name, _) in others {
        report.add(
            (Level::Note, "passed_over"),
            "",
            Some(name),
            format!(
                "files that are none of {} are passed over",
                extensions.join(", ")
            ),
            "",
        );
    }
    let parts = chosen
        .iter()
        .all(|(name, _)| name.split('/').count() > 2 && Part::named(first(name)).is_some());
    let placed = chosen.into_iter();
    let files: Vec<FolderFile> = placed
        .filter_map(|(name, file)| placed_file(name, file, parts, grouping, report))
        .collect();
    if files.is_empty() {
        bail!(
            "{shown}: holds no file of the forms {} in a sub-folder; put the files of each class into a folder that is called like the class",
            extensions.join(", ")
        );
    }
    Ok(files)
}

/// A file with what its path says; `None` for one that lies in no sub-folder, which is told.
fn placed_file(
    name: String,
    file: SampleFile,
    parts: bool,
    grouping: Option<Grouping>,
    report: &mut Report,
) -> Option<FolderFile> {
    let mut folders: Vec<&str> = name.split('/').collect();
    let last = folders.pop().unwrap_or_default();
    let part = match parts {
        true => Part::named(folders.remove(0)),
        false => None,
    };
    let Some(&class) = folders.first() else {
        report.add(
            (Level::Warning, "no_class"),
            "",
            Some(name.clone()),
            "files that lie in no sub-folder have no class and are passed over",
            "put each into the folder of its class",
        );
        return None;
    };
    let group = match grouping {
        Some(Grouping::Folder) => folders.get(1).map(|group| (*group).to_owned()),
        Some(Grouping::Prefix) => {
            let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
            stem.split(['_', '-']).next().map(str::to_owned)
        }
        None => None,
    };
    Some(FolderFile {
        file,
        class: one_line(class).into_owned(),
        label: None,
        part,
        group,
        name,
    })
}

/// All files below a folder, or those of the archive that stands for it, by their names.
fn all(
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
    grouping: Option<Grouping>,
) -> Result<BTreeMap<String, SampleFile>> {
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(about) if about.is_dir() => {}
        Ok(about) if about.is_file() && is_archive(folder) => {
            let found = packed::unpack(folder, &wanted)?;
            return Ok(below_top(found, wanted, grouping));
        }
        Ok(_) => bail!(
            "{shown}: is a file, not a folder; name the folder that holds a sub-folder for each class, an archive of it (.zip, .tar, .tar.gz), or a table with `table`"
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!(
                "{shown}: there is no such folder; mend the path in [data], or name the folder that it starts from with --data DIR"
            )
        }
        Err(error) => bail!("{shown}: cannot be read: {error}"),
    }
    let mut names = Vec::new();
    walk(folder, "", 0, &mut names)?;
    let file = |name: String| {
        let path = folder.join(&name);
        (name, path.into())
    };
    Ok(names.into_iter().map(file).collect())
}

/// The files below the single top folder of an archive, where it has one: `clips.zip` may hold `clips/yes/1.wav` or `yes/1.wav`.
fn below_top(
    files: BTreeMap<String, SampleFile>,
    wanted: impl Fn(&str) -> bool,
    grouping: Option<Grouping>,
) -> BTreeMap<String, SampleFile> {
    let deep = files
        .keys()
        .filter(|name| name.contains('/') && wanted(name));
    let deep: Vec<&str> = deep.map(String::as_str).collect();
    let Some(top) = deep.first().map(|name| first(name).to_owned()) else {
        return files;
    };
    // Folders that a file has below the top: its class, and its group where that is a folder.
    let least = 2 + usize::from(grouping == Some(Grouping::Folder));
    let single = deep.iter().all(|name| first(name) == top) && Part::named(&top).is_none();
    let holds_classes = deep
        .iter()
        .any(|name| name.matches('/').count() >= least || idx::is_idx(name));
    if !single || !holds_classes {
        return files;
    }
    let below = |(name, file): (String, SampleFile)| {
        let below = name
            .strip_prefix(&top)
            .and_then(|rest| rest.strip_prefix('/'));
        match below {
            Some(below) => (below.to_owned(), file),
            None => (name, file),
        }
    };
    files.into_iter().map(below).collect()
}

fn first(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// Whether a part of a path is that of a hidden file, or of one that systems leave beside those of people.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| {
        let hidden = part.starts_with('.') && !matches!(part, "." | "..");
        hidden || matches!(part, "Thumbs.db" | "__MACOSX")
    })
}

/// Whether a path is a link to a folder in which it lies: below it everything would come again.
fn leads_back(path: &Path) -> bool {
    path.is_symlink()
        && path.canonicalize().is_ok_and(|to| {
            let lies = path.parent().and_then(|parent| parent.canonicalize().ok());
            lies.is_some_and(|parent| parent.starts_with(to))
        })
}

/// Names of all files below a folder; hidden ones (`.DS_Store`) are left out.
fn walk(folder: &Path, below: &str, depth: usize, names: &mut Vec<String>) -> Result<()> {
    if depth > DEEPEST {
        return Ok(());
    }
    let unreadable = |error: io::Error| {
        anyhow::anyhow!(
            "{}: cannot be read: {error}; mend its permissions",
            folder.display()
        )
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            bail!(
                "{}: a name that is no Unicode text; rename the file",
                entry.path().display()
            );
        };
        if is_hidden(name) || leads_back(&entry.path()) {
            continue;
        }
        let path = format!("{below}{name}");
        // Links are followed, so that a folder of links to files elsewhere works.
        match fs::metadata(entry.path()) {
            Ok(about) if about.is_dir() => {
                walk(&entry.path(), &format!("{path}/"), depth + 1, names)?;
            }
            // A pipe or a device is nobody's sample.
            Ok(about) if is_special(&about) => {}
            _ => names.push(path),
        }
    }
    Ok(())
}
