//! Reads images: bytes of flash and RAM, and symbols that an image must not hold.

use std::path::Path;

use anyhow::{Context, Result};
use object::elf::{PT_LOAD, SHF_ALLOC, SHF_WRITE, SHT_NOBITS};
use object::read::elf::{ElfFile32, ProgramHeader, SectionHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};
use serde::Serialize;
use tillsense_compiler::files;

/// Sizes of an image's sections in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Code and constants, in flash.
    pub text: u64,
    /// Initial values: in flash, and copied to RAM at the start.
    pub data: u64,
    /// Memory zeroed at the start, in RAM: arena, inbox, and little else.
    pub bss: u64,
}

impl Sizes {
    /// Bytes of flash without the model.
    pub const fn flash(&self) -> u64 {
        self.text + self.data
    }

    /// Bytes of RAM in constant use; the stack comes on top.
    pub const fn ram(&self) -> u64 {
        self.data + self.bss
    }
}

/// Limit of an image's file, far more than a processor of these boards holds, symbols included.
pub(crate) const MOST_IMAGE: u64 = 64 << 20;

/// A firmware image's sizes and symbols.
#[derive(Clone, Debug)]
pub struct Image {
    /// Sizes of the sections.
    pub sizes: Sizes,
    /// Functions and statics of the image, as the linker knows them.
    pub symbols: Vec<Symbol>,
}

/// A function or static of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Mangled name.
    pub name: String,
    /// First address.
    pub address: u64,
    /// Length in bytes.
    pub size: u64,
    /// Whether the symbol lies in flash: it is code or a constant.
    pub in_flash: bool,
}

/// Parts of names that only an allocator has.
const ALLOCATOR: [&str; 4] = [
    "__rust_alloc",
    "__rust_realloc",
    "__rg_alloc",
    "__rdl_alloc",
];
/// Parts of names that only the printing and parsing of floats has.
const FLOAT_TEXT: [&str; 4] = ["flt2dec", "float_to_", "dec2flt", "3fmt5float"];
/// Names of float arithmetic in software.
const FLOAT_ARITHMETIC: [&str; 12] = [
    "__aeabi_f",
    "__aeabi_d",
    "__addsf3",
    "__subsf3",
    "__mulsf3",
    "__divsf3",
    "__adddf3",
    "__subdf3",
    "__muldf3",
    "__divdf3",
    "__floatsi",
    "__fixsf",
];

impl Image {
    /// Reads an image.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path, MOST_IMAGE).with_context(|| format!("{}", path.display()))?;
        let elf = ElfFile32::<Endianness>::parse(&*bytes)
            .with_context(|| format!("{}: no ELF file", path.display()))?;
        Ok(Image {
            sizes: sizes(&elf),
            symbols: symbols(&elf),
        })
    }

    /// The symbol with exactly this mangled name.
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.iter().find(|symbol| symbol.name == name)
    }

    /// Names of an allocator, of float printing, or of float arithmetic in software: the run path must hold none.
    pub fn forbidden(&self) -> Vec<&str> {
        let lists: [&[&str]; 3] = [&ALLOCATOR, &FLOAT_TEXT, &FLOAT_ARITHMETIC];
        self.containing(&lists.concat())
    }

    /// Names of functions that a panic calls.
    pub fn panics(&self) -> Vec<&str> {
        self.containing(&[
            "9panicking",
            "core::panicking",
            "unwrap_failed",
            "expect_failed",
            "slice_index_fail",
        ])
    }

    fn containing(&self, parts: &[&str]) -> Vec<&str> {
        let hit = |name: &&str| parts.iter().any(|part| name.contains(part));
        self.symbols
            .iter()
            .map(|symbol| symbol.name.as_str())
            .filter(hit)
            .collect()
    }
}

fn sizes(elf: &ElfFile32<'_, Endianness>) -> Sizes {
    let endian = elf.endian();
    let loaded = elf
        .elf_program_headers()
        .iter()
        .filter(|header| header.p_type(endian) == PT_LOAD);
    let flash: u64 = loaded
        .map(|header| u64::from(header.p_filesz(endian)))
        .sum();
    let mut sizes = Sizes {
        text: flash,
        data: 0,
        bss: 0,
    };
    for section in elf.sections() {
        let header = section.elf_section_header();
        let flags = header.sh_flags(endian);
        let writable = flags.contains(SHF_ALLOC) && flags.contains(SHF_WRITE);
        // riscv-rt gives all RAM that is left to sections for stack and heap.
        let left = matches!(section.name(), Ok(".stack" | ".heap"));
        let empty = header.sh_type(endian) == SHT_NOBITS;
        match (writable && !left, empty) {
            (true, true) => sizes.bss += section.size(),
            (true, false) => sizes.data += section.size(),
            _ => {}
        }
    }
    sizes.text -= sizes.data.min(sizes.text);
    sizes
}

fn symbols(elf: &ElfFile32<'_, Endianness>) -> Vec<Symbol> {
    let is_constant = |section| {
        let flags = elf.section_by_index(section).ok();
        flags.is_some_and(|section| {
            let flags = section.elf_section_header().sh_flags(elf.endian());
            flags.contains(SHF_ALLOC) && !flags.contains(SHF_WRITE)
        })
    };
    let named = |symbol: object::read::elf::ElfSymbol32<'_, '_, Endianness>| {
        let name = symbol
            .name()
            .ok()
            .filter(|name| !name.is_empty())?
            .to_owned();
        Some(Symbol {
            name,
            address: symbol.address(),
            size: symbol.size(),
            in_flash: symbol.section_index().is_some_and(is_constant),
        })
    };
    elf.symbols().filter_map(named).collect()
}
