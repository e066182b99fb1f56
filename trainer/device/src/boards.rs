//! The boards, and the QEMU machines that stand for them.
//!
//! The table is made of the files in `firmware/boards`, which the command carries: the crate `tillsense-board` reads them.

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use tillsense_board::{Board, Error, shipped};
use tillsense_compiler::target::Target;

/// A board and its emulation. Boards are few and live as long as the process, so that figures can borrow their names.
#[derive(Debug, PartialEq, Eq)]
pub struct Machine {
    /// Name of the board: on the link, on the command line, in reports.
    pub id: &'static str,
    /// What the board is, for people.
    pub description: &'static str,
    /// The processor, as reports name it.
    pub processor: &'static str,
    /// The target whose model files the board's kernels read; the board reads generic files too.
    pub reads: Target,
    /// The targets whose files the board stands for where nobody names a board.
    pub shows: Vec<Target>,
    /// The emulator; `None` where QEMU has no such machine.
    pub qemu: Option<Qemu>,
    /// Rust's name of the target.
    pub target: &'static str,
    /// Flags that rustc needs beyond the target; boards with flags have a target folder of their own.
    pub rustflags: Vec<&'static str>,
    /// Size of the flash for the image, in bytes.
    pub flash: u32,
    /// Size of the RAM in bytes.
    pub ram: u32,
    /// First address of the model slot.
    pub slot: u32,
    /// Size of the model slot in bytes.
    pub slot_len: u32,
    /// Size of the arena in bytes.
    pub arena: u32,
    /// Largest picture, text or record that the board takes, in bytes.
    pub inbox: u32,
    /// How well the board is tested.
    pub status: &'static str,
    /// The board's name or the path of its file, which the firmware's build reads.
    pub source: &'static str,
    /// All of the board's file.
    pub board: Board,
}

/// The QEMU machine that emulates a board.
#[derive(Debug, PartialEq, Eq)]
pub struct Qemu {
    /// Name of the emulator's program.
    pub program: &'static str,
    /// Arguments that choose the machine.
    pub arguments: Vec<&'static str>,
}

/// All boards whose files the command carries, in the order of their names.
///
/// None of these files is refused: the tests of the crate `tillsense-board` read all of them.
pub static ALL: LazyLock<Vec<&'static Machine>> = LazyLock::new(|| match carried() {
    Ok(machines) => machines,
    Err(error) => panic!("firmware/boards/{error}"),
});

fn carried() -> Result<Vec<&'static Machine>, Error> {
    let machine = |board: Board| {
        let source = board.id.clone();
        Machine::of(board, source)
    };
    Ok(shipped()?.into_iter().map(machine).collect())
}

/// Finds the carried board with this name.
pub fn find(id: &str) -> Option<&'static Machine> {
    ALL.iter().copied().find(|machine| machine.id == id)
}

/// Reads the board of a file outside the sources.
pub fn read(path: &Path) -> Result<&'static Machine> {
    let board = Board::read(path)?;
    let path = std::path::absolute(path)?;
    let path = path
        .to_str()
        .context("the board's file has no path in UTF-8")?;
    Ok(Machine::of(board, path.to_owned()))
}

/// The boards that QEMU emulates.
pub fn emulated() -> impl Iterator<Item = &'static Machine> {
    ALL.iter().copied().filter(|machine| machine.qemu.is_some())
}

/// The boards that stand for a target where nobody names a board.
pub fn typical(target: Target) -> Vec<&'static Machine> {
    let shows = |machine: &&'static Machine| machine.shows.contains(&target);
    ALL.iter().copied().filter(shows).collect()
}

impl Machine {
    fn of(board: Board, source: String) -> &'static Machine {
        let whole = board.clone();
        let memory = &board.memory;
        let target = |name: &str| Target::named(name).unwrap_or_default();
        Box::leak(Box::new(Machine {
            id: board.id.leak(),
            description: board.description.leak(),
            processor: board.core.name.leak(),
            reads: target(board.core.cpu.name()),
            shows: board.shows.iter().map(|name| target(name)).collect(),
            qemu: board.qemu.map(|qemu| Qemu {
                program: qemu.program.leak(),
                arguments: leak(qemu.arguments),
            }),
            target: board.core.target.leak(),
            rustflags: leak(board.core.flags),
            flash: memory.image.length.0,
            ram: memory.ram.length.0,
            slot: memory.model.start,
            slot_len: memory.model.length.0,
            arena: memory.arena.0,
            inbox: memory.inbox.0,
            status: board.status.to_string().leak(),
            source: source.leak(),
            board: whole,
        }))
    }

    /// The emulator of the board; the error says why there is none.
    pub fn emulator(&self) -> Result<&Qemu> {
        let missing = || {
            format!(
                "QEMU has no machine for {}: its file has no [qemu]",
                self.id
            )
        };
        self.qemu.as_ref().with_context(missing)
    }

    /// Whether the command carries the file of this board.
    pub fn is_carried(&self) -> bool {
        self.source == self.id
    }
}

fn leak(texts: Vec<String>) -> Vec<&'static str> {
    texts.into_iter().map(|text| &*text.leak()).collect()
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.id, self.description, self.processor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_processor_of_a_board_is_a_target() {
        for cpu in tillsense_board::Cpu::ALL {
            assert!(Target::named(cpu.name()).is_some(), "{}", cpu.name());
        }
        assert_eq!(Target::ALL.len(), tillsense_board::Cpu::ALL.len() + 1);
    }

    #[test]
    fn every_target_is_shown_on_a_board_that_reads_it() {
        for target in Target::ALL {
            let boards = typical(target);
            assert!(!boards.is_empty(), "no board shows {target}");
            for board in boards {
                assert!(
                    target == Target::Generic || board.reads == target,
                    "{board}"
                );
            }
        }
    }
}
