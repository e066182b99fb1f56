//! Opens a model file on disk, with its description and its data.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::network::presets;
use tillsense_compiler::trained::{MOST_MODEL, TrainedFile, TrainedOn, trained_path};
use tillsense_compiler::{files, run};
use tillsense_core::engine::Model;

use super::scoring::scoring;
use super::source::require_no_network;
use super::{Prepared, description, preset_names};
use crate::data::DataSource;
use crate::data::own::Finding;

/// A model file with what belongs to it.
pub struct Opened {
    /// Bytes of the file, checked.
    pub file: Vec<u8>,
    /// The description, joined with the data.
    pub prepared: Prepared,
    /// The `.trained` file beside the model file, where there is one.
    pub trained_file: Option<TrainedFile>,
}

/// Opens a model file with its data: by its `.trained` file where there is one, else by the preset of its name.
///
/// Data that are not `named` by the person must be those that the model was trained on.
pub fn open(path: &Path, source: DataSource, named: bool) -> Result<Opened> {
    let file = read(path)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let trained_file = TrainedFile::read(path, &model.digest())?;
    let prepared = match &trained_file {
        Some(trained_file) => Prepared::of_trained(trained_file, source)?,
        None => {
            let (text, origin) = preset_of(path, &model)?;
            Prepared::new(&text, &origin, source)?
        }
    };
    prepared
        .require_fit(&model)
        .with_context(|| path.display().to_string())?;
    let own = trained_file.as_ref().map(|trained_file| trained_file.data);
    if !named {
        require_own(path, own, &prepared)?;
    }
    Ok(Opened {
        file,
        prepared,
        trained_file,
    })
}

/// Opens a model file with samples that it was not made for: those of a table, a folder or another description. What is worth knowing
/// about them comes with it.
pub fn open_on(path: &Path, source: &DataSource, on: &Path) -> Result<(Opened, Vec<Finding>)> {
    let file = read(path)?;
    let aligned = Aligned::from(file.as_slice());
    let model = run::load(&aligned)?;
    let trained_file = TrainedFile::read(path, &model.digest())?;
    let trained_file = trained_file.with_context(|| {
        format!(
            "{}: which columns its inputs are is not known, because {} is not there (`tillsense train` writes it); `tillsense run --table` answers without it",
            path.display(),
            trained_path(path).display()
        )
    })?;
    let (prepared, findings) = scoring(&trained_file, source, on)?;
    prepared
        .require_fit(&model)
        .with_context(|| path.display().to_string())?;
    let opened = Opened {
        file,
        prepared,
        trained_file: Some(trained_file),
    };
    Ok((opened, findings))
}

/// The description of a model without a `.trained` file: the preset of its name.
fn preset_of(path: &Path, model: &Model<'_>) -> Result<(String, String)> {
    let name = model.name();
    if presets::find(name).is_none() {
        bail!(
            "{}: what its model `{name}` is trained for is not known: {} is not there (`tillsense train` writes it), and `{name}` is no preset; there are {}",
            path.display(),
            trained_path(path).display(),
            preset_names()
        );
    }
    description(name)
}

/// Refuses data that nobody has named where a model was, or may have been, trained on others: its figures would be misleading.
fn require_own(path: &Path, own: Option<TrainedOn>, prepared: &Prepared) -> Result<()> {
    let (shown, here) = (path.display(), prepared.trained_on());
    let ask = "name the data with --data DIR or --data generated";
    match own {
        None => bail!(
            "{shown}: which data it was trained on is not known, because {} is not there (`tillsense train` writes it); {ask}",
            trained_path(path).display()
        ),
        Some(own) if own != here => bail!(
            "{shown}: trained on {own}, and without --data it would be scored on {} ({}); {ask}",
            prepared.source,
            here.digest.short()
        ),
        Some(_) => Ok(()),
    }
}

/// Reads a model file and checks it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    ensure!(
        path.exists(),
        "{}: there is no such file; `tillsense train PRESET` and `tillsense import NETWORK.tflite` write models",
        path.display()
    );
    let file = files::read(path, MOST_MODEL)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    ensure!(
        !file.is_empty(),
        "{}: empty; copy or train the model again",
        path.display()
    );
    require_no_network(path, &file)?;
    run::load(&Aligned::from(file.as_slice())).with_context(|| path.display().to_string())?;
    Ok(file)
}
