//! Programs in C around the library: built by CMake, with a cross compiler and its C library.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::boards::Machine;
use crate::toolchain::hermetic::tool;
use crate::toolchain::need::for_c;
use crate::toolchain::{Said, ensure, for_machines};

/// What the program of `examples/c/bare` is built of.
#[derive(Clone, Copy, Debug)]
pub struct CProgram<'a> {
    /// The folder of its sources.
    pub sources: &'a Path,
    /// The board.
    pub machine: &'a Machine,
    /// The folder that `tillsense library` has written.
    pub library: &'a Path,
    /// The model file.
    pub model: &'a Path,
    /// Further settings of its CMake project, with their values.
    pub settings: &'a [(&'a str, &'a str)],
}

impl CProgram<'_> {
    /// Builds it in a folder, and answers with the path of its image; `verdict.map` lies beside it.
    pub fn build(&self, to: &Path) -> Result<PathBuf> {
        ensure(&for_machines(&[self.machine]))?;
        ensure(&for_c(self.machine))?;
        let compiler = match self.machine.target.starts_with("riscv") {
            true => "riscv64-unknown-elf",
            false => "arm-none-eabi",
        };
        let toolchain = self.sources.join(format!("cmake/{compiler}.cmake"));
        let mut configure = tool("cmake");
        configure
            .args(["-G", "Ninja", "-S"])
            .arg(absolute(self.sources)?);
        configure.arg("-B").arg(to);
        for (name, value) in [
            ("CMAKE_TOOLCHAIN_FILE", absolute(&toolchain)?),
            ("LIBRARY", absolute(self.library)?),
            ("MODEL", absolute(self.model)?),
            ("BOARD", PathBuf::from(self.machine.id)),
        ] {
            configure.arg(format!("-D{name}={}", value.display()));
        }
        for (name, value) in self.settings {
            configure.arg(format!("-D{name}={value}"));
        }
        run(&mut configure)?;
        run(tool("cmake").arg("--build").arg(to))?;
        Ok(to.join("verdict.elf"))
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let absolute = path.canonicalize();
    absolute.with_context(|| path.display().to_string())
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().context("cannot run cmake")?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim_end().to_owned();
    Err(Said(format!("the program in C does not build:\n{said}")).into())
}
