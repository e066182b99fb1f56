//! The library and programs in C, built with the tools of this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use tillsense_device::boards::find;
use tillsense_device::toolchain::{Need, ensure, for_c, for_machines};

use crate::samples;

/// A library of this machine.
pub struct Library(PathBuf);

/// How a program that was built is run.
pub struct Program(Vec<OsString>);

/// A machine that programs run on.
#[derive(Debug)]
pub struct Machine {
    /// What the names of its compiler's tools begin with.
    tools: &'static str,
    flags: &'static [&'static str],
    /// The source that belongs to it.
    support: &'static str,
    libraries: &'static [&'static str],
    /// What runs a program, for a minute at most; nothing where this machine does.
    emulator: &'static [&'static str],
}

/// This machine, with the sanitisers of its compiler.
pub const HOST: Machine = Machine {
    tools: "",
    flags: &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    support: "host.c",
    libraries: &["-lpthread", "-ldl", "-lm"],
    emulator: &[],
};

/// A Cortex-M4 with newlib-nano.
pub const ARM: Machine = Machine {
    tools: "arm-none-eabi-",
    flags: &[
        "-mcpu=cortex-m4",
        "-mthumb",
        "-nostartfiles",
        "--specs=nano.specs",
        "-Tarm.ld",
        "-Wl,--gc-sections",
    ],
    support: "board.c",
    libraries: &["-lc", "-lgcc"],
    emulator: &[
        "timeout",
        "60",
        "qemu-system-arm",
        "-machine",
        "mps2-an386",
        "-display",
        "none",
        "-chardev",
        "stdio,id=out",
        "-semihosting-config",
        "enable=on,target=native,chardev=out",
        "-kernel",
    ],
};

/// An RV32IMAC with picolibc.
pub const RISCV: Machine = Machine {
    tools: "riscv64-unknown-elf-",
    flags: &[
        "-march=rv32imac",
        "-mabi=ilp32",
        "-mcmodel=medany",
        "-nostartfiles",
        "--specs=picolibc.specs",
        "-Triscv.ld",
        "-Wl,--gc-sections,--no-relax",
    ],
    support: "board.c",
    libraries: &["-lc", "-lgcc"],
    emulator: &[
        "timeout",
        "60",
        "qemu-system-riscv32",
        "-machine",
        "virt",
        "-bios",
        "none",
        "-display",
        "none",
        "-chardev",
        "stdio,id=out",
        "-semihosting-config",
        "enable=on,target=native,chardev=out",
        "-kernel",
    ],
};

/// What every C compiler is told.
pub const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wundef"];

/// The folder of the package.
pub const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// A folder for what tests build.
pub const TMP: &str = env!("CARGO_TARGET_TMPDIR");

impl Library {
    /// The library with all parts.
    pub fn whole() -> Self {
        Self::built("whole", "debug", &[])
    }

    /// The library with all parts but one.
    pub fn without(part: &str) -> Self {
        let manifest = fs::read_to_string(Path::new(PACKAGE).join("Cargo.toml")).unwrap();
        let parts = manifest
            .lines()
            .filter_map(|line| line.split_once(" = [\"tillsense-core/"))
            .map(|(name, _)| name)
            .filter(|&name| name != part);
        let parts = parts.collect::<Vec<_>>().join(",");
        let features = ["--no-default-features", "--features", &parts];
        Self::built(part, "debug", &features)
    }

    /// The library of another processor, as firmware links it.
    pub fn of(triple: &str) -> Self {
        let options = ["--profile", "firmware", "--target", triple];
        Self::built(triple, &format!("{triple}/firmware"), &options)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn built(name: &str, folder: &str, options: &[&str]) -> Self {
        tools();
        // All libraries are built in one folder, and those of this machine to one place.
        static BUILDING: Mutex<()> = Mutex::new(());
        let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        let target = Path::new(TMP).join("library");
        ran(Command::new(env!("CARGO"))
            .current_dir(PACKAGE)
            .args(["build", "--lib", "--target-dir"])
            .arg(&target)
            .args(options));
        let library = target.join(format!("{name}.a"));
        // Replaced as a whole: another test may be linking the library that lies there.
        let copy = library.with_extension("new");
        fs::copy(target.join(folder).join("libtillsense.a"), &copy).unwrap();
        fs::rename(copy, &library).unwrap();
        Library(library)
    }
}

impl Program {
    /// A program of this folder.
    pub fn of(name: &str, machine: &Machine, library: &Library) -> Self {
        let sources = Path::new(PACKAGE).join("tests/programs");
        let folder = Path::new(TMP).join(format!("{name}-{}", machine.support));
        let folder = folder.with_extension(machine.tools);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("samples.h"), samples::header()).unwrap();
        let program = folder.join(name);
        ran(Command::new(format!("{}gcc", machine.tools))
            .current_dir(&sources)
            .args(["-std=c99", "-g", "-O1"])
            .args(STRICT)
            .args(machine.flags)
            .args([&format!("{name}.c"), machine.support])
            .args(["-I".as_ref(), folder.as_os_str()])
            .arg(format!("-I{PACKAGE}/include"))
            .arg(&library.0)
            .args(machine.libraries)
            .arg("-o")
            .arg(&program));
        let mut run: Vec<OsString> = machine.emulator.iter().map(Into::into).collect();
        run.push(program.into());
        Program(run)
    }

    /// Runs it; answers what it printed.
    pub fn run(&self) -> String {
        ran(Command::new(&self.0[0]).args(&self.0[1..]))
    }
}

/// Installs what this machine lacks of compilers, C libraries and emulators, or fails with the commands that do.
fn tools() {
    let boards = ["mps2-an386", "riscv-virt"].map(|id| find(id).unwrap());
    let mut needs = for_machines(&boards);
    needs.extend(boards.into_iter().flat_map(for_c));
    needs.extend(["cc", "c++"].map(Need::Program));
    let targets = ["thumbv6m-none-eabi", "thumbv7em-none-eabi"];
    needs.extend(targets.map(Need::Target));
    ensure(&needs).unwrap();
}

/// Compiles the header alone.
pub fn syntax(compiler: &str, language: &[&str]) {
    tools();
    ran(Command::new(compiler)
        .args(language)
        .args(STRICT)
        .arg("-fsyntax-only")
        .arg(format!("{PACKAGE}/include/tillsense.h")));
}

/// Runs a command that must succeed; answers what it printed.
pub fn ran(command: &mut Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{out}\n{error}");
    out
}
