//! `tillsense presets`.

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use super::{Shared, output};
use crate::{presets, spec};

/// Arguments of `presets`.
#[derive(Debug, Args)]
pub struct PresetsArgs {
    /// Print the description of this preset, a starting point for your own
    name: Option<String>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    task: &'static str,
    inputs: Vec<String>,
    heads: Vec<String>,
    epochs: usize,
}

/// Lists presets, or prints one.
pub fn run(args: &PresetsArgs, shared: &Shared) -> Result<()> {
    if let Some(name) = &args.name {
        let Some(text) = presets::find(name) else {
            bail!("no preset `{name}`; there are {}", presets::names().join(", "));
        };
        print!("{text}");
        return Ok(());
    }
    let mut rows = Vec::new();
    for name in presets::names() {
        let spec = spec::parse(presets::find(name).unwrap_or_default(), name)?;
        rows.push(Row {
            name: spec.name,
            task: spec.task.name(),
            inputs: spec.inputs.into_iter().map(|input| input.name).collect(),
            heads: spec.heads.into_iter().filter(|h| !h.auxiliary).map(|head| head.name).collect(),
            epochs: spec.train.epochs,
        });
    }
    if shared.json {
        return output::json(&rows);
    }
    let mut table = output::table(["preset", "task", "inputs", "heads", "epochs"]);
    for row in rows {
        table.add_row([row.name, row.task.to_owned(), row.inputs.join(", "), row.heads.join(", "), row.epochs.to_string()]);
    }
    println!("{table}");
    Ok(())
}
