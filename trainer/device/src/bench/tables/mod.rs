//! The tables of the documents, made from committed figures: `cargo tillsense bench tables`.
//!
//! What was measured lies in `tests/golden`, where the end-to-end tests measure it again; so a table that is made from it can
//! be checked in a moment, and is never older than what the tests hold.

mod blocks;
mod kernels;
mod markdown;
mod models;
mod sizes;
mod times;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::files;

/// The documents that have such tables.
const DOCUMENTS: [&str; 4] = [
    "README.md",
    "core/README.md",
    "docs/PERFORMANCE.md",
    "docs/SIZE.md",
];

/// Longest document.
const MOST: u64 = 1 << 20;

/// Writes the tables of the documents below `root`, and answers with those that were stale.
pub fn write(root: &Path) -> Result<Vec<PathBuf>> {
    let stale = stale(root)?;
    for (path, text) in &stale {
        files::write(path, text.as_bytes())?;
    }
    Ok(stale.into_iter().map(|(path, _)| path).collect())
}

/// Refuses a document whose tables are not what the committed figures say.
pub fn check(root: &Path) -> Result<()> {
    let stale = stale(root)?;
    let names: Vec<_> = stale
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    ensure!(
        names.is_empty(),
        "{}: tables are stale; `tillsense bench tables` writes them",
        names.join(", ")
    );
    Ok(())
}

/// The documents that would change, with their new texts.
fn stale(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let golden = root.join("tests/golden");
    ensure!(
        golden.is_dir(),
        "{}: this is not the folder of Tillsense's sources, where figures and documents are; `--root DIR` names it",
        root.display()
    );
    let mut stale = Vec::new();
    for name in DOCUMENTS {
        let path = root.join(name);
        let named = || path.display().to_string();
        let old = files::read_text(&path, MOST).with_context(named)?;
        let new = blocks::rewrite(&old, |block| make(&golden, block)).with_context(named)?;
        if new != old {
            stale.push((path, new));
        }
    }
    Ok(stale)
}

/// The inside of the block of this name.
fn make(golden: &Path, name: &str) -> Result<String> {
    match name.split(' ').collect::<Vec<_>>()[..] {
        ["kernels", board] => kernels::table(golden, board),
        ["speed"] => kernels::speed(golden),
        ["speed", "without", "winograd"] => kernels::without_winograd(golden),
        ["model", model, board] => models::table(golden, model, board),
        ["whole", model] => models::short(golden, model),
        ["times", model] => times::table(golden, model),
        ["calibration"] => times::calibration(golden),
        ["engine", "boards"] => sizes::boards(golden),
        ["engine", "parts"] => sizes::parts(golden),
        ["c", "programs"] => sizes::c_programs(golden),
        _ => bail!("no command writes a block of this name"),
    }
}
