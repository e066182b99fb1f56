//! The command `tillsense image`.

mod folder;
pub mod plan;
pub mod show;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use tillsense_device::images::{Form, Holds, ImageSet, Map, Usage, usages};

use self::plan::{Plan, PlanArgs, Sealed};
use super::run::example::quoted;
use super::{Shared, output};

/// Arguments of `image`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImageArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// The folder to write; it is made where there is none
    #[arg(long, short, value_name = "DIR", default_value = "images")]
    out: PathBuf,
    /// Write over files that are there and not of this command
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense image models/digits.till --board netduinoplus2   writes images/digits-netduinoplus2.all.hex and others
  tillsense image kws.tflite --board netduinoplus2 -o out    imported for the board's processor
  tillsense image models/digits.till --board mine.toml --parts needed
                                                             a board of your own; the smallest firmware

It writes firmware and model, together (NAME.all) and each alone, as .bin, .hex, .elf and, for parts that take it, .uf2, and
NAME.flash.txt with the memory map and the commands that flash them. `tillsense flash` runs such a command.";

#[derive(Serialize)]
struct Written<'a> {
    board: &'static str,
    processor: &'static str,
    model: Sealed,
    folder: &'a Path,
    /// Features of the core that the firmware holds.
    parts: Vec<&'static str>,
    files: Vec<WrittenFile>,
    map: &'a Map,
    tools: &'a [Usage],
}

#[derive(Serialize)]
struct WrittenFile {
    name: String,
    holds: Holds,
    form: Form,
    /// The address at which flash tools write the first byte.
    address: u32,
    bytes: usize,
}

/// Builds the firmware for a board and writes it and a model as images.
pub fn run(args: &ImageArgs, shared: &Shared) -> Result<()> {
    let plan = Plan::new(&args.plan)?;
    folder::require_place(&args.out, &plan.name, args.force)?;
    let (set, map) = plan.build()?;
    let sealed = plan.sealed()?;
    let text = text(&set, &map, &sealed);
    let names = folder::write(&args.out, &set, &text)?;
    let usages = usages(&set, &args.out);
    if shared.json {
        return output::json(&written(&args.out, &set, sealed, &map, &usages));
    }
    let names: Vec<_> = names
        .iter()
        .map(|name| name.display().to_string())
        .collect();
    output::paragraph(format_args!(
        "wrote into {} for {}: {}",
        args.out.display(),
        set.machine(),
        names.join(", ")
    ))?;
    let mut table = output::table(show::HEADINGS, 1);
    show::rows(&map)
        .into_iter()
        .for_each(|row| table.add_row(row));
    table.print()?;
    if let Some(firmware) = set.firmware() {
        output::paragraph(format_args!("the firmware has {}", show::engine(firmware)))?;
    }
    output::line("")?;
    if usages.is_empty() {
        return output::paragraph(untold(&set));
    }
    for line in show::commands(&usages) {
        match line.starts_with(show::COMMAND) {
            // A command to copy stays on its line, however long.
            true => output::line(line)?,
            false => output::paragraph(line)?,
        }
    }
    output::line("")?;
    output::line(format_args!(
        "try it: tillsense flash {} --board {}",
        quoted(&args.plan.model.display().to_string()),
        quoted(&args.plan.board)
    ))
}

fn written<'a>(
    folder: &'a Path,
    set: &ImageSet,
    model: Sealed,
    map: &'a Map,
    tools: &'a [Usage],
) -> Written<'a> {
    let parts = set.firmware().map_or(&[][..], |firmware| &firmware.parts);
    let files = set.files().into_iter().map(|file| WrittenFile {
        name: set.file_name(file.holds, file.form),
        holds: file.holds,
        form: file.form,
        address: file.address,
        bytes: file.bytes.len(),
    });
    Written {
        board: set.machine().id,
        processor: set.machine().processor,
        model,
        folder,
        parts: parts.iter().map(|part| part.feature()).collect(),
        files: files.collect(),
        map,
        tools,
    }
}

/// The text that is written beside the images; its commands are typed in the folder.
fn text(set: &ImageSet, map: &Map, sealed: &Sealed) -> String {
    let usages = usages(set, Path::new(""));
    let commands = match usages.is_empty() {
        true => untold(set),
        false => format!(
            "One of these flashes them, typed in this folder.\n\n{}",
            show::commands(&usages).join("\n")
        ),
    };
    let engine = set.firmware().map_or(String::new(), show::engine);
    let (sign, machine, map) = (folder::SIGN, set.machine(), show::plain(map));
    format!("{sign} for {machine}.\n\nmodel: {sealed}\nfirmware: {engine}\n\n{map}\n{commands}\n")
}

/// What is said of a board that no tool flashes.
fn untold(set: &ImageSet) -> String {
    let machine = set.machine();
    let why = match machine.qemu {
        Some(_) => "as it is only emulated",
        None => "so write the files with one that you know",
    };
    format!(
        "the file of {} names no tool that flashes it ([flashing]), {why}",
        machine.id
    )
}
