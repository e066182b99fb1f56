//! What the Arm MPS2 images for one processor have in common (AN385, AN386, AN500): 25 MHz, 4 MiB of code RAM and 4 MiB of
//! data RAM, CMSDK UART 0 at one address. Each image has a file with its name.

use crate::cmsdk_uart::CmsdkUart;

/// Bytes of arena.
pub const ARENA_LEN: usize = 256 * 1024;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 16 * 1024;
/// Parts of a session counted one by one.
pub const STAGES: usize = 96;
/// Nanoseconds a tick of the processor clock takes, as a fraction.
pub const TICK: (u64, u64) = (40, 1);
/// The UART's receive interrupt.
pub const UART_INTERRUPT: u32 = 0;

const CLOCK: u32 = 25_000_000;
const UART: CmsdkUart = CmsdkUart::at(0x4000_4000);

/// Sets up the UART.
pub fn init() {
    UART.init(CLOCK);
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    UART.read()
}

/// Sends a byte.
pub fn write(byte: u8) {
    UART.write(byte);
}
