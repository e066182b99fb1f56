//! The command `tillsense flash`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tillsense_compiler::files;
use tillsense_device::boards::Machine;
use tillsense_device::images::{ImageSet, Installed, Tool, Words, usage};

use super::image::plan::{Plan, PlanArgs};
use super::image::show::line;
use super::progress::note;
use super::{Shared, output};

/// Arguments of `flash`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FlashArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// The tool that writes [default: probe-rs, else the first of the board's tools that is installed]
    #[arg(long, value_enum, value_name = "TOOL")]
    tool: Option<ToolArg>,
    /// Write the model and leave the firmware on the board as it is
    #[arg(long)]
    model_only: bool,
    /// Build and check everything and print the commands, but run none
    #[arg(long)]
    dry_run: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense flash models/digits.till --board netduinoplus2               firmware and model, over a debug probe
  tillsense flash models/digits.till --board netduinoplus2 --model-only  another model for the same firmware
  tillsense flash models/digits.till --board mine.toml --tool dfu-util --dry-run
                                                                         prints what it would run

`tillsense image` writes the same files to keep, with the commands of all tools. Tools take which probe or port they use from their
own variables, such as PROBE_RS_PROBE and ESPTOOL_PORT.";

/// The tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolArg {
    ProbeRs,
    StFlash,
    DfuUtil,
    Picotool,
    Esptool,
    Openocd,
}

#[derive(Serialize)]
struct Flashed {
    board: &'static str,
    tool: &'static str,
    /// Whether the tool is installed.
    installed: bool,
    /// Whether only the model was written.
    model_only: bool,
    /// Whether the commands were run.
    ran: bool,
    commands: Vec<Words>,
}

/// Writes firmware and model, or the model alone, into a board with one of its tools.
pub fn run(args: &FlashArgs, shared: &Shared) -> Result<()> {
    let plan = Plan::new(&args.plan)?;
    let tool = choose(plan.machine, args)?;
    let installed = Installed::find(tool);
    if !args.dry_run {
        // What is missing is told before a minute of building.
        ensure!(
            installed.is_some(),
            "{} is not installed: {}",
            tool.name(),
            tool.install()
        );
    }
    let set = match args.model_only {
        true => plan.model_alone()?,
        false => plan.build()?.0,
    };
    let room = tempfile::tempdir().map_err(files::told);
    let room = room.context("no folder for the images can be made")?;
    // A dry run leaves no files, so that its commands name those that `image` would write into this folder.
    let folder = if args.dry_run {
        Path::new("")
    } else {
        room.path()
    };
    let usage = usage(&set, folder, tool);
    let commands = if args.model_only {
        usage.model
    } else {
        usage.all
    };
    let spelled = commands.iter().map(|words| match &installed {
        Some(installed) => installed.spelled(words),
        None => words.clone(),
    });
    let spelled: Vec<_> = spelled.collect();
    if let (Some(installed), false) = (&installed, args.dry_run) {
        write(&set, room.path())?;
        note(shared, format_args!("{} ({}):", tool.name(), tool.over()));
        spelled.iter().for_each(|words| note(shared, line(words)));
        installed.run(&commands, shared.json)?;
    }
    let flashed = Flashed {
        board: set.machine().id,
        tool: tool.name(),
        installed: installed.is_some(),
        model_only: args.model_only,
        ran: !args.dry_run,
        commands: spelled,
    };
    match shared.json {
        true => output::json(&flashed),
        false => show(&flashed, tool, usage.after_model),
    }
}

fn show(flashed: &Flashed, tool: Tool, after_model: Option<&str>) -> Result<()> {
    let (board, name) = (flashed.board, flashed.tool);
    if flashed.ran {
        let what = if flashed.model_only {
            "the model"
        } else {
            "firmware and model"
        };
        let after = after_model.filter(|_| flashed.model_only);
        let after = after.map_or(String::new(), |after| format!("; {after}"));
        return output::line(format_args!(
            "flashed {what} into {board} with {name}{after}"
        ));
    }
    output::paragraph(format_args!(
        "{name} ({}) would be told this; `tillsense image` writes such files:",
        tool.over()
    ))?;
    for words in &flashed.commands {
        output::line(line(words))?;
    }
    match flashed.installed {
        true => Ok(()),
        false => output::line(format_args!("{name} is not installed: {}", tool.install())),
    }
}

/// The tool that a person names, else probe-rs, else the first of the board's tools that is installed.
fn choose(machine: &Machine, args: &FlashArgs) -> Result<Tool> {
    let flashing = &machine.board.flashing;
    let tools = Tool::of(flashing);
    let names: Vec<_> = tools.iter().map(|tool| tool.name()).collect();
    let names = names.join(", ");
    let Some(&first) = tools.first() else {
        let (model, board) = (args.plan.model.display(), &args.plan.board);
        let instead = match machine.qemu {
            Some(_) => {
                format!("`tillsense compare {model} --board {board}` runs the model in QEMU")
            }
            None => format!(
                "`tillsense image {model} --board {board}` writes files for a tool of yours"
            ),
        };
        bail!(
            "{}: its file names no tool that flashes it ([flashing]); {instead}",
            machine.id
        );
    };
    if let Some(named) = args.tool {
        let tool = named.tool();
        ensure!(
            tool.flashes(flashing),
            "{} is not flashed with {}, but with {names}",
            machine.id,
            tool.name()
        );
        return Ok(tool);
    }
    let found = tools
        .iter()
        .copied()
        .find(|&tool| Installed::find(tool).is_some());
    match (found, args.dry_run) {
        (Some(tool), _) => Ok(tool),
        (None, true) => Ok(first),
        (None, false) => Err(anyhow!(
            "nothing that flashes {} is installed ({names}); install {}: {}",
            machine.id,
            first.name(),
            first.install()
        )),
    }
}

fn write(set: &ImageSet, folder: &Path) -> Result<()> {
    for file in set.files() {
        let path = folder.join(set.file_name(file.holds, file.form));
        fs::write(&path, &file.bytes)
            .map_err(files::told)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(())
}

impl ToolArg {
    const fn tool(self) -> Tool {
        match self {
            ToolArg::ProbeRs => Tool::ProbeRs,
            ToolArg::StFlash => Tool::StFlash,
            ToolArg::DfuUtil => Tool::DfuUtil,
            ToolArg::Picotool => Tool::Picotool,
            ToolArg::Esptool => Tool::Esptool,
            ToolArg::Openocd => Tool::Openocd,
        }
    }
}
