//! The command `tillsense demo`: all steps from data to verdicts on two emulated terminals.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde::Serialize;
use tempfile::TempDir;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::description::MOST_EPOCHS;
use tillsense_compiler::network::graph::Trained;
use tillsense_compiler::target::{ExportOptions, Target};
use tillsense_compiler::trained::made_from;
use tillsense_compiler::words::grouped;
use tillsense_compiler::{files, run};
use tillsense_device::boards::Machine;
use tillsense_device::terminal::Terminal;
use tillsense_device::{boards, compare, toolchain};

use super::progress::Training;
use super::{evaluate, train_file};
use crate::cli::compare::{BoardFigures, board_table, figures};
use crate::cli::progress::note;
use crate::cli::{Shared, at_least_one, output, up_to};
use crate::data::dataset::{SessionTruth, Subset};
use crate::judge::evaluate::{Evaluation, Scope};
use crate::learn::TrainOptions;
use crate::project::{Prepared, description, prepare_output, write};

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// Passes over the training sessions; more take longer and answer better
    #[arg(long, default_value_t = 6, value_name = "N")]
    epochs: usize,
    /// Training sessions used
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    limit: usize,
    /// Test sessions shown in words
    #[arg(long, default_value_t = 4, value_name = "N")]
    show: usize,
    /// Test sessions compared on each board
    #[arg(long, default_value_t = 20, value_name = "N")]
    samples: usize,
    /// The model file to write
    #[arg(long, default_value = "models/demo.till", value_name = "FILE")]
    out: PathBuf,
    /// Write over a file that is there and no model of the preset `terminal`
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense demo                              on real data where they are found, else on generated data
  tillsense demo --epochs 12 --limit 100000   the whole training, as `tillsense train terminal` does it
  tillsense demo --show 10";

#[derive(Serialize)]
struct Demo {
    evaluation: Evaluation,
    boards: Vec<BoardFigures>,
    sessions: Vec<Told>,
    seconds: f64,
}

/// A session in words, with the terminal's verdicts.
#[derive(Serialize)]
struct Told {
    session: usize,
    written: u8,
    spoken: u8,
    asked: String,
    verdicts: Vec<Concluded>,
}

/// A head's verdict beside the truth.
#[derive(Serialize)]
struct Concluded {
    head: String,
    class: String,
    percent: f64,
    defer: bool,
    truth: String,
}

/// Trains, exports, boots the terminals and shows their verdicts.
pub fn run(args: &DemoArgs, shared: &Shared) -> Result<()> {
    let started = Instant::now();
    require_counts(args)?;
    let (text, origin) = description("terminal")?;
    let source = shared.source();
    prepare_output(&args.out, &made_from(&origin), &source, args.force)?;
    let boards = boards::typical(Target::Generic);
    toolchain::ensure(&toolchain::for_machines(&boards))?;
    let mut prepared = Prepared::new(&text, &origin, source)?;
    train_file::shorten(&mut prepared, Some(args.epochs), None);
    let options_of_boards = boards.iter().map(|board| ExportOptions::at(board.reads));
    options_of_boards
        .chain([ExportOptions::GENERIC])
        .try_for_each(|aim| prepared.require_exportable(&aim))
        .with_context(|| origin.clone())?;
    let (file, trained) = train_and_write(args, &prepared, &origin, shared)?;
    let packed = Packed::make(&prepared, &trained, &boards)?;
    let evaluation = score(&prepared, &trained, &file, shared)?;
    note(
        shared,
        format_args!(
            "booting {} in QEMU for {} test sessions",
            boards[0].id, args.show
        ),
    );
    let sessions = tell(args, &prepared, &packed.boards[0])?;
    if !shared.json {
        sessions.iter().try_for_each(print)?;
        output::line("")?;
    }
    let figures = packed
        .boards
        .iter()
        .map(|(board, path, file)| figures(board, path, file, &prepared, args.samples, shared));
    let figures = figures.collect::<Result<Vec<_>>>()?;
    let seconds = started.elapsed().as_secs_f64();
    let identical = figures
        .iter()
        .try_for_each(|f| compare::require_identical(&f.comparison));
    let demo = Demo {
        evaluation,
        boards: figures,
        sessions,
        seconds,
    };
    match shared.json {
        true => output::json(&demo)?,
        false => print_figures(&demo, &args.out)?,
    }
    identical
}

/// Refuses counts that are 0 or larger than makes sense.
fn require_counts(args: &DemoArgs) -> Result<()> {
    up_to(MOST_EPOCHS, "--epochs", Some(args.epochs))?;
    let counts = [
        ("--limit", args.limit),
        ("--show", args.show),
        ("--samples", args.samples),
    ];
    (counts.into_iter()).try_for_each(|(option, count)| at_least_one(option, Some(count)))
}

/// Trains the model and writes its files; returns the bytes of the model file and the trained numbers.
fn train_and_write(
    args: &DemoArgs,
    prepared: &Prepared,
    origin: &str,
    shared: &Shared,
) -> Result<(Vec<u8>, Trained)> {
    note(
        shared,
        format_args!(
            "training the terminal model on {} ({} epochs)",
            prepared.source, args.epochs
        ),
    );
    let train_file::Outcome { trained_file, .. } = train_file::train_file(
        prepared,
        (origin, &args.out),
        Some(args.limit),
        &TrainOptions::default(),
        &mut Training::new(shared),
    )?;
    let file = prepared.export(&trained_file.trained, 1, &ExportOptions::GENERIC)?;
    write(&args.out, &file, &trained_file)?;
    Ok((file, trained_file.trained))
}

/// Scores all test sessions with the float network and with the model file.
fn score(
    prepared: &Prepared,
    trained: &Trained,
    file: &[u8],
    shared: &Shared,
) -> Result<Evaluation> {
    let tests = grouped(prepared.data.len(Subset::Test));
    note(
        shared,
        format_args!("scoring {tests} test sessions with the device's arithmetic"),
    );
    let scope = Scope::all(prepared);
    let course = Err("a demo trains too briefly for that");
    let found = evaluate::figures(prepared, Some(trained), file, (&scope, course), shared)?;
    Ok(found.0)
}

/// Prints the evaluation and the boards' figures; the sessions are printed before.
fn print_figures(demo: &Demo, out: &Path) -> Result<()> {
    output::line("")?;
    evaluate::print_summary(&demo.evaluation)?;
    output::line("")?;
    output::line(
        "The same model on emulated terminals, packed for each, every score byte compared with this machine:",
    )?;
    board_table(&demo.boards).print()?;
    let (out, seconds) = (out.display(), demo.seconds);
    output::line(format_args!(
        "wrote {out}; {seconds:.0} s in all. Next: tillsense inspect {out}, tillsense export {out} --target cortex-m4"
    ))
}

/// The model as each board's kernels read it, in a folder that goes with this.
struct Packed {
    boards: Vec<(&'static Machine, PathBuf, Vec<u8>)>,
    _folder: TempDir,
}

impl Packed {
    fn make(prepared: &Prepared, trained: &Trained, boards: &[&'static Machine]) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let board = |&board: &&'static Machine| {
            let file = prepared.export(trained, 1, &ExportOptions::at(board.reads))?;
            let path = folder.path().join(format!("{}.till", board.id));
            files::write(&path, &file)?;
            Ok((board, path, file))
        };
        Ok(Packed {
            boards: boards.iter().map(board).collect::<Result<_>>()?,
            _folder: folder,
        })
    }
}

/// Lets a terminal judge a handful of sessions: those whose digits agree and those whose digits differ, by turns.
fn tell(
    args: &DemoArgs,
    prepared: &Prepared,
    (board, path, file): &(&'static Machine, PathBuf, Vec<u8>),
) -> Result<Vec<Told>> {
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let mut terminal = Terminal::boot(board, path)?;
    terminal.require_model()?;
    let heads: Vec<_> = model.heads().collect();
    let mut told = Vec::new();
    for index in chosen(prepared, args.show) {
        let story = session_truth(prepared, index)?;
        let sample = prepared.sample(Subset::Test, index);
        let answer = compare::run(&mut terminal, &model, &sample, &prepared.order.inputs)?;
        let verdicts = heads.iter().zip(&answer.scores).zip(truths(&story));
        told.push(Told {
            session: index,
            written: story.written,
            spoken: story.spoken,
            asked: story.asked.to_owned(),
            verdicts: verdicts
                .map(|((head, scores), truth)| conclude(head, scores, truth))
                .collect(),
        });
    }
    Ok(told)
}

fn session_truth(prepared: &Prepared, index: usize) -> Result<SessionTruth<'_>> {
    prepared
        .data
        .session_truth(Subset::Test, index)
        .ok_or_else(|| anyhow!("the terminal task has stories"))
}

/// Numbers of the test sessions to show: written and spoken digit agree, then differ, and so on.
fn chosen(prepared: &Prepared, count: usize) -> Vec<usize> {
    let agrees =
        |&index: &usize| session_truth(prepared, index).is_ok_and(|s| s.written == s.spoken);
    let all = 0..prepared.data.len(Subset::Test);
    let (same, other): (Vec<_>, Vec<_>) = all.partition(agrees);
    let turns = same.into_iter().zip(other).flat_map(|(a, b)| [a, b]);
    turns.take(count).collect()
}

fn truths(story: &SessionTruth<'_>) -> [String; 3] {
    let risk = match (story.written == story.spoken, story.defaults) {
        (true, false) => "low",
        (true, true) => "high: will not pay",
        (false, false) => "high: amounts differ",
        (false, true) => "high: amounts differ, will not pay",
    };
    let behaviour = if story.buys { "buys" } else { "leaves" };
    [
        story.intent.to_owned(),
        risk.to_owned(),
        behaviour.to_owned(),
    ]
}

fn conclude(
    head: &tillsense_core::model::records::Head<'_>,
    scores: &[i8],
    truth: String,
) -> Concluded {
    let best = (0..scores.len())
        .rev()
        .max_by_key(|&class| scores[class])
        .unwrap_or(0);
    let score = i16::from(scores.get(best).copied().unwrap_or(i8::MIN)) + 128;
    Concluded {
        head: head.name.to_owned(),
        class: head
            .classes()
            .split('\n')
            .nth(best)
            .unwrap_or("?")
            .to_owned(),
        percent: f64::from(score) / 2.56,
        defer: score < i16::from(head.defer_below()),
        truth,
    }
}

fn said(verdict: &Concluded) -> String {
    let defer = if verdict.defer { ", ask a person" } else { "" };
    format!("{} ({:.0} %{defer})", verdict.class, verdict.percent)
}

fn print(told: &Told) -> Result<()> {
    output::line("")?;
    output::line(format_args!("Test session {}", told.session))?;
    output::line(format_args!("  written on the receipt  {}", told.written))?;
    output::line(format_args!("  spoken                  {}", told.spoken))?;
    output::line(format_args!(
        "  asked                   {}",
        told.asked.split_whitespace().collect::<Vec<_>>().join(" ")
    ))?;
    let said: Vec<_> = told.verdicts.iter().map(said).collect();
    let width = said.iter().map(String::len).max().unwrap_or(0);
    for (verdict, said) in told.verdicts.iter().zip(said) {
        let (head, truth) = (&verdict.head, &verdict.truth);
        output::line(format_args!(
            "  -> {head:<21}{said:<width$}   truth: {truth}"
        ))?;
    }
    Ok(())
}
