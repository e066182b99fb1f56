//! The commands `tillsense terminal info` and `tillsense terminal selftest`, and the way to `terminal monitor`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand};
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;
use tillsense_core::link;
use tillsense_device::link::{Facts, SelfTest};
use tillsense_device::terminal::Terminal;
use tillsense_device::toolchain;

use super::compare::board;
use super::port::{Found, PortArgs, require_model};
use super::progress::{note, waiting};
use super::{Shared, monitor, output};
use crate::project::{ModelSource, OnDisk};

/// What is asked of a terminal.
#[derive(Debug, Subcommand)]
pub enum TerminalCommand {
    /// Say what a terminal is and which model it holds
    Info(InfoArgs),
    /// Let a terminal check its model's digest and its ops
    Selftest(SelftestArgs),
    /// Watch a terminal at work: inputs, verdicts, instructions, memory
    Monitor(monitor::MonitorArgs),
}

/// Arguments of `terminal info`.
#[derive(Debug, Args)]
#[command(after_help = INFO_EXAMPLES)]
pub struct InfoArgs {
    #[command(flatten)]
    which: WhichArgs,
}

const INFO_EXAMPLES: &str = "Examples:
  tillsense terminal info --port /dev/ttyACM0                           the board that is attached there
  tillsense terminal info models/digits.till --port COM3                and whether it holds this model
  tillsense terminal info models/digits.till --board riscv-virt         an emulated one, with this model in its flash";

/// Arguments of `terminal selftest`.
#[derive(Debug, Args)]
#[command(after_help = SELFTEST_EXAMPLES)]
pub struct SelftestArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Random cases of every op, where the firmware was built with the feature `parity`
    #[arg(long, default_value_t = 20, value_name = "N")]
    cases: u16,
}

const SELFTEST_EXAMPLES: &str = "Examples:
  tillsense terminal selftest --port /dev/ttyACM0                       the board that is attached there
  tillsense terminal selftest models/digits.till --board mps2-an386     an emulated one

The terminal computes the SHA-256 of its model file anew and compares it with the one that was sealed. `tillsense compare --port` then
compares the scores of whole samples.";

/// Which terminal.
#[derive(Debug, Args)]
struct WhichArgs {
    /// The model file, or a .tflite file: what an emulated board is to hold, or an attached one is asked for
    model: Option<PathBuf>,
    /// An emulated board (a name, or a board's .toml file)
    #[arg(long, value_name = "BOARD", required_unless_present = "port")]
    board: Option<String>,
    #[command(flatten)]
    port: PortArgs,
}

/// What a terminal tells of itself.
#[derive(Debug, Serialize)]
struct InfoReport {
    board: String,
    /// What the board's file says it is; `None` where that is not known.
    description: Option<&'static str>,
    link_version: u8,
    arena_bytes: u32,
    inbox_bytes: u32,
    model: Option<ModelReport>,
    /// Why there is no model.
    refused: Option<String>,
}

#[derive(Debug, Serialize)]
struct ModelReport {
    name: String,
    version: u64,
    digest: String,
    arena_bytes: u32,
    inputs: usize,
    heads: usize,
}

#[derive(Debug, Serialize)]
struct SelftestReport {
    board: String,
    digest_holds: bool,
    cases: u32,
    failures: u32,
}

/// Asks a terminal.
pub fn run(command: &TerminalCommand, shared: &Shared) -> Result<()> {
    match command {
        TerminalCommand::Info(args) => info(args, shared),
        TerminalCommand::Selftest(args) => selftest(args, shared),
        TerminalCommand::Monitor(args) => monitor::run(args, shared),
    }
}

fn info(args: &InfoArgs, shared: &Shared) -> Result<()> {
    let (found, _file) = args.which.find(shared)?;
    let report = InfoReport::of(&found);
    if shared.json {
        return output::json(&report);
    }
    let mut lines = vec![
        ("board", report.board),
        ("link", format!("version {}", report.link_version)),
        ("arena", format!("{} bytes", grouped(report.arena_bytes))),
        ("inbox", format!("{} bytes", grouped(report.inbox_bytes))),
    ];
    if let Some(description) = report.description {
        lines.insert(1, ("is", description.to_owned()));
    }
    match (report.model, report.refused) {
        (Some(model), _) => lines.extend([
            ("model", format!("{} version {}", model.name, model.version)),
            ("digest", model.digest),
            (
                "takes",
                format!("{} bytes of arena", grouped(model.arena_bytes)),
            ),
            ("inputs", model.inputs.to_string()),
            ("heads", model.heads.to_string()),
        ]),
        (None, refused) => lines.push(("model", format!("none: {}", refused.unwrap_or_default()))),
    }
    let mut table = output::table(["", "the terminal says"], 2);
    for (what, said) in lines {
        table.add_row([what.to_owned(), said]);
    }
    table.print()
}

impl InfoReport {
    fn of(found: &Found) -> Self {
        let Facts {
            board,
            arena,
            inbox,
            model,
        } = &found.facts;
        let told = model.as_ref().map(|model| ModelReport {
            name: brief(&model.name),
            version: model.version,
            digest: model.digest.iter().map(|b| format!("{b:02x}")).collect(),
            arena_bytes: model.arena,
            inputs: model.inputs,
            heads: model.heads,
        });
        InfoReport {
            board: brief(board),
            description: found.machine.map(|machine| machine.description),
            // A terminal of another version is refused before.
            link_version: link::VERSION,
            arena_bytes: *arena,
            inbox_bytes: *inbox,
            refused: told.as_ref().err().map(ToString::to_string),
            model: told.ok(),
        }
    }
}

fn selftest(args: &SelftestArgs, shared: &Shared) -> Result<()> {
    let (mut found, _file) = args.which.find(shared)?;
    let board = brief(&found.facts.board);
    if let Err(error) = &found.facts.model {
        bail!("{board} runs no model: {error}");
    }
    let tested = waiting(shared, "the terminal tests itself", || {
        found.terminal.self_test(args.cases)
    });
    let SelfTest {
        digest,
        cases,
        failures,
    } = tested?;
    if shared.json {
        output::json(&SelftestReport {
            board: board.clone(),
            digest_holds: digest,
            cases,
            failures,
        })?;
    } else {
        let holds = if digest { "holds" } else { "DOES NOT HOLD" };
        let ops = match cases {
            0 => "no case of any op, since its firmware was built without the feature `parity`"
                .to_owned(),
            cases => format!(
                "{} cases of all ops, {} wrong",
                grouped(cases),
                grouped(failures)
            ),
        };
        output::line(format_args!("{board}: the model's digest {holds}; {ops}"))?;
    }
    ensure!(
        digest,
        "{board}: the model in its flash is not the one that was sealed; write it again (`tillsense flash`)"
    );
    ensure!(
        failures == 0,
        "{board}: {} of {} cases differ from the definition",
        grouped(failures),
        grouped(cases)
    );
    Ok(())
}

impl WhichArgs {
    /// The terminal at the port, or one that is booted; the file lives as long as the emulator reads it.
    fn find(&self, shared: &Shared) -> Result<(Found, Option<OnDisk>)> {
        let names: Vec<_> = self.board.iter().cloned().collect();
        let source = self.model.as_deref().map(read).transpose()?;
        if let Some(found) = self.port.find(&names, shared)? {
            if let Some(source) = &source {
                let target = found.machine.map(|machine| machine.reads);
                let file = source.file(target.unwrap_or_default())?;
                let aligned = Aligned::from(&*file);
                require_model(&found, &run::load(&aligned)?, source)?;
            }
            return Ok((found, None));
        }
        let name = self
            .board
            .as_deref()
            .context("--board or --port is needed")?;
        let source = source.ok_or_else(|| {
            anyhow!("an emulated board has no model of its own; name the file that it is to hold")
        })?;
        let machine = board(name)?;
        let on_disk = source.on_disk(&source.file(machine.reads)?)?;
        toolchain::ensure(&toolchain::for_machines(&[machine]))?;
        let image = toolchain::build_firmware(machine, "terminal")?;
        note(shared, format_args!("booting {} in QEMU", machine.id));
        let mut terminal = Terminal::boot_image(machine, &image, on_disk.path())?;
        let found = Found {
            facts: terminal.info()?,
            terminal,
            machine: Some(machine),
        };
        Ok((found, Some(on_disk)))
    }
}

fn read(path: &Path) -> Result<ModelSource> {
    ModelSource::read(path, None, None)
}
