//! The watchdog of Arm's Cortex-M System Design Kit ("CMSDK Technical Reference Manual", 4.5), which every MPS2 image has: at zero it
//! raises an interrupt, at the next zero it resets the chip.

const BASE: usize = 0x4000_8000;
/// Cycles from a feeding to the interrupt; a write of it feeds.
const LOAD: usize = 0x0;
const CONTROL: usize = 0x8;
/// Any write takes the interrupt back and feeds.
const INTERRUPT_CLEAR: usize = 0xC;

const INTERRUPT_AND_RESET: u32 = 0b11;

/// The running watchdog.
pub struct Watchdog(());

impl Watchdog {
    /// Starts it: from now on it wants to be fed within so many cycles.
    pub fn start(cycles: u32) -> Self {
        write(LOAD, cycles);
        write(CONTROL, INTERRUPT_AND_RESET);
        Watchdog(())
    }

    /// Feeds it.
    pub fn feed(&mut self) {
        write(INTERRUPT_CLEAR, 1);
    }

    /// Stops it, which a watchdog that has to hold in the field does not allow.
    pub fn stop(&mut self) {
        write(CONTROL, 0);
    }
}

fn write(register: usize, value: u32) {
    let register = core::ptr::with_exposed_provenance_mut::<u32>(BASE + register);
    // SAFETY: the address is a register of the watchdog, aligned, which this module alone writes.
    unsafe { register.write_volatile(value) };
}
