//! Driver of the USART of newer STM32: F0, F3, F7, G, H, L4, U, W ("RM0433 Reference manual", 48, for the H7; "RM0456", 66, for the U5).
//! Its FIFO stays off.
//!
//! The detection of overruns is off: with it, a byte that came too early would keep later ones out until a flag is cleared.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A USART of a newer STM32.
#[derive(Debug)]
pub struct Stm32UsartV2 {
    control_1: Register<u32>,
    control_3: Register<u32>,
    baud_rate: Register<u32>,
    status: Register<u32>,
    received: Register<u32>,
    to_send: Register<u32>,
    speed: Speed,
}

const CONTROL_1_RXNEIE_TE_RE_UE: u32 = 1 << 5 | 1 << 3 | 1 << 2 | 1 << 0;
const CONTROL_3_OVERRUN_DISABLE: u32 = 1 << 12;
const STATUS_RX_NOT_EMPTY: u32 = 1 << 5;
const STATUS_TX_EMPTY: u32 = 1 << 7;

impl Stm32UsartV2 {
    /// The USART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Stm32UsartV2 {
            control_1: Register::at(base),
            control_3: Register::at(base + 0x8),
            baud_rate: Register::at(base + 0xC),
            status: Register::at(base + 0x1C),
            received: Register::at(base + 0x24),
            to_send: Register::at(base + 0x28),
            speed,
        }
    }
}

impl Uart for Stm32UsartV2 {
    fn init(&self) {
        self.baud_rate.write(self.speed.cycles());
        self.control_3.write(CONTROL_3_OVERRUN_DISABLE);
        self.control_1.write(CONTROL_1_RXNEIE_TE_RE_UE);
    }

    fn read(&self) -> Option<u8> {
        (self.status.read() & STATUS_RX_NOT_EMPTY != 0).then(|| self.received.read() as u8)
    }

    fn write(&self, byte: u8) {
        while self.status.read() & STATUS_TX_EMPTY == 0 {}
        self.to_send.write(u32::from(byte));
    }
}
