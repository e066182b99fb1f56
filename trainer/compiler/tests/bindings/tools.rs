//! Compilers, and folders in which programs are made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use tillsense_compiler::bindings::Facts;

use crate::fixture::{kinds_file, tensors_file};

/// A folder with the files of a program.
pub struct Room(TempDir);

impl Room {
    pub fn new() -> Self {
        Room(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs a command in the folder.
    pub fn run(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Output {
        let ran = self.try_run(program.as_ref(), arguments);
        ran.unwrap_or_else(|| panic!("{} is not there", program.as_ref().display()))
    }

    /// As [`Room::run`]; `None` where there is no such program.
    pub fn try_run(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        arguments: &[&str],
    ) -> Option<Output> {
        let mut command = Command::new(program.as_ref());
        command.args(arguments).current_dir(self.0.path());
        match command.output() {
            Ok(output) => Some(output),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{}: {error}", program.as_ref().display()),
        }
    }
}

/// What a program printed, which ended well.
#[track_caller]
pub fn succeeded(output: Output) -> String {
    let (out, err) = said(&output);
    assert!(output.status.success(), "{out}{err}");
    out
}

/// Standard output and standard error.
pub fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// The core with the parts that the models need and no others, as a library for Rust.
pub fn core() -> &'static Path {
    static CORE: OnceLock<PathBuf> = OnceLock::new();
    CORE.get_or_init(|| {
        let files = build("tillsense-core", "core");
        let meta = files.iter().find(|file| file.ends_with(".rmeta"));
        // The file beside it has no other name when the same crate is built with other features.
        PathBuf::from(meta.unwrap_or_else(|| panic!("{files:?}"))).with_extension("rlib")
    })
}

/// Builds a package of this workspace and answers the files of its library.
pub fn build(package: &str, folder: &str) -> Vec<String> {
    let mut features: Vec<_> = [kinds_file(1), tensors_file()]
        .iter()
        .flat_map(|file| Facts::read(file).unwrap().features)
        .collect();
    features.sort_unstable();
    features.dedup();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Command::new(env!("CARGO"))
        .arg("build")
        .arg("--manifest-path")
        .arg(root.join(folder).join("Cargo.toml"))
        .args(["--package", package, "--no-default-features"])
        .args(["--features", &features.join(","), "--message-format=json"])
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("bindings"))
        .output()
        .unwrap();
    let messages = succeeded(built);
    let messages = messages.lines().map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        message
    });
    let id = |message: &Value| message["package_id"].as_str().map(str::to_owned);
    let mut ours = messages.filter(|message| {
        message["reason"] == "compiler-artifact"
            && id(message).is_some_and(|id| id.contains(&format!("{folder}#")))
            && message["target"]["kind"] != serde_json::json!(["custom-build"])
    });
    let files = ours.next_back().expect("it was built");
    let files = files["filenames"].as_array().unwrap().iter();
    files
        .map(|file| file.as_str().unwrap().to_owned())
        .collect()
}
