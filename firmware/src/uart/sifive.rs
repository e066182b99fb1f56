//! Driver of SiFive's UART ("SiFive FE310-G000 Manual", 18).
//!
//! A byte that finds the FIFO full is lost; those in it stay, and reception goes on.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A UART of a SiFive part.
#[derive(Debug)]
pub struct Sifive {
    tx_data: Register<u32>,
    rx_data: Register<u32>,
    tx_control: Register<u32>,
    rx_control: Register<u32>,
    interrupt_enable: Register<u32>,
    divisor: Register<u32>,
    speed: Speed,
}

const ENABLE: u32 = 1 << 0;
const INTERRUPT_RX: u32 = 1 << 1;
const TX_FULL: u32 = 1 << 31;
const RX_EMPTY: u32 = 1 << 31;

impl Sifive {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Sifive {
            tx_data: Register::at(base),
            rx_data: Register::at(base + 0x4),
            tx_control: Register::at(base + 0x8),
            rx_control: Register::at(base + 0xC),
            interrupt_enable: Register::at(base + 0x10),
            divisor: Register::at(base + 0x18),
            speed,
        }
    }
}

impl Uart for Sifive {
    fn init(&self) {
        self.divisor.write(self.speed.hertz / self.speed.baud - 1);
        self.tx_control.write(ENABLE);
        // A receive watermark of 0: one byte raises the interrupt.
        self.rx_control.write(ENABLE);
        self.interrupt_enable.write(INTERRUPT_RX);
    }

    fn read(&self) -> Option<u8> {
        let data = self.rx_data.read();
        (data & RX_EMPTY == 0).then_some(data as u8)
    }

    fn write(&self, byte: u8) {
        while self.tx_data.read() & TX_FULL != 0 {}
        self.tx_data.write(u32::from(byte));
    }
}
