//! The command `tillsense new`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::files;
use tillsense_compiler::network::description::{Budget, parse};
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::words::grouped;

use super::compare::board;
use super::progress::{READING, note, waiting};
use super::{Shared, output};
use crate::data::DataSource;
use crate::data::own::folder::{archive_stem, is_archive};
use crate::draft::{self, Draft, Names, Request, SequenceRequest};
use crate::project::Prepared;

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct NewArgs {
    /// A folder with a sub-folder for each class or an archive of it, or a table with a row for each sample (CSV, TSV, JSON lines, Parquet)
    data: PathBuf,
    /// The description to write [default: called like the data, NAME.toml]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Column with the answer to learn (may be given again: a head each)
    #[arg(long, value_name = "COLUMN")]
    label: Vec<String>,
    /// Column whose groups stay on one side (a customer, a voice); of a folder `folder` or `prefix`
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Column that says train, valid or test [default: found by its cells]
    #[arg(long, value_name = "COLUMN")]
    split: Option<String>,
    /// Column with the time of each row: the latest rows are tested on
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Time from which on rows are tested on [default: that of the latest fifth]
    #[arg(long, value_name = "TIME")]
    after: Option<String>,
    /// Records out of a second table: NAME=FILE:key=COLUMN,order=COLUMN (may be given again)
    #[arg(long, value_name = "SEQUENCE")]
    sequence: Vec<SequenceRequest>,
    /// Board that the model must fit on: the network is made small enough
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// Limits that the model must fit, such as flash=64k,arena=16k
    #[arg(long, value_name = "LIMITS")]
    budget: Option<Budget>,
    /// Write over a description that is there
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense new clips/ -o words.toml                         class = name of the sub-folder
  tillsense new requests.csv                                 label, texts and split are found by their cells
  tillsense new sessions.csv -o till.toml --label risk --label intent --group customer \\
      --sequence history=payments.csv:key=session,order=when
  tillsense new photos/ --board netduinoplus2                small enough for this board

Then `tillsense check FILE` says what is in the data and what is wrong with them, and `tillsense train FILE` trains.";

#[derive(Serialize)]
struct Written<'a> {
    description: &'a Path,
    samples: usize,
    inputs: Vec<&'a str>,
    heads: Vec<&'a str>,
    scale: f64,
    told: &'a [String],
}

/// Looks at the data and writes a description.
pub fn run(args: &NewArgs, shared: &Shared) -> Result<()> {
    let stem = stem(&args.data);
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{stem}.toml")));
    ensure!(
        out.extension().is_some_and(|extension| extension == "toml"),
        "{}: a description is called NAME.toml; name such a file with -o",
        out.display()
    );
    ensure!(
        args.force || !out.exists(),
        "{}: is there already; name another file with -o, or write over it with --force",
        out.display()
    );
    ensure!(
        args.data.exists(),
        "{}: there is no such file or folder; name the folder or table that holds the samples",
        args.data.display()
    );
    files::writable(&out)?;
    let request = Request {
        beside: out.parent().unwrap_or(Path::new("")).to_owned(),
        name: Names::default().plain(&self::stem(&out)),
        data: args.data.clone(),
        labels: args.label.clone(),
        group: args.group.clone(),
        split: args.split.clone(),
        time: args.time.clone(),
        after: args.after.clone(),
        sequences: args.sequence.clone(),
    };
    note(shared, format_args!("looking at {}", args.data.display()));
    let folder = args.data.is_dir() || is_archive(&args.data);
    let draft = waiting(shared, READING, || match folder {
        true => draft::folder::draft(&request),
        false => draft::table::draft(&request),
    })?;
    let budget = budget(args)?;
    let (text, scale) = fitted(&draft, budget, &out, shared)?;
    files::write(&out, text.as_bytes())
        .with_context(|| format!("{}: cannot be written", out.display()))?;
    report(&draft, &out, scale, shared)
}

/// The name of a file or folder without its ending.
fn stem(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let stem = match whole.is_dir() {
        true => whole.file_name(),
        false => match archive_stem(path) {
            Some(stem) => return stem,
            None => path.file_stem(),
        },
    };
    stem.unwrap_or_default().to_string_lossy().into_owned()
}

fn budget(args: &NewArgs) -> Result<Budget> {
    let mut budget = args.budget.unwrap_or_default();
    if let Some(name) = &args.board {
        let board = board(name)?;
        budget = budget.or(Budget {
            flash: Some(board.slot_len.into()),
            arena: Some(board.arena.into()),
            instructions: None,
        });
    }
    Ok(budget)
}

/// The text of the largest network that fits the budget, and its scale.
fn fitted(draft: &Draft, budget: Budget, out: &Path, shared: &Shared) -> Result<(String, f64)> {
    let mut section = Vec::new();
    section.extend(budget.flash.map(|bytes| format!("flash = {bytes}")));
    section.extend(budget.arena.map(|bytes| format!("arena = {bytes}")));
    section.extend(
        budget
            .instructions
            .map(|count| format!("instructions = {count}")),
    );
    let origin = out.display().to_string();
    let at = |scale: f64| draft::text(draft, scale, &section);
    let whole = at(1.0);
    parse(&whole, &origin)?;
    if budget.is_empty() {
        return Ok((whole, 1.0));
    }
    note(
        shared,
        format_args!("looking for the largest network that fits"),
    );
    let mut prepared = Prepared::new(&whole, &origin, DataSource::Synthetic)?;
    let mut least = None;
    for scale in draft::SCALES {
        let text = at(scale);
        prepared.redescribe(&text, &origin)?;
        let needs = prepared.needs(&ExportOptions::GENERIC, None)?;
        let fits = budget.flash.is_none_or(|most| needs.flash <= most)
            && budget.arena.is_none_or(|most| needs.arena <= most);
        if fits {
            return Ok((text, scale));
        }
        least = Some(needs);
    }
    let least = least.ok_or_else(|| anyhow!("no scale was tried"))?;
    Err(anyhow!(
        "the smallest network takes {} bytes of flash and {} of arena, which is more than the budget; allow more, or leave inputs out",
        grouped(least.flash),
        grouped(least.arena)
    ))
}

fn report(draft: &Draft, out: &Path, scale: f64, shared: &Shared) -> Result<()> {
    if shared.json {
        return output::json(&Written {
            description: out,
            samples: draft.samples,
            inputs: draft
                .inputs
                .iter()
                .map(|input| input.name.as_str())
                .collect(),
            heads: draft.heads.iter().map(|head| head.name.as_str()).collect(),
            scale,
            told: &draft.told,
        });
    }
    for told in &draft.told {
        output::paragraph(told)?;
    }
    for input in &draft.inputs {
        output::paragraph(format_args!(
            "input `{}`: {}, {}",
            input.name,
            input.kind.name(),
            input.seen
        ))?;
    }
    for head in &draft.heads {
        output::paragraph(format_args!(
            "head `{}`: {} classes",
            head.name,
            grouped(head.classes.len())
        ))?;
    }
    let shown = out.display();
    output::paragraph(format_args!(
        "wrote {shown}; `tillsense check {shown}` says what is in the data, `tillsense train {shown}` trains"
    ))
}
