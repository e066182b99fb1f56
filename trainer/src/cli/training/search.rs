//! The command `tillsense search`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;
use tillsense_compiler::files;
use tillsense_compiler::network::description::{Budget, MOST_EPOCHS};
use tillsense_compiler::target::{ExportOptions, FLASH_GROWTH, Target};
use tillsense_compiler::text::shown;
use tillsense_compiler::trained::{EpochReport, HeadScore};
use tillsense_compiler::words::{grouped, percent};

use super::interrupt::Interrupt;
use crate::cli::progress::{READING, bar, note, waiting};
use crate::cli::{Shared, at_least_one, output, up_to};
use crate::judge::search::{
    self, Found, NetworkFigures, Options, Point, Skipped, Space, Watch, front,
};
use crate::learn::{End, Observer, Start, StepReport};
use crate::project::{Prepared, description};

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SearchArgs {
    /// A preset (see `tillsense presets`) or the file of a description, NAME.toml
    model: String,
    /// The folder of results; a search that was stopped in it goes on
    #[arg(long, short, value_name = "FOLDER")]
    out: PathBuf,
    /// What a model may take, as for `tillsense train`: flash=24k,arena=8k,instructions=1.5M, any of them. Goes before the
    /// description's `[budget]`; networks that do not fit are skipped without training
    #[arg(long, value_name = "WHAT=N,...")]
    budget: Option<Budget>,
    /// Networks to train
    #[arg(long, default_value_t = 12, value_name = "N")]
    trials: usize,
    /// Instead of the description's number of epochs
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Train and judge on this many samples only, spread over all
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Decides which networks are drawn; each is trained with the description's own seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The processor for which sizes are computed and instructions counted
    #[arg(long, value_enum, default_value_t, value_name = "TARGET")]
    target: Target,
    /// By how many percent faster algorithms may let a packed file grow
    #[arg(long, default_value_t = FLASH_GROWTH, value_name = "PCT")]
    flash_growth: u16,
}

const EXAMPLES: &str = "Examples:
  tillsense search credit-risk --budget flash=6k -o found
  tillsense search digits --target cortex-m4 --budget flash=16k,instructions=400k --trials 20 -o found
  tillsense search mine.toml --epochs 3 --limit 4000 -o found     a quick look
  tillsense train found/best.toml                                 trains the best one in full

The space around the description, printed first, is:
  INPUT.width     channels, units and hidden units of an encoder, all times 0.5, 0.71, 1, 1.41 or 2, in multiples of 4
  INPUT.depth     a dense or conv2d layer of an encoder left out or there twice (then with stride 1 and padding \"same\")
  INPUT.buckets   rows of a text's table, times the same factors
  fusion.size, fusion.dense, HEAD.dense   the same factors; dense layers may also be none
Networks are drawn at random, the description itself first. At least a fifth of the training samples is held out (composed tasks: their
own twentieth) and judges them: the mean over the exported heads, by weight, of AUC for two classes or else accuracy. Test samples are
not looked at. Scores of few samples are noisy: differences of a percent among small sets say little.

FOLDER holds trials.jsonl (a line for each network drawn), pareto.svg, best.toml, and front-N.toml for each trial N that no other beats
in both score and flash.";

/// Limit of networks to train.
const MOST_NETWORKS: usize = 100_000;

/// The results of a search, for JSON.
#[derive(Serialize)]
struct Results<'a> {
    model: &'a str,
    data: String,
    folder: &'a Path,
    space: Vec<SpaceLine<'a>>,
    networks: u64,
    drawn: usize,
    skipped: BTreeMap<Skipped, usize>,
    trials: Vec<Row<'a>>,
    best: PathBuf,
    plot: PathBuf,
}

#[derive(Serialize)]
struct SpaceLine<'a> {
    name: &'a str,
    choices: Vec<&'a str>,
    described: &'a str,
}

/// A trained network as one row of the results.
#[derive(Serialize)]
struct Row<'a> {
    trial: usize,
    changes: String,
    #[serde(flatten)]
    figures: &'a NetworkFigures,
    front: bool,
    #[serde(skip)]
    text: String,
}

/// Searches, prints the results and writes the front.
pub fn run(args: &SearchArgs, shared: &Shared) -> Result<()> {
    up_to(MOST_NETWORKS, "--trials", Some(args.trials))?;
    up_to(MOST_EPOCHS, "--epochs", args.epochs)?;
    at_least_one("--limit", args.limit)?;
    let (text, origin) = description(&args.model)?;
    let mut prepared = waiting(shared, READING, || {
        Prepared::new(&text, &origin, shared.source())
    })?;
    let space = search::space(&prepared, &origin)?;
    let interrupt = Interrupt::watch()?;
    let options = options(args, &prepared, &interrupt);
    show_space(&prepared, &space, &options, shared);
    let mut progress = Progress::new(shared, &options);
    interrupt.busy.store(true, Ordering::SeqCst);
    let found = search::search(
        &mut prepared,
        &origin,
        &space,
        &args.out,
        &options,
        &mut progress,
    );
    drop(progress);
    let found = found?;
    if found.end == End::Stopped {
        bail!(
            "stopped after {} of {} trials; the same command goes on from here",
            found.trained().count(),
            args.trials
        );
    }
    let rows = rows(&found, &space);
    if rows.is_empty() {
        bail!(
            "{origin}: none of {} networks fits{}; allow more, or start from a smaller description",
            grouped(found.draws.len()),
            reasons(&found)
        );
    }
    let results = Results {
        model: &prepared.spec.name,
        data: prepared.data_words(),
        folder: &args.out,
        space: lines(&space),
        networks: space.len(),
        drawn: found.draws.len(),
        skipped: found.skipped(),
        best: args.out.join("best.toml"),
        plot: args.out.join("pareto.svg"),
        trials: rows,
    };
    write(&results, &origin, &options)?;
    if shared.json {
        return output::json(&results);
    }
    print(&results, &found, &options)
}

/// The options of a search; limits of `--budget` go before those of the description.
fn options(args: &SearchArgs, prepared: &Prepared, interrupt: &Interrupt) -> Options {
    Options {
        networks: args.trials,
        epochs: args.epochs,
        limit: args.limit,
        seed: args.seed,
        aim: ExportOptions {
            target: args.target,
            flash_growth: args.flash_growth,
        },
        budget: args.budget.unwrap_or_default().or(prepared.spec.budget),
        stop: Arc::clone(&interrupt.stop),
    }
}

/// Prints the dimensions of the space with their choices.
fn show_space(prepared: &Prepared, space: &Space, options: &Options, shared: &Shared) {
    let (name, source) = (&prepared.spec.name, &prepared.source);
    note(
        shared,
        format_args!(
            "{name}: a space of {} networks, {source}; [as described]",
            grouped(space.len())
        ),
    );
    let width = space
        .dimensions
        .iter()
        .map(|d| d.name.len())
        .max()
        .unwrap_or(0);
    for dimension in &space.dimensions {
        let choices = dimension.choices.iter().enumerate();
        let choices: Vec<_> = choices
            .map(|(at, choice)| match at == dimension.described {
                true => format!("[{}]", choice.label),
                false => choice.label.clone(),
            })
            .collect();
        note(
            shared,
            format_args!("  {:<width$}  {}", dimension.name, choices.join(" | ")),
        );
    }
    let budget = match options.budget.is_empty() {
        true => "no budget".to_owned(),
        false => format!("budget {}", options.budget),
    };
    note(
        shared,
        format_args!(
            "{budget}, target {}, seed {}",
            options.aim.target, options.seed
        ),
    );
}

fn lines(space: &Space) -> Vec<SpaceLine<'_>> {
    let mut lines = Vec::new();
    for dimension in &space.dimensions {
        let choices: Vec<&str> = dimension.choices.iter().map(|c| c.label.as_str()).collect();
        lines.push(SpaceLine {
            name: &dimension.name,
            described: choices[dimension.described],
            choices,
        });
    }
    lines
}

/// Trained networks, the best first; among equal scores the smaller first.
fn rows<'a>(found: &'a Found, space: &Space) -> Vec<Row<'a>> {
    let trained: Vec<_> = found.trained().collect();
    let figures: Vec<_> = trained.iter().map(|(_, f)| (f.score, f.flash)).collect();
    let mut rows: Vec<_> = trained
        .iter()
        .zip(front(&figures))
        .enumerate()
        .map(|(at, (&(draw, figures), front))| Row {
            trial: at + 1,
            changes: space.words(&draw.choices),
            figures,
            front,
            text: space.text(&draw.choices),
        })
        .collect();
    rows.sort_by(|a, b| {
        let by_score = b.figures.score.total_cmp(&a.figures.score);
        by_score.then(a.figures.flash.cmp(&b.figures.flash))
    });
    rows
}

/// Writes the descriptions of the front and the plot, and removes those of an earlier, shorter search.
fn write(results: &Results<'_>, origin: &str, options: &Options) -> Result<()> {
    let folder = results.folder;
    let text = |row: &Row<'_>| {
        format!(
            "# Trial {} of a search around {}: {} on held-out samples, {} bytes for {}; {}.\n{}",
            row.trial,
            // A line end in the name of the file would end the comment.
            shown(origin),
            judged(row.figures),
            grouped(row.figures.flash),
            options.aim.target,
            row.changes,
            row.text
        )
    };
    if let Some(best) = results.trials.first() {
        files::write(&results.best, text(best).as_bytes())?;
    }
    let mut names = Vec::new();
    for row in results.trials.iter().filter(|row| row.front) {
        let name = format!("front-{}.toml", row.trial);
        files::write(&folder.join(&name), text(row).as_bytes())?;
        names.push(name);
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if search::is_front(&name) && !names.contains(&name) {
            fs::remove_file(entry.path())
                .with_context(|| format!("{}: cannot be removed", entry.path().display()))?;
        }
    }
    let title = format!(
        "{}: {} networks, {}",
        results.model,
        results.trials.len(),
        options.aim.target
    );
    files::write(
        &results.plot,
        search::svg(&title, &points(results)).as_bytes(),
    )
}

fn points(results: &Results<'_>) -> Vec<Point> {
    let point = |row: &Row<'_>| Point {
        number: row.trial,
        flash: row.figures.flash,
        score: row.figures.score,
        front: row.front,
    };
    results.trials.iter().map(point).collect()
}

fn print(results: &Results<'_>, found: &Found, options: &Options) -> Result<()> {
    output::line(format_args!(
        "{} ({}), {} networks trained of {} drawn{}; held-out figures, for {}",
        results.model,
        results.data,
        results.trials.len(),
        grouped(results.drawn),
        reasons(found),
        options.aim.target
    ))?;
    table(&results.trials).print()?;
    output::lines(search::text_plot(&points(results)))?;
    let folder = results.folder.display();
    output::line(format_args!(
        "* on the Pareto front: no other scores as well in less flash; {folder}/front-N.toml each, {folder}/pareto.svg"
    ))?;
    output::line(format_args!(
        "best: {folder}/best.toml; next: tillsense train {folder}/best.toml"
    ))
}

fn table(rows: &[Row<'_>]) -> output::Table {
    let figures = rows.first().map(|row| row.figures);
    let heads = figures.map_or(&[][..], |figures| &figures.held_out);
    let counted = figures.is_some_and(|figures| figures.instructions.is_some());
    let mut headings = vec!["".to_owned(), "trial".to_owned()];
    headings.extend(heads.iter().map(|head| match head.classes {
        2 => format!("{} AUC", head.head),
        _ => head.head.clone(),
    }));
    if heads.len() > 1 {
        headings.push("score".to_owned());
    }
    headings.extend(["flash", "arena"].map(str::to_owned));
    if counted {
        headings.push("instructions".to_owned());
    }
    headings.push("changes".to_owned());
    let last = headings.len() - 1;
    let optional = ["arena", "instructions", "score"];
    let mut table = output::table(headings.iter().map(String::as_str), 1).optional(&optional);
    table.align_left(last);
    for row in rows {
        let mut cells = vec![
            if row.front { "*" } else { "" }.to_owned(),
            row.trial.to_string(),
        ];
        cells.extend(row.figures.held_out.iter().map(figure));
        if heads.len() > 1 {
            cells.push(format!("{:.4}", row.figures.score));
        }
        cells.extend([row.figures.flash, row.figures.arena].map(grouped));
        if counted {
            cells.push(row.figures.instructions.map_or("-".to_owned(), grouped));
        }
        cells.push(row.changes.clone());
        table.add_row(cells);
    }
    table
}

fn figure(head: &HeadScore) -> String {
    match (head.judged(), head.classes) {
        (Err(_), _) => "-".to_owned(),
        (Ok(area), 2) => format!("{area:.4}"),
        (Ok(accuracy), _) => percent(accuracy),
    }
}

/// Scores as text: `default AUC 0.7712, ...`.
fn judged(figures: &NetworkFigures) -> String {
    let words: Vec<_> = figures.held_out.iter().map(HeadScore::words).collect();
    words.join(", ")
}

/// Skipped networks as text: ` (skipped: 3 of too much flash)`.
fn reasons(found: &Found) -> String {
    let words: Vec<_> = found
        .skipped()
        .into_iter()
        .map(|(reason, count)| {
            let why = match reason {
                Skipped::NoNetwork => "no network",
                Skipped::Flash => "too much flash",
                Skipped::Arena => "too much arena",
                Skipped::Instructions => "too many instructions",
                Skipped::Diverged => "diverged",
            };
            format!("{} {why}", grouped(count))
        })
        .collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(" (skipped: {})", words.join(", ")),
    }
}

/// Progress of a search: a bar through each network, and a line for each network that is done.
struct Progress<'a> {
    shared: &'a Shared,
    bar: ProgressBar,
    networks: usize,
    prefix: String,
    best: Option<(usize, f64)>,
    steps: usize,
    epochs: usize,
}

impl<'a> Progress<'a> {
    fn new(shared: &'a Shared, options: &Options) -> Self {
        Progress {
            shared,
            bar: ProgressBar::hidden(),
            networks: options.networks,
            prefix: String::new(),
            best: None,
            steps: 0,
            epochs: 0,
        }
    }
}

impl Observer for Progress<'_> {
    fn start(&mut self, start: &Start) {
        (self.steps, self.epochs) = (start.steps, start.epochs);
        self.bar.finish_and_clear();
        self.bar = bar(self.shared, &self.prefix, start.steps * start.epochs);
    }

    fn step(&mut self, report: &StepReport) {
        self.bar
            .set_position((report.epoch * self.steps + report.step + 1) as u64);
    }

    fn epoch(&mut self, report: &EpochReport) {
        let best = self.best.map_or(String::new(), |(network, score)| {
            format!(", best {score:.4} (trial {network})")
        });
        self.bar
            .set_message(format!("epoch {}/{}{best}", report.epoch + 1, self.epochs));
    }
}

impl Watch for Progress<'_> {
    fn network(&mut self, number: usize, _: &str) {
        self.prefix = format!("trial {number}/{}", self.networks);
    }

    fn done(&mut self, number: usize, changes: &str, figures: &NetworkFigures) {
        if self.best.is_none_or(|(_, score)| figures.score > score) {
            self.best = Some((number, figures.score));
        }
        let (best, _) = self.best.unwrap_or_default();
        let line = format!(
            "trial {number}/{}: {}, flash {}, arena {} ({changes}); best: trial {best}",
            self.networks,
            judged(figures),
            grouped(figures.flash),
            grouped(figures.arena),
        );
        self.bar.suspend(|| note(self.shared, line));
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
