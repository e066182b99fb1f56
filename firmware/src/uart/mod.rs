//! Drivers of serial ports. A board's file names one of them, the address of its registers and its clock; clocks and pins
//! are set up before by what the file lists under `setup`.

mod cmsdk;
mod nrf_uart;
mod ns16550;
mod sifive;
mod stm32_usart;

pub use cmsdk::Cmsdk;
pub use nrf_uart::NrfUart;
pub use ns16550::Ns16550;
pub use sifive::Sifive;
pub use stm32_usart::Stm32Usart;

/// Baud rate of a UART, and the clock that it is made of.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// Frequency of the clock that feeds the UART.
    pub hertz: u32,
    /// Baud rate in bits a second.
    pub baud: u32,
}

/// The serial port as the firmware uses it: eight bits, no parity, one stop bit; only sending blocks.
///
/// A driver has a `const fn at(base, speed)`, or `at(base)` where it leaves the speed as it is.
pub trait Uart {
    /// Sets the UART up; a received byte raises its interrupt from then on.
    fn init(&self);

    /// The next byte received, if any. Where there is none, the UART no longer raises its interrupt.
    fn read(&self) -> Option<u8>;

    /// Sends a byte; waits for room where there is none.
    fn write(&self, byte: u8);
}
