//! Checks of regions, and of what lies in RAM.

use super::File;
use crate::Error;
use crate::board::{Board, Flash};
use crate::region::Region;

/// Alignment of every region and of the arena: the model slot is read in words, and the arena in vectors of 16 bytes.
const ALIGNMENT: u32 = 16;
/// Smallest RAM beside arena and inbox, for the stack and other static memory.
const LEAST_STACK: u32 = 4096;

/// Checks that image, model and RAM are where they can be, and do not overlap.
pub(super) fn regions(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let memory = &board.memory;
    let named = [
        ("memory.image", &memory.image),
        ("memory.model", &memory.model),
        ("memory.ram", &memory.ram),
    ];
    let flash: Vec<_> = memory.flash.iter().map(Flash::region).collect();
    let each = flash.iter().map(|region| ("memory.flash", region));
    for (key, region) in named.into_iter().chain(each) {
        shape(key, region, file)?;
    }
    for (at, first) in flash.iter().enumerate() {
        for second in &flash[at + 1..] {
            file.require(
                !first.overlaps(second),
                "memory.flash",
                format!("{second} overlaps {first}"),
                "state each address once; parts with blocks of different sizes lie side by side",
            )?;
        }
    }
    for (at, (one, first)) in named.iter().enumerate() {
        for (other, second) in &named[at + 1..] {
            file.require(
                !first.overlaps(second),
                other,
                format!("{second} overlaps {one}, {first}"),
                "choose another start or a smaller length",
            )?;
        }
    }
    for (key, region) in &named[..2] {
        file.require(
            is_covered(region, &flash),
            key,
            format!("{region} is not all in memory.flash"),
            "choose a part of the flash, or state all of the flash",
        )?;
    }
    file.require(
        !flash.iter().any(|flash| flash.overlaps(&memory.ram)),
        "memory.ram",
        format!("{} overlaps the flash", memory.ram),
        "state as flash only what keeps image and model",
    )
}

/// Whether every address of a region belongs to one of these, which may lie side by side.
fn is_covered(region: &Region, by: &[Region]) -> bool {
    let mut at = u64::from(region.start);
    while at < region.end() {
        let holds = |one: &&Region| u64::from(one.start) <= at && at < one.end();
        let Some(next) = by.iter().find(holds) else {
            return false;
        };
        at = next.end();
    }
    true
}

fn shape(key: &str, region: &Region, file: &File<'_>) -> Result<(), Error> {
    let aligned =
        region.start.is_multiple_of(ALIGNMENT) && region.length.0.is_multiple_of(ALIGNMENT);
    file.require(
        aligned && region.length.0 > 0,
        key,
        format!("{region} is empty, or not aligned"),
        "choose a start and a length that are multiples of 16",
    )?;
    file.require(
        region.end() <= 1 << 32,
        key,
        format!("{region} ends behind the last address"),
        "choose a smaller length",
    )
}

/// Checks that arena, inbox and a stack fit into RAM.
pub(super) fn buffers(board: &Board, file: &File<'_>) -> Result<(), Error> {
    let memory = &board.memory;
    for (key, bytes) in [
        ("memory.arena", memory.arena.0),
        ("memory.inbox", memory.inbox.0),
    ] {
        file.require(
            bytes > 0 && bytes.is_multiple_of(ALIGNMENT),
            key,
            format!("{bytes} bytes are none, or not a multiple of 16"),
            "choose a multiple of 16",
        )?;
    }
    let used = u64::from(memory.arena.0) + u64::from(memory.inbox.0) + u64::from(LEAST_STACK);
    file.require(
        used <= u64::from(memory.ram.length.0),
        "memory.arena",
        format!(
            "arena, inbox and a stack of at least {LEAST_STACK} bytes do not fit into {} of RAM",
            memory.ram.length
        ),
        "make arena or inbox smaller",
    )?;
    file.require(
        (1..=1024).contains(&memory.stages),
        "memory.stages",
        format!("{} parts cannot be counted", memory.stages),
        "choose a number from 1 to 1024",
    )
}
