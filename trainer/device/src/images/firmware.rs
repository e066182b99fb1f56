//! The terminal's firmware as an image: all parts of the core, or those that a model needs.

use std::path::Path;

use anyhow::{Context, Result};
use object::elf::{SHF_ALLOC, SHT_NOBITS};
use object::read::elf::{ElfFile32, SectionHeader};
use object::{Endianness, Object, ObjectSection};
use tillsense_board::Region;
use tillsense_compiler::files;
use tillsense_compiler::say::say;
use tillsense_core::parts::Part;

use super::Contents;
use super::place::{as_written, region_as_written};
use crate::boards::Machine;
use crate::toolchain::{Fills, MOST_IMAGE, Overflow, build_terminal};

/// Which parts of the core a firmware holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// All where they fit the board, else those that the model needs.
    #[default]
    Fitting,
    /// All, so that the firmware runs every model.
    All,
    /// Those that the model needs: the smallest firmware, which runs models that need no others.
    Needed,
}

/// The terminal's firmware for a board.
#[derive(Clone, Debug)]
pub struct Firmware {
    /// The ELF file.
    pub elf: Vec<u8>,
    /// What of it is written into flash, at the addresses that the board's tools write.
    pub written: Contents,
    /// The parts of the core that it holds.
    pub parts: Vec<Part>,
    /// First address of the RAM behind all that is static; the stack grows down to there.
    pub statics_end: u64,
}

impl Firmware {
    /// Builds the firmware for a board and a model that needs these parts. The error is an [`Overflow`] where it does not fit.
    pub fn build(machine: &'static Machine, choice: Choice, needed: &[Part]) -> Result<Self> {
        let built = match choice {
            Choice::Needed => return Self::with(machine, needed),
            Choice::All | Choice::Fitting => Self::with(machine, &Part::ALL),
        };
        let error = match built {
            Ok(firmware) => return Ok(firmware),
            Err(error) => error,
        };
        let overflow = error.downcast_ref::<Overflow>();
        let of_flash = overflow.filter(|overflow| overflow.fills == Fills::Flash);
        let Some(overflow) = of_flash else {
            return Err(error);
        };
        if choice == Choice::All {
            return Err(error.context("with all parts"));
        }
        say(format_args!(
            "with all parts {overflow}; building with those that the model needs"
        ));
        Self::with(machine, needed).context("even with no more parts than the model needs")
    }

    fn with(machine: &'static Machine, parts: &[Part]) -> Result<Self> {
        let path = build_terminal(machine, parts)?;
        Self::read(machine, &path, parts)
    }

    /// Reads an image of the firmware that holds these parts.
    pub fn read(machine: &Machine, path: &Path, parts: &[Part]) -> Result<Self> {
        let shown = || path.display().to_string();
        let elf = files::read(path, MOST_IMAGE).with_context(shown)?;
        let (board, memory) = (&machine.board, &machine.board.memory);
        let contents = Contents::of_elf(&elf).with_context(shown)?;
        let written = as_written(board, &contents).with_context(shown)?;
        let image = region_as_written(board, &memory.image)?;
        written.require_within(&image, "the firmware")?;
        let statics_end = statics_end(&elf, &memory.ram).with_context(shown)?;
        Ok(Firmware {
            elf,
            written,
            parts: parts.to_vec(),
            statics_end,
        })
    }

    /// Whether it holds all parts of the core, and so runs every model.
    pub fn runs_every_model(&self) -> bool {
        Part::ALL.iter().all(|part| self.parts.contains(part))
    }
}

/// First address of a RAM behind every section in it.
fn statics_end(elf: &[u8], ram: &Region) -> Result<u64> {
    let elf = ElfFile32::<Endianness>::parse(elf)?;
    let mut end = u64::from(ram.start);
    for section in elf.sections() {
        let header = section.elf_section_header();
        let is_loaded = header.sh_flags(elf.endian()).contains(SHF_ALLOC);
        // riscv-rt gives all RAM that is left to sections for stack and heap.
        let is_left = header.sh_type(elf.endian()) == SHT_NOBITS
            && matches!(section.name(), Ok(".stack" | ".heap"));
        let inside = u64::from(ram.start)..ram.end();
        if is_loaded && !is_left && inside.contains(&section.address()) {
            end = end.max(section.address() + section.size());
        }
    }
    Ok(end)
}
