//! Finds the description that a name on the command line means.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use tillsense_compiler::files;
use tillsense_compiler::network::presets::{self, PRESET};
use tillsense_compiler::words::meant;

/// The default path of the model file of a description: it is called like the preset, or like the file of the
/// description, whatever name stands in it.
pub fn model_path(name: &str) -> PathBuf {
    let stem = Path::new(name).file_stem().unwrap_or_default();
    let stem = match presets::find(name) {
        Some(preset) => preset.name.to_owned(),
        None => stem.to_string_lossy().into_owned(),
    };
    PathBuf::from(format!("models/{stem}.till"))
}

/// Limit of a description's length: thousands of layers.
const MOST_DESCRIPTION: u64 = 1 << 20;

/// The text of a preset, or of a file where there is no preset of this name; and its origin.
pub fn description(name: &str) -> Result<(String, String)> {
    if let Some(preset) = presets::find(name) {
        return Ok((preset.text.to_owned(), format!("{PRESET}{name}")));
    }
    let path = Path::new(name);
    if path.extension().is_none_or(|e| e != "toml") {
        bail!(
            "no preset `{name}`; there are {}. A description of your own is named by its file, NAME.toml{}",
            preset_names(),
            preset_meant(name)
        );
    }
    let text = files::read_text(path, MOST_DESCRIPTION).map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!("{name}: there is no such file; `tillsense presets PRESET > {name}` makes one to start from"),
        ErrorKind::InvalidData => anyhow!("{name}: bytes that are not UTF-8; save the file as UTF-8"),
        _ => anyhow!("{name}: cannot be read: {error}"),
    })?;
    Ok((text, name.to_owned()))
}

/// The names of all presets, for messages.
pub fn preset_names() -> String {
    presets::PRESETS.map(|preset| preset.name).join(", ")
}

/// The question whether a person meant the nearest preset, for messages; empty where none is near.
pub fn preset_meant(name: &str) -> String {
    meant(name, presets::PRESETS.iter().map(|preset| preset.name))
}
