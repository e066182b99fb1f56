//! The commands `tillsense data fetch` and `tillsense data check`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use tillsense_compiler::words::meant;

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
#[command(after_help = FETCH_EXAMPLES)]
pub struct FetchArgs {
    /// Sets to fetch: mnist, fsdd, banking77, credit_default, online_shoppers [default: all]
    #[arg(value_name = "SET")]
    sets: Vec<String>,
    /// Address of a folder laid out as a data folder, instead of the public addresses
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

const FETCH_EXAMPLES: &str = "Examples:
  tillsense data fetch                           all five sets into ./data
  tillsense data fetch mnist fsdd --data ~/sets  two of them, elsewhere
  tillsense data fetch --from http://mirror/sets from a mirror";

/// Arguments of `data check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// Sets to check: mnist, fsdd, banking77, credit_default, online_shoppers [default: all]
    #[arg(value_name = "SET")]
    sets: Vec<String>,
}

const CHECK_EXAMPLES: &str = "Examples:
  tillsense data check                 the folder that other commands would use
  tillsense data check fsdd --data ~/sets";

/// Runs a subcommand on the folder of `--data`, else of `$TILLSENSE_DATA`, else `./data`.
pub fn run(command: &DataCommand, shared: &Shared) -> Result<()> {
    if shared
        .data
        .as_deref()
        .is_some_and(|dir| dir.as_os_str() == data::GENERATED)
    {
        bail!(
            "--data generated: generated data lie in no folder; name one (a folder of that name is ./generated)"
        );
    }
    let variable = std::env::var_os(data::VARIABLE)
        .filter(|v| !v.is_empty())
        .map(PathBuf::from);
    let dir = shared
        .data
        .clone()
        .or(variable)
        .unwrap_or_else(|| PathBuf::from(data::DEFAULT_FOLDER));
    match command {
        DataCommand::Fetch(args) => fetch(args, &dir, shared),
        DataCommand::Check(args) => check(args, &dir, shared),
    }
}

fn fetch(args: &FetchArgs, dir: &Path, shared: &Shared) -> Result<()> {
    let sets = sets(&args.sets)?;
    let fetched = data::fetch(&Fetch {
        dir,
        sets: &sets,
        from: args.from.as_deref(),
        progress: !shared.json,
    })?;
    if shared.json {
        return output::json(&fetched);
    }
    let width = fetched
        .iter()
        .map(|file| file.file.len())
        .max()
        .unwrap_or(0);
    for file in fetched {
        output::line(format_args!(
            "{:<width$}  {}",
            file.file,
            file.from.as_deref().unwrap_or("was there, verified")
        ))?;
    }
    Ok(())
}

fn check(args: &CheckArgs, dir: &Path, shared: &Shared) -> Result<()> {
    let sets = sets(&args.sets)?;
    if !dir.is_dir() {
        let dir = dir.display();
        bail!(
            "{dir}: there is no such folder; `tillsense data fetch --data {dir}` makes and fills it"
        );
    }
    let report = data::check(dir, &sets)?;
    if shared.json {
        output::json(&report)?;
    } else {
        output::fitted(&report.to_string())?;
    }
    if !report.is_usable() {
        let dir = dir.display();
        bail!(
            "{dir}: not all sets can be used; `tillsense data fetch --data {dir}` gets what is missing"
        );
    }
    Ok(())
}

fn sets(names: &[String]) -> Result<Vec<SetKind>> {
    if names.is_empty() {
        return Ok(SetKind::ALL.to_vec());
    }
    let known = || SetKind::ALL.map(SetKind::name).join(", ");
    let find = |name: &String| {
        SetKind::from_name(name).ok_or_else(|| {
            let meant = meant(name, SetKind::ALL.iter().map(|set| set.name()));
            anyhow!("no data set `{name}`; there are {}{meant}", known())
        })
    };
    names.iter().map(find).collect()
}
