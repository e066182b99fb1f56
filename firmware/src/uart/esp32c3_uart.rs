//! Driver of the UART of an ESP32-C3 ("ESP32-C3 Technical Reference Manual", 26), fed by the crystal.
//!
//! A byte that finds the FIFO full is lost; those in it stay, and reception goes on. The firmware polls, so no interrupt is enabled.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A UART of an ESP32-C3.
#[derive(Debug)]
pub struct Esp32c3Uart {
    fifo: Register<u32>,
    clock_divisor: Register<u32>,
    status: Register<u32>,
    control: Register<u32>,
    clock: Register<u32>,
    speed: Speed,
}

/// Eight bits, one stop bit, and the clock of the FIFOs' memory.
const CONTROL_8N1: u32 = 0b11 << 2 | 0b01 << 4 | 1 << 28;
/// Those of sender and receiver, and of both; source 3, the crystal, as it is.
const CLOCK_CRYSTAL: u32 = 1 << 25 | 1 << 24 | 1 << 22 | 0b11 << 20;
const FIFO_LEN: u32 = 128;

impl Esp32c3Uart {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        Esp32c3Uart {
            fifo: Register::at(base),
            clock_divisor: Register::at(base + 0x14),
            status: Register::at(base + 0x1C),
            control: Register::at(base + 0x20),
            clock: Register::at(base + 0x78),
            speed,
        }
    }

    /// The divisor: its whole part in the lower bits, its sixteenths from bit 20 on.
    const fn divisor(speed: Speed) -> u32 {
        let sixteenths = 16 * speed.hertz as u64 / speed.baud as u64;
        (sixteenths as u32 >> 4) | (sixteenths as u32 & 0xF) << 20
    }
}

const _: () = assert!(
    Esp32c3Uart::divisor(Speed {
        hertz: 40_000_000,
        baud: 115_200,
    }) == 347 | 3 << 20
);

impl Uart for Esp32c3Uart {
    fn init(&self) {
        self.clock.write(CLOCK_CRYSTAL);
        self.clock_divisor.write(Self::divisor(self.speed));
        self.control.write(CONTROL_8N1);
    }

    fn read(&self) -> Option<u8> {
        (self.status.read() & 0x3FF != 0).then(|| self.fifo.read() as u8)
    }

    fn write(&self, byte: u8) {
        while self.status.read() >> 16 & 0x3FF >= FIFO_LEN {}
        self.fifo.write(u32::from(byte));
    }
}
