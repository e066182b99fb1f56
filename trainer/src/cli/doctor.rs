//! The command `tillsense doctor`.

use anyhow::{Result, bail};
use clap::Args;
use tillsense_device::toolchain::{doctor, ensure};

use super::{Shared, output};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Install what is missing
    #[arg(long)]
    install: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense doctor              what is installed, what is missing, the commands that mend it
  tillsense doctor --install    runs those commands";

/// Prints which tools are installed and which are missing.
pub fn run(args: &DoctorArgs, shared: &Shared) -> Result<()> {
    if args.install {
        ensure(&doctor::needs())?;
    }
    let findings = doctor::examine();
    if shared.json {
        output::json(&findings)?;
    } else {
        let width = findings
            .iter()
            .map(|finding| finding.name.len())
            .max()
            .unwrap_or(0);
        for finding in &findings {
            let name = &finding.name;
            match &finding.found {
                Some(found) => output::line(format_args!("ok       {name:<width$}  {found}"))?,
                None => output::line(format_args!("missing  {name:<width$}  {}", finding.mend))?,
            }
        }
    }
    match findings.iter().filter(|f| f.found.is_none()).count() {
        0 => Ok(()),
        missing => bail!(
            "{missing} of {} tools are missing; `tillsense doctor --install` installs them",
            findings.len()
        ),
    }
}
