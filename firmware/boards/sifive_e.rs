//! SiFive FE310 (HiFive1): UART 0 on GPIO 16 and 17. 16 KiB of RAM hold arena, inbox and stack.

use crate::mmio::Register;

/// Name on the link.
pub const NAME: &str = "sifive-e";
/// Bytes of arena.
pub const ARENA_LEN: usize = 8 * 1024;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 896;
/// Parts of a session counted one by one.
pub const STAGES: usize = 16;
/// The UART's interrupt.
pub const UART_INTERRUPT: u32 = 3;

const GPIO_IOF_ENABLE: Register<u32> = Register::at(0x1001_2038);
const GPIO_IOF_SELECT: Register<u32> = Register::at(0x1001_203C);
const TX_DATA: Register<u32> = Register::at(0x1001_3000);
const RX_DATA: Register<u32> = Register::at(0x1001_3004);
const TX_CONTROL: Register<u32> = Register::at(0x1001_3008);
const RX_CONTROL: Register<u32> = Register::at(0x1001_300C);
const INTERRUPT_ENABLE: Register<u32> = Register::at(0x1001_3010);
const DIVISOR: Register<u32> = Register::at(0x1001_3018);

const UART0_PINS: u32 = 1 << 16 | 1 << 17;
const ENABLE: u32 = 1 << 0;
const INTERRUPT_RX: u32 = 1 << 1;
const TX_FULL: u32 = 1 << 31;
const RX_EMPTY: u32 = 1 << 31;

/// Sets up the pins and the UART, 115200 8N1 at the 16 MHz that the boot loader leaves.
pub fn init() {
    GPIO_IOF_SELECT.write(GPIO_IOF_SELECT.read() & !UART0_PINS);
    GPIO_IOF_ENABLE.write(GPIO_IOF_ENABLE.read() | UART0_PINS);
    DIVISOR.write(16_000_000 / 115_200 - 1);
    TX_CONTROL.write(ENABLE);
    // A receive watermark of 0: one byte raises the interrupt.
    RX_CONTROL.write(ENABLE);
    INTERRUPT_ENABLE.write(INTERRUPT_RX);
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    let data = RX_DATA.read();
    (data & RX_EMPTY == 0).then_some(data as u8)
}

/// Sends a byte.
pub fn write(byte: u8) {
    while TX_DATA.read() & TX_FULL != 0 {}
    TX_DATA.write(u32::from(byte));
}
