//! `tillsense presets`.

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use super::{Shared, output};
use crate::pipeline::preset_names;
use crate::presets::{self, Preset};

/// Arguments of `presets`.
#[derive(Debug, Args)]
pub struct PresetsArgs {
    /// Print the description of this preset, a starting point for your own
    name: Option<String>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    task: &'static str,
    inputs: Vec<String>,
    heads: Vec<String>,
    epochs: usize,
}

/// Lists presets, or prints one.
pub fn run(args: &PresetsArgs, shared: &Shared) -> Result<()> {
    if let Some(name) = &args.name {
        let Some(preset) = presets::find(name) else {
            bail!("no preset `{name}`; there are {}", preset_names());
        };
        print!("{}", preset.text);
        return Ok(());
    }
    let rows: Vec<Row> = presets::PRESETS.iter().map(row).collect::<Result<_>>()?;
    if shared.json {
        return output::json(&rows);
    }
    let mut table = output::table(["preset", "inputs", "heads", "epochs"]);
    for row in &rows {
        table.add_row([row.name.to_owned(), row.inputs.join(", "), row.heads.join(", "), row.epochs.to_string()]);
    }
    println!("{table}");
    for row in rows {
        println!("{:>14}: {}", row.name, row.about);
    }
    println!("\n`tillsense presets NAME` prints a description, a start for your own; `tillsense train NAME` trains it.");
    Ok(())
}

fn row(preset: &Preset) -> Result<Row> {
    let spec = preset.spec()?;
    Ok(Row {
        name: preset.name,
        about: preset.about,
        task: spec.task.name(),
        inputs: spec.inputs.into_iter().map(|input| input.name).collect(),
        heads: spec.heads.into_iter().filter(|h| !h.auxiliary).map(|head| head.name).collect(),
        epochs: spec.train.epochs,
    })
}
