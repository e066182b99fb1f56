//! The command `tillsense presets`.

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use tillsense_compiler::network::presets::{self, Preset};

use super::{Shared, output};
use crate::project::{preset_meant, preset_names};

/// Arguments of `presets`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PresetsArgs {
    /// Print the description of this preset, a start for your own
    name: Option<String>,
}

const EXAMPLES: &str = "Examples:
  tillsense presets                      all of them
  tillsense presets digits > mine.toml   a description to change; `tillsense train mine.toml` trains it";

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    data: String,
    inputs: Vec<String>,
    heads: Vec<String>,
    epochs: usize,
}

/// A preset with its text.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    row: Row,
    text: &'static str,
}

/// Lists the presets, or prints one.
pub fn run(args: &PresetsArgs, shared: &Shared) -> Result<()> {
    match &args.name {
        Some(name) => one(name, shared),
        None => all(shared),
    }
}

fn one(name: &str, shared: &Shared) -> Result<()> {
    let Some(preset) = presets::find(name) else {
        bail!(
            "no preset `{name}`; there are {}{}",
            preset_names(),
            preset_meant(name)
        );
    };
    if shared.json {
        return output::json(&Whole {
            row: row(preset)?,
            text: preset.text,
        });
    }
    output::lines(preset.text.trim_end())
}

fn all(shared: &Shared) -> Result<()> {
    let rows: Vec<Row> = presets::PRESETS.iter().map(row).collect::<Result<_>>()?;
    if shared.json {
        return output::json(&rows);
    }
    let mut table = output::table(["preset", "inputs", "heads", "epochs"], 3);
    for row in &rows {
        table.add_row([
            row.name.to_owned(),
            row.inputs.join(", "),
            row.heads.join(", "),
            row.epochs.to_string(),
        ]);
    }
    table.print()?;
    for row in rows {
        output::entry(&format!("  {}", row.name), 16, row.about)?;
    }
    output::line("")?;
    output::paragraph(
        "`tillsense presets NAME` prints a description, a start for your own; `tillsense train NAME` trains it.",
    )
}

fn row(preset: &Preset) -> Result<Row> {
    let spec = preset.spec()?;
    Ok(Row {
        name: preset.name,
        about: preset.about,
        data: spec.data.origin.words(),
        inputs: spec.inputs.into_iter().map(|input| input.name).collect(),
        heads: spec
            .heads
            .into_iter()
            .filter(|h| !h.auxiliary)
            .map(|head| head.name)
            .collect(),
        epochs: spec.train.epochs,
    })
}
