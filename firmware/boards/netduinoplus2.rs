//! Netduino Plus 2: STM32F405 (Cortex-M4F), USART1 on PA9 and PA10.
//!
//! The part runs on its 16 MHz oscillator as it comes out of reset; QEMU's machine runs at 168 MHz whatever RCC says,
//! which the UART there does not mind.

use crate::mmio::Register;

/// Name on the link.
pub const NAME: &str = "netduinoplus2";
/// Bytes of arena.
pub const ARENA_LEN: usize = 104 * 1024;
/// Bytes of the longest picture, text or record.
pub const INBOX_LEN: usize = 8 * 1024;
/// Parts of a session counted one by one.
pub const STAGES: usize = 96;
/// Nanoseconds a tick of the processor clock takes under QEMU (168 MHz), as a fraction.
pub const TICK: (u64, u64) = (125, 21);
/// The UART's interrupt.
pub const UART_INTERRUPT: u32 = 37;

const RCC_AHB1ENR: Register<u32> = Register::at(0x4002_3830);
const RCC_APB2ENR: Register<u32> = Register::at(0x4002_3844);
const GPIOA_MODER: Register<u32> = Register::at(0x4002_0000);
const GPIOA_AFRH: Register<u32> = Register::at(0x4002_0024);
const SR: Register<u32> = Register::at(0x4001_1000);
const DR: Register<u32> = Register::at(0x4001_1004);
const BRR: Register<u32> = Register::at(0x4001_1008);
const CR1: Register<u32> = Register::at(0x4001_100C);

const GPIOA_ENABLE: u32 = 1 << 0;
const USART1_ENABLE: u32 = 1 << 4;
const SR_RX_NOT_EMPTY: u32 = 1 << 5;
const SR_TX_EMPTY: u32 = 1 << 7;
const CR1_UE_RXNEIE_TE_RE: u32 = 1 << 13 | 1 << 5 | 1 << 3 | 1 << 2;

/// Sets up the pins and the UART, 115200 8N1.
pub fn init() {
    RCC_AHB1ENR.write(RCC_AHB1ENR.read() | GPIOA_ENABLE);
    RCC_APB2ENR.write(RCC_APB2ENR.read() | USART1_ENABLE);
    // PA9 and PA10: alternate function 7. The other pins keep their reset function (PA13 and PA14 are the debug port).
    GPIOA_MODER.write(GPIOA_MODER.read() & !(0b1111 << 18) | 0b1010 << 18);
    GPIOA_AFRH.write(GPIOA_AFRH.read() & !(0xFF << 4) | 0x77 << 4);
    BRR.write(16_000_000 / 115_200);
    CR1.write(CR1_UE_RXNEIE_TE_RE);
}

/// The next byte received, if any.
pub fn read() -> Option<u8> {
    (SR.read() & SR_RX_NOT_EMPTY != 0).then(|| DR.read() as u8)
}

/// Sends a byte.
pub fn write(byte: u8) {
    while SR.read() & SR_TX_EMPTY == 0 {}
    DR.write(u32::from(byte));
}
