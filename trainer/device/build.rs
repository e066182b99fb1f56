//! Puts the sources of the firmware, of the core and of its C boundary into the command, so that it builds them in whatever folder it runs.
//!
//! They lie in the folder `carried`: as links into the workspace in a checkout, as files in the package that `cargo package`
//! makes of it. Cargo would leave out folders with a manifest of their own, so manifests have another name there.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What the builds of firmware and library read.
const CARRIED: &str = "carried";

/// Names of files there, and the names under which they are unpacked.
const RENAMED: [(&str, &str); 2] = [("manifest.toml", "Cargo.toml"), ("lock.toml", "Cargo.lock")];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={CARRIED}");
    let root = Path::new(CARRIED);
    if !root.join("core/src/lib.rs").is_file() {
        let text = "the links in `carried` are no links: clone the sources with `git clone -c core.symlinks=true`";
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    let mut list = String::from("&[\n");
    carry(root, "", &mut list)?;
    list.push_str("]\n");
    let target = env::var("TARGET").map_err(io::Error::other)?;
    println!("cargo:rustc-env=TILLSENSE_HOST={target}");
    let out = env::var_os("OUT_DIR").map(PathBuf::from);
    let out = out.ok_or(io::ErrorKind::NotFound)?;
    fs::write(out.join("sources.rs"), list)
}

/// Adds the files of a folder in order; `place` is where the folder is unpacked, empty or with a slash at its end.
fn carry(folder: &Path, place: &str, list: &mut String) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let mut names = entries.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let name = name.to_string_lossy();
        if path.is_dir() {
            carry(&path, &format!("{place}{name}/"), list)?;
            continue;
        }
        let renamed = RENAMED.iter().find(|(here, _)| *here == name);
        let name = renamed.map_or(&*name, |(_, there)| there);
        let path = path.canonicalize()?;
        writeln!(list, "    (\"{place}{name}\", include_bytes!({path:?})),")
            .map_err(io::Error::other)?;
    }
    Ok(())
}
