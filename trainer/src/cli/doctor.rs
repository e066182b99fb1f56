//! `tillsense doctor`.

use anyhow::{Result, bail};
use clap::Args;

use super::{Shared, output};
use crate::toolchain::{doctor, ensure};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Install what is missing
    #[arg(long)]
    install: bool,
}

/// Says what is installed and what is missing.
pub fn run(args: &DoctorArgs, shared: &Shared) -> Result<()> {
    if args.install {
        ensure(&doctor::needs())?;
    }
    let findings = doctor::examine();
    if shared.json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            match &finding.found {
                Some(found) => println!("ok       {}: {found}", finding.name),
                None => println!("missing  {}: {}", finding.name, finding.mend),
            }
        }
    }
    match findings.iter().filter(|f| f.found.is_none()).count() {
        0 => Ok(()),
        missing => bail!("{missing} of {} tools are missing; `tillsense doctor --install` installs them", findings.len()),
    }
}
