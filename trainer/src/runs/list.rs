//! Finding runs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tillsense_compiler::files;
use tillsense_compiler::text::brief;
use tillsense_compiler::trained::EpochReport;
use tillsense_compiler::words::meant;

use super::{LAYOUT, Run};

/// A run that lies somewhere.
#[derive(Debug)]
pub struct Entry {
    /// The folder's name for the model.
    pub model: String,
    /// Its number.
    pub number: u32,
    /// Its folder.
    pub path: PathBuf,
    /// What it was, or what is wrong with the folder.
    pub run: Result<Run, String>,
}

/// What a person names: a model, or one run of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The folder's name for the model.
    pub model: String,
    /// The number of a run.
    pub number: Option<u32>,
}

/// Bytes of a run's file that are read: a curve of 10,000 epochs and 8 heads has some 10 million.
const MOST_BYTES: u64 = 32 << 20;
/// Runs that are listed.
const MOST_RUNS: usize = 10_000;

impl Named {
    /// Reads `NAME` or `NAME/NUMBER`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim_end_matches('/');
        let (model, number) = match text.rsplit_once('/') {
            None => (text, None),
            Some((model, number)) => {
                let read = number.parse().ok();
                let read = read.with_context(|| {
                    format!(
                        "`{}` names no run; write NAME or NAME/NUMBER, such as digits/3",
                        brief(text)
                    )
                })?;
                (model, Some(read))
            }
        };
        ensure!(
            !model.is_empty() && !model.contains(['/', '\\']) && !model.starts_with('.'),
            "`{}` names no run; write NAME or NAME/NUMBER, such as digits/3",
            brief(text)
        );
        Ok(Named {
            model: model.to_owned(),
            number,
        })
    }
}

impl Entry {
    /// `NAME/NUMBER`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.model, self.number)
    }

    /// The description, as it was trained.
    pub fn description(&self) -> Result<String> {
        let path = self.path.join("description.toml");
        files::read_text(&path, MOST_BYTES).with_context(|| path.display().to_string())
    }

    /// Figures of its epochs.
    pub fn epochs(&self) -> Result<Vec<EpochReport>> {
        let path = self.path.join("curve.json");
        let text =
            files::read_text(&path, MOST_BYTES).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text)
            .with_context(|| format!("{}: cannot be read as a learning curve", path.display()))
    }
}

/// All runs under a folder, or those of one model: by name, then by number.
pub fn list(root: &Path, model: Option<&str>) -> Result<Vec<Entry>> {
    let models = match model {
        Some(model) => vec![model.to_owned()],
        None => models(root)?,
    };
    let mut entries = Vec::new();
    for model in models {
        let folder = root.join(&model);
        for number in numbers(&folder)? {
            let path = folder.join(format!("{number:04}"));
            let run = read(&path).map_err(|error| format!("{error:#}"));
            entries.push(Entry {
                model: model.clone(),
                number,
                path,
                run,
            });
            ensure!(
                entries.len() <= MOST_RUNS,
                "{}: holds more than {MOST_RUNS} runs; name a model, or remove some",
                root.display()
            );
        }
    }
    Ok(entries)
}

/// The run of a model with a number, or its last one.
pub fn find(root: &Path, named: &Named) -> Result<Entry> {
    let mut entries = list(root, Some(&named.model))?;
    if entries.is_empty() {
        let models = models(root)?;
        let known = match models.is_empty() {
            true => format!(
                "{} holds no runs; `tillsense train` keeps them there",
                root.display()
            ),
            false => format!(
                "there are runs of {}{}",
                models.join(", "),
                meant(&named.model, models.iter().map(String::as_str))
            ),
        };
        bail!(
            "{}: no run of `{}`; {known}",
            root.display(),
            brief(&named.model)
        );
    }
    let at = match named.number {
        None => entries.len() - 1,
        Some(number) => {
            let at = entries.iter().position(|entry| entry.number == number);
            at.ok_or_else(|| {
                let last = entries.last().map_or(0, |entry| entry.number);
                anyhow!(
                    "{}/{number}: no such run; the last one is {last}",
                    named.model
                )
            })?
        }
    };
    Ok(entries.swap_remove(at))
}

/// Names of folders that hold runs.
fn models(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for name in names_in(root)? {
        if !numbers(&root.join(&name))?.is_empty() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Numbers of the runs in a model's folder, in order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u32>> {
    let is_number = |name: &String| name.len() >= 4 && name.bytes().all(|b| b.is_ascii_digit());
    let names = names_in(folder)?.into_iter().filter(is_number);
    let mut numbers: Vec<u32> = names.filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Names of the folders in a folder, in order; none where there is no such folder.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{}: cannot be listed", folder.display()));
        }
    };
    let mut names = Vec::new();
    for entry in read {
        let entry = entry.with_context(|| format!("{}: cannot be listed", folder.display()))?;
        if entry.path().is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

fn read(folder: &Path) -> Result<Run> {
    let path = folder.join("run.json");
    let text = files::read_text(&path, MOST_BYTES).with_context(|| path.display().to_string())?;
    let run: Run = serde_json::from_str(&text)
        .with_context(|| format!("{}: cannot be read as a run", path.display()))?;
    ensure!(
        run.layout == LAYOUT,
        "{}: of layout {}, where this version reads {LAYOUT}",
        path.display(),
        run.layout
    );
    Ok(run)
}
