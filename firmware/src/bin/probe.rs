#![no_std]
#![no_main]
use tillsense_firmware::{arch, board};
tillsense_firmware::entry!(run);
unsafe extern "C" {
    static _model_slot: u32;
}
fn hex(v: u64) {
    for i in (0..16).rev() {
        let d = (v >> (4 * i)) as u8 & 15;
        board::write(if d < 10 { b'0' + d } else { b'a' + d - 10 });
    }
    board::write(b'\n');
}
fn run() -> ! {
    board::init();
    hex(unsafe { (&raw const _model_slot).read_volatile() } as u64);
    let mut c = arch::Counter::start();
    for rounds in 1..100 {
        hex(c.measure_known_loop(rounds) - 2 * rounds as u64);
    }
    for rounds in [
        1000,
        1000,
        1000,
        10_000_000,
        200_000_000,
        200_000_000,
        200_000_000,
    ] {
        hex(c.measure_known_loop(rounds) - 2 * rounds as u64);
    }
    loop {
        if let Some(byte) = board::read() {
            if byte == b'q' {
                arch::exit(7)
            }
            board::write(byte + 1);
        }
    }
}
