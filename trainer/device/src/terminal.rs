//! An emulated terminal: the firmware of a board in QEMU with a model in its flash, and the link to it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::boards::Machine;
use crate::link::{Link, Transport};
use crate::qemu::Process;
use crate::toolchain;

/// An emulated terminal.
pub type Terminal = Link<Process>;

/// Time limit of a machine's first frame.
const BOOT_LIMIT: Duration = Duration::from_secs(30);

impl Terminal {
    /// Builds the terminal's firmware for a board if need be, and boots it in QEMU with a model file in its flash.
    ///
    /// A terminal that refuses the model boots all the same: [`Link::info`] tells the reason, and [`Link::require_model`] fails.
    pub fn boot(machine: &'static Machine, model: &Path) -> Result<Self> {
        let image = toolchain::build_firmware(machine, "terminal")?;
        Self::boot_image(machine, &image, model)
    }

    /// Boots an image of the terminal's firmware with a model file in its flash.
    pub fn boot_image(machine: &'static Machine, image: &Path, model: &Path) -> Result<Self> {
        let mut process = Process::start(machine, image, Some(model))?;
        // The terminal sends an empty frame as soon as it listens.
        let sign = process
            .receive(BOOT_LIMIT)
            .with_context(|| format!("{} does not boot", machine.id))?;
        if !sign.is_empty() {
            bail!(
                "{} does not start with an empty frame: is this image the terminal's?",
                machine.id
            );
        }
        let mut link = Link::over(process);
        let info = link.info()?;
        if info.board != machine.id {
            bail!(
                "the image is for {}, the machine is {}",
                info.board,
                machine.id
            );
        }
        Ok(link)
    }
}
