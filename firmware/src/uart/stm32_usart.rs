//! Driver of the USART of STM32F1, F2 and F4 ("RM0090 Reference manual", 30).
//!
//! A byte that finds the last one unread is lost, and a flag tells of it, which raises the interrupt too (30.3.3). Reading status and data,
//! in this order, clears it. A byte that is lost between the two reads leaves the flag without a byte behind.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A USART of an STM32F1, F2 or F4.
#[derive(Debug)]
pub struct Stm32Usart {
    status: Register<u32>,
    data: Register<u32>,
    baud_rate: Register<u32>,
    control: Register<u32>,
    speed: Speed,
}

const STATUS_OVERRUN: u32 = 1 << 3;
const STATUS_RX_NOT_EMPTY: u32 = 1 << 5;
const STATUS_TX_EMPTY: u32 = 1 << 7;
const CONTROL_UE_RXNEIE_TE_RE: u32 = 1 << 13 | 1 << 5 | 1 << 3 | 1 << 2;

impl Stm32Usart {
    /// The USART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Stm32Usart {
            status: Register::at(base),
            data: Register::at(base + 0x4),
            baud_rate: Register::at(base + 0x8),
            control: Register::at(base + 0xC),
            speed,
        }
    }
}

impl Uart for Stm32Usart {
    fn init(&self) {
        self.baud_rate.write(self.speed.cycles());
        self.control.write(CONTROL_UE_RXNEIE_TE_RE);
    }

    fn read(&self) -> Option<u8> {
        let status = self.status.read();
        if status & (STATUS_RX_NOT_EMPTY | STATUS_OVERRUN) == 0 {
            return None;
        }
        let data = self.data.read();
        (status & STATUS_RX_NOT_EMPTY != 0).then_some(data as u8)
    }

    fn write(&self, byte: u8) {
        while self.status.read() & STATUS_TX_EMPTY == 0 {}
        self.data.write(u32::from(byte));
    }
}
