//! Drivers of serial ports. A board's file names one of them, the address of its registers and its clock; clocks and pins
//! are set up before by what the file lists under `setup`.

mod cmsdk;
mod esp32c3_uart;
mod max32_uart;
mod nrf_uart;
mod ns16550;
mod pl011;
mod sifive;
mod stm32_usart;
mod stm32_usart_v2;

pub use cmsdk::Cmsdk;
pub use esp32c3_uart::Esp32c3Uart;
pub use max32_uart::Max32Uart;
pub use nrf_uart::NrfUart;
pub use ns16550::Ns16550;
pub use pl011::Pl011;
pub use sifive::Sifive;
pub use stm32_usart::Stm32Usart;
pub use stm32_usart_v2::Stm32UsartV2;

/// Baud rate of a UART, and the clock that it is made of.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// Frequency of the clock that feeds the UART.
    pub hertz: u32,
    /// Baud rate in bits a second.
    pub baud: u32,
}

impl Speed {
    /// Cycles of the clock in a bit, rounded.
    const fn cycles(self) -> u32 {
        (2 * self.hertz as u64 / self.baud as u64).div_ceil(2) as u32
    }
}

/// The serial port as the firmware uses it: eight bits, no parity, one stop bit; only sending blocks.
///
/// A driver has a `const fn at(base, speed)`, or `at(base)` where it leaves the speed as it is. A byte that comes while the receiver
/// has no room is lost, which the link's checksums find; no error of the line may keep later bytes out.
pub trait Uart {
    /// Sets the UART up; a received byte raises its interrupt from then on.
    fn init(&self);

    /// The next byte received, if any. Where there is none, the UART no longer raises its interrupt.
    fn read(&self) -> Option<u8>;

    /// Sends a byte; waits for room where there is none.
    fn write(&self, byte: u8);
}

#[cfg(test)]
mod tests;
