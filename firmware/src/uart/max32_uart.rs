//! Driver of the UART of Analog Devices' MAX32660 to MAX32666 ("MAX32665/MAX32666 User Guide", UG6971, 12).
//!
//! A byte that finds the FIFO full is lost; those in it stay, and reception goes on.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A UART of a MAX32660 to MAX32666.
#[derive(Debug)]
pub struct Max32Uart {
    control: Register<u32>,
    threshold: Register<u32>,
    status: Register<u32>,
    interrupt_enable: Register<u32>,
    interrupt_flags: Register<u32>,
    divisor: Register<u32>,
    fraction: Register<u32>,
    fifo: Register<u32>,
    speed: Speed,
}

const CONTROL_ENABLE_8N1: u32 = 0b11 << 8 | 1 << 0;
const ONE_BYTE: u32 = 1;
const INTERRUPT_RX_THRESHOLD: u32 = 1 << 4;
const STATUS_RX_EMPTY: u32 = 1 << 4;
const STATUS_TX_FULL: u32 = 1 << 7;

impl Max32Uart {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Max32Uart {
            control: Register::at(base),
            threshold: Register::at(base + 0x4),
            status: Register::at(base + 0x8),
            interrupt_enable: Register::at(base + 0xC),
            interrupt_flags: Register::at(base + 0x10),
            divisor: Register::at(base + 0x14),
            fraction: Register::at(base + 0x18),
            fifo: Register::at(base + 0x1C),
            speed,
        }
    }

    /// The values of BAUD0 and BAUD1: the clock's cycles in a bit by 128, 64, 32, 16 or 8 (FACTOR 0 to 4), and 128ths.
    ///
    /// The vendor's library keeps the fraction three 128ths from the exact one, as the receiver finds errors in frames of exactly its
    /// own speed.
    const fn divisor(speed: Speed) -> (u32, u32) {
        let cycles = speed.cycles();
        let mut factor = 0;
        while factor < 4 && cycles >> (7 - factor) == 0 {
            factor += 1;
        }
        let fraction = (cycles << factor) & 0x7F;
        let fraction = match fraction > 3 {
            true => fraction - 3,
            false => fraction + 3,
        };
        (factor << 16 | cycles >> (7 - factor), fraction)
    }
}

// 48 MHz by 115,200 is 417: 3 times 128, and 33 of 128.
const _: () = {
    let (whole, fraction) = Max32Uart::divisor(Speed {
        hertz: 48_000_000,
        baud: 115_200,
    });
    assert!(whole == 3 && fraction == 33 - 3);
};

impl Uart for Max32Uart {
    fn init(&self) {
        let (whole, fraction) = Self::divisor(self.speed);
        self.threshold.write(ONE_BYTE);
        self.control.write(CONTROL_ENABLE_8N1);
        self.divisor.write(whole);
        self.fraction.write(fraction);
        self.interrupt_enable.write(INTERRUPT_RX_THRESHOLD);
    }

    fn read(&self) -> Option<u8> {
        // The flag is cleared before the FIFO is looked at: a byte that comes after it sets the flag again.
        self.interrupt_flags.write(INTERRUPT_RX_THRESHOLD);
        (self.status.read() & STATUS_RX_EMPTY == 0).then(|| self.fifo.read() as u8)
    }

    fn write(&self, byte: u8) {
        while self.status.read() & STATUS_TX_FULL != 0 {}
        self.fifo.write(u32::from(byte));
    }
}
