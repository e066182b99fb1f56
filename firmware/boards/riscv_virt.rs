//! QEMU riscv32 virt: a 16550 UART.

use crate::mmio::Register;

/// Name on the link.
pub const NAME: &str = "riscv-virt";
/// Bytes of arena.
pub const ARENA_LEN: usize = 256 * 1024;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 16 * 1024;
/// Parts of a session counted one by one.
pub const STAGES: usize = 96;
/// The UART's interrupt.
pub const UART_INTERRUPT: u32 = 10;

const DATA: Register<u8> = Register::at(0x1000_0000);
const INTERRUPT_ENABLE: Register<u8> = Register::at(0x1000_0001);
const FIFO_CONTROL: Register<u8> = Register::at(0x1000_0002);
const LINE_CONTROL: Register<u8> = Register::at(0x1000_0003);
const LINE_STATUS: Register<u8> = Register::at(0x1000_0005);

const INTERRUPT_RECEIVED: u8 = 1 << 0;
const FIFO_ENABLE_AND_CLEAR: u8 = 0b111;
const LINE_8N1: u8 = 0b11;
const STATUS_DATA_READY: u8 = 1 << 0;
const STATUS_TX_EMPTY: u8 = 1 << 5;

/// Sets up the UART; its speed means nothing on this machine.
pub fn init() {
    LINE_CONTROL.write(LINE_8N1);
    FIFO_CONTROL.write(FIFO_ENABLE_AND_CLEAR);
    INTERRUPT_ENABLE.write(INTERRUPT_RECEIVED);
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    (LINE_STATUS.read() & STATUS_DATA_READY != 0).then(|| DATA.read())
}

/// Sends a byte.
pub fn write(byte: u8) {
    while LINE_STATUS.read() & STATUS_TX_EMPTY == 0 {}
    DATA.write(byte);
}
