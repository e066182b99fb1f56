//! The library and programs in C, built with the tools of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use crate::samples;

/// A library of this machine.
pub struct Library(PathBuf);

/// A program that was built.
pub struct Program(PathBuf);

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
        fs::copy(target.join(folder).join("libtillsense.a"), &library).unwrap();
        Library(library)
    }
}

impl Program {
    /// A program of this folder, with the sanitisers of the compiler.
    pub fn of(name: &str, library: &Library) -> Self {
        let folder = Path::new(TMP).join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("samples.h"), samples::header()).unwrap();
        let program = folder.join(name);
        ran(Command::new("gcc")
            .args(["-std=c99", "-g", "-O1"])
            .args(STRICT)
            .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
            .arg(Path::new(PACKAGE).join(format!("tests/programs/{name}.c")))
            .args(["-I".as_ref(), folder.as_os_str()])
            .arg(format!("-I{PACKAGE}/include"))
            .arg(&library.0)
            .args(["-lpthread", "-ldl", "-lm", "-o"])
            .arg(&program));
        Program(program)
    }

    /// Runs it; answers what it printed.
    pub fn run(&self) -> String {
        ran(&mut Command::new(&self.0))
    }
}

/// Compiles the header alone.
pub fn syntax(compiler: &str, language: &[&str]) {
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
