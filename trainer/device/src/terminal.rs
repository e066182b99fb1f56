//! A terminal and the link to it: the firmware of a board in QEMU with a model in its flash, or a board that is attached.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::boards::Machine;
use crate::link::{Facts, Link, Patience, Transport};
use crate::qemu::Process;
use crate::serial::{PortName, Serial};
use crate::toolchain;

/// A terminal, emulated or attached.
pub type Terminal = Link<Box<dyn Transport>>;

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
        let sign = process.receive(BOOT_LIMIT);
        let sign = sign.with_context(|| format!("{} does not boot", machine.id))?;
        let sign = sign.with_context(|| {
            format!(
                "{} does not boot: it is silent for {BOOT_LIMIT:?}",
                machine.id
            )
        })?;
        if !sign.is_empty() {
            bail!(
                "{} does not start with an empty frame: is this image the terminal's?",
                machine.id
            );
        }
        let mut link: Self = Link::over(Box::new(process));
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

    /// Opens a serial port and asks the board at its other end what it is.
    ///
    /// A terminal that refuses its model is attached all the same, like one that is booted.
    pub fn attach(port: &PortName) -> Result<(Self, Facts)> {
        let mut link: Self = Link::over(Box::new(Serial::open(port)?));
        link.set_patience(Patience::with_line(port.baud));
        let facts = link.info()?;
        Ok((link, facts))
    }
}
