//! Differences between processors: counting instructions, and the way out of QEMU.

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "arm")]
use cortex_m as isa;

#[cfg(target_arch = "riscv32")]
mod riscv;
#[cfg(target_arch = "riscv32")]
use riscv as isa;
#[cfg(target_arch = "riscv32")]
pub use riscv::Instructions;

#[cfg(unaligned)]
mod memory;

use crate::stages::Clock;

/// A counter of the instructions between `begin` and `end`.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    began: isa::Stamp,
    /// The reading of an empty measurement, which is subtracted from each.
    overhead: u64,
}

impl Counter {
    /// Starts the board's counter. Under QEMU it counts from a known state, so all readings repeat.
    pub fn start() -> Self {
        isa::start();
        let mut counter = Counter {
            began: isa::Stamp::take(),
            overhead: 0,
        };
        counter.begin();
        counter.overhead = counter.end();
        counter
    }

    /// Measures a loop of `2 * rounds` instructions, with up to four that lead to it, the same for all loops.
    #[inline(never)]
    pub fn measure_known_loop(&mut self, rounds: u32) -> u64 {
        self.begin();
        isa::loop_of_two(rounds);
        self.end()
    }
}

impl Clock for Counter {
    #[inline(never)]
    fn begin(&mut self) {
        self.began = isa::Stamp::take();
    }

    #[inline(never)]
    fn end(&mut self) -> u64 {
        let now = isa::Stamp::take();
        self.began.until(&now).saturating_sub(self.overhead)
    }
}

/// Sleeps until the UART receives; may wake spuriously. The counter must have been started, and the UART read until it was empty.
pub fn sleep() {
    isa::sleep();
}

/// Ends QEMU (or the debugger's session) with an exit code. Without either, the processor waits here.
pub fn exit(code: u32) -> ! {
    const SYS_EXIT_EXTENDED: u32 = 0x20;
    const APPLICATION_EXIT: u32 = 0x2_0026;
    let block = [APPLICATION_EXIT, code];
    isa::semihosting(
        SYS_EXIT_EXTENDED,
        (&raw const block).expose_provenance() as u32,
    );
    loop {
        core::hint::spin_loop();
    }
}
