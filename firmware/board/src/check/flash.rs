//! Checks of the flash's blocks, and of what the boot ROM wants to find there.

use super::File;
use crate::Error;
use crate::board::{Board, Cpu, Flash};
use crate::boot::{BootFormat, ESP32C3_DATA, ESP32C3_SEEN};
use crate::region::{Bytes, Region};

/// No image and no model file is as short as this.
const LEAST_SLOT: u32 = 1024;

/// Checks that blocks are possible, and that image and model can be erased without each other.
pub(super) fn blocks(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let memory = &board.memory;
    for flash in &memory.flash {
        block_sizes(flash, file)?;
    }
    for (key, slot) in [
        ("memory.image", memory.image),
        ("memory.model", memory.model),
    ] {
        for flash in &memory.flash {
            whole_blocks(key, slot, flash, file)?;
        }
        file.require(
            slot.length.0 >= LEAST_SLOT,
            key,
            format!("{} bytes hold none", slot.length.0),
            "choose a length of at least \"1K\", and enough for what it is for: `tillsense inspect` says how long a model file is",
        )?;
    }
    Ok(())
}

fn block_sizes(flash: &Flash, file: &File<'_>) -> Result<(), Error> {
    let region = flash.region();
    for (name, block) in [("erase", flash.erase), ("write", flash.write)] {
        let Some(Bytes(block)) = block else { continue };
        file.require(
            block.is_power_of_two() && region.length.0.is_multiple_of(block),
            "memory.flash",
            format!(
                "{region}: {name} = {block} is no power of two, or the length is no multiple of it"
            ),
            "take the size from the part's manual; parts with blocks of different sizes are stated one by one",
        )?;
    }
    let (erase, write) = (flash.erase, flash.write);
    file.require(
        erase.is_none_or(|erase| write.is_none_or(|write| write <= erase)),
        "memory.flash",
        format!("{region}: more is written at once than is erased at once"),
        "erase is the larger one, or the same",
    )
}

/// Refuses a slot that ends or begins within a block: erasing that block would erase what lies beside the slot.
fn whole_blocks(key: &str, slot: Region, flash: &Flash, file: &File<'_>) -> Result<(), Error> {
    let (region, Some(Bytes(erase))) = (flash.region(), flash.erase) else {
        return Ok(());
    };
    let erase = u64::from(erase);
    for bound in [u64::from(slot.start), slot.end()] {
        let inside = u64::from(region.start) < bound && bound < region.end();
        let into = bound.saturating_sub(region.start.into());
        file.require(
            !inside || into.is_multiple_of(erase),
            key,
            format!(
                "{slot} begins or ends within a block of {erase} bytes, which are erased together"
            ),
            &format!(
                "choose {:#010x} or {:#010x} for {bound:#010x}",
                u64::from(region.start) + into / erase * erase,
                u64::from(region.start) + (into / erase + 1) * erase
            ),
        )?;
    }
    Ok(())
}

/// Checks that the boot ROM's format belongs to the processor, and that its flash lies where the ROM looks.
pub(super) fn boot(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let Some(format) = board.format() else {
        return Ok(());
    };
    let cpu = board.core.cpu;
    let fits = match format {
        BootFormat::Rp2040 | BootFormat::Rp2040Generic => cpu == Cpu::CortexM0,
        BootFormat::Rp2350 => matches!(cpu, Cpu::CortexM33 | Cpu::Rv32imc),
        BootFormat::Esp32c3Direct => cpu == Cpu::Rv32imc,
    };
    file.require(
        fits,
        "boot.format",
        format!("a part with such a boot ROM has no {}", cpu.name()),
        "choose the format of the board's part, or leave [boot] out",
    )?;
    let image = board.memory.image;
    if format == BootFormat::Esp32c3Direct {
        window(board, file)?;
    }
    file.require(
        board.flash_offset(image.start) == Some(0),
        "memory.image",
        String::from("the boot ROM looks at the start of flash"),
        "let the image begin where memory.flash does",
    )
}

/// Checks that the flash of an ESP32-C3 is where its ROM shows it.
fn window(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let (image, model) = (board.memory.image, board.memory.model);
    let seen = Region {
        start: ESP32C3_DATA,
        length: Bytes(ESP32C3_SEEN),
    };
    file.require(
        seen.holds(&image) && seen.holds(&model),
        "memory.flash",
        format!("the boot ROM shows the flash at {seen}"),
        "state flash, image and model with addresses of this window; code is fetched through another one",
    )?;
    file.require(
        image.length.0.is_multiple_of(32),
        "memory.image",
        String::from("its halves, one for code and one for constants, are not aligned"),
        "choose a length that is a multiple of 32",
    )
}
