//! BBC micro:bit: nRF51822 (Cortex-M0 at 16 MHz), UART 0 on P0.24 and P0.25. 16 KiB of RAM hold arena, inbox and stack.
//!
//! Instructions are counted with SysTick, which QEMU's machine has and the part itself has not: the real part needs another
//! counter (`arch`) before it can run this.

use crate::mmio::Register;

/// Name on the link.
pub const NAME: &str = "microbit";
/// Bytes of arena: less than on the other part with 16 KiB of RAM, as Thumb-1 code needs more stack.
pub const ARENA_LEN: usize = 6912;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 896;
/// Parts of a session counted one by one.
pub const STAGES: usize = 16;
/// Nanoseconds a tick of the processor clock takes, as a fraction.
pub const TICK: (u64, u64) = (125, 2);
/// The UART's interrupt.
pub const UART_INTERRUPT: u32 = 2;

const GPIO_OUT_SET: Register<u32> = Register::at(0x5000_0508);
const GPIO_DIRECTION_SET: Register<u32> = Register::at(0x5000_0518);
const START_RX: Register<u32> = Register::at(0x4000_2000);
const START_TX: Register<u32> = Register::at(0x4000_2008);
const RX_READY: Register<u32> = Register::at(0x4000_2108);
const TX_READY: Register<u32> = Register::at(0x4000_211C);
const INTERRUPT_SET: Register<u32> = Register::at(0x4000_2304);
const ENABLE: Register<u32> = Register::at(0x4000_2500);
const PIN_TX: Register<u32> = Register::at(0x4000_250C);
const PIN_RX: Register<u32> = Register::at(0x4000_2514);
const RX_DATA: Register<u32> = Register::at(0x4000_2518);
const TX_DATA: Register<u32> = Register::at(0x4000_251C);
const BAUD_RATE: Register<u32> = Register::at(0x4000_2524);

const TX: u32 = 24;
const RX: u32 = 25;
const UART_ENABLE: u32 = 4;
const BAUD_115200: u32 = 0x01D7_E000;
const INTERRUPT_RX_READY: u32 = 1 << 2;

/// Sets up the pins and the UART, 115200 8N1.
pub fn init() {
    // The line rests high.
    GPIO_OUT_SET.write(1 << TX);
    GPIO_DIRECTION_SET.write(1 << TX);
    PIN_TX.write(TX);
    PIN_RX.write(RX);
    BAUD_RATE.write(BAUD_115200);
    ENABLE.write(UART_ENABLE);
    INTERRUPT_SET.write(INTERRUPT_RX_READY);
    START_TX.write(1);
    START_RX.write(1);
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    (RX_READY.read() != 0).then(|| {
        // Before the byte is taken: after it, the next one may be ready.
        RX_READY.write(0);
        RX_DATA.read() as u8
    })
}

/// Sends a byte.
pub fn write(byte: u8) {
    TX_READY.write(0);
    TX_DATA.write(u32::from(byte));
    while TX_READY.read() == 0 {}
}
