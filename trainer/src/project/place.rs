//! The places of a model file and of the files beside it, and whether they may be written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::files;
use tillsense_compiler::trained::{TrainedFile, require_own_place, seal, trained_path};

use crate::data::DataSource;

/// Makes the folder of a model file and checks that the file can be written there, before hours are spent on it. An existing file
/// that is no model of this description stays, unless `force` is set; the files that the model is made of stay in any case.
pub fn prepare_output(out: &Path, made_from: &str, source: &DataSource, force: bool) -> Result<()> {
    let ours = ["trained", "checkpoint"];
    let place = files::place(out);
    if let Some(taken) = ours
        .into_iter()
        .find(|&ours| place.extension().is_some_and(|e| e == ours))
    {
        bail!(
            "{}: a file NAME.{taken} is written beside the model; call the model NAME.till",
            out.display()
        );
    }
    ensure!(
        !out.is_dir(),
        "{}: is a folder; name a file, for example {0}/NAME.till",
        out.display()
    );
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        ensure!(
            parent.is_dir() || !parent.exists(),
            "{}: is a file, not a folder",
            parent.display()
        );
        std::fs::create_dir_all(parent)
            .with_context(|| format!("{}: the folder cannot be made", parent.display()))?;
    }
    for written in [out, &trained_path(out), &checkpoint_path(out)] {
        require_no_input(written, made_from, source)?;
    }
    files::writable(out)?;
    files::writable(&trained_path(out))?;
    match force {
        true => Ok(()),
        false => require_own_place(out, made_from),
    }
}

/// Refuses to write over the description or a file of the data sets.
fn require_no_input(written: &Path, made_from: &str, source: &DataSource) -> Result<()> {
    let shown = written.display();
    ensure!(
        !files::same(written, Path::new(made_from)),
        "{shown}: is the description of the model; name another file with --out"
    );
    ensure!(
        !source.holds(written),
        "{shown}: is a file of the data; name another file with --out"
    );
    Ok(())
}

/// Writes a model file and its `.trained` file, which names the model file that it belongs to.
pub fn write(out: &Path, model: &[u8], trained_file: &TrainedFile) -> Result<()> {
    let beside = trained_file.to_bytes(&seal(model)?)?;
    files::write_pair((&trained_path(out), &beside), (out, model))
}

/// The path of a model file's checkpoint: beside the file that a link leads to.
pub fn checkpoint_path(out: &Path) -> PathBuf {
    files::place(out).with_extension("checkpoint")
}
