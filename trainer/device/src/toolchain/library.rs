//! The engine as a static library for C, built from the sources that the command carries.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tillsense_compiler::files;
use tillsense_compiler::say::say;
use tillsense_compiler::target::Target;
use tillsense_core::parts::Part;

use crate::toolchain::archive::reduced;
use crate::toolchain::elf::Sizes;
use crate::toolchain::hermetic::HOST;
use crate::toolchain::workshop::Workshop;
use crate::toolchain::{Said, carried, ensure, need::Need};

/// Limit of rustc's library, debug sections included.
const MOST_LIBRARY: u64 = 256 << 20;

/// What a library is built for.
#[derive(Debug, PartialEq, Eq)]
pub struct Processor {
    /// Its name on the command line.
    pub name: &'static str,
    /// The target whose packed model files it reads; `None` for this machine, which reads all.
    pub reads: Option<Target>,
    /// Rust's name of the target.
    target: &'static str,
    rustflags: &'static [&'static str],
    /// What a C compiler must be told, as GCC and Clang spell it; the rest is the program's own choice.
    pub c_flags: &'static str,
}

/// All of them, this machine last.
///
/// Arm's targets are those without floats in registers, because a core with no floats in its interface then says so
/// (`core/c`): the one library links with `-mfloat-abi=soft`, `softfp` and `hard`. A library for RV32IMC runs on RV32IMAC and
/// on whatever else has the integer ABI.
pub static PROCESSORS: [Processor; 8] = [
    chip(
        Target::CortexM0,
        "thumbv6m-none-eabi",
        &[],
        "-mcpu=cortex-m0 -mthumb",
    ),
    chip(
        Target::CortexM3,
        "thumbv7m-none-eabi",
        &[],
        "-mcpu=cortex-m3 -mthumb",
    ),
    chip(
        Target::CortexM4,
        "thumbv7em-none-eabi",
        &[],
        "-mcpu=cortex-m4 -mthumb",
    ),
    chip(
        Target::CortexM7,
        "thumbv7em-none-eabi",
        &[],
        "-mcpu=cortex-m7 -mthumb",
    ),
    chip(
        Target::CortexM33,
        "thumbv8m.main-none-eabi",
        &["-Ctarget-cpu=cortex-m33"],
        "-mcpu=cortex-m33 -mthumb",
    ),
    chip(
        Target::CortexM55,
        "thumbv8m.main-none-eabi",
        &["-Ctarget-cpu=cortex-m55"],
        "-mcpu=cortex-m55 -mthumb",
    ),
    chip(
        Target::Rv32imc,
        "riscv32imc-unknown-none-elf",
        &[],
        "-march=rv32imc -mabi=ilp32",
    ),
    Processor {
        name: "host",
        reads: None,
        target: HOST,
        rustflags: &[],
        c_flags: "",
    },
];

const fn chip(
    reads: Target,
    target: &'static str,
    rustflags: &'static [&'static str],
    c_flags: &'static str,
) -> Processor {
    Processor {
        name: reads.name(),
        reads: Some(reads),
        target,
        rustflags,
        c_flags,
    }
}

impl Processor {
    /// The processor that reads files of this target; the plain one is none.
    pub fn of(target: Target) -> Option<&'static Processor> {
        PROCESSORS.iter().find(|p| p.reads == Some(target))
    }
}

/// A built library.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The bytes of `libtillsense.a`.
    pub archive: Vec<u8>,
    /// What its objects take at most: a linker with `--gc-sections` leaves out what a program does not call. `None` for this machine.
    pub sizes: Option<Sizes>,
}

/// The header of the library.
pub fn header() -> Result<&'static [u8]> {
    carried("core/c/include/tillsense.h").context("this command carries no header for C")
}

/// Builds the library for a processor with these parts of the core.
pub fn build_library(processor: &Processor, parts: &[Part]) -> Result<Library> {
    let name = processor.name;
    if processor.reads.is_some() {
        ensure(&[Need::Target(processor.target)])?;
    }
    let workshop = Workshop::open(processor.target)?;
    say(format_args!("building the library for {name}"));
    // Where nothing but the target decides, processors share what is built.
    let builds = workshop.dir.join("library");
    let builds = match processor.rustflags {
        [] => builds,
        _ => builds.join(name),
    };
    let path = cargo(&workshop, processor, parts, builds)?;
    let bytes = files::read(&path, MOST_LIBRARY);
    let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
    if processor.reads.is_none() {
        return Ok(Library {
            archive: bytes,
            sizes: None,
        });
    }
    let (archive, sizes) = reduced(&bytes)?;
    Ok(Library {
        archive,
        sizes: Some(sizes),
    })
}

/// Runs cargo, and answers with the path of what it made.
fn cargo(
    workshop: &Workshop,
    processor: &Processor,
    parts: &[Part],
    builds: PathBuf,
) -> Result<PathBuf> {
    let features: Vec<_> = parts.iter().map(|part| part.feature()).collect();
    let mut cargo = workshop.cargo("rustc", processor.target, processor.rustflags);
    cargo.args(["--locked", "--offline", "--profile", "firmware"]);
    // The sources are not where the library is debugged.
    cargo.args(["--config", "profile.firmware.debug=false"]);
    cargo.args(["--package", "tillsense-c", "--lib"]);
    // Of several kinds at a time, rustc makes none of one piece.
    cargo.args(["--crate-type", "staticlib"]);
    cargo.args(["--no-default-features", "--features", &features.join(",")]);
    cargo.arg("--target-dir").arg(&builds);
    let output = cargo.output().context("cannot run cargo")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let (name, said) = (processor.name, said.trim_end());
        let said = format!("the library for {name} does not build:\n{said}");
        return Err(Said(said).into());
    }
    let file = match cfg!(windows) && processor.reads.is_none() {
        true => "tillsense.lib",
        false => "libtillsense.a",
    };
    Ok(builds.join(processor.target).join("firmware").join(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_but_the_plain_one_has_a_processor() {
        for target in Target::ALL {
            let found = Processor::of(target);
            assert_eq!(found.is_none(), target == Target::Generic, "{target}");
            assert!(found.is_none_or(|found| found.name == target.name()));
        }
    }
}
