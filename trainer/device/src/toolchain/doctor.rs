//! What is installed, what is missing, and the command that mends it.

use serde::Serialize;

use crate::boards;
use crate::toolchain::install::{root_prefix, steps};
use crate::toolchain::need::{Need, for_machines};

/// One tool and its state.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What is needed.
    pub need: Need,
    /// In words.
    pub name: String,
    /// What is installed; `None` where it is missing.
    pub found: Option<String>,
    /// The command that installs it.
    pub mend: String,
}

/// Everything that all boards need.
pub fn needs() -> Vec<Need> {
    for_machines(&boards::ALL)
}

/// Looks at everything.
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
