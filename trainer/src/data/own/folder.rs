//! Samples in a folder: one file each, in a sub-folder that is called like its class.
//!
//! `train`, `valid` and `test` above the classes divide the samples; where none of them is, they are divided by chance. A group is the
//! folder between class and file (`group = "folder"`), or the file's name up to the first `_` or `-` (`group = "prefix"`).

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Result, bail};

use super::division::Part;
use super::report::{Level, Report};

/// A file of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderFile {
    /// Path below the folder, with `/` between its parts on every system.
    pub name: String,
    /// Path of the file.
    pub path: PathBuf,
    /// The class: name of the sub-folder.
    pub class: String,
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

/// All files of a folder with these name extensions, in the order of their names. What is passed over is told.
pub fn files(
    folder: &Path,
    extensions: &[&str],
    grouping: Option<Grouping>,
    report: &mut Report,
) -> Result<Vec<FolderFile>> {
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(about) if about.is_dir() => {}
        Ok(_) => bail!(
            "{shown}: is a file, not a folder; name the folder that holds a sub-folder for each class, or a table with `table`"
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
    names.sort();
    let wanted = |name: &str| {
        let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        extension.is_some_and(|e| extensions.contains(&e.as_str()))
    };
    let parts = names
        .iter()
        .filter(|name| wanted(name))
        .all(|name| name.split('/').count() > 2 && Part::named(first(name)).is_some());
    let mut files = Vec::new();
    for name in names {
        if !wanted(&name) {
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
            continue;
        }
        let mut folders: Vec<&str> = name.split('/').collect();
        let file = folders.pop().unwrap_or_default();
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
            continue;
        };
        let group = match grouping {
            Some(Grouping::Folder) => folders.get(1).map(|group| (*group).to_owned()),
            Some(Grouping::Prefix) => {
                let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
                stem.split(['_', '-']).next().map(str::to_owned)
            }
            None => None,
        };
        files.push(FolderFile {
            path: folder.join(&name),
            class: class.to_owned(),
            part,
            group,
            name,
        });
    }
    if files.is_empty() {
        bail!(
            "{shown}: holds no file of the forms {} in a sub-folder; put the files of each class into a folder that is called like the class",
            extensions.join(", ")
        );
    }
    Ok(files)
}

fn first(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
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
        if name.starts_with('.') || name == "Thumbs.db" {
            continue;
        }
        let path = format!("{below}{name}");
        // Links are followed, so that a folder of links to files elsewhere works.
        match fs::metadata(entry.path()) {
            Ok(about) if about.is_dir() => {
                walk(&entry.path(), &format!("{path}/"), depth + 1, names)?;
            }
            _ => names.push(path),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        root
    }

    fn found(paths: &[&str], grouping: Option<Grouping>) -> (Vec<FolderFile>, Report) {
        let (root, mut report) = (tree(paths), Report::default());
        let files = files(root.path(), &["png"], grouping, &mut report).unwrap();
        (files, report)
    }

    #[test]
    fn the_sub_folder_is_the_class() {
        let (files, report) = found(
            &[
                "ship/2.PNG",
                "cat/1.png",
                "cat/.hidden.png",
                "cat/read.me",
                "loose.png",
            ],
            None,
        );
        let seen: Vec<_> = files
            .iter()
            .map(|f| (&*f.name, &*f.class, f.part))
            .collect();
        assert_eq!(
            seen,
            [("cat/1.png", "cat", None), ("ship/2.PNG", "ship", None)]
        );
        let kinds: Vec<_> = report.findings().map(|f| f.kind).collect();
        assert_eq!(kinds, ["no_class", "passed_over"]);
    }

    #[test]
    fn parts_stand_above_classes() {
        let (files, _) = found(&["train/a/1.png", "valid/a/2.png", "test/b/3.png"], None);
        let parts: Vec<_> = files.iter().map(|f| (f.part, &*f.class)).collect();
        assert_eq!(
            parts,
            [
                (Some(Part::Test), "b"),
                (Some(Part::Train), "a"),
                (Some(Part::Valid), "a")
            ]
        );
        // A class of the name of a part is a class where others stand beside it.
        let (files, _) = found(&["train/1.png", "ship/1.png"], None);
        assert!(files.iter().all(|f| f.part.is_none()));
    }

    #[test]
    fn groups_are_folders_or_prefixes() {
        let paths = ["yes/anna/1.png", "no/ben/2.png"];
        let groups = |files: Vec<FolderFile>| -> Vec<_> {
            files.into_iter().map(|f| f.group.unwrap()).collect()
        };
        assert_eq!(
            groups(found(&paths, Some(Grouping::Folder)).0),
            ["ben", "anna"]
        );
        let paths = ["yes/anna_1.png", "no/ben-2.png"];
        assert_eq!(
            groups(found(&paths, Some(Grouping::Prefix)).0),
            ["ben", "anna"]
        );
    }

    #[test]
    fn what_is_no_folder_of_classes_is_told() {
        let root = tree(&["a.txt"]);
        let fault = |path: &Path| {
            let error = files(path, &["png"], None, &mut Report::default()).unwrap_err();
            error.to_string()
        };
        assert!(fault(&root.path().join("x")).contains("there is no such folder"));
        assert!(fault(&root.path().join("a.txt")).contains("is a file, not a folder"));
        assert!(fault(root.path()).contains("holds no file of the forms png in a sub-folder"));
    }
}
