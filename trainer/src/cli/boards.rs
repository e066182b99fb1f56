//! The command `tillsense boards`.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use tillsense_compiler::words::grouped;
use tillsense_device::boards;
use tillsense_device::boards::Machine;

use super::{Shared, output};

/// Arguments of `boards`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BoardsArgs {}

const EXAMPLES: &str = "Examples:
  tillsense boards           a line a board
  tillsense boards --json    the same for machines, with targets, flags and addresses

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
}

/// Lists the boards.
pub fn run(_: &BoardsArgs, shared: &Shared) -> Result<()> {
    if shared.json {
        return output::json(&boards::ALL.iter().map(|m| line(m)).collect::<Vec<_>>());
    }
    let headings = [
        "board",
        "what it is",
        "core",
        "Rust target",
        "so far",
        "flash",
        "model flash",
        "RAM",
        "arena",
    ];
    let mut table = output::table(headings, 5).optional(&[
        "what it is",
        "so far",
        "Rust target",
        "RAM",
        "flash",
    ]);
    for machine in boards::ALL.iter() {
        table.add_row([
            machine.id.to_owned(),
            machine.description.to_owned(),
            machine.processor.to_owned(),
            machine.target.to_owned(),
            machine.status.to_owned(),
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
    }
}
