//! The command `tillsense boards`.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use tillsense_board::{Board, Bytes, Flashing, Region};
use tillsense_compiler::words::grouped;
use tillsense_device::boards;
use tillsense_device::boards::Machine;

use super::compare::board;
use super::{Shared, output};

/// Arguments of `boards`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BoardsArgs {
    /// Show all of this board, or of a board's .toml file, which is checked
    board: Option<String>,
}

const EXAMPLES: &str = "Examples:
  tillsense boards             a line a board
  tillsense boards --json      the same for machines, with targets, flags and addresses
  tillsense boards stm32f405   memory map, erase blocks, clock, serial port, tools that flash it
  tillsense boards mine.toml   the same of a file of your own, or what is wrong with it

`--board` of other commands takes one of these names, or the path of a board's .toml file.";

/// A board as one row of the JSON list.
#[derive(Debug, Serialize)]
struct BoardRow {
    board: &'static str,
    description: &'static str,
    processor: &'static str,
    cpu: &'static str,
    target: &'static str,
    flags: &'static [&'static str],
    flash_bytes: u32,
    ram_bytes: u32,
    slot: u32,
    slot_bytes: u32,
    arena_bytes: u32,
    inbox_bytes: u32,
    status: &'static str,
    flashed_by: Vec<&'static str>,
}

/// Lists the boards, or shows one.
pub fn run(args: &BoardsArgs, shared: &Shared) -> Result<()> {
    match &args.board {
        Some(name) => one(board(name)?, shared),
        None => all(shared),
    }
}

fn all(shared: &Shared) -> Result<()> {
    if shared.json {
        return output::json(&boards::ALL.iter().map(|m| line(m)).collect::<Vec<_>>());
    }
    let headings = [
        "board",
        "what it is",
        "core",
        "Rust target",
        "so far",
        "flashed by",
        "flash",
        "model flash",
        "RAM",
        "arena",
    ];
    let mut table = output::table(headings, 6).optional(&[
        "what it is",
        "flashed by",
        "Rust target",
        "RAM",
        "flash",
        "so far",
    ]);
    for machine in boards::ALL.iter() {
        table.add_row([
            machine.id.to_owned(),
            machine.description.to_owned(),
            machine.processor.to_owned(),
            machine.target.to_owned(),
            machine.status.to_owned(),
            machine.board.flashing.tools().join(", "),
            grouped(machine.flash),
            grouped(machine.slot_len),
            grouped(machine.ram),
            grouped(machine.arena),
        ]);
    }
    table.print()
}

fn line(machine: &'static Machine) -> BoardRow {
    BoardRow {
        board: machine.id,
        description: machine.description,
        processor: machine.processor,
        cpu: machine.reads.name(),
        target: machine.target,
        flags: &machine.rustflags,
        flash_bytes: machine.flash,
        ram_bytes: machine.ram,
        slot: machine.slot,
        slot_bytes: machine.slot_len,
        arena_bytes: machine.arena,
        inbox_bytes: machine.inbox,
        status: machine.status,
        flashed_by: machine.board.flashing.tools(),
    }
}

fn one(machine: &'static Machine, shared: &Shared) -> Result<()> {
    let board = &machine.board;
    if shared.json {
        return output::json(board);
    }
    output::line(format_args!("{}: {}", board.id, board.description))?;
    let mut rows = vec![
        ("core", core(board)),
        ("so far", board.status.to_string()),
        ("clock", clock(board)),
    ];
    rows.extend(memory(board).into_iter().map(|text| ("memory", text)));
    rows.push(("serial port", serial(board)));
    rows.extend(boot(board).map(|text| ("starts with", text)));
    let tools = tools(&board.flashing).into_iter();
    rows.extend(tools.map(|text| ("flashed by", text)));
    rows.extend(qemu(board).map(|text| ("emulated by", text)));
    rows.push(("file", machine.source.to_owned()));
    let mut last = "";
    for (word, text) in rows {
        // A word that stands above is not said again.
        let shown = if word == last { "" } else { word };
        output::entry(&format!("  {shown}"), 13, text)?;
        last = word;
    }
    Ok(())
}

fn core(board: &Board) -> String {
    let core = &board.core;
    let flags = core.flags.iter().map(|flag| format!(" {flag}"));
    let flags: String = flags.collect();
    format!(
        "{}, kernels of {}; {}{flags}",
        core.name,
        core.cpu.name(),
        core.target
    )
}

fn clock(board: &Board) -> String {
    let hertz = board.clock.hertz;
    let hertz = hertz.map_or(String::from("not stated"), |hertz| {
        format!("{} Hz", grouped(hertz))
    });
    format!(
        "{hertz}; instructions counted by {}",
        plain(&board.clock.counter)
    )
}

/// The memory map: the flash with its blocks, what lies in it, and RAM.
fn memory(board: &Board) -> Vec<String> {
    let memory = &board.memory;
    let line = |region: Region, what: &str| {
        let length = region.length.to_string();
        format!("{region} {length:>5}  {what}")
    };
    let flash = memory.flash.iter().map(|flash| {
        let block = |bytes: Option<Bytes>, what: &str| {
            bytes
                .map(|bytes| format!(", {what} {bytes}"))
                .unwrap_or_default()
        };
        let erases = block(flash.erase, "erases");
        let writes = block(flash.write, "writes");
        line(flash.region(), &format!("flash{erases}{writes}"))
    });
    let (arena, inbox) = (grouped(memory.arena.0), grouped(memory.inbox.0));
    let slots = [
        line(memory.image, "the image's part"),
        line(memory.model, "the model's part"),
        line(memory.ram, &format!("RAM: arena {arena}, inbox {inbox}")),
    ];
    flash.chain(slots).collect()
}

fn serial(board: &Board) -> String {
    let uart = &board.uart;
    let wiring = uart.wiring.as_ref();
    let wiring = wiring
        .map(|wiring| format!("{wiring}; "))
        .unwrap_or_default();
    let baud = uart
        .speed
        .map(|speed| format!("{} baud 8N1; ", grouped(speed.baud)));
    let baud = baud.unwrap_or_default();
    let interrupt = match uart.interrupt {
        Some(number) => format!("interrupt {number}"),
        None => String::from("polled"),
    };
    let driver = plain(&uart.driver);
    format!("{wiring}{baud}{driver} at {:#010x}, {interrupt}", uart.base)
}

fn boot(board: &Board) -> Option<String> {
    let format = plain(&board.boot?.format);
    Some(format!("what the boot ROM wants to find: {format}"))
}

/// What is told to each tool.
fn tools(flashing: &Flashing) -> Vec<String> {
    let texts = [
        flashing
            .probe_rs
            .as_ref()
            .map(|t| format!("probe-rs, chip {}", t.chip)),
        flashing.st_flash.map(|_| String::from("st-flash")),
        flashing.dfu_util.as_ref().map(|t| {
            format!(
                "dfu-util, device {}, alternate setting {}",
                t.device, t.alternate
            )
        }),
        flashing.picotool.map(|t| {
            format!(
                "picotool, or a copy of a .uf2 file, family {:#010x}",
                t.family
            )
        }),
        flashing
            .esptool
            .as_ref()
            .map(|t| format!("esptool, chip {}", t.chip)),
        flashing
            .openocd
            .as_ref()
            .map(|t| format!("OpenOCD, {}", t.config)),
    ];
    let known: Vec<String> = texts.into_iter().flatten().collect();
    match known.is_empty() {
        true => vec![String::from("nothing that this file knows of")],
        false => known,
    }
}

fn qemu(board: &Board) -> Option<String> {
    let qemu = board.qemu.as_ref()?;
    Some(format!("{} {}", qemu.program, qemu.arguments.join(" ")))
}

/// A name as boards' files write it.
fn plain(name: &impl Serialize) -> String {
    let value = serde_json::to_value(name).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
