//! For which processor a network is imported on the way, where a .tflite file stands for a model file.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use tillsense_compiler::target::Target;

use crate::project::ModelSource;

/// Options of commands that take a .tflite file for a model file.
#[derive(Clone, Debug, Default, Args)]
pub struct AimArgs {
    /// Of a .tflite file: the processor it is imported for [default: that of the board, else generic]
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Option<Target>,
    /// Of a .tflite file: by how many percent faster algorithms may let the packed file grow
    #[arg(long, value_name = "PCT")]
    flash_growth: Option<u16>,
}

impl AimArgs {
    /// Reads a model file or a network.
    pub fn read(&self, path: &Path) -> Result<ModelSource> {
        ModelSource::read(path, self.target, self.flash_growth)
    }
}
