//! Registers of devices.

use core::marker::PhantomData;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// A register of a device, of 8 or 32 bits.
#[derive(Debug)]
pub struct Register<T> {
    address: usize,
    width: PhantomData<T>,
}

/// An unsigned integer that a bus moves in one access.
pub trait Width: Copy {}
impl Width for u8 {}
impl Width for u32 {}

impl<T: Width> Register<T> {
    /// Names the register at this address. A board's file names only addresses of registers that the board has.
    pub(crate) const fn at(address: usize) -> Self {
        assert!(address.is_multiple_of(size_of::<T>()));
        Register {
            address,
            width: PhantomData,
        }
    }

    /// Reads the register.
    pub fn read(&self) -> T {
        // SAFETY: an aligned register of the board (`at`), outside all memory that Rust manages.
        unsafe { with_exposed_provenance::<T>(self.address).read_volatile() }
    }

    /// Writes the whole register.
    pub fn write(&self, value: T) {
        // SAFETY: as in `read`; no register named by a board makes the device write to memory.
        unsafe { with_exposed_provenance_mut::<T>(self.address).write_volatile(value) }
    }
}
