//! Arm MPS2 AN386: Cortex-M4F at 25 MHz, CMSDK UART 0.

use crate::mmio::Register;

/// Name on the link.
pub const NAME: &str = "mps2-an386";
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

const DATA: Register<u32> = Register::at(0x4000_4000);
const STATE: Register<u32> = Register::at(0x4000_4004);
const CTRL: Register<u32> = Register::at(0x4000_4008);
const INTERRUPT_CLEAR: Register<u32> = Register::at(0x4000_400C);
const BAUD_DIVISOR: Register<u32> = Register::at(0x4000_4010);

const STATE_TX_FULL: u32 = 1 << 0;
const STATE_RX_FULL: u32 = 1 << 1;
const CTRL_TX_RX_AND_RX_INTERRUPT: u32 = 0b1011;
const INTERRUPT_RX: u32 = 1 << 1;

/// Sets up the UART, 115200 8N1.
pub fn init() {
    BAUD_DIVISOR.write(25_000_000 / 115_200);
    CTRL.write(CTRL_TX_RX_AND_RX_INTERRUPT);
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    (STATE.read() & STATE_RX_FULL != 0).then(|| {
        // Before the byte is taken: after it, the next one may raise the interrupt again.
        INTERRUPT_CLEAR.write(INTERRUPT_RX);
        DATA.read() as u8
    })
}

/// Sends a byte.
pub fn write(byte: u8) {
    while STATE.read() & STATE_TX_FULL != 0 {}
    DATA.write(u32::from(byte));
}
