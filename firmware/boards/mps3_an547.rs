//! Arm MPS3 AN547: Cortex-M55 with Helium at 32 MHz. The core boots in the Secure state and stays there.

use crate::cmsdk_uart::CmsdkUart;

/// Name on the link.
pub const NAME: &str = "mps3-an547";
/// Bytes of arena.
pub const ARENA_LEN: usize = 256 * 1024;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 16 * 1024;
/// Parts of a session counted one by one.
pub const STAGES: usize = 96;
/// Nanoseconds a tick of the processor clock takes, as a fraction.
pub const TICK: (u64, u64) = (125, 4);
/// The UART's combined interrupt: QEMU before 9.0 has the numbers of the other two the wrong way round.
pub const UART_INTERRUPT: u32 = 43;

const CLOCK: u32 = 25_000_000;
const UART: CmsdkUart = CmsdkUart::at(0x5930_3000);

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
