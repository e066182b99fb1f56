//! RISC-V: the instruction counter, and the way out of QEMU.

use core::arch::asm;

use crate::board;
use crate::mmio::Register;

const PLIC_PRIORITY: Register<u32> = Register::at(board::PLIC + 4 * board::UART_INTERRUPT as usize);
const PLIC_ENABLE: Register<u32> = Register::at(board::PLIC + 0x2000);
const PLIC_THRESHOLD: Register<u32> = Register::at(board::PLIC + 0x20_0000);
const PLIC_CLAIM: Register<u32> = Register::at(board::PLIC + 0x20_0004);

/// Lets the UART's interrupt end a sleep; the counter runs from reset.
pub(super) fn start() {
    PLIC_PRIORITY.write(1);
    PLIC_THRESHOLD.write(0);
    PLIC_ENABLE.write(1 << board::UART_INTERRUPT);
    // SAFETY: enables external interrupts in mie only; mstatus.MIE stays 0, so none is ever taken.
    unsafe { asm!("csrs mie, {external}", external = in(reg) 1 << 11, options(nomem, nostack)) };
}

/// Sleeps until the UART receives; may wake spuriously.
///
/// The caller has emptied the UART before. A byte received since then is pending and ends the sleep at once.
pub(super) fn sleep() {
    // SAFETY: waits.
    unsafe { asm!("wfi", options(nomem, nostack)) };
    PLIC_CLAIM.write(PLIC_CLAIM.read());
}

/// A reading of the counter: instructions retired since reset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp(u64);

impl Stamp {
    /// Takes a reading of the counter.
    #[inline(never)]
    pub(super) fn take() -> Stamp {
        loop {
            let (low, high, again): (u32, u32, u32);
            // SAFETY: reads counters only; machine mode may always read them.
            unsafe {
                asm!(
                    "csrr {high}, minstreth",
                    "csrr {low}, minstret",
                    "csrr {again}, minstreth",
                    high = out(reg) high, low = out(reg) low, again = out(reg) again,
                    options(nomem, nostack)
                );
            }
            // The low half wrapped between the reads where the high halves differ.
            if high == again {
                return Stamp(u64::from(high) << 32 | u64::from(low));
            }
        }
    }

    /// Instructions from this reading to a later one.
    pub(super) fn until(&self, later: &Stamp) -> u64 {
        later.0.wrapping_sub(self.0)
    }
}

/// Runs a loop of two instructions a round.
pub(super) fn loop_of_two(rounds: u32) {
    // SAFETY: counts a register down.
    unsafe {
        asm!("1:", "addi {n}, {n}, -1", "bnez {n}, 1b", n = inout(reg) rounds => _, options(nomem, nostack))
    }
}

/// Hands a request to the debugger or to QEMU ("RISC-V Semihosting", version 1.0).
pub(super) fn semihosting(operation: u32, argument: u32) {
    // SAFETY: the three instructions are the request; the debugger reads the block at `argument` only.
    unsafe {
        asm!(
            ".option push", ".option norvc", ".balign 16",
            "slli x0, x0, 0x1f", "ebreak", "srai x0, x0, 7",
            ".option pop",
            inout("a0") operation => _, in("a1") argument, options(nostack)
        );
    }
}
