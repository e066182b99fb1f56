//! Driver of National Semiconductor's 16550 with registers of a byte, as QEMU's RISC-V machine has it.
//!
//! A byte that finds the FIFO full is lost; those in it stay, and reception goes on. Reading the line's status clears the bit that tells
//! of it.

use crate::mmio::Register;
use crate::uart::Uart;

/// A 16550. The driver leaves its speed as it is: on QEMU's machine it means nothing.
#[derive(Debug)]
pub struct Ns16550 {
    data: Register<u8>,
    interrupt_enable: Register<u8>,
    fifo_control: Register<u8>,
    line_control: Register<u8>,
    line_status: Register<u8>,
}

const INTERRUPT_RECEIVED: u8 = 1 << 0;
const FIFO_ENABLE_AND_CLEAR: u8 = 0b111;
const LINE_8N1: u8 = 0b11;
const STATUS_DATA_READY: u8 = 1 << 0;
const STATUS_TX_EMPTY: u8 = 1 << 5;

impl Ns16550 {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize) -> Self {
        Ns16550 {
            data: Register::at(base),
            interrupt_enable: Register::at(base + 1),
            fifo_control: Register::at(base + 2),
            line_control: Register::at(base + 3),
            line_status: Register::at(base + 5),
        }
    }
}

impl Uart for Ns16550 {
    fn init(&self) {
        self.line_control.write(LINE_8N1);
        self.fifo_control.write(FIFO_ENABLE_AND_CLEAR);
        self.interrupt_enable.write(INTERRUPT_RECEIVED);
    }

    fn read(&self) -> Option<u8> {
        (self.line_status.read() & STATUS_DATA_READY != 0).then(|| self.data.read())
    }

    fn write(&self, byte: u8) {
        while self.line_status.read() & STATUS_TX_EMPTY == 0 {}
        self.data.write(byte);
    }
}
