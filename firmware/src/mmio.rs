//! Device registers.

use core::marker::PhantomData;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// A device register of 8 or 32 bits.
#[derive(Debug)]
pub struct Register<T> {
    address: usize,
    width: PhantomData<T>,
}

/// An unsigned integer that a bus moves at once.
pub trait Width: Copy {}
impl Width for u8 {}
impl Width for u32 {}

impl<T: Width> Register<T> {
    /// The register at this address. Boards name only addresses of registers that they have.
    pub(crate) const fn at(address: usize) -> Self {
        assert!(address.is_multiple_of(size_of::<T>()));
        Register {
            address,
            width: PhantomData,
        }
    }

    /// Reads it.
    pub fn read(&self) -> T {
        // SAFETY: an aligned register of the board (`at`), outside all memory that Rust manages.
        unsafe { with_exposed_provenance::<T>(self.address).read_volatile() }
    }

    /// Writes it.
    pub fn write(&self, value: T) {
        // SAFETY: as in `read`; no register named by a board makes the device write to memory.
        unsafe { with_exposed_provenance_mut::<T>(self.address).write_volatile(value) }
    }
}
