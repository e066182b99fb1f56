//! The place where firmware and libraries are built: one process at a time, from the sources that the command carries.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::toolchain::hermetic::Cargo;
use crate::toolchain::source::{place, unpack};

/// The sources, unpacked, and cargo for them. As long as it lives, no other process unpacks sources of its own or builds there.
pub(super) struct Workshop {
    /// The folder for builds.
    pub(super) dir: PathBuf,
    cargo: Cargo,
    _lock: File,
}

impl Workshop {
    /// Unpacks the sources, and downloads the crates for a target where they are missing.
    pub(super) fn open(target: &str) -> Result<Self> {
        let dir = place()?;
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let lock = File::options()
            .create(true)
            .append(true)
            .open(dir.join("images.lock"))?;
        lock.lock()?;
        let source = dir.join("source");
        unpack(&source)?;
        let cargo = Cargo::new(source, dir.join("cargo"))?;
        cargo.fetch(target)?;
        Ok(Workshop {
            dir,
            cargo,
            _lock: lock,
        })
    }

    /// A cargo command for a target, with these flags for its compiler.
    pub(super) fn cargo(&self, name: &str, target: &str, rustflags: &[&str]) -> Command {
        self.cargo.command(name, target, rustflags)
    }
}
