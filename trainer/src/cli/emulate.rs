//! `tillsense emulate`.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tillsense_core::engine::{Model, Stage};

use super::{Shared, evaluate, output};
use crate::aligned::Aligned;
use crate::pipeline::{Prepared, spread};
use crate::remote::{self, Comparison};
use crate::score;
use crate::task::Part;
use crate::terminal::{Machine, Terminal, machine};
use crate::toolchain::{self, Image, Sizes};

/// Arguments of `emulate`.
#[derive(Debug, Args)]
pub struct EmulateArgs {
    /// The model file
    model: PathBuf,
    /// The board (may be given again) [default: mps2-an386 and riscv-virt]
    #[arg(long, value_name = "BOARD")]
    board: Vec<String>,
    /// Test samples to run, evenly spaced
    #[arg(long, default_value_t = 10, value_name = "N")]
    samples: usize,
    /// Show the instructions of each part of a session
    #[arg(long)]
    counts: bool,
}

/// A board's figures.
#[derive(Debug, Serialize)]
pub struct BoardFigures {
    /// Agreement with this machine, and instructions.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// The board's processor.
    pub processor: &'static str,
    /// Bytes of the firmware image.
    pub firmware: Sizes,
    /// Bytes of the model file, in flash too.
    pub model_bytes: usize,
    /// Bytes of arena that the model needs, in RAM.
    pub arena_bytes: usize,
    /// Instructions of each part of the last session.
    pub counts: Vec<PartCount>,
}

/// Instructions of a part of a session.
#[derive(Debug, Serialize)]
pub struct PartCount {
    /// Frontend or op.
    pub part: String,
    /// Times it ran.
    pub calls: u32,
    /// Instructions in all.
    pub instructions: u64,
}

/// Runs test samples on emulated boards.
pub fn run(args: &EmulateArgs, shared: &Shared) -> Result<()> {
    let boards = boards(&args.board)?;
    let (file, prepared, _) = evaluate::open(&args.model, shared)?;
    toolchain::ensure(&toolchain::for_machines(&boards))?;
    let mut all = Vec::new();
    for board in boards {
        all.push(figures(board, &args.model, &file, &prepared, args.samples, !shared.json)?);
    }
    if shared.json {
        output::json(&all)?;
    } else {
        println!("{} test samples ({})", args.samples, prepared.source);
        println!("{}", board_table(&all));
        if args.counts {
            all.iter().for_each(print_counts);
        }
    }
    all.iter().try_for_each(|figures| remote::require_identical(&figures.comparison))
}

/// The boards with these names, or the two with plenty of memory.
pub fn boards(names: &[String]) -> Result<Vec<&'static Machine>> {
    if names.is_empty() {
        return Ok(vec![&machine::MPS2_AN386, &machine::RISCV_VIRT]);
    }
    let known = machine::ALL.map(|m| m.id).join(", ");
    let find = |name: &String| machine::find(name).ok_or_else(|| anyhow!("no board `{name}`; there are {known}"));
    names.iter().map(find).collect()
}

/// Boots a board and runs test samples on it.
pub fn figures(
    board: &'static Machine,
    path: &std::path::Path,
    file: &[u8],
    prepared: &Prepared,
    samples: usize,
    progress: bool,
) -> Result<BoardFigures> {
    let numbers = spread(prepared.data.len(Part::Test), Some(samples));
    if numbers.is_empty() {
        bail!("--samples must be at least 1");
    }
    let aligned = Aligned::from(file);
    let model = score::load(&aligned)?;
    let image = toolchain::build_firmware(board, "terminal")?;
    let sizes = Image::read(&image)?.sizes;
    let mut terminal = Terminal::boot_image(board, &image, path)?;
    terminal.require_model()?;
    let bar = if progress { ProgressBar::new(numbers.len() as u64) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(board.id);
    let samples = numbers.iter().map(|&n| prepared.data.sample(Part::Test, n));
    let comparison = remote::compare(&mut terminal, board.id, &model, samples, &prepared.order.inputs, |_, _| bar.inc(1))?;
    bar.finish_and_clear();
    let counts = remote::counts(&mut terminal)?;
    Ok(BoardFigures {
        comparison,
        processor: board.processor,
        firmware: sizes,
        model_bytes: file.len(),
        arena_bytes: model.header().arena_len as usize,
        counts: counts.iter().map(|c| PartCount { part: part_name(&model, c.stage), calls: c.calls, instructions: c.instructions }).collect(),
    })
}

/// Agreement, instructions, flash and RAM of boards.
pub fn board_table(all: &[BoardFigures]) -> comfy_table::Table {
    let mut table = output::table(["board", "identical", "instructions a session", "firmware flash", "model flash", "arena RAM"]);
    for f in all {
        table.add_row([
            format!("{} ({})", f.comparison.board, f.processor),
            format!("{} of {}", f.comparison.identical, f.comparison.samples),
            output::grouped(f.comparison.mean_instructions),
            output::grouped(f.firmware.flash()),
            output::grouped(f.model_bytes as u64),
            output::grouped(f.arena_bytes as u64),
        ]);
    }
    table
}

fn print_counts(figures: &BoardFigures) {
    println!("\n{}: instructions of the last session", figures.comparison.board);
    let mut table = output::table(["part", "calls", "instructions"]);
    for count in &figures.counts {
        table.add_row([count.part.clone(), count.calls.to_string(), output::grouped(count.instructions)]);
    }
    println!("{table}");
}

fn part_name(model: &Model<'_>, stage: Stage) -> String {
    match stage {
        Stage::Frontend(input) => {
            let name = model.input(usize::from(input)).map_or("?", |i| i.name);
            format!("{name}: frontend")
        }
        Stage::Op(at) => {
            let inputs = model.inputs().flat_map(|input| [(input.name, input.step), (input.name, input.finish)]);
            let parts = inputs.chain([("trunk", model.trunk())]);
            let mut found = parts.flat_map(|(name, part)| model.ops(part).map(move |(place, op)| (name, place, op.name())));
            let found = found.find(|(_, place, _)| *place == at);
            found.map_or(format!("op at {at}"), |(name, _, op)| format!("{name}: {op}"))
        }
    }
}
