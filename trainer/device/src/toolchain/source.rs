//! The sources of firmware and library, which the command carries, and the folder in which it builds them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};
use tillsense_compiler::files;
use toml_edit::{Array, DocumentMut, Item, Table};

use crate::boards::{self, Machine};

/// Sources of the firmware: paths from the folder of the workspace, and contents of the files.
static SOURCES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The lock file, which cargo shortens to the crates that the firmware uses.
const LOCK: &str = "Cargo.lock";

/// The folder for builds of the firmware: in cargo's target folder where this command lies in one, so that each tree has its
/// own, else in the user's cache.
pub(super) fn place() -> Result<PathBuf> {
    let exe = env::current_exe().context("cannot tell where this command lies")?;
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = env::home_dir().map(|home| home.join(".cache"));
    place_of(&exe, cache.filter(|path| path.is_absolute()).or(home))
        .context("no folder to build the firmware in: set HOME or XDG_CACHE_HOME")
}

fn place_of(exe: &Path, cache: Option<PathBuf>) -> Option<PathBuf> {
    let of_cargo = |folder: &&Path| {
        let tag = fs::read_to_string(folder.join("CACHEDIR.TAG"));
        tag.is_ok_and(|tag| tag.contains("created by cargo"))
    };
    match exe.ancestors().skip(1).find(of_cargo) {
        Some(target) => Some(target.join("firmware")),
        None => Some(cache?.join("tillsense").join("firmware")),
    }
}

/// Makes `folder` hold the carried workspace and nothing else; files with the right content stay untouched.
pub(super) fn unpack(folder: &Path) -> Result<()> {
    let mut changed = remove_others(folder)?;
    for &(name, bytes) in SOURCES.iter().filter(|(name, _)| *name != LOCK) {
        let text = match name {
            "Cargo.toml" => Some(edited(bytes, without_the_trainer)?),
            "core/Cargo.toml" | "core/c/Cargo.toml" => Some(edited(bytes, without_tests)?),
            "firmware/Cargo.toml" => Some(edited(bytes, with_places_of_boards)?),
            _ => None,
        };
        changed |= put(
            &folder.join(name),
            text.as_ref().map_or(bytes, |text| text.as_bytes()),
        )?;
    }
    let lock = folder.join(LOCK);
    if changed || !lock.exists() {
        put(&lock, carried(LOCK).context(LOCK)?)?;
    }
    Ok(())
}

/// A file that the command carries.
pub(super) fn carried(name: &str) -> Option<&'static [u8]> {
    let found = SOURCES.iter().find(|(there, _)| *there == name);
    found.map(|&(_, bytes)| bytes)
}

fn edited(bytes: &[u8], edit: fn(&mut DocumentMut)) -> Result<String> {
    let mut document: DocumentMut = std::str::from_utf8(bytes)?.parse()?;
    edit(&mut document);
    Ok(document.to_string())
}

/// Name of a board's feature, which changes nothing: cargo keeps what it built with one feature beside what it built with
/// another, so it keeps the builds of each board, while all boards share the other crates.
pub(super) fn place_of_board(machine: &Machine) -> String {
    format!("place-of-{}", machine.id)
}

fn with_places_of_boards(manifest: &mut DocumentMut) {
    for machine in boards::ALL.iter() {
        manifest["features"][&place_of_board(machine)] = Array::new().into();
    }
}

/// Removes the trainer from the manifest: the unpacked workspace holds core and firmware.
fn without_the_trainer(manifest: &mut DocumentMut) {
    if let Some(workspace) = manifest["workspace"].as_table_mut() {
        workspace.insert(
            "members",
            Array::from_iter(["core", "core/c", "firmware", "firmware/board"]).into(),
        );
        workspace.remove("default-members");
    }
}

/// Removes the tests' dependencies from a manifest: nobody tests there, so they need not be fetched.
fn without_tests(manifest: &mut DocumentMut) {
    manifest.remove("dev-dependencies");
    let targets = manifest.get_mut("target").and_then(Item::as_table_mut);
    for (_, target) in targets.into_iter().flat_map(Table::iter_mut) {
        if let Some(target) = target.as_table_mut() {
            target.remove("dev-dependencies");
        }
    }
}

/// Writes a file unless it holds these bytes already; returns whether it wrote.
fn put(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        files::replace(path, bytes)
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Removes files that another version of the command left.
fn remove_others(folder: &Path) -> Result<bool> {
    let names: HashSet<PathBuf> = SOURCES.iter().map(|(name, _)| folder.join(name)).collect();
    let mut removed = false;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // A folder that does not exist holds nothing.
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !names.contains(&path) {
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
                removed = true;
            }
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_builds_in_its_own_target_folder_wherever_it_was_built() {
        let room = tempfile::tempdir().unwrap();
        let target = room.path().join("moved/target");
        fs::create_dir_all(target.join("debug/deps")).unwrap();
        let exe = target.join("debug/deps/tillsense");
        let cache = Some(PathBuf::from("/somewhere/.cache"));
        // A folder with that name alone does not make it cargo's target folder.
        let installed = PathBuf::from("/somewhere/.cache/tillsense/firmware");
        assert_eq!(place_of(&exe, cache.clone()), Some(installed));
        assert_eq!(place_of(&exe, None), None);
        let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by cargo.\n";
        fs::write(target.join("CACHEDIR.TAG"), tag).unwrap();
        assert_eq!(place_of(&exe, cache), Some(target.join("firmware")));
    }

    #[test]
    fn the_carried_workspace_is_unpacked_and_nothing_else_stays() {
        let room = tempfile::tempdir().unwrap();
        let folder = room.path().join("source");
        unpack(&folder).unwrap();
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            read("Cargo.toml")
                .contains(r#"members = ["core", "core/c", "firmware", "firmware/board"]"#)
        );
        assert!(read("Cargo.toml").contains("[profile.firmware]"));
        for manifest in ["core/Cargo.toml", "core/c/Cargo.toml"] {
            assert!(!read(manifest).contains("dev-dependencies"));
        }
        assert!(read("core/src/lib.rs").contains("Numeric contract"));
        assert!(read("firmware/board/boards/microbit.toml").len() > 100);
        // The lock as cargo shortened it stays while the sources do.
        fs::write(folder.join("Cargo.lock"), "short").unwrap();
        fs::write(folder.join("core/src/stale.rs"), "").unwrap();
        fs::write(folder.join("core/src/lib.rs"), "changed").unwrap();
        unpack(&folder).unwrap();
        assert!(!folder.join("core/src/stale.rs").exists());
        assert!(read("core/src/lib.rs").contains("Numeric contract"));
        assert!(read("Cargo.lock").contains("riscv-rt"));
        fs::write(folder.join("Cargo.lock"), "short").unwrap();
        unpack(&folder).unwrap();
        assert_eq!(read("Cargo.lock"), "short");
    }
}
