//! Tools that building and emulating the firmware need.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::boards::Machine;
use crate::toolchain::hermetic::tool;

/// Something that must be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Cargo and rustc, of the version that the firmware's sources ask for or a later one.
    Rust,
    /// Rust's core library for this target.
    Target(&'static str),
    /// A program: an emulator, a compiler.
    Program(&'static str),
    /// A C library: a compiler, and the specs by which the compiler knows it.
    Specs(&'static str, &'static str),
}

/// The oldest Rust that builds the firmware: all crates of one version state the same.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Programs and specs with the Debian package that contains each.
const PACKAGES: [(&str, &str); 13] = [
    ("qemu-system-arm", "qemu-system-arm"),
    ("qemu-system-riscv32", "qemu-system-misc"),
    ("cmake", "cmake"),
    ("ninja", "ninja-build"),
    ("cc", "gcc"),
    ("c++", "g++"),
    ("arm-none-eabi-gcc", "gcc-arm-none-eabi"),
    ("arm-none-eabi-objcopy", "binutils-arm-none-eabi"),
    (
        "riscv64-unknown-elf-objcopy",
        "binutils-riscv64-unknown-elf",
    ),
    ("nano.specs", "libnewlib-arm-none-eabi"),
    ("riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf"),
    ("picolibc.specs", "picolibc-riscv64-unknown-elf"),
    ("tmux", "tmux"),
];

/// What building a program in C for a machine needs, besides what [`for_machines`] says: CMake, a compiler, a C library.
pub fn for_c(machine: &Machine) -> Vec<Need> {
    let (compiler, specs) = match machine.target.starts_with("riscv") {
        true => ("riscv64-unknown-elf-gcc", "picolibc.specs"),
        false => ("arm-none-eabi-gcc", "nano.specs"),
    };
    vec![
        Need::Program("cmake"),
        Need::Program("ninja"),
        Need::Program(compiler),
        Need::Specs(compiler, specs),
    ]
}

/// The needs of these machines, each once.
pub fn for_machines(machines: &[&Machine]) -> Vec<Need> {
    let mut needs = Vec::new();
    for machine in machines {
        let emulator = machine.qemu.iter().map(|qemu| Need::Program(qemu.program));
        for need in [Need::Target(machine.target)].into_iter().chain(emulator) {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    needs
}

impl Need {
    /// The installed version in one line; `None` where the tool is missing.
    pub fn found(&self) -> Option<String> {
        match self {
            Need::Rust => {
                first_line(tool("cargo").arg("--version"))?;
                let rustc = first_line(tool("rustc").arg("--version"))?;
                is_recent(&rustc).then_some(rustc)
            }
            Need::Target(target) => {
                // Builds start rustc in the same way, so the same toolchain answers.
                let mut rustc = tool("rustc");
                rustc.args(["--print", "target-libdir", "--target", target]);
                let folder = first_line(&mut rustc)?;
                Path::new(&folder).is_dir().then_some(folder)
            }
            // The one tool here that knows no long options.
            Need::Program("tmux") => first_line(Command::new("tmux").arg("-V")),
            Need::Program(program) => first_line(Command::new(program).arg("--version")),
            Need::Specs(compiler, specs) => {
                // Of a file that it does not have, a compiler says the name alone.
                let mut asked = Command::new(compiler);
                asked.arg(format!("--print-file-name={specs}"));
                first_line(&mut asked).filter(|path| Path::new(path).is_absolute())
            }
        }
    }

    /// Name of the tool for people.
    pub fn name(&self) -> String {
        match self {
            Need::Rust => format!("Rust {OLDEST} or later"),
            Need::Target(target) => format!("Rust target {target}"),
            Need::Program(program) => (*program).to_owned(),
            Need::Specs(compiler, specs) => format!("{specs} of {compiler}"),
        }
    }

    /// The Debian package of a program or a C library.
    pub(super) fn package(&self) -> Option<&'static str> {
        let (Need::Program(wanted) | Need::Specs(_, wanted)) = self else {
            return None;
        };
        PACKAGES
            .iter()
            .find(|(program, _)| program == wanted)
            .map(|(_, package)| *package)
    }
}

/// The first line that a command prints, where it succeeds.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// Whether `rustc --version` says [`OLDEST`] or a later version.
fn is_recent(said: &str) -> bool {
    let numbers = |text: &str| -> Option<(u32, u32)> {
        let mut numbers = text.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    said.split(' ').nth(1).and_then(numbers) >= numbers(OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (said, recent) in [
            (format!("rustc {OLDEST}.0 (0123abcde 2026-03-21)"), true),
            (
                format!("rustc {OLDEST}.0-nightly (0123abcde 2026-03-21)"),
                true,
            ),
            (String::from("rustc 1.1000.0"), true),
            (String::from("rustc 2.0.0"), true),
            (String::from("rustc 1.9.0"), false),
            (String::from("rustc"), false),
            (
                String::from("error: no override and no default toolchain set"),
                false,
            ),
        ] {
            assert_eq!(is_recent(&said), recent, "{said}");
        }
    }
}
