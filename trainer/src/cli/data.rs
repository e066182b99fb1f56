//! `tillsense data fetch` and `tillsense data check`.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};

use super::{Shared, output};
use crate::data::{self, Fetch, SetKind};

/// Subcommands of `data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download data sets, with checksums; goes on where it was interrupted
    Fetch(FetchArgs),
    /// Verify a data folder: files, checksums, rows
    Check(CheckArgs),
}

/// Arguments of `data fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Sets to fetch [default: all]
    #[arg(value_name = "SET")]
    sets: Vec<String>,
    /// Address of a folder laid out as a data folder, instead of the public addresses
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

/// Arguments of `data check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Sets to check [default: all]
    #[arg(value_name = "SET")]
    sets: Vec<String>,
}

/// Runs a subcommand on `--data`, else `$TILLSENSE_DATA`, else `./data`.
pub fn run(command: &DataCommand, shared: &Shared) -> Result<()> {
    let variable = std::env::var_os(data::VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let dir = shared.data.clone().or(variable).unwrap_or_else(|| PathBuf::from(data::DEFAULT_FOLDER));
    match command {
        DataCommand::Fetch(args) => {
            let sets = sets(&args.sets)?;
            let fetched = data::fetch(&Fetch { dir: &dir, sets: &sets, from: args.from.as_deref(), progress: !shared.json })?;
            if shared.json {
                return output::json(&fetched);
            }
            for file in fetched {
                println!("{}: {}", file.file, file.from.as_deref().unwrap_or("was there, verified"));
            }
            Ok(())
        }
        DataCommand::Check(args) => {
            let report = data::check(&dir, &sets(&args.sets)?)?;
            if shared.json {
                output::json(&report)?;
            } else {
                println!("{report}");
            }
            if !report.is_usable() {
                bail!("{}: not all sets can be used; `tillsense data fetch` gets what is missing", dir.display());
            }
            Ok(())
        }
    }
}

fn sets(names: &[String]) -> Result<Vec<SetKind>> {
    if names.is_empty() {
        return Ok(SetKind::ALL.to_vec());
    }
    let known = || SetKind::ALL.map(SetKind::name).join(", ");
    let find = |name: &String| SetKind::from_name(name).ok_or_else(|| anyhow!("no data set `{name}`; there are {}", known()));
    names.iter().map(find).collect()
}
