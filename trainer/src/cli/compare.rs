//! The command `tillsense compare`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run;
use tillsense_compiler::target::{Target, order, packings};
use tillsense_compiler::trained::ContentDigest;
use tillsense_compiler::words::{grouped, meant};
use tillsense_core::engine::{Model, Stage};
use tillsense_device::boards::{self, Machine};
use tillsense_device::compare::{self, Comparison, Reading, Unit};
use tillsense_device::terminal::Terminal;
use tillsense_device::toolchain::{self, Image, Sizes};

use super::aim::AimArgs;
use super::feed::{Feed, is_foreign};
use super::port::{Attached, PortArgs};
use super::progress::{READING, bar, note, slow_bar, waiting};
use super::run::board::{Planned, plan};
use super::{Shared, at_least_one, output};
#[cfg(feature = "train")]
use crate::project::Prepared;
use crate::project::{self, ModelSource};

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// The model file, or a .tflite file
    model: PathBuf,
    #[arg(long, value_name = "BOARD", help = board_help())]
    board: Vec<String>,
    #[command(flatten)]
    port: PortArgs,
    /// Test samples to run, spread over all
    #[arg(long, default_value_t = 10, value_name = "N")]
    samples: usize,
    /// Show the instructions of each part of a session
    #[arg(long)]
    counts: bool,
    #[command(flatten)]
    aim: AimArgs,
}

const EXAMPLES: &str = "Examples:
  tillsense compare models/digits.till                                 on two boards with plenty of memory, in QEMU
  tillsense compare models/digits.till --board sifive-e --samples 50   on a real part with 16 KiB of RAM
  tillsense compare models/digits.till --board mps2-an386 --counts     where the instructions go
  tillsense compare models/digits.till --port /dev/ttyACM0             on the board that is attached and holds the model
  tillsense compare models/digits.till --port COM3:115200 --board mine.toml
                                                                       on one of your own
  tillsense compare kws.tflite --board mps2-an386                      imported for the board, on made-up inputs

`tillsense emulate` is another name of it.

Imported models have no data of their own: their inputs are made up, and `tillsense verify --board` compares with answers of yours.";

/// Figures of a model on one board.
#[derive(Debug, Serialize)]
pub struct BoardFigures {
    /// Agreement of scores with this machine, and instructions.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// Name of the board's processor; `None` where the file of an attached board is not known.
    pub processor: Option<&'static str>,
    /// Origin of the samples, in words.
    pub data: String,
    /// Digest of the data set's contents; `None` where samples are made up.
    pub data_digest: Option<ContentDigest>,
    /// Section sizes of the firmware image; `None` of an attached board.
    pub firmware: Option<Sizes>,
    /// Size of the model file in bytes; it lies in flash too.
    pub model_bytes: usize,
    /// Size of the model's arena in bytes, in RAM.
    pub arena_bytes: usize,
    /// Instructions of each part of the last session.
    pub counts: Vec<PartCount>,
}

/// Instructions of one part of a session.
#[derive(Debug, Serialize)]
pub struct PartCount {
    /// The frontend or op.
    pub part: String,
    /// Number of runs.
    pub calls: u32,
    /// Of all runs: `instructions`, or what else the board counts.
    #[serde(flatten)]
    pub cost: Reading,
}

/// Runs test samples on boards.
pub fn run(args: &CompareArgs, shared: &Shared) -> Result<()> {
    at_least_one("--samples", Some(args.samples))?;
    let source = args.aim.read(&args.model)?;
    let file = source.file(Target::Generic)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let target = Target::named(model.target()).unwrap_or_default();
    let attached = args.port.attach(&args.board, &source, shared)?;
    let (planned, too_small) = match &attached {
        Some(_) => Default::default(),
        None => plan(&boards(&args.board, target)?, &source)?,
    };
    let opened = match is_foreign(&source, &model) {
        true => None,
        false => Some(waiting(shared, READING, || {
            project::open(&args.model, shared.source(), shared.data.is_some())
        })?),
    };
    let feed = match &opened {
        Some(opened) => Feed::of_data(&opened.prepared, args.samples),
        None => Feed::made_up(&model, args.samples)?,
    };
    let all = match attached {
        Some(attached) => vec![of_attached(attached, &feed, shared)?],
        None => on_emulated(&planned, &feed, shared)?,
    };
    if shared.json {
        output::json(&all)?;
    } else {
        let kind = if opened.is_some() {
            "test samples"
        } else {
            "samples"
        };
        output::line(format_args!(
            "{} on {} {kind} ({})",
            model.name(),
            grouped(feed.len()),
            feed.words()
        ))?;
        board_table(&all).print()?;
        if args.counts {
            all.iter().try_for_each(print_counts)?;
        }
    }
    let identical = all
        .iter()
        .try_for_each(|figures| compare::require_identical(&figures.comparison));
    too_small.after(identical)
}

/// Boots one board after the other and runs the samples.
fn on_emulated(planned: &[Planned], feed: &Feed<'_>, shared: &Shared) -> Result<Vec<BoardFigures>> {
    let boards: Vec<_> = planned.iter().map(|planned| planned.machine).collect();
    toolchain::ensure(&toolchain::for_machines(&boards))?;
    let figures = planned
        .iter()
        .map(|on| figures_of(on.machine, on.on_disk.path(), &on.file, feed, shared));
    figures.collect()
}

/// The boards with these names, or without names the boards that stand for the target.
fn boards(names: &[String], target: Target) -> Result<Vec<&'static Machine>> {
    if names.is_empty() {
        return Ok(boards::typical(target));
    }
    names.iter().map(|name| board(name)).collect()
}

fn board_help() -> String {
    let generic: Vec<_> = boards::typical(Target::Generic)
        .iter()
        .map(|m| m.id)
        .collect();
    format!(
        "One of {}, or a board's .toml file (may be given again) [default: those that show the file's target; {} for a generic one]",
        names(),
        generic.join(" and ")
    )
}

fn names() -> String {
    let names: Vec<_> = boards::ALL.iter().map(|machine| machine.id).collect();
    names.join(", ")
}

/// The board with this name, or of this board file.
pub fn board(name: &str) -> Result<&'static Machine> {
    if name.ends_with(".toml") {
        return boards::read(Path::new(name));
    }
    boards::find(name).ok_or_else(|| {
        anyhow!(
            "no board `{name}`; there are {}, and .toml files of your own{}",
            names(),
            meant(name, boards::ALL.iter().map(|machine| machine.id))
        )
    })
}

/// Refuses a file with weights that the board's kernels do not read, before anything is built for it.
pub fn require_packing(board: &Machine, model: &Model<'_>, source: &ModelSource) -> Result<()> {
    let native = board.reads.packing();
    match packings(model).find(|&packing| Some(packing) != native) {
        None => Ok(()),
        Some(packing) => {
            let recorded = Target::named(model.target());
            let made_for = recorded.filter(|target| target.packing() == Some(packing));
            let made_for = made_for.map_or_else(|| order(packing).to_owned(), |t| t.to_string());
            Err(anyhow!(
                "packed for {made_for}; {} needs {} ({})",
                board.id,
                board.reads,
                packed_by(source, model, board.reads)
            ))
        }
    }
}

/// How a person gets the same model packed for another processor.
fn packed_by(source: &ModelSource, model: &Model<'_>, target: Target) -> String {
    let shown = source.path().display();
    if source.network().is_some() {
        return format!("say --target {target}, or leave it out");
    }
    match is_foreign(source, model) {
        true => format!("`tillsense import NETWORK.tflite --target {target}`"),
        false => format!("`tillsense export {shown} --target {target}`"),
    }
}

/// Boots a board and runs test samples on it.
#[cfg(feature = "train")]
pub fn figures(
    board: &'static Machine,
    path: &Path,
    file: &[u8],
    prepared: &Prepared,
    samples: usize,
    shared: &Shared,
) -> Result<BoardFigures> {
    figures_of(board, path, file, &Feed::of_data(prepared, samples), shared)
}

/// Boots a board with a model file and runs samples on it.
fn figures_of(
    board: &'static Machine,
    path: &Path,
    file: &[u8],
    feed: &Feed<'_>,
    shared: &Shared,
) -> Result<BoardFigures> {
    let image = toolchain::build_firmware(board, "terminal")?;
    let sizes = Image::read(&image)?.sizes;
    note(shared, format_args!("booting {} in QEMU", board.id));
    let mut terminal = Terminal::boot_image(board, &image, path)?;
    terminal.require_model()?;
    let bar = bar(shared, board.id, feed.len());
    let place = Place {
        board: board.id,
        processor: Some(board.processor),
        unit: Unit::Instructions,
        firmware: Some(sizes),
    };
    place.run(&mut terminal, file, feed, &bar)
}

/// Runs samples on an attached board.
fn of_attached(attached: Attached, feed: &Feed<'_>, shared: &Shared) -> Result<BoardFigures> {
    let Attached {
        mut terminal,
        board,
        machine,
        unit,
        file,
    } = attached;
    let bar = slow_bar(shared, &board, feed.len());
    let place = Place {
        board: &board,
        processor: machine.map(|machine| machine.processor),
        unit,
        firmware: None,
    };
    place.run(&mut terminal, &file, feed, &bar)
}

/// Runs a model once on an attached board with every input at its longest, and prints how long each part takes there.
pub fn bench(attached: Attached, shared: &Shared) -> Result<()> {
    let file = Aligned::from(&*attached.file);
    let model = run::load(&file)?;
    let feed = Feed::longest(&model);
    let figures = of_attached(attached, &feed, shared)?;
    if shared.json {
        output::json(&figures)?;
    } else {
        print_counts(&figures)?;
        output::paragraph(format_args!(
            "{} on {}: {} {} an inference, {} bytes of file, {} of arena",
            model.name(),
            figures.comparison.board,
            grouped(figures.comparison.most.number()),
            figures.comparison.most.unit().word(),
            grouped(figures.model_bytes),
            grouped(figures.arena_bytes)
        ))?;
    }
    compare::require_identical(&figures.comparison)
}

/// Where samples are run.
struct Place<'b> {
    board: &'b str,
    processor: Option<&'static str>,
    unit: Unit,
    firmware: Option<Sizes>,
}

impl Place<'_> {
    /// Runs samples on a terminal that holds this model file.
    fn run(
        self,
        terminal: &mut Terminal,
        file: &[u8],
        feed: &Feed<'_>,
        bar: &ProgressBar,
    ) -> Result<BoardFigures> {
        let aligned = Aligned::from(file);
        let model = run::load(&aligned)?;
        let comparison = compare::compare(
            terminal,
            (self.board, self.unit),
            &model,
            feed.samples(),
            feed.order(),
            |_, _| bar.inc(1),
        );
        bar.finish_and_clear();
        let comparison = comparison?;
        let counts = compare::counts(terminal)?;
        Ok(BoardFigures {
            comparison,
            processor: self.processor,
            data: feed.words(),
            data_digest: feed.digest(),
            firmware: self.firmware,
            model_bytes: file.len(),
            arena_bytes: model.header().arena_len as usize,
            counts: counts
                .iter()
                .map(|c| PartCount {
                    part: part_name(&model, c.stage),
                    calls: c.calls,
                    cost: self.unit.reading(c.instructions),
                })
                .collect(),
        })
    }
}

/// A table of agreement, instructions, flash and RAM, one row a board.
pub fn board_table(all: &[BoardFigures]) -> output::Table {
    let cost = format!("{} a session", unit_of(all).word());
    let headings = [
        "board",
        "identical",
        &cost,
        "firmware flash",
        "model flash",
        "arena RAM",
    ];
    let mut table = output::table(headings, 1).optional(&["firmware flash", "arena RAM"]);
    for f in all {
        let board = &f.comparison.board;
        table.add_row([
            f.processor
                .map_or_else(|| board.clone(), |core| format!("{board} ({core})")),
            format!("{} of {}", f.comparison.identical, f.comparison.samples),
            f.comparison.mean.map_or("-".to_owned(), grouped),
            f.firmware
                .as_ref()
                .map_or("-".to_owned(), |sizes| grouped(sizes.flash())),
            grouped(f.model_bytes),
            grouped(f.arena_bytes),
        ]);
    }
    table
}

/// What the boards count: emulated ones, of which there may be several, all count instructions.
fn unit_of(all: &[BoardFigures]) -> Unit {
    all.first()
        .map_or(Unit::Instructions, |figures| figures.comparison.most.unit())
}

fn print_counts(figures: &BoardFigures) -> Result<()> {
    let unit = figures.comparison.most.unit().word();
    output::line("")?;
    output::line(format_args!(
        "{}: {unit} of the last session",
        figures.comparison.board
    ))?;
    let mut table = output::table(["part", "calls", unit], 1);
    for count in &figures.counts {
        table.add_row([
            count.part.clone(),
            grouped(count.calls),
            grouped(count.cost.number()),
        ]);
    }
    table.print()
}

fn part_name(model: &Model<'_>, stage: Stage) -> String {
    match stage {
        Stage::Frontend(input) => {
            let name = model.input(usize::from(input)).map_or("?", |i| i.name);
            format!("{name}: frontend")
        }
        Stage::Op(at) => {
            let inputs = model
                .inputs()
                .flat_map(|input| [(input.name, input.step), (input.name, input.finish)]);
            let parts = inputs.chain([("trunk", model.trunk())]);
            let mut found = parts.flat_map(|(name, part)| {
                model
                    .ops(part)
                    .map(move |(place, op)| (name, place, op.name()))
            });
            let found = found.find(|(_, place, _)| *place == at);
            found.map_or(format!("op at {at}"), |(name, _, op)| {
                format!("{name}: {op}")
            })
        }
    }
}
