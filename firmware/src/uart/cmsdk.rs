//! Driver of Arm's CMSDK APB UART ("Cortex-M System Design Kit Technical Reference Manual",
//! 4.3), which every MPS2 and MPS3 image has.
//!
//! A byte that finds the last one unread is lost, and a bit of STATE tells of it; reception goes on whether anybody clears it or not.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A CMSDK APB UART.
#[derive(Debug)]
pub struct Cmsdk {
    data: Register<u32>,
    state: Register<u32>,
    control: Register<u32>,
    interrupt_clear: Register<u32>,
    baud_divisor: Register<u32>,
    speed: Speed,
}

const STATE_TX_FULL: u32 = 1 << 0;
const STATE_RX_FULL: u32 = 1 << 1;
const CONTROL_TX_RX_AND_RX_INTERRUPT: u32 = 0b1011;
const INTERRUPT_RX: u32 = 1 << 1;

impl Cmsdk {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Cmsdk {
            data: Register::at(base),
            state: Register::at(base + 0x4),
            control: Register::at(base + 0x8),
            interrupt_clear: Register::at(base + 0xC),
            baud_divisor: Register::at(base + 0x10),
            speed,
        }
    }
}

impl Uart for Cmsdk {
    fn init(&self) {
        self.baud_divisor.write(self.speed.hertz / self.speed.baud);
        self.control.write(CONTROL_TX_RX_AND_RX_INTERRUPT);
    }

    fn read(&self) -> Option<u8> {
        (self.state.read() & STATE_RX_FULL != 0).then(|| {
            // The interrupt is cleared before the byte is taken: after it, the next byte may raise the interrupt again.
            self.interrupt_clear.write(INTERRUPT_RX);
            self.data.read() as u8
        })
    }

    fn write(&self, byte: u8) {
        while self.state.read() & STATE_TX_FULL != 0 {}
        self.data.write(u32::from(byte));
    }
}
