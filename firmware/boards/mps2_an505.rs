//! Arm MPS2 AN505: Cortex-M33 at 20 MHz. The core boots in the Secure state and stays there, so memory and UART are used
//! at their Secure addresses.

use crate::cmsdk_uart::CmsdkUart;

/// Name on the link.
pub const NAME: &str = "mps2-an505";
/// Bytes of arena.
pub const ARENA_LEN: usize = 256 * 1024;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 16 * 1024;
/// Parts of a session counted one by one.
pub const STAGES: usize = 96;
/// Nanoseconds a tick of the processor clock takes, as a fraction.
pub const TICK: (u64, u64) = (50, 1);
/// The UART's combined interrupt: QEMU before 9.0 has the numbers of the other two the wrong way round.
pub const UART_INTERRUPT: u32 = 42;

const CLOCK: u32 = 20_000_000;
const UART: CmsdkUart = CmsdkUart::at(0x5020_0000);

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
