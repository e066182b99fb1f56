//! The command `tillsense bench`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use tillsense_compiler::words::grouped;
use tillsense_device::bench::data::Data;
use tillsense_device::bench::time::{self, Range, TimeFigures};
use tillsense_device::bench::{self, Figure, ModelFigures, fastest, summary, tables};
use tillsense_device::boards::Machine;

use super::aim::AimArgs;
use super::compare::{self, board};
use super::port::PortArgs;
use super::progress::note;
use super::run::board::require_fit;
use super::{Shared, output};
use crate::project::ModelSource;

/// What `bench` measures.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Instructions of single layers on an emulated board, beside CMSIS-NN's
    Kernels(KernelsArgs),
    /// Instructions of each part of a model on an emulated board, and the memory it takes
    Model(ModelArgs),
    /// Flash of a whole program in C around a model, part by part: engine, C boundary, C library, program, model
    Library(LibraryArgs),
    /// Write the tables of README, docs/PERFORMANCE.md and docs/SIZE.md anew from the figures in tests/golden
    Tables(TablesArgs),
}

/// Arguments of `bench library`.
#[derive(Debug, Args)]
#[command(after_help = LIBRARY_EXAMPLES)]
pub struct LibraryArgs {
    /// The model file, packed for the board (`tillsense export` or `import` with --target) or for any (`generic`); or a .tflite file
    model: PathBuf,
    /// The board: mps2-an386 or riscv-virt
    #[arg(long, value_name = "BOARD", default_value = "mps2-an386")]
    board: String,
    /// The folder of the sources, in which examples/c/bare lies
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    #[command(flatten)]
    aim: AimArgs,
}

const LIBRARY_EXAMPLES: &str = "Examples:
  tillsense bench library models/seed-digits.till          on a Cortex-M4
  tillsense bench library kws.tflite --board riscv-virt    imported for the board on the way

The program opens the model, pushes inputs of zeros, runs and says the first verdict; it is run in QEMU too.";

/// Arguments of `bench tables`.
#[derive(Debug, Args)]
#[command(after_help = TABLES_EXAMPLES)]
pub struct TablesArgs {
    /// Write nothing, and fail where a table is stale
    #[arg(long)]
    check: bool,
    /// The folder of the sources
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

const TABLES_EXAMPLES: &str = "Examples:
  tillsense bench tables                         in the folder of the sources
  tillsense bench tables --check                 whether any is stale, as CI asks";

/// Arguments of `bench model`.
#[derive(Debug, Args)]
#[command(after_help = MODEL_EXAMPLES)]
pub struct ModelArgs {
    /// The model file, packed for the board (`tillsense export` or `import` with --target) or for any (`generic`); or a .tflite file
    model: PathBuf,
    /// The board (see `tillsense compare --help`) [default: mps2-an386]
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    #[command(flatten)]
    port: PortArgs,
    /// Clock of the part's processor in megahertz: how long the model takes there [default: that of the board's file]
    #[arg(long, value_name = "MHZ")]
    mhz: Option<f64>,
    /// Cycles and milliseconds too, of a board whose file says nothing of a part's memory ([timing])
    #[arg(long)]
    cycles: bool,
    #[command(flatten)]
    aim: AimArgs,
}

const MODEL_EXAMPLES: &str = "Examples:
  tillsense bench model models/digits.till                       on a Cortex-M4
  tillsense bench model models/digits.till --board riscv-virt --json
  tillsense bench model models/digits.till --board netduinoplus2 --mhz 84
                                                                 milliseconds at that clock
  tillsense bench model models/digits.till --port /dev/ttyACM0   what the attached board itself counts: nanoseconds on Arm parts
  tillsense bench model kws.tflite                               imported for the board on the way

Every input is taken at its longest: the counts are those of the worst case. A part that QEMU does not have is
measured on a board with the same processor; cycles are modelled, and docs/PERFORMANCE.md says how far from silicon.";

/// Arguments of `bench kernels`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct KernelsArgs {
    /// The board (see `tillsense compare --help`) [default: mps2-an386]
    #[arg(long, value_name = "BOARD", default_value = "mps2-an386")]
    board: String,
    /// Of the weights and inputs; counts do not depend on it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// All algorithms of a layer, not only the one with the fewest instructions
    #[arg(long)]
    all: bool,
    /// Modelled cycles too: of a Cortex-M4 and a Cortex-M7 on a board of either, else of the board's own processor
    #[arg(long)]
    cycles: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense bench kernels                        on a Cortex-M4
  tillsense bench kernels --board riscv-virt     on RV32IMAC
  tillsense bench kernels --cycles               with modelled cycles beside the instructions
  tillsense bench kernels --board mps3-an547 --json";

/// Runs one of the measurements and prints its figures.
pub fn run(command: &BenchCommand, shared: &Shared) -> Result<()> {
    match command {
        BenchCommand::Kernels(args) => kernels(args, shared),
        BenchCommand::Model(args) => model(args, shared),
        BenchCommand::Library(args) => library(args, shared),
        BenchCommand::Tables(args) => tables(args, shared),
    }
}

fn kernels(args: &KernelsArgs, shared: &Shared) -> Result<()> {
    let machine = board(&args.board)?;
    note(
        shared,
        format_args!("measuring layers on {machine} in QEMU"),
    );
    let data = [Data::random(args.seed)];
    let mut figures = if args.cycles {
        bench::kernels_with_cycles(machine, &data)?
    } else {
        bench::kernels(machine, &data)?
    };
    if !args.all {
        figures = fastest(figures);
    }
    if shared.json {
        output::json(&figures)?;
    } else {
        output::line(format_args!(
            "{machine}: executed instructions, counted under QEMU -icount"
        ))?;
        table(&figures).print()?;
        if let Some((mean, worst)) = summary(&fastest(figures.clone())) {
            output::line(format_args!(
                "CMSIS-NN / ours: geometric mean {mean:.2}, smallest {:.2} ({})",
                worst.ratio.unwrap_or_default(),
                worst.id
            ))?;
        }
    }
    let unequal: Vec<_> = figures
        .iter()
        .filter(|f| !f.equal_to_reference)
        .map(|f| f.id)
        .collect();
    ensure!(
        unequal.is_empty(),
        "{}: results differ from the reference: {}",
        machine.id,
        unequal.join(", ")
    );
    Ok(())
}

fn library(args: &LibraryArgs, shared: &Shared) -> Result<()> {
    let machine = board(&args.board)?;
    let sources = args.root.join("examples/c/bare");
    ensure!(
        sources.join(machine.id).is_dir(),
        "{}: no program in C for {}; --root names the folder of the sources, which has one for mps2-an386 and riscv-virt",
        sources.display(),
        machine.id
    );
    let source = args.aim.read(&args.model)?;
    let file = source.file(machine.reads)?;
    let figures = bench::c_program(machine, &file, &sources)?;
    if shared.json {
        return output::json(&figures);
    }
    let mut table = output::table(["flash of", "bytes"], 1);
    for (owner, bytes) in &figures.bytes {
        table.add_row([owner.name().to_owned(), grouped(*bytes)]);
    }
    table.add_row(["all".to_owned(), grouped(figures.flash_bytes)]);
    table.print()?;
    output::line(format_args!(
        "{} on {machine}: {} bytes of RAM beside the stack",
        figures.model,
        grouped(figures.ram_bytes)
    ))
}

/// Makes the documents' tables anew, or says which are stale.
fn tables(args: &TablesArgs, shared: &Shared) -> Result<()> {
    if args.check {
        return tables::check(&args.root);
    }
    let written = tables::write(&args.root)?;
    if shared.json {
        return output::json(&written);
    }
    for path in written {
        output::line(format_args!("wrote {}", path.display()))?;
    }
    Ok(())
}

fn table(figures: &[Figure]) -> output::Table {
    let figure = |value: Option<u64>| value.map_or("-".to_owned(), grouped);
    let cycles = figures.iter().any(|f| f.cycles_m4.is_some());
    let own = figures.iter().any(|f| f.cycles.is_some());
    let mut headings = vec!["", "layer", "algorithm", "instructions", "each"];
    if cycles {
        headings.extend(["cycles M4", "cycles M7"]);
    }
    if own {
        headings.push("cycles");
    }
    headings.extend(["CMSIS-NN", "ratio", "weights", "scratch", "equal"]);
    let mut table = output::table(headings, 3).optional(&[
        "scratch",
        "weights",
        "cycles M7",
        "cycles M4",
        "cycles",
        "each",
        "CMSIS-NN",
        "algorithm",
    ]);
    for f in figures {
        let mut row = vec![
            f.id.to_owned(),
            f.layer.to_owned(),
            f.algorithm.clone(),
            grouped(f.instructions),
            format!("{:.2}", f.per_mac),
        ];
        if cycles {
            row.extend([f.cycles_m4, f.cycles_m7].map(figure));
        }
        if own {
            row.push(figure(f.cycles));
        }
        row.extend([
            figure(f.cmsis_nn),
            f.ratio
                .map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
            grouped(f.weight_bytes),
            grouped(f.scratch_bytes),
            if f.equal_to_reference { "yes" } else { "NO" }.to_owned(),
        ]);
        table.add_row(row);
    }
    table
}

/// Measures a model on an emulated board; with the time that it takes, where that is asked for or the board's file says how.
pub(super) fn measure(
    machine: &'static Machine,
    (source, file): (&ModelSource, &[u8]),
    (mhz, cycles): (Option<f64>, bool),
    shared: &Shared,
) -> Result<ModelFigures> {
    require_fit(machine, source, file)?;
    let timed = cycles || mhz.is_some() || machine.board.timing.is_some();
    let hertz = timed.then(|| time::clock(machine, mhz)).transpose()?;
    let executes = time::emulated(machine);
    note(
        shared,
        format_args!(
            "measuring {} on {executes} in QEMU",
            source.path().display()
        ),
    );
    let mut figures = bench::model(executes, file)?;
    if let Some(hertz) = hertz {
        figures.time = Some(time::time(machine, file, &figures, hertz)?);
    }
    Ok(figures)
}

fn model(args: &ModelArgs, shared: &Shared) -> Result<()> {
    let source = args.aim.read(&args.model)?;
    if let Some(attached) = args.port.attach(args.board.as_slice(), &source, shared)? {
        ensure!(
            args.mhz.is_none() && !args.cycles,
            "an attached board measures its own time; --mhz and --cycles are for a model of it"
        );
        return compare::bench(attached, shared);
    }
    let machine = board(args.board.as_deref().unwrap_or("mps2-an386"))?;
    let file = source.file(machine.reads)?;
    require_fit(machine, &source, &file)?;
    let figures = measure(machine, (&source, &file), (args.mhz, args.cycles), shared)?;
    let executes = time::emulated(machine);
    if shared.json {
        output::json(&figures)?;
    } else {
        parts_table(&figures).print()?;
        output::paragraph(format_args!(
            "{} on {executes}: {} instructions an inference, {} bytes of file, {} of engine code, {} of arena, {} of stack",
            figures.model,
            grouped(figures.instructions),
            grouped(figures.file_bytes),
            grouped(figures.engine_bytes),
            grouped(figures.arena_bytes),
            grouped(figures.stack_bytes)
        ))?;
        if let Some(time) = &figures.time {
            print_time(time)?;
        }
    }
    let unequal = figures
        .parts
        .iter()
        .filter(|part| part.equal_to_reference == Some(false));
    let unequal: Vec<_> = unequal.map(|part| part.id.to_string()).collect();
    ensure!(
        unequal.is_empty(),
        "{}: results differ from this machine's: {}",
        machine.id,
        unequal.join(", ")
    );
    ensure!(
        figures.scores_equal,
        "{}: scores differ from this machine's",
        machine.id
    );
    Ok(())
}

/// Prints how long a model takes on a part.
fn print_time(time: &TimeFigures) -> Result<()> {
    let mut table = output::table(["", "best", "modelled", "worst"], 1);
    let mut row = |what: &str, range: Range<String>| {
        let Range {
            best,
            modelled,
            worst,
        } = range;
        table.add_row([what.to_owned(), best, modelled, worst]);
    };
    row("cycles", time.cycles.map(grouped));
    row("milliseconds", time.milliseconds.map(two));
    if let Some(millijoules) = time.millijoules {
        row("millijoules", millijoules.map(two));
    }
    table.print()?;
    let waits = match time.sources.is_empty() {
        true => "as if no memory were waited for (its file has no [timing])".to_owned(),
        false => format!("{} wait states", time.waits),
    };
    output::paragraph(format_args!(
        "{} at {} MHz, {waits}: instructions as {} executes them in QEMU, cycles modelled of the pipeline {}. \
         Best is without waiting for flash, worst without its prefetch and cache; docs/PERFORMANCE.md says how far the \
         models are from silicon",
        time.board,
        f64::from(time.hertz) / 1e6,
        time.measured_on,
        time.pipeline
    ))?;
    for source in &time.sources {
        output::paragraph(format_args!("Figures of the part: {source}"))?;
    }
    Ok(())
}

fn two(figure: f64) -> String {
    format!("{figure:.2}")
}

fn parts_table(figures: &ModelFigures) -> output::Table {
    let headings = [
        "",
        "part",
        "layer",
        "algorithm",
        "calls",
        "instructions",
        "per MAC",
        "weights",
        "scratch",
        "equal",
    ];
    let mut table = output::table(headings, 4).optional(&[
        "scratch",
        "weights",
        "calls",
        "per MAC",
        "algorithm",
    ]);
    for part in &figures.parts {
        table.add_row([
            part.id.to_string(),
            part.part.clone(),
            part.layer.clone(),
            part.algorithm.clone(),
            grouped(part.calls),
            grouped(part.instructions),
            part.per_mac
                .map_or("-".to_owned(), |per_mac| format!("{per_mac:.2}")),
            grouped(part.weight_bytes),
            grouped(part.scratch_bytes),
            match part.equal_to_reference {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "-",
            }
            .to_owned(),
        ]);
    }
    table
}
