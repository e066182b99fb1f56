//! What a person names as a model: a model file, or a network that is imported for whatever processor is asked.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;
use tillsense_compiler::import::{self, is_network};
use tillsense_compiler::target::{ExportOptions, FLASH_GROWTH, Target};
use tillsense_compiler::{files, text};

use super::open::read;

/// A model file or a network, read.
#[derive(Debug)]
pub struct ModelSource {
    path: PathBuf,
    bytes: Vec<u8>,
    /// The processor that a person names, and the flash that speed may cost; of a network.
    aim: Option<(Option<Target>, u16)>,
}

impl ModelSource {
    /// Reads a model file, or a .tflite file for this processor; without one, for that of whatever runs it.
    pub fn read(path: &Path, target: Option<Target>, flash_growth: Option<u16>) -> Result<Self> {
        let network = path.extension().is_some_and(|end| end == "tflite");
        let shown = path.display();
        if !network {
            ensure!(
                target.is_none() && flash_growth.is_none(),
                "{shown}: --target and --flash-growth are for .tflite files; `tillsense export` and `tillsense import` write model files for a processor"
            );
            return Ok(ModelSource {
                path: path.to_owned(),
                bytes: read(path)?,
                aim: None,
            });
        }
        let bytes = files::read(path, import::MOST_FILE)
            .with_context(|| format!("{shown}: cannot be read"))?;
        Ok(ModelSource {
            path: path.to_owned(),
            bytes,
            aim: Some((target, flash_growth.unwrap_or(FLASH_GROWTH))),
        })
    }

    /// The path that was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the network's file, where it is one.
    pub fn network(&self) -> Option<&[u8]> {
        self.aim.map(|_| &self.bytes[..])
    }

    /// The model file: of a network, the one for the processor that a person named, else for this one.
    pub fn file(&self, otherwise: Target) -> Result<Vec<u8>> {
        let Some((target, flash_growth)) = self.aim else {
            return Ok(self.bytes.clone());
        };
        let aim = ExportOptions {
            target: target.unwrap_or(otherwise),
            flash_growth,
        };
        let imported = import::import(&self.bytes, &name(&self.path), &aim);
        Ok(imported
            .with_context(|| self.path.display().to_string())?
            .file)
    }

    /// A model file made by [`ModelSource::file`] on the disk, as an emulator reads it: where it lies already, or a copy that is gone
    /// with what is returned.
    pub fn on_disk(&self, file: &[u8]) -> Result<OnDisk> {
        if self.aim.is_none() {
            return Ok(OnDisk::There(self.path.clone()));
        }
        let mut copy = NamedTempFile::new().context("a model file cannot be written")?;
        copy.write_all(file)
            .context("a model file cannot be written")?;
        Ok(OnDisk::Copy(copy))
    }
}

/// A model file on the disk.
#[derive(Debug)]
pub enum OnDisk {
    /// Where a person has it.
    There(PathBuf),
    /// A copy that is removed when this is dropped.
    Copy(NamedTempFile),
}

impl OnDisk {
    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            OnDisk::There(path) => path,
            OnDisk::Copy(copy) => copy.path(),
        }
    }
}

/// The name of the model that is made of a network: that of its file.
pub fn name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    text::start(&stem.to_string_lossy(), 64).into_owned()
}

/// Refuses a network where a model file is asked for.
pub fn require_no_network(path: &Path, bytes: &[u8]) -> Result<()> {
    if is_network(bytes) {
        let shown = path.display();
        bail!(
            "{shown}: is a network of TensorFlow Lite; `tillsense import {shown}` makes a model file of it"
        );
    }
    Ok(())
}
