//! A draft for a folder: a sub-folder is a class.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};

use super::{Draft, DraftHead, DraftInput, DraftKind, Names, Request, relative, seen};
use crate::data::media::{PICTURE_ENDINGS, SOUND_ENDINGS};
use crate::data::own::folder::{FolderFile, Grouping, files};
use crate::data::own::{Part, Report, SampleFile};

/// Endings of the names of texts.
const TEXT_ENDINGS: &[&str] = &["txt"];

/// Looks at a folder and drafts a description for it.
pub fn draft(request: &Request) -> Result<Draft> {
    let shown = request.data.display();
    for (flag, given) in [
        ("--label", !request.labels.is_empty()),
        ("--split", request.split.is_some()),
        ("--time", request.time.is_some()),
        ("--sequence", !request.sequences.is_empty()),
    ] {
        ensure!(
            !given,
            "{flag}: names a column, and {shown} is a folder; leave it out, or name a table"
        );
    }
    let grouping = match request.group.as_deref() {
        None => None,
        Some(name) => match Grouping::named(name) {
            Some(grouping) => Some(grouping),
            None => bail!(
                "--group {name}: a folder takes `folder` (the folder between class and file) or `prefix` (the file's name up to the first `_` or `-`)"
            ),
        },
    };
    let all: Vec<&str> = [PICTURE_ENDINGS, SOUND_ENDINGS, TEXT_ENDINGS].concat();
    let found = files(&request.data, &all, grouping, &mut Report::default())?;
    let (kind, seen) = kind(&found)?;
    let classes = classes(&found);
    if let [(class, _)] = &classes[..] {
        bail!(
            "{shown}: holds one class, `{class}`, and a question has two or more answers; add a folder with samples of another"
        );
    }
    let parts: Vec<Part> = [Part::Train, Part::Valid, Part::Test]
        .into_iter()
        .filter(|part| found.iter().any(|file| file.part == Some(*part)))
        .collect();
    let mut data = vec![format!(
        "folder = {}",
        quoted(&relative(&request.data, &request.beside))
    )];
    let trained = match parts.contains(&Part::Test) {
        true => {
            let tested = found
                .iter()
                .filter(|file| file.part == Some(Part::Test))
                .count();
            1.0 - tested as f64 / found.len() as f64
        }
        false => {
            data.push(
                "test = 0.2    # a fifth of each class is tested on, always the same one"
                    .to_owned(),
            );
            0.8
        }
    };
    if let Some(group) = &request.group {
        data.push(format!(
            "group = {}    # the samples of a group stay on one side",
            quoted(group)
        ));
    }
    let mut names = Names::default();
    let input = match kind {
        DraftKind::Image { .. } => "picture",
        DraftKind::Audio { .. } => "sound",
        _ => "text",
    };
    Ok(Draft {
        name: request.name.clone(),
        data,
        inputs: vec![DraftInput {
            name: names.plain(input),
            seen,
            columns: Vec::new(),
            kind,
        }],
        heads: vec![DraftHead {
            name: "class".to_owned(),
            column: None,
            classes,
        }],
        samples: found.len(),
        trained,
        told: Vec::new(),
    })
}

/// The kind of most files, and what was seen of them.
fn kind(found: &[FolderFile]) -> Result<(DraftKind, String)> {
    let of = |extensions: &[&str]| -> Vec<SampleFile> {
        let wanted = |name: &str| {
            let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
            extension.is_some_and(|e| extensions.contains(&e.as_str()))
        };
        // What idx files hold are pictures.
        let numbered = |file: &FolderFile| file.label.is_some() && extensions == PICTURE_ENDINGS;
        let files = found.iter();
        let files = files.filter(|file| wanted(&file.name) || numbered(file));
        files.map(|file| file.file.clone()).collect()
    };
    let [pictures, sounds, texts] = [of(PICTURE_ENDINGS), of(SOUND_ENDINGS), of(TEXT_ENDINGS)];
    let most = pictures.len().max(sounds.len()).max(texts.len());
    let unreadable = |files: &[SampleFile]| {
        anyhow::anyhow!(
            "{}: neither this file nor another that was tried can be read; mend the files",
            files[0].path.display()
        )
    };
    let (seen, files) = match most {
        most if most == pictures.len() => (seen::pictures(&pictures), pictures),
        most if most == sounds.len() => (seen::sounds(&sounds), sounds),
        _ => (seen::texts(&texts), texts),
    };
    seen.ok_or_else(|| unreadable(&files))
}

/// The classes with their numbers of files, the most frequent first.
fn classes(found: &[FolderFile]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in found {
        *counts.entry(&file.class).or_default() += 1;
    }
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
