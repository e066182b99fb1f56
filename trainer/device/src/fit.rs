//! Whether a terminal has room for a model: its slot of flash, its arena, its inbox.

use std::{error, fmt};

use tillsense_compiler::words::grouped;
use tillsense_core::engine::Model;

use crate::boards::Machine;

/// The room that a terminal has for a model, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room<'a> {
    /// Name of the board.
    pub board: &'a str,
    /// Flash for a model file.
    pub slot: u32,
    /// RAM for a session's arena.
    pub arena: u32,
    /// RAM for the longest picture, text or record.
    pub inbox: u32,
}

/// A memory of which a model needs more than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// The slot of flash for a model file.
    Slot,
    /// The RAM in which a session works.
    Arena,
    /// The RAM for an input that arrives.
    Inbox,
}

/// How much a model needs of a memory, and how much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The memory.
    pub memory: Memory,
    /// Bytes that the model needs.
    pub needs: u32,
    /// Bytes that there are; less than it needs.
    pub has: u32,
}

/// Why a terminal cannot hold a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Name of the board.
    pub board: String,
    /// Every memory that is too small; at least one.
    pub shortages: Vec<Shortage>,
}

impl<'a> Room<'a> {
    /// The room that a board's firmware has.
    pub const fn of(machine: &'a Machine) -> Self {
        Room {
            board: machine.id,
            slot: machine.slot_len,
            arena: machine.arena,
            inbox: machine.inbox,
        }
    }

    /// Refuses a model for which the terminal lacks room, as its firmware would after its boot.
    pub fn require(&self, model: &Model<'_>) -> Result<(), TooLarge> {
        let header = model.header();
        // A model file of 4 GiB does not load, so this loses nothing.
        let file = u32::try_from(model.file().len()).unwrap_or(u32::MAX);
        let wanted = [
            (Memory::Slot, file, self.slot),
            (Memory::Arena, header.arena_len, self.arena),
            (Memory::Inbox, header.max_input, self.inbox),
        ];
        let short = wanted.into_iter().filter(|(_, needs, has)| needs > has);
        let shortages: Vec<_> = short
            .map(|(memory, needs, has)| Shortage { memory, needs, has })
            .collect();
        if shortages.is_empty() {
            return Ok(());
        }
        Err(TooLarge {
            board: self.board.to_owned(),
            shortages,
        })
    }
}

impl Memory {
    /// The key of a board's file that says how much there is.
    pub const fn key(self) -> &'static str {
        match self {
            Memory::Slot => "memory.model",
            Memory::Arena => "memory.arena",
            Memory::Inbox => "memory.inbox",
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs = grouped(self.needs);
        match self.memory {
            Memory::Slot => write!(f, "it is {needs} bytes long")?,
            Memory::Arena => write!(f, "it needs {needs} bytes of arena")?,
            Memory::Inbox => write!(f, "an input is up to {needs} bytes long")?,
        }
        let (has, beyond) = (grouped(self.has), grouped(self.needs - self.has));
        write!(f, ", the board has room for {has} ({beyond} too many)")
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.shortages.iter().map(Shortage::to_string).collect();
        let keys: Vec<_> = self.shortages.iter().map(|s| s.memory.key()).collect();
        let (board, all, keys) = (&self.board, all.join("; "), keys.join(" and "));
        write!(
            f,
            "too large for {board}: {all}; a smaller model fits, or a board's file of your own with more {keys}"
        )
    }
}

impl error::Error for TooLarge {}

#[cfg(test)]
mod tests {
    use tillsense_compiler::aligned::Aligned;
    use tillsense_compiler::lower::file::assemble;
    use tillsense_compiler::run::load;
    use tillsense_compiler::target::Target;
    use tillsense_compiler::testing::lowered::packed;
    use tillsense_compiler::testing::networks::{RECORD, described};

    use super::*;

    #[test]
    fn every_shortage_is_told_to_the_byte() {
        let lowered = packed(&described(&[RECORD], "", 3), Target::CortexM4);
        let file = Aligned::from(&*assemble(&lowered));
        let model = load(&file).unwrap();
        let header = model.header();
        let room = Room {
            board: "till",
            slot: file.len() as u32,
            arena: header.arena_len,
            inbox: header.max_input,
        };
        assert_eq!(room.require(&model), Ok(()));
        let smaller = Room {
            slot: room.slot - 7,
            arena: room.arena - 1,
            ..room
        };
        let error = smaller.require(&model).unwrap_err();
        let short: Vec<_> = error
            .shortages
            .iter()
            .map(|s| (s.memory, s.needs - s.has))
            .collect();
        assert_eq!(short, [(Memory::Slot, 7), (Memory::Arena, 1)]);
        let told = error.to_string();
        for words in [
            "too large for till: ",
            "(7 too many); it needs ",
            "(1 too many); ",
            "more memory.model and memory.arena",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}
