//! UART 0 (Arm PL011) as an awaited byte stream: its interrupt puts received bytes into a pipe.
//!
//! QEMU's LM3S6965 needs no clock, pins or speed set up; a chip does, as its data sheet says (RCGC1, RCGC2, GPIOA, IBRD, FBRD).

use core::convert::Infallible;
use core::ptr::with_exposed_provenance_mut;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embedded_io_async::{ErrorType, Read, Write};
use lm3s6965::{Interrupt, interrupt};
use tillsense_core::link::MAX_FRAME;

/// A host waits for the answer to a frame before it sends another one, so a whole frame is all that can have arrived; where it asks the
/// same again, what finds no room is not missed.
static RECEIVED: Pipe<CriticalSectionRawMutex, { MAX_FRAME }> = Pipe::new();

/// The serial port.
pub struct Serial(());

impl Serial {
    /// Takes the port into use; a received byte raises its interrupt from then on.
    pub fn start(core: &mut cortex_m::Peripherals) -> Self {
        CONTROL.write(ENABLE_BOTH_WAYS);
        INTERRUPT_MASK.write(RECEIVE);
        // SAFETY: no critical section of this program is built on a mask of this interrupt, and it starts with no other priority.
        unsafe {
            core.NVIC.set_priority(Interrupt::UART0, 1 << 5);
            cortex_m::peripheral::NVIC::unmask(Interrupt::UART0);
        }
        Serial(())
    }
}

impl ErrorType for Serial {
    type Error = Infallible;
}

impl Read for Serial {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(RECEIVED.read(buffer).await)
    }
}

impl Write for Serial {
    /// Waits for the UART, whose bytes take microseconds; the executor of a terminal with more to do would await its interrupt.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for &byte in bytes {
            while FLAGS.read() & SEND_FULL != 0 {}
            DATA.write(byte.into());
        }
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[interrupt]
fn UART0() {
    while FLAGS.read() & RECEIVE_EMPTY == 0 {
        // A byte that finds no room is lost: its frame then arrives damaged, and the host sends it again.
        let _ = RECEIVED.try_write(&[DATA.read() as u8]);
    }
}

/// A register of the UART.
struct Register(usize);

const DATA: Register = Register(0x4000_C000);
const FLAGS: Register = Register(0x4000_C018);
const CONTROL: Register = Register(0x4000_C030);
const INTERRUPT_MASK: Register = Register(0x4000_C038);

const RECEIVE_EMPTY: u32 = 1 << 4;
const SEND_FULL: u32 = 1 << 5;
const ENABLE_BOTH_WAYS: u32 = 1 << 9 | 1 << 8 | 1;
const RECEIVE: u32 = 1 << 4;

impl Register {
    fn read(&self) -> u32 {
        // SAFETY: the address is an aligned register of the UART.
        unsafe { with_exposed_provenance_mut::<u32>(self.0).read_volatile() }
    }

    fn write(&self, value: u32) {
        // SAFETY: the address is an aligned register of the UART, which touches no memory.
        unsafe { with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }
}
