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

/// From which clock a UART makes its baud rate.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// Frequency of the clock that feeds the UART.
    pub hertz: u32,
    /// Bits a second.
    pub baud: u32,
}

/// What the firmware asks of a serial port: eight bits, no parity, one stop bit, nothing blocked but a send.
///
/// A driver has a `const fn at(base, speed)`, or `at(base)` where it leaves the speed as it is.
pub trait Uart {
    /// Sets the UART up; a received byte raises its interrupt from then on.
    fn init(&self);

    /// The next byte received, if any. When there is none, the interrupt is no longer asked for.
    fn read(&self) -> Option<u8>;

    /// Sends a byte, and waits for room if need be.
    fn write(&self, byte: u8);
}
