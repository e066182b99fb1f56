//! Checks which tools are installed, and names the command that installs each missing one.

use serde::Serialize;

use crate::boards;
use crate::toolchain::install::{root_prefix, steps};
use crate::toolchain::need::{Need, for_machines};

/// One tool and whether it is installed.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The need that was checked.
    pub need: Need,
    /// Name of the tool for people.
    pub name: String,
    /// The installed version; `None` where the tool is missing.
    pub found: Option<String>,
    /// The command that installs the tool.
    pub mend: String,
}

/// What builds the firmware, and the needs of all boards together.
pub fn needs() -> Vec<Need> {
    [vec![Need::Rust], for_machines(&boards::ALL)].concat()
}

/// Checks all needs.
pub fn examine() -> Vec<Finding> {
    let prefix = root_prefix().unwrap_or(&["sudo"]);
    let finding = |need: Need| {
        let mend = steps(&[need], prefix)
            .iter()
            .map(|step| step.line())
            .collect::<Vec<_>>()
            .join(" && ");
        Finding {
            need,
            name: need.name(),
            found: need.found(),
            mend,
        }
    };
    needs().into_iter().map(finding).collect()
}
