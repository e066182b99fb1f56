//! The journal of a search on disk: `search.json` says which search it is, `trials.jsonl` has a line for each network.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillsense_compiler::network::graph::MOST_HEADS;
use tillsense_compiler::trained::HeadScore;
use tillsense_compiler::{bounded, files};

/// Limit of the journal: millions of lines.
const MOST_BYTES: u64 = 64 << 20;
/// Limit of `search.json`: the longest description, escaped, with all choices that it leaves. What
/// JSON may hold takes many times its bytes.
const MOST_ABOUT: u64 = 4 << 20;
/// Limit of a space's dimensions, more than any description leaves.
const MOST_CHOICES: usize = 4096;

/// A network that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Number of the network among all that were drawn, from 0.
    pub draw: usize,
    /// Number of the choice in each dimension of the space.
    #[serde(deserialize_with = "bounded::list::<MOST_CHOICES, _, _>")]
    pub choices: Vec<usize>,
    /// The reason why the network was not trained.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skipped: Option<Skipped>,
    /// Figures of the network, once it is trained.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub figures: Option<NetworkFigures>,
}

/// The reason why a network is not trained to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// The choices describe no network, or one that a terminal does not run.
    NoNetwork,
    /// The model file would be too large.
    Flash,
    /// The arena would be too large.
    Arena,
    /// An inference would take too many instructions.
    Instructions,
    /// The loss is no longer a number.
    Diverged,
}

/// Figures of a trained network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkFigures {
    /// Mean score of the exported heads by their weights: AUC where there are two classes, else accuracy.
    pub score: f64,
    /// Scores of the exported heads on held-out samples.
    #[serde(deserialize_with = "bounded::list::<MOST_HEADS, _, _>")]
    pub held_out: Vec<HeadScore>,
    /// Size of the model file in bytes.
    pub flash: u64,
    /// Size of the arena in bytes.
    pub arena: u64,
    /// Instructions of one inference with every input at its longest, where they were counted.
    pub instructions: Option<u64>,
}

/// All settings that decide what a search does, by name.
pub type Settings = BTreeMap<&'static str, Value>;

/// The open journal; no other process writes it meanwhile.
#[derive(Debug)]
pub struct Journal {
    about: PathBuf,
    path: PathBuf,
    file: File,
    /// Folders that this search made, the innermost first.
    made: Vec<PathBuf>,
}

/// Files that a search writes at its end, beside a `front-N.toml` for each network of the front.
const RESULTS: [&str; 2] = ["best.toml", "pareto.svg"];

/// Whether a file in a search's folder is the description of a network of the front.
pub fn is_front(name: &str) -> bool {
    let number = name.strip_prefix("front-");
    let number = number.and_then(|name| name.strip_suffix(".toml"));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}

impl Journal {
    /// Opens a folder for this search and returns the networks drawn before. The folder of another search is refused.
    pub fn open(folder: &Path, settings: &Settings) -> Result<(Self, Vec<Draw>)> {
        ensure!(
            folder.is_dir() || !folder.exists(),
            "{}: is a file, not a folder",
            folder.display()
        );
        let made = folder
            .ancestors()
            .filter(|folder| !folder.as_os_str().is_empty());
        let made = made
            .take_while(|folder| !folder.exists())
            .map(Path::to_owned);
        let made = made.collect();
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
        let (about, path) = (folder.join("search.json"), folder.join("trials.jsonl"));
        let mut results: Vec<PathBuf> = RESULTS.map(|name| folder.join(name)).into();
        let entries = fs::read_dir(folder)
            .with_context(|| format!("{}: cannot be read", folder.display()))?;
        let fronts = entries.flatten();
        let fronts = fronts.filter(|entry| is_front(&entry.file_name().to_string_lossy()));
        results.extend(fronts.map(|entry| entry.path()));
        let written = results.iter().chain([&about, &path]);
        written
            .into_iter()
            .try_for_each(|path| files::writable(path))?;
        if about.exists() {
            require_same(&about, settings)?;
        } else {
            let mut others = results.iter().chain([&path]);
            if let Some(other) = others.find(|path| path.symlink_metadata().is_ok()) {
                bail!(
                    "{}: there, but not {}, which says of what search it is; name another folder",
                    other.display(),
                    about.display()
                );
            }
            files::write(&about, &serde_json::to_vec_pretty(settings)?)?;
        }
        let unwritable = || format!("{}: cannot be written", path.display());
        let file = files::append(&path).with_context(unwritable)?;
        ensure!(
            file.try_lock().is_ok(),
            "{}: another search is writing it",
            path.display()
        );
        let text = files::read(&path, MOST_BYTES)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        let (draws, sound) = read(&text, &path)?;
        // The rest is half a line, from a process that was cut off.
        file.set_len(sound as u64).with_context(unwritable)?;
        let journal = Journal {
            about,
            path,
            file,
            made,
        };
        Ok((journal, draws))
    }

    /// Removes the files of a search that has trained nothing, so that its folder is free for another one.
    pub fn abandon(self) {
        for file in [&self.path, &self.about] {
            // A file that cannot be removed is no worse than the error that led here.
            let _ = fs::remove_file(file);
        }
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Adds a line, which is on disk when this returns.
    pub fn add(&mut self, draw: &Draw) -> Result<()> {
        let mut line = serde_json::to_vec(draw)?;
        line.push(b'\n');
        let mut add = || -> io::Result<()> {
            self.file.write_all(&line)?;
            self.file.sync_data()
        };
        let mut add = || add().map_err(files::told);
        add().with_context(|| format!("{}: cannot be written", self.path.display()))
    }
}

/// Reads all whole lines and returns the number of their bytes. Only the last line may be incomplete.
fn read(text: &[u8], path: &Path) -> Result<(Vec<Draw>, usize)> {
    let (mut draws, mut sound) = (Vec::new(), 0);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if !line.ends_with(b"\n") {
            break;
        }
        let draw: Option<Draw> = serde_json::from_slice(line).ok();
        let draw = draw.filter(|draw| {
            draw.draw == draws.len() && draw.skipped.is_some() != draw.figures.is_some()
        });
        draws.push(draw.ok_or_else(|| {
            anyhow!(
                "{}:{}: damaged; remove this line and all behind it, and the search goes on from there",
                path.display(),
                draws.len() + 1
            )
        })?);
        sound += line.len();
    }
    Ok((draws, sound))
}

fn require_same(about: &Path, settings: &Settings) -> Result<()> {
    let name = about.display();
    let text = files::read(about, MOST_ABOUT).with_context(|| format!("{name}: cannot be read"))?;
    let known: BTreeMap<String, Value> = serde_json::from_slice(&text)
        .map_err(|_| anyhow!("{name}: damaged; name another folder, or remove this one"))?;
    for (what, value) in settings {
        let old = known.get(*what).unwrap_or(&Value::Null);
        if old == value {
            continue;
        }
        let short = |value: &Value| !value.is_array() && value.to_string().len() <= 60;
        if short(old) && short(value) {
            let words = |value: &Value| match value {
                Value::Null => "none".to_owned(),
                other => other.to_string(),
            };
            let (old, new) = (words(old), words(value));
            bail!("{name}: of a search with {what} {old}, not {new}; name another folder with -o");
        }
        bail!("{name}: of a search with another {what}; name another folder with -o");
    }
    Ok(())
}
