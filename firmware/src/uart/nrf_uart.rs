//! Driver of Nordic's UART ("nRF51 Series Reference Manual", 29; the nRF52's has the same registers).
//!
//! A byte that finds six unread ones is lost; those stay, and reception goes on. ERRORSRC tells of it, which nobody asks for.

use crate::mmio::Register;
use crate::uart::{Speed, Uart};

/// A UART of an nRF51 or nRF52.
#[derive(Debug)]
pub struct NrfUart {
    start_rx: Register<u32>,
    start_tx: Register<u32>,
    rx_ready: Register<u32>,
    tx_ready: Register<u32>,
    interrupt_set: Register<u32>,
    enable: Register<u32>,
    rx_data: Register<u32>,
    tx_data: Register<u32>,
    baud_rate: Register<u32>,
    speed: Speed,
}

const UART_ENABLE: u32 = 4;
const INTERRUPT_RX_READY: u32 = 1 << 2;

impl NrfUart {
    /// The UART whose registers begin at `base`.
    pub const fn at(base: usize, speed: Speed) -> Self {
        NrfUart {
            start_rx: Register::at(base),
            start_tx: Register::at(base + 0x8),
            rx_ready: Register::at(base + 0x108),
            tx_ready: Register::at(base + 0x11C),
            interrupt_set: Register::at(base + 0x304),
            enable: Register::at(base + 0x500),
            rx_data: Register::at(base + 0x518),
            tx_data: Register::at(base + 0x51C),
            baud_rate: Register::at(base + 0x524),
            speed,
        }
    }

    /// The value of BAUDRATE: a fraction of the clock in 32 bits, of which the part takes the upper 20.
    const fn baud_rate(speed: Speed) -> u32 {
        let fraction = ((speed.baud as u64) << 32) / speed.hertz as u64;
        ((fraction + (1 << 11)) as u32) & !0xFFF
    }
}

const _: () = assert!(
    NrfUart::baud_rate(Speed {
        hertz: 16_000_000,
        baud: 115_200,
    }) == 0x01D7_E000
);

impl Uart for NrfUart {
    fn init(&self) {
        self.baud_rate.write(Self::baud_rate(self.speed));
        self.enable.write(UART_ENABLE);
        self.interrupt_set.write(INTERRUPT_RX_READY);
        self.start_tx.write(1);
        self.start_rx.write(1);
    }

    fn read(&self) -> Option<u8> {
        (self.rx_ready.read() != 0).then(|| {
            // The event is cleared before the byte is taken: after it, the next byte may be ready.
            self.rx_ready.write(0);
            self.rx_data.read() as u8
        })
    }

    fn write(&self, byte: u8) {
        self.tx_ready.write(0);
        self.tx_data.write(u32::from(byte));
        while self.tx_ready.read() == 0 {}
    }
}
