//! Where tools write: at the processor's addresses, or at places in a flash chip.

use anyhow::{Context, Result};
use tillsense_board::{Board, Flash, Region};

use super::Contents;

/// Bytes at the addresses that the board's tools write. Tools for Espressif's parts count from the start of the flash chip, which
/// the processor sees elsewhere, code and data in different places.
pub fn as_written(board: &Board, contents: &Contents) -> Result<Contents> {
    match board.flashing.esptool {
        None => Ok(contents.clone()),
        Some(_) => contents
            .moved(|address| board.flash_offset(address))
            .context("not in memory.flash"),
    }
}

/// A part of the flash as the board's tools address it.
pub fn region_as_written(board: &Board, region: &Region) -> Result<Region> {
    let start = match board.flashing.esptool {
        None => Some(region.start),
        Some(_) => board.flash_offset(region.start),
    };
    Ok(Region {
        start: start.context("not in memory.flash")?,
        length: region.length,
    })
}

/// Whether every address from the first byte to the last one is flash, so that tools may write all of them.
pub fn is_one_flash(board: &Board, contents: &Contents) -> bool {
    if board.flashing.esptool.is_some() {
        return true;
    }
    let mut at = u64::from(contents.start());
    while at < contents.end() {
        let holds = |region: &Region| (u64::from(region.start)..region.end()).contains(&at);
        let mut regions = board.memory.flash.iter().map(Flash::region);
        match regions.find(holds) {
            Some(region) => at = region.end(),
            None => return false,
        }
    }
    true
}
