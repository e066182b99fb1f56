//! Device registers.

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// A 32-bit device register.
#[derive(Clone, Copy, Debug)]
pub struct Register(usize);

impl Register {
    /// The register at this address. Boards name only addresses of registers that they have.
    pub(crate) const fn at(address: usize) -> Self {
        assert!(address.is_multiple_of(4));
        Register(address)
    }

    /// Its address.
    pub const fn address(self) -> usize {
        self.0
    }

    /// Reads it.
    pub fn read(self) -> u32 {
        // SAFETY: an aligned register of the board (`at`), outside all memory that Rust manages.
        unsafe { with_exposed_provenance::<u32>(self.0).read_volatile() }
    }

    /// Writes it.
    pub fn write(self, value: u32) {
        // SAFETY: as in `read`; no register named by a board makes the device write to memory.
        unsafe { with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }
}

/// An 8-bit device register.
#[derive(Clone, Copy, Debug)]
pub struct Port(usize);

impl Port {
    /// The register at this address. Boards name only addresses of registers that they have.
    pub(crate) const fn at(address: usize) -> Self {
        Port(address)
    }

    /// Reads it.
    pub fn read(self) -> u8 {
        // SAFETY: a register of the board (`at`), outside all memory that Rust manages.
        unsafe { with_exposed_provenance::<u8>(self.0).read_volatile() }
    }

    /// Writes it.
    pub fn write(self, value: u8) {
        // SAFETY: as in `read`; no register named by a board makes the device write to memory.
        unsafe { with_exposed_provenance_mut::<u8>(self.0).write_volatile(value) }
    }
}
