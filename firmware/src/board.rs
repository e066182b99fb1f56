//! The board that the image is built for.
//!
//! The build script makes constants and pins of the board's file (`boards/NAME.toml`); the file also names the driver in
//! [`crate::uart`]. Nothing here depends on which board it is.

use crate::uart::Uart as _;

include!(concat!(env!("OUT_DIR"), "/board.rs"));

/// Sets up clocks, pins and the UART.
pub fn init() {
    setup();
    UART.init();
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    UART.read()
}

/// Sends a byte; waits for room where the UART has none.
pub fn write(byte: u8) {
    UART.write(byte);
}
