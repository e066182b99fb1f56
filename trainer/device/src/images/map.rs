//! Where firmware, model, static memory and stack lie, and how much is left of each.

use serde::Serialize;
use tillsense_board::Region;
use tillsense_core::engine::Model;

use super::Firmware;
use crate::boards::Machine;

/// What lies where on a board with a model, in bytes and addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Map {
    /// The part of the flash for the firmware.
    pub firmware: Area,
    /// The part of the flash for a model.
    pub model: Area,
    /// The RAM: static memory from its start on is used, the rest is free for the stack.
    pub ram: Area,
    /// Of the static memory, that in which a session works.
    pub arena: Share,
    /// Of the static memory, that for an input that arrives.
    pub inbox: Share,
}

/// A range of addresses, and how much of it is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Area {
    /// First address.
    pub start: u32,
    /// First address behind the range.
    pub end: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes that are filled.
    pub used: u64,
    /// Bytes that are not.
    pub free: u64,
}

/// Memory that the firmware keeps for models, of which this model needs some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Bytes in all.
    pub bytes: u32,
    /// Bytes that the model needs.
    pub used: u32,
    /// Bytes that it does not need.
    pub free: u32,
}

impl Map {
    /// The map of a board with this firmware and this model, which fit.
    pub fn of(machine: &Machine, firmware: &Firmware, model: &Model<'_>) -> Self {
        let memory = &machine.board.memory;
        let header = model.header();
        let statics = firmware.statics_end - u64::from(memory.ram.start);
        Map {
            firmware: Area::of(&memory.image, firmware.written.len() as u64),
            model: Area::of(&memory.model, model.file().len() as u64),
            ram: Area::of(&memory.ram, statics),
            arena: Share::of(machine.arena, header.arena_len),
            inbox: Share::of(machine.inbox, header.max_input),
        }
    }
}

impl Area {
    fn of(region: &Region, used: u64) -> Self {
        let bytes = u64::from(region.length.0);
        Area {
            start: region.start,
            end: region.end(),
            bytes,
            used,
            free: bytes.saturating_sub(used),
        }
    }
}

impl Share {
    const fn of(bytes: u32, used: u32) -> Self {
        Share {
            bytes,
            used,
            free: bytes.saturating_sub(used),
        }
    }
}
