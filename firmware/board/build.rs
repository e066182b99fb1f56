//! Puts every file of `firmware/boards` into the crate, so that a new board is found by lying there. The crate holds that folder as
//! a link, because its package has nothing from outside.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs, io};

const FOLDER: &str = "boards";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={FOLDER}");
    let mut files = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path().canonicalize()?;
        if path.extension().is_some_and(|end| end == "toml") {
            let name = path.file_stem().unwrap_or_default().to_owned();
            files.push((name, path));
        }
    }
    // The directory's own order differs between file systems.
    files.sort();
    let mut list = String::from("&[\n");
    for (name, path) in files {
        writeln!(list, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").map(PathBuf::from);
    let out = out.ok_or(io::ErrorKind::NotFound)?;
    fs::write(out.join("boards.rs"), list)
}
