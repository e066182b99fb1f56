//! The flash of a whole program in C, part by part: the least that a program does (`examples/c/bare/small.c`), linked as a person
//! would link it. The linker's map says what each byte came from.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::parts_of;
use tillsense_compiler::{files, run};

use crate::boards::Machine;
use crate::package::{self, Layout, Package};
use crate::qemu::run_to_end;
use crate::toolchain::{CProgram, Image, Processor, build_library};

/// Longest map of a linker.
const MOST_MAP: u64 = 16 << 20;

/// What a byte of the program's flash belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The engine: load, checks, frontends, ops, kernels, their tables.
    Engine,
    /// The functions that C calls, and what they check.
    Boundary,
    /// The C library and the compiler's helpers.
    Libc,
    /// The board's start and serial port.
    Board,
    /// The program itself.
    Program,
    /// The model file.
    Model,
    /// What lies between sections for their alignment.
    Padding,
}

impl Owner {
    /// All of them, in the order of the table.
    pub const ALL: [Owner; 7] = [
        Owner::Engine,
        Owner::Boundary,
        Owner::Libc,
        Owner::Board,
        Owner::Program,
        Owner::Model,
        Owner::Padding,
    ];

    /// Its name in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Owner::Engine => "engine",
            Owner::Boundary => "C boundary",
            Owner::Libc => "C library",
            Owner::Board => "board",
            Owner::Program => "program",
            Owner::Model => "model",
            Owner::Padding => "padding",
        }
    }
}

/// The flash of a program in C.
#[derive(Clone, Debug, Serialize)]
pub struct CFigures {
    /// The model's name.
    pub model: String,
    /// The board.
    pub board: &'static str,
    /// Bytes of each owner, in the order of [`Owner::ALL`].
    pub bytes: Vec<(Owner, u64)>,
    /// All of them.
    pub flash_bytes: u64,
    /// Static memory: session, arena, inputs that are no constants.
    pub ram_bytes: u64,
}

/// Builds the small program around a model for a board, runs it, and says what its flash holds. `sources` is the folder
/// `examples/c/bare`.
pub fn c_program(machine: &'static Machine, file: &[u8], sources: &Path) -> Result<CFigures> {
    let aligned = Aligned::from(file);
    let model = run::load(&aligned)?;
    let parts = parts_of(&model);
    let processor = Processor::of(machine.reads)
        .with_context(|| format!("{}: no library is built for its processor", machine.id))?;
    let library = build_library(processor, &parts)?;
    let package = Package {
        processor,
        library: &library,
        parts: &parts,
        model: Some(&model),
        bindings: None,
        folder: "library",
    };
    let room = tempfile::tempdir()?;
    let (folder, path) = (room.path().join("library"), room.path().join("model.till"));
    fs::create_dir(&folder)?;
    for (name, bytes) in package::files(Layout::Cmake, &package)? {
        files::write(&folder.join(name), &bytes)?;
    }
    files::write(&path, file)?;
    let program = CProgram {
        sources,
        machine,
        library: &folder,
        model: &path,
        settings: &[("PROGRAM", "small")],
    };
    let build = room.path().join("build");
    let image = program.build(&build)?;
    let finished = run_to_end(machine, &image, None, Duration::from_secs(120))?;
    ensure!(
        finished.code == Some(0),
        "{}: the program in C ends with {:?}: {}",
        machine.id,
        finished.code,
        finished.output.trim_end()
    );
    let map = files::read_text(&build.join("verdict.map"), MOST_MAP);
    let map = map.context("the linker's map cannot be read")?;
    let sizes = Image::read(&image)?.sizes;
    Ok(CFigures {
        model: model.name().to_owned(),
        board: machine.id,
        bytes: shares(&map, sizes.flash()),
        flash_bytes: sizes.flash(),
        ram_bytes: sizes.ram(),
    })
}

/// The bytes of each owner; padding is what no input section has.
fn shares(map: &str, flash: u64) -> Vec<(Owner, u64)> {
    let mut shares: Vec<_> = Owner::ALL.map(|owner| (owner, 0)).to_vec();
    let mut found = 0;
    for (section, size, object) in input_sections(map) {
        let owner = owner(section, object);
        for share in &mut shares {
            if share.0 == owner {
                share.1 += size;
            }
        }
        found += size;
    }
    if let Some(padding) = shares.last_mut() {
        padding.1 = flash.saturating_sub(found);
    }
    shares
}

/// Output sections of the example's linker scripts that lie in flash.
const IN_FLASH: [&str; 3] = [".text", ".ARM.exidx", ".data"];

/// The input sections in flash of a map by GNU ld: name, size, and the object that each came from.
fn input_sections(map: &str) -> Vec<(&str, u64, &str)> {
    let (_, map) = map
        .split_once("Linker script and memory map")
        .unwrap_or(("", map));
    let mut sections = Vec::new();
    let (mut in_flash, mut name) = (false, "");
    for line in map.lines() {
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            let first = words.next();
            in_flash = first.is_some_and(|first| IN_FLASH.contains(&first));
            continue;
        }
        // A section's name stands behind one space; where it is long, the rest follows on the next line.
        let begins = line.as_bytes().get(1).is_some_and(|&byte| byte != b' ');
        if begins {
            name = words.next().unwrap_or_default();
        }
        let number = |word: &str| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok();
        let figures = words
            .next()
            .and_then(number)
            .zip(words.next().and_then(number));
        let object = words.next();
        if let (Some((_, size)), Some(object), true) =
            (figures, object, in_flash && name.starts_with('.'))
        {
            sections.push((name, size, object));
            name = "";
        }
    }
    sections
}

fn owner(section: &str, object: &str) -> Owner {
    let ours = object.contains("libtillsense.a(");
    let called =
        section.starts_with(".text.tillsense_") || section.starts_with(".text.__aeabi_mem");
    let file = object.rsplit('/').next().unwrap_or(object);
    match file {
        _ if ours && called => Owner::Boundary,
        _ if ours && section.contains("9tillsense") && !section.contains("14tillsense_core") => {
            Owner::Boundary
        }
        _ if ours => Owner::Engine,
        "tillsense_model.c.obj" => Owner::Model,
        "board.c.obj" | "start.S.obj" => Owner::Board,
        _ if file.ends_with(".c.obj") => Owner::Program,
        _ => Owner::Libc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "Discarded input sections

 .text.unused   0x00000000      0x100 main.c.obj

Linker script and memory map

.text           0x00000000      0x1a0
 *(.vectors)
 .vectors       0x00000000       0x40 CMakeFiles/verdict.dir/mps2-an386/board.c.obj
                0x00000000                vectors
 .text.startup.main
                0x00000040       0x20 CMakeFiles/verdict.dir/small.c.obj
 *fill*         0x00000060        0x4 
 .text._ZN14tillsense_core6engine5model4load17h0E
                0x00000064       0x80 /tmp/a/libtillsense.a(engine0.o)
 .text._ZN9tillsense6memory5check17h0E
                0x000000e4       0x10 /tmp/a/libtillsense.a(engine0.o)
 .text.tillsense_open
                0x000000f4       0x08 /tmp/a/libtillsense.a(engine0.o)
 .text          0x000000fc       0x14 /usr/lib/libc_nano.a(lib_a-memcpy.o)
 .rodata.model  0x00000110       0x90 CMakeFiles/verdict.dir/tillsense_model.c.obj

.bss            0x20000000      0x400
 .bss.arena     0x20000000      0x400 CMakeFiles/verdict.dir/small.c.obj
";

    #[test]
    fn each_byte_has_an_owner() {
        let wanted = [0x80, 0x18, 0x14, 0x40, 0x20, 0x90, 4];
        let wanted: Vec<_> = Owner::ALL.into_iter().zip(wanted).collect();
        assert_eq!(shares(MAP, 0x1a0), wanted);
    }
}
