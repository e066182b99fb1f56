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
    interrupt: u32,
}

impl Plic {
    /// The registers for an interrupt, of a controller that begins at `base`.
    const fn at(base: usize, interrupt: u32) -> Self {
        Plic {
            priority: Register::at(base + 4 * interrupt as usize),
            enable: Register::at(base + 0x2000),
            threshold: Register::at(base + 0x20_0000),
            claim: Register::at(base + 0x20_0004),
            interrupt,
        }
    }
}

/// The controller, where the board has one.
const PLIC: Option<Plic> = match board::PLIC {
    Some((base, interrupt)) => Some(Plic::at(base, interrupt)),
    None => None,
};

/// A counter of instructions, which a board's file names.
#[derive(Clone, Copy, Debug)]
pub enum Instructions {
    /// `minstret`, which runs from reset.
    Minstret,
    /// `minstret` where `mcountinhibit` stops it at reset ("RP2350 Datasheet", 3.8.9).
    MinstretInhibited,
    /// The performance counter of an ESP32-C3, 32 bits ("ESP32-C3 Technical Reference Manual", 1.5): a longer measurement lacks
    /// multiples of 2^32.
    Esp32c3,
}

/// Starts the counter, and lets the UART's interrupt end a sleep.
pub(super) fn start() {
    match board::INSTRUCTIONS {
        Instructions::Minstret => {}
        // SAFETY: lets the core's counters run, which changes nothing else.
        Instructions::MinstretInhibited => unsafe {
            asm!("csrw mcountinhibit, zero", options(nomem, nostack));
        },
        // SAFETY: lets mpccr (0x7E2) count instructions (mpcer, 0x7E0, bit 1), on and without an end (mpcmr, 0x7E1: enabled, not
        // saturating), which changes nothing else.
        Instructions::Esp32c3 => unsafe {
            asm!("csrwi 0x7E0, 2", "csrwi 0x7E1, 1", options(nomem, nostack));
        },
    }
    let Some(plic) = PLIC else {
        return;
    };
    plic.priority.write(1);
    plic.threshold.write(0);
    plic.enable.write(1 << plic.interrupt);
    // SAFETY: enables external interrupts in mie, and no others; mstatus.MIE stays 0, so none is ever taken.
    unsafe { asm!("csrw mie, {external}", external = in(reg) 1 << 11, options(nomem, nostack)) };
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

/// A reading of the counter: instructions retired, since reset where the counter holds as many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp(u64);

impl Stamp {
    /// Takes a reading of the counter.
    #[inline(never)]
    pub(super) fn take() -> Stamp {
        if let Instructions::Esp32c3 = board::INSTRUCTIONS {
            let count: u32;
            // SAFETY: reads a counter only; machine mode may always read it.
            unsafe { asm!("csrr {count}, 0x7E2", count = out(reg) count, options(nomem, nostack)) };
            return Stamp(count.into());
        }
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
        let instructions = later.0.wrapping_sub(self.0);
        match board::INSTRUCTIONS {
            Instructions::Esp32c3 => instructions & u64::from(u32::MAX),
            Instructions::Minstret | Instructions::MinstretInhibited => instructions,
        }
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
