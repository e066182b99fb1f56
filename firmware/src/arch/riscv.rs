//! RISC-V: the instruction counter, and the way out of QEMU.

use core::arch::asm;

use crate::board;
use crate::mmio::Register;

/// The interrupt controller of a hart ("RISC-V Platform-Level Interrupt Controller Specification", 1.0).
struct Plic {
    priority: Register<u32>,
    enable: Register<u32>,
    threshold: Register<u32>,
    claim: Register<u32>,
}

impl Plic {
    /// The registers for the UART's interrupt, of a controller that begins at `base`.
    const fn at(base: usize) -> Self {
        Plic {
            priority: Register::at(base + 4 * board::UART_INTERRUPT as usize),
            enable: Register::at(base + 0x2000),
            threshold: Register::at(base + 0x20_0000),
            claim: Register::at(base + 0x20_0004),
        }
    }
}

/// The controller, where the board has one.
const PLIC: Option<Plic> = match board::PLIC {
    Some(base) => Some(Plic::at(base)),
    None => None,
};

/// Lets the UART's interrupt end a sleep; the counter runs from reset.
pub(super) fn start() {
    let Some(plic) = PLIC else {
        return;
    };
    plic.priority.write(1);
    plic.threshold.write(0);
    plic.enable.write(1 << board::UART_INTERRUPT);
    // SAFETY: enables external interrupts in mie only; mstatus.MIE stays 0, so none is ever taken.
    unsafe { asm!("csrs mie, {external}", external = in(reg) 1 << 11, options(nomem, nostack)) };
}

/// Sleeps until the UART receives; may wake spuriously. Without an interrupt controller it returns at once.
///
/// The caller has emptied the UART before. A byte received since then is pending and ends the sleep at once.
pub(super) fn sleep() {
    let Some(plic) = PLIC else {
        return;
    };
    // SAFETY: the instruction only waits.
    unsafe { asm!("wfi", options(nomem, nostack)) };
    plic.claim.write(plic.claim.read());
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
            // Where the high halves differ, the low half wrapped between the reads.
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
    // SAFETY: the code only counts a register down.
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
