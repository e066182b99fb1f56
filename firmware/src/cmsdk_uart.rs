//! Arm's CMSDK APB UART ("Cortex-M System Design Kit Technical Reference Manual", 4.3): on every MPS2 and MPS3 image.

use crate::mmio::Register;

/// A UART at an address of the board's.
#[derive(Debug)]
pub struct CmsdkUart {
    data: Register<u32>,
    state: Register<u32>,
    control: Register<u32>,
    interrupt_clear: Register<u32>,
    baud_divisor: Register<u32>,
}

const STATE_TX_FULL: u32 = 1 << 0;
const STATE_RX_FULL: u32 = 1 << 1;
const CONTROL_TX_RX_AND_RX_INTERRUPT: u32 = 0b1011;
const INTERRUPT_RX: u32 = 1 << 1;

impl CmsdkUart {
    /// The UART whose registers start here. Boards name only addresses that they have.
    pub const fn at(base: usize) -> Self {
        CmsdkUart {
            data: Register::at(base),
            state: Register::at(base + 0x4),
            control: Register::at(base + 0x8),
            interrupt_clear: Register::at(base + 0xC),
            baud_divisor: Register::at(base + 0x10),
        }
    }

    /// Sets it up, 115200 8N1, from a peripheral clock of so many hertz.
    pub fn init(&self, clock: u32) {
        self.baud_divisor.write(clock / 115_200);
        self.control.write(CONTROL_TX_RX_AND_RX_INTERRUPT);
    }

    /// The next byte received, if any.
    pub fn read(&self) -> Option<u8> {
        (self.state.read() & STATE_RX_FULL != 0).then(|| {
            // Before the byte is taken: after it, the next one may raise the interrupt again.
            self.interrupt_clear.write(INTERRUPT_RX);
            self.data.read() as u8
        })
    }

    /// Sends a byte.
    pub fn write(&self, byte: u8) {
        while self.state.read() & STATE_TX_FULL != 0 {}
        self.data.write(u32::from(byte));
    }
}
