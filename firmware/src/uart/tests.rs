//! Drivers on registers that are plain memory: what they write, and that no error of the line hides a byte or makes one up.

use super::*;

/// Registers of a device; nothing changes them but the driver and the test.
#[repr(align(8))]
struct Registers([u32; 512]);

impl Registers {
    fn new() -> Box<Self> {
        Box::new(Registers([0; 512]))
    }

    fn base(&mut self) -> usize {
        self.0.as_mut_ptr().expose_provenance()
    }

    /// A register's value, read as a device would be: the driver writes behind the compiler's back.
    fn get(&mut self, offset: usize) -> u32 {
        // SAFETY: a word of the array, to which no reference is in use.
        unsafe { (&raw const self.0[offset / 4]).read_volatile() }
    }

    fn set(&mut self, offset: usize, value: u32) {
        // SAFETY: as in `get`.
        unsafe { (&raw mut self.0[offset / 4]).write_volatile(value) }
    }
}

const SPEED: Speed = Speed {
    hertz: 84_000_000,
    baud: 115_200,
};

/// A status register, its values, and what is read then where the data register holds 0x1A5.
struct Case {
    status: usize,
    data: usize,
    read: &'static [(u32, Option<u8>)],
}

fn reads(case: &Case, driver: impl Fn(usize) -> Box<dyn Uart>) {
    let mut registers = Registers::new();
    let uart = driver(registers.base());
    for &(status, expected) in case.read {
        registers.set(case.data, 0x1A5);
        registers.set(case.status, status);
        assert_eq!(uart.read(), expected, "status {status:#x}");
    }
}

const BYTE: Option<u8> = Some(0xA5);

#[test]
fn errors_of_the_line_neither_hide_a_byte_nor_make_one_up() {
    // Received; received and overrun, noise, framing error; an overrun whose byte was read already; nothing.
    const STM32: [(u32, Option<u8>); 4] = [(0x20, BYTE), (0x2E, BYTE), (0x08, None), (0xC0, None)];
    reads(
        &Case {
            status: 0,
            data: 4,
            read: &STM32,
        },
        |base| Box::new(Stm32Usart::at(base, SPEED)),
    );
    reads(
        &Case {
            status: 0x1C,
            data: 0x24,
            read: &STM32,
        },
        |base| Box::new(Stm32UsartV2::at(base, SPEED)),
    );
    // The errors of a PL011 come with the byte.
    reads(
        &Case {
            status: 0x18,
            data: 0,
            read: &[(0x80, BYTE), (0x10, None), (0x90, None)],
        },
        |base| Box::new(Pl011::at(base, SPEED)),
    );
    // The lower ten bits are the bytes there; the upper ones are levels of pins.
    reads(
        &Case {
            status: 0x1C,
            data: 0,
            read: &[(0xE000_C001, BYTE), (0xE000_C000, None), (0x80, BYTE)],
        },
        |base| Box::new(Esp32c3Uart::at(base, SPEED)),
    );
    // A parity error, a break, a full FIFO; an empty one.
    reads(
        &Case {
            status: 8,
            data: 0x1C,
            read: &[(0x2C, BYTE), (0x50, None), (0x1C, None)],
        },
        |base| Box::new(Max32Uart::at(base, SPEED)),
    );
    // Full, and full with an overrun; an overrun alone.
    reads(
        &Case {
            status: 4,
            data: 0,
            read: &[(0x2, BYTE), (0xA, BYTE), (0x8, None)],
        },
        |base| Box::new(Cmsdk::at(base, SPEED)),
    );
}

/// A driver's constructor, and the values of registers that its `init` leaves.
fn leaves(driver: impl Fn(usize) -> Box<dyn Uart>, expected: &[(usize, u32)]) {
    let mut registers = Registers::new();
    driver(registers.base()).init();
    for &(offset, value) in expected {
        assert_eq!(registers.get(offset), value, "at {offset:#x}");
    }
}

#[test]
fn a_uart_is_on_with_the_speed_of_the_manual() {
    // RM0090, table 142: 84 MHz for 115,200 baud is 45 and 9/16.
    leaves(
        |base| Box::new(Stm32Usart::at(base, SPEED)),
        &[(0x8, 45 << 4 | 9), (0xC, 0x202C)],
    );
    let hertz = 64_000_000;
    leaves(
        |base| Box::new(Stm32UsartV2::at(base, Speed { hertz, ..SPEED })),
        &[(0xC, 556), (0x8, 1 << 12), (0, 0x2D)],
    );
    // 50 MHz is 27 and 8/64 times 16.
    let hertz = 50_000_000;
    leaves(
        |base| Box::new(Pl011::at(base, Speed { hertz, ..SPEED })),
        &[
            (0x24, 27),
            (0x28, 8),
            (0x2C, 0x70),
            (0x30, 0x301),
            (0x38, 0x50),
        ],
    );
    let hertz = 40_000_000;
    leaves(
        |base| Box::new(Esp32c3Uart::at(base, Speed { hertz, ..SPEED })),
        &[
            (0x14, 347 | 3 << 20),
            (0x20, 0x1000_001C),
            (0x78, 0x0370_0000),
        ],
    );
    let hertz = 48_000_000;
    leaves(
        |base| Box::new(Max32Uart::at(base, Speed { hertz, ..SPEED })),
        &[(0x14, 3), (0x18, 30), (0, 0x301), (0x4, 1), (0xC, 0x10)],
    );
}

#[test]
fn what_a_pl011_has_beside_its_enable_bits_stays() {
    let mut registers = Registers::new();
    let uart = Pl011::at(registers.base(), SPEED);
    registers.set(0x30, 0x18);
    uart.init();
    assert_eq!(registers.get(0x30), 0x319);
}
