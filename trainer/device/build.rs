//! Puts the sources of the firmware and of the core into the command, so that it builds them in whatever folder it runs.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What the firmware's build reads, from the folder of the workspace.
const CARRIED: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "core/Cargo.toml",
    "core/build.rs",
    "core/src",
    "firmware/Cargo.toml",
    "firmware/build.rs",
    "firmware/src",
    "firmware/boards",
    "firmware/board/Cargo.toml",
    "firmware/board/build.rs",
    "firmware/board/src",
];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(io::ErrorKind::NotFound)
    };
    let workspace = variable("CARGO_MANIFEST_DIR")?.join("../..");
    let mut list = String::from("&[\n");
    for name in CARRIED {
        println!("cargo:rerun-if-changed=../../{name}");
        carry(&workspace, name, &mut list)?;
    }
    list.push_str("]\n");
    fs::write(variable("OUT_DIR")?.join("sources.rs"), list)
}

/// Adds a file, or all files of a folder in order.
fn carry(workspace: &Path, name: &str, list: &mut String) -> io::Result<()> {
    let path = workspace.join(name);
    if !path.is_dir() {
        let path = path.canonicalize()?;
        writeln!(list, "    ({name:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name()));
    let mut names = entries.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    for entry in names {
        carry(
            workspace,
            &format!("{name}/{}", entry.to_string_lossy()),
            list,
        )?;
    }
    Ok(())
}
