//! Writing a run.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tillsense_compiler::trained::EpochReport;

use super::list::numbers;
use super::{Run, RunEnd, csv, folder_name, list};

/// Keeps a run under the next number of its model; answers its folder.
pub fn keep(root: &Path, run: &Run, description: &str, epochs: &[EpochReport]) -> Result<PathBuf> {
    let model = root.join(folder_name(&run.model));
    let cannot = || format!("{}: a run cannot be kept there", model.display());
    fs::create_dir_all(&model).with_context(cannot)?;
    let made = tempfile::Builder::new()
        .prefix(".run-")
        .tempdir_in(&model)
        .with_context(cannot)?;
    let files: [(&str, Vec<u8>); 4] = [
        ("run.json", serde_json::to_vec_pretty(run)?),
        ("description.toml", description.as_bytes().to_vec()),
        ("curve.csv", csv(epochs)?),
        ("curve.json", serde_json::to_vec_pretty(epochs)?),
    ];
    for (name, bytes) in files {
        fs::write(made.path().join(name), bytes).with_context(cannot)?;
    }
    readable(made.path()).with_context(cannot)?;
    let mut number = numbers(&model)?.into_iter().max().unwrap_or(0);
    for _ in 0..1000 {
        number += 1;
        let place = model.join(format!("{number:04}"));
        // A folder that is there is never replaced: of an empty one a rename would do so.
        if place.symlink_metadata().is_ok() {
            continue;
        }
        match fs::rename(made.path(), &place) {
            Ok(()) => {
                let _ = made.keep();
                return Ok(place);
            }
            Err(error) if taken(&error) => {}
            Err(error) => return Err(error).with_context(cannot),
        }
    }
    bail!(
        "{}: no number is free; remove runs that are no longer needed",
        model.display()
    )
}

fn taken(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty
    )
}

/// Gives a temporary folder the rights that a folder made in the usual way has.
#[cfg(unix)]
fn readable(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    // The rights of the folder around it, which the user's mask has made.
    let around = folder.parent().unwrap_or(folder);
    let mode = fs::metadata(around)?.permissions().mode();
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn readable(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The last run of a model that was stopped, if it was given the same description and seed: what `--resume` goes on with.
pub fn last_stopped(root: &Path, model: &str, description_digest: &str, seed: u64) -> Option<u32> {
    let entries = list(root, Some(&folder_name(model))).ok()?;
    let last = entries.into_iter().filter_map(|entry| {
        let run = entry.run.ok()?;
        let same = run.description_digest == description_digest && run.seed == seed;
        (same && run.end == RunEnd::Stopped).then_some(entry.number)
    });
    last.max()
}
