//! The command `tillsense runs`.

mod compare;
mod one;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use clap::Args;
use indicatif::HumanDuration;
use serde::Serialize;
use tillsense_compiler::trained::HeadScore;
use tillsense_compiler::words::{grouped, percent};

use super::progress::note;
use super::{Shared, output};
use crate::runs::{Entry, FOLDER, Named, Run, TestScore, find, list};

/// Arguments of `runs`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunsArgs {
    /// A model's name: its runs; NAME/NUMBER: this one; several of either: side by side, of a name the last run
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// The folder in which runs are kept
    #[arg(long = "in", value_name = "DIR", default_value = FOLDER)]
    folder: PathBuf,
}

const EXAMPLES: &str = "Examples:
  tillsense runs                        every training that was kept
  tillsense runs digits                 those of one model
  tillsense runs digits/3               one of them, with its curves
  tillsense runs digits/2 digits/3      what was changed, and what came of it
  tillsense runs digits --json          for other programs

`tillsense train` keeps each training in runs/NAME/NUMBER: run.json, description.toml, curve.csv and curve.json. To forget one, remove its
folder. Held-out figures are those of the best epoch, by which a training is judged; test figures are those of the model file.";

/// Runs that are compared.
const MOST_COMPARED: usize = 6;

/// A run for JSON.
#[derive(Serialize)]
struct Told<'a> {
    run: String,
    path: &'a PathBuf,
    #[serde(flatten)]
    facts: Option<&'a Run>,
    broken: Option<&'a str>,
}

impl<'a> Told<'a> {
    fn new(entry: &'a Entry) -> Self {
        Told {
            run: entry.name(),
            path: &entry.path,
            facts: entry.run.as_ref().ok(),
            broken: entry.run.as_ref().err().map(String::as_str),
        }
    }
}

/// Lists runs, shows one, or compares some.
pub fn run(args: &RunsArgs, shared: &Shared) -> Result<()> {
    let root = &args.folder;
    let named = args.runs.iter().map(|text| Named::parse(text));
    let named = named.collect::<Result<Vec<_>>>()?;
    match &named[..] {
        [] => {
            let entries = list(root, None)?;
            if entries.is_empty() {
                bail!(
                    "{}: holds no runs; `tillsense train` keeps them there, or name their folder with --in",
                    root.display()
                );
            }
            all(&entries, shared)
        }
        [
            Named {
                model,
                number: None,
            },
        ] => {
            // Where there is none, the error says which there are.
            let last = find(
                root,
                &Named {
                    model: model.clone(),
                    number: None,
                },
            )?;
            all(&list(root, Some(&last.model))?, shared)
        }
        [one] => one::show(&find(root, one)?, shared),
        several => {
            ensure!(
                several.len() <= MOST_COMPARED,
                "at most {MOST_COMPARED} runs are compared, not {}",
                several.len()
            );
            let entries = several.iter().map(|named| find(root, named));
            compare::show(&entries.collect::<Result<Vec<_>>>()?, shared)
        }
    }
}

/// Shows runs as a table, and what is wrong with folders that hold none.
fn all(entries: &[Entry], shared: &Shared) -> Result<()> {
    if shared.json {
        return output::json(&entries.iter().map(Told::new).collect::<Vec<_>>());
    }
    let headings = [
        "run", "when", "seed", "epochs", "held out", "test", "bytes", "end",
    ];
    let mut table = output::table(headings, 2).optional(&["seed", "bytes", "when", "test"]);
    for entry in entries {
        match &entry.run {
            Ok(run) => {
                table.add_row([
                    entry.name(),
                    ago(run.began),
                    run.seed.to_string(),
                    epochs(run),
                    held_out(&run.held_out),
                    test(&run.test),
                    run.file
                        .as_ref()
                        .map_or("-".to_owned(), |file| grouped(file.bytes)),
                    run.end.to_string(),
                ]);
            }
            Err(error) => note(shared, format_args!("{}: {error}", entry.name())),
        }
    }
    table.print()
}

/// How long ago a moment was, in words.
fn ago(began: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    match now.checked_sub(began) {
        Some(seconds) => format!("{} ago", HumanDuration(Duration::from_secs(seconds))),
        None => "in the future".to_owned(),
    }
}

/// Epochs that were done, of those that were to be.
fn epochs(run: &Run) -> String {
    match run.done == run.epochs {
        true => run.done.to_string(),
        false => format!("{} of {}", run.done, run.epochs),
    }
}

/// Held-out figures in words.
fn held_out(scores: &[HeadScore]) -> String {
    words(scores.iter().map(HeadScore::words))
}

/// Test figures in words.
fn test(scores: &[TestScore]) -> String {
    words(scores.iter().map(|score| {
        let fixed = score.fixed.map_or("-".to_owned(), percent);
        format!("{} {fixed}", score.head)
    }))
}

fn words(all: impl Iterator<Item = String>) -> String {
    let all: Vec<_> = all.collect();
    match all.is_empty() {
        true => "-".to_owned(),
        false => all.join(", "),
    }
}
