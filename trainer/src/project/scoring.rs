//! Joins a finished model with samples that it was not made for: `tillsense evaluate MODEL --on ...`.

use std::path::{Path, absolute};

use anyhow::{Context, Result, anyhow, ensure};
use tillsense_compiler::network::builder::{BuildError, build};
use tillsense_compiler::network::description::{Origin, Spec, parse};
use tillsense_compiler::trained::TrainedFile;
use tillsense_compiler::words::meant;

use super::{Prepared, description, place};
use crate::data::DataSource;
use crate::data::dataset::Dataset;
use crate::data::input_map::InputMap;
use crate::data::own::folder::is_archive;
use crate::data::own::{self, Finding, Finished};

/// A trained network, with its own frontends and classes, joined with the samples of a description, a table or a folder; and what is
/// worth knowing about those. Nothing is fitted to them.
pub fn scoring(
    file: &TrainedFile,
    source: &DataSource,
    on: &Path,
) -> Result<(Prepared, Vec<Finding>)> {
    let mut spec = parse(&file.text, &file.origin)?;
    let own = file.facts(&spec);
    let trained_on = source.for_description(&spec, &file.origin).ok();
    let source = match on.extension().is_some_and(|end| end == "toml") {
        true => take_description(&mut spec, source, on)?,
        false => take_file(&mut spec, source, file, on)?,
    };
    let of = |source: &DataSource| source.own_file();
    let same = of(&source).is_some() && of(&source) == trained_on.as_ref().and_then(of);
    let source = source.with_files_of(trained_on.as_ref())?;
    let classes = spec.heads.iter().map(|head| own.heads.get(&head.name));
    let classes: Vec<Vec<String>> = classes.map(|c| c.cloned().unwrap_or_default()).collect();
    let finished = Finished {
        frontends: &file.frontends,
        classes: &classes,
        own: same,
    };
    let (samples, findings) = own::scored(&spec, source.base()?, finished)?;
    let data = Dataset::of(Box::new(samples));
    let place = |fault: BuildError| place(&file.text, &file.origin, fault);
    let prepared = Prepared {
        order: InputMap::new(&spec, &data).map_err(place)?,
        graph: build(&spec, &own).map_err(place)?,
        text: file.text.clone(),
        frontends: file.frontends.clone(),
        foreign_to: Some(file.data),
        spec,
        source,
        data,
    };
    Ok((prepared, findings))
}

/// Takes the samples of another description, whose inputs and heads of the same names are those of the model.
fn take_description(spec: &mut Spec, source: &DataSource, on: &Path) -> Result<DataSource> {
    let shown = on.display();
    let name = on.to_str().ok_or_else(|| anyhow!("{shown}: no UTF-8"))?;
    let (text, origin) = description(name)?;
    let mut other = parse(&text, &origin)?;
    ensure!(
        other.data.origin.is_own(),
        "{shown}: reads {}; data of a preset are named with --data",
        other.data.origin.words()
    );
    for input in &mut spec.inputs {
        let names: Vec<_> = other.inputs.iter().map(|i| i.name.clone()).collect();
        let found = other.inputs.iter_mut().find(|i| i.name == input.name);
        let found = found.with_context(|| {
            let names = names.iter().map(String::as_str);
            let meant = meant(&input.name, names);
            format!("{shown}: has no input `{}`, which the model reads{meant}; add it, or score a table that has an empty column for it", input.name)
        })?;
        ensure!(
            found.source.kind() == input.source.kind(),
            "{shown}: inputs.{}: is of kind {}, and of kind {} for the model",
            input.name,
            found.source.kind(),
            input.source.kind()
        );
        input.columns = std::mem::take(&mut found.columns);
    }
    for head in &mut spec.heads {
        let found = other.heads.iter_mut().find(|h| h.name == head.name);
        if let Some(found) = found {
            head.column = found.column.take();
        }
    }
    let source = source.for_description(&other, &origin)?;
    spec.data = other.data;
    Ok(source)
}

/// Takes the samples of a table or a folder, read as the model's own description says.
fn take_file(
    spec: &mut Spec,
    source: &DataSource,
    file: &TrainedFile,
    on: &Path,
) -> Result<DataSource> {
    let shown = on.display();
    ensure!(
        on.exists(),
        "{shown}: there is no such file; name a table, a folder or a description (NAME.toml)"
    );
    let path = absolute(on)?.into_os_string().into_string();
    let path = path.map_err(|_| anyhow!("{shown}: the path is no UTF-8"))?;
    let folder = on.is_dir() || is_archive(on);
    spec.data.origin = match folder {
        true => Origin::Folder(path),
        false => Origin::Table(path),
    };
    // Second tables of sequences lie where the description says.
    let mut source = source.for_description(spec, &file.origin)?;
    if let DataSource::Own { what, .. } = &mut source {
        let kind = if folder { "folder" } else { "table" };
        *what = format!("{kind} `{shown}`");
    }
    Ok(source)
}
