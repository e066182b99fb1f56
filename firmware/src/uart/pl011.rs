//! Driver of Arm's PrimeCell UART ("PrimeCell UART (PL011) Technical Reference Manual", 3.3), on RP2040, RP2350, Stellaris and Apollo.
//!
//! A byte that finds the FIFO full is lost; those in it stay, and reception goes on. A flag in a later byte's word tells of it
//! (3.3.1), which nobody asks for: the link's frames have a checksum.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A PL011.
#[derive(Debug)]
pub struct Pl011 {
    data: Register<u32>,
    flags: Register<u32>,
    integer_divisor: Register<u32>,
    fractional_divisor: Register<u32>,
    line_control: Register<u32>,
    control: Register<u32>,
    interrupt_mask: Register<u32>,
    speed: Speed,
}

const FLAG_RX_EMPTY: u32 = 1 << 4;
const FLAG_TX_FULL: u32 = 1 << 5;
const LINE_8N1_WITH_FIFO: u32 = 0b11 << 5 | 1 << 4;
const CONTROL_UART_TX_RX: u32 = 1 << 0 | 1 << 8 | 1 << 9;
/// Enough bytes, or a pause after fewer.
const INTERRUPT_RX_AND_TIMEOUT: u32 = 1 << 4 | 1 << 6;

impl Pl011 {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Pl011 {
            data: Register::at(base),
            flags: Register::at(base + 0x18),
            integer_divisor: Register::at(base + 0x24),
            fractional_divisor: Register::at(base + 0x28),
            line_control: Register::at(base + 0x2C),
            control: Register::at(base + 0x30),
            interrupt_mask: Register::at(base + 0x38),
            speed,
        }
    }

    /// 64 times the divisor, which is a sixteenth of the clock's cycles in a bit (3.3.6).
    const fn divisor(speed: Speed) -> u32 {
        let twice = 8 * speed.hertz as u64 / speed.baud as u64;
        (twice as u32).div_ceil(2)
    }
}

// The example of the manual: 4 MHz for 230,400 baud is 1 and 5/64.
const _: () = assert!(
    Pl011::divisor(Speed {
        hertz: 4_000_000,
        baud: 230_400,
    }) == 64 + 5
);

impl Uart for Pl011 {
    fn init(&self) {
        let divisor = Self::divisor(self.speed);
        self.integer_divisor.write(divisor >> 6);
        self.fractional_divisor.write(divisor & 0x3F);
        // A write of this register takes the divisors over.
        self.line_control.write(LINE_8N1_WITH_FIFO);
        self.interrupt_mask.write(INTERRUPT_RX_AND_TIMEOUT);
        // Apollo has the choice of the clock in this register too.
        self.control.write(self.control.read() | CONTROL_UART_TX_RX);
    }

    fn read(&self) -> Option<u8> {
        (self.flags.read() & FLAG_RX_EMPTY == 0).then(|| self.data.read() as u8)
    }

    fn write(&self, byte: u8) {
        while self.flags.read() & FLAG_TX_FULL != 0 {}
        self.data.write(u32::from(byte));
    }
}
