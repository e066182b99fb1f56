//! `tillsense check`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::network::description::parse;
use tillsense_compiler::words::grouped;

use super::progress::{READING, note, waiting};
use super::{Shared, output};
use crate::data::audit::{Audit, ClassCount, Counts, Parts, audit};
use crate::data::own::{Finding, Level};
use crate::project::description;
use crate::report::data::{About, Gathered, page};
use crate::report::page::Page;

/// Classes of a head that are shown; of more, the most and the least frequent ones.
const MOST_SHOWN: usize = 10;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// The description whose data are looked at, or a preset
    description: String,
    /// Also write a page to look at: samples, classes, distributions, copies side by side
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Leave samples, texts, values and names of files out of the page
    #[arg(long, requires = "html")]
    private: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense check words.toml                 samples, classes, and what is wrong with them
  tillsense check till.toml --json           all of it, for machines
  tillsense check requests                   the data of a preset
  tillsense check till.toml --html data.html a page to look at, with samples
  tillsense check till.toml --html data.html --private   the page without samples, texts, values and names of files

Errors must be mended before training, and make the exit code 1; warnings are worth a look; notes are good to know.";

#[derive(Serialize)]
struct Told<'a> {
    description: &'a str,
    #[serde(flatten)]
    counts: &'a Counts,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<&'a Finding>,
}

/// Looks at the data of a description, and says what is wrong with them.
pub fn run(args: &CheckArgs, shared: &Shared) -> Result<()> {
    let (text, origin) = description(&args.description)?;
    let spec = parse(&text, &origin)?;
    if let Some(path) = &args.html {
        Page::require_place(path)?;
    }
    let source = shared.source().for_description(&spec, &origin)?;
    note(
        shared,
        format_args!("looking at {}", spec.data.origin.words()),
    );
    let mut gathered = Gathered::default();
    let found = waiting(shared, READING, || {
        audit(&spec, &source, &mut |data, at, sample| {
            if args.html.is_some() {
                gathered.take(data, at, sample);
            }
        })
    })?;
    if let Some(path) = &args.html {
        let about = About {
            spec: &spec,
            source: &source.to_string(),
            private: args.private,
        };
        page(about, &found, &gathered).write(path)?;
        note(shared, format_args!("wrote {}", path.display()));
    }
    let [errors, warnings, notes] =
        [Level::Error, Level::Warning, Level::Note].map(|level| found.report.count(level));
    match shared.json {
        true => output::json(&Told {
            description: &args.description,
            counts: &found.counts,
            errors,
            warnings,
            notes,
            findings: found.report.findings().collect(),
        })?,
        false => print(&found, &format!("{source}"), [errors, warnings, notes])?,
    }
    match errors {
        0 => Ok(()),
        1 => bail!("{origin}: the data have an error that must be mended before training"),
        several => bail!(
            "{origin}: the data have {} errors that must be mended before training",
            grouped(several)
        ),
    }
}

fn print(found: &Audit, source: &str, [errors, warnings, notes]: [usize; 3]) -> Result<()> {
    let counts = &found.counts;
    output::fitted(&format!(
        "{source}: {} samples",
        grouped(counts.samples.all())
    ))?;
    // Samples of published sets are held out when training begins.
    let held_out = counts.samples.held_out > 0;
    let headings = ["", "class", "train", "held out", "test"];
    let headings = headings
        .into_iter()
        .filter(|heading| held_out || *heading != "held out");
    let mut table = output::table(headings, 2);
    let row = |table: &mut output::Table, head: &str, class: &str, parts: Parts| {
        let held = held_out.then_some(parts.held_out);
        let counts = [Some(parts.train), held, Some(parts.test)]
            .into_iter()
            .flatten()
            .map(grouped);
        let words = [head.to_owned(), class.to_owned()];
        table.add_row(words.into_iter().chain(counts));
    };
    row(&mut table, "samples", "", counts.samples);
    for input in &counts.inputs {
        if input.absent.all() > 0 {
            row(
                &mut table,
                &format!("without {}", input.name),
                "",
                input.absent,
            );
        }
    }
    for head in &counts.heads {
        let (shown, left) = shown(&head.classes);
        for class in shown {
            row(&mut table, &head.name, &class.name, class.samples);
        }
        if left > 0 {
            table.add_row([
                head.name.clone(),
                format!("({} others between)", grouped(left)),
            ]);
        }
        if head.unlabelled.all() > 0 {
            row(&mut table, &head.name, "(no label)", head.unlabelled);
        }
    }
    table.print()?;
    for finding in found.report.findings() {
        output::entry(finding.level.word(), 7, finding)?;
    }
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{} {word}s", grouped(count)),
    };
    output::line(format_args!(
        "{}, {}, {}",
        plural(errors, "error"),
        plural(warnings, "warning"),
        plural(notes, "note")
    ))
}

/// The classes to show, in the order of the model or, where there are many, the most frequent ones and then the least; and how many are
/// left out.
fn shown(classes: &[ClassCount]) -> (Vec<&ClassCount>, usize) {
    let mut all: Vec<&ClassCount> = classes.iter().collect();
    let Some(left) = all.len().checked_sub(MOST_SHOWN + 1) else {
        return (all, 0);
    };
    all.sort_by_key(|class| std::cmp::Reverse(class.samples.train));
    let ends = MOST_SHOWN / 2;
    all.drain(ends..all.len() - ends);
    (all, left + 1)
}
