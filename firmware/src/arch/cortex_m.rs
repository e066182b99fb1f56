//! Cortex-M: an instruction counter on SysTick, and the way out of QEMU.
//!
//! SysTick counts the processor clock. Under QEMU's `-icount shift=0` every instruction takes one nanosecond of virtual
//! time, so nanoseconds are instructions; on hardware the same readings are nanoseconds at the board's clock.
//! A tick lasts several instructions (40 at 25 MHz), so a reading waits for the edge of a tick and finds the next edge
//! with eight loads in a row, one an instruction: readings are exact to one instruction where the tick is a whole number
//! of them, else to two. The waiting is counted too, and taken off again.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m_rt::exception;

use crate::board;
use crate::mmio::Register;

const SYST_CSR: Register<u32> = Register::at(0xE000_E010);
const SYST_RVR: Register<u32> = Register::at(0xE000_E014);
const SYST_CVR_ADDRESS: usize = 0xE000_E018;
const SYST_CVR: Register<u32> = Register::at(SYST_CVR_ADDRESS);

const ENABLE_WITH_INTERRUPT_ON_PROCESSOR_CLOCK: u32 = 0b111;
const RELOAD: u32 = 0x00FF_FFFF;

/// Loads in a row.
const LOADS: usize = 8;
/// Instructions of a round of the wait for an edge.
const ROUND: u64 = 4;
/// Instructions between the edge waited for and the loads, so that the next edge falls among them.
const PAD: u64 = (board::TICK.0 / board::TICK.1).saturating_sub(LOADS as u64);

static WRAPS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    // Only this handler writes, so a load and a store are enough.
    WRAPS.store(
        WRAPS.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}

/// Sets up the counter.
pub(super) fn start() {
    SYST_RVR.write(RELOAD);
    SYST_CVR.write(0);
    SYST_CSR.write(ENABLE_WITH_INTERRUPT_ON_PROCESSOR_CLOCK);
}

/// A reading of the counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    wraps: u32,
    rounds: u32,
    loads: [u32; LOADS],
}

impl Stamp {
    /// Reads the counter. Nothing is computed from the reading here: that would take time that depends on it.
    #[inline(never)]
    pub(super) fn take() -> Stamp {
        loop {
            let wraps = WRAPS.load(Ordering::Relaxed);
            let (rounds, loads) = find_edge();
            let crossed = loads[LOADS - 1] > loads[0] || wraps != WRAPS.load(Ordering::Relaxed);
            if !crossed {
                return Stamp {
                    wraps,
                    rounds,
                    loads,
                };
            }
        }
    }

    /// When the first load after the edge was made, and how many were made before it.
    fn edge(&self) -> (u64, u64) {
        let before = self
            .loads
            .iter()
            .take_while(|&&load| load == self.loads[0])
            .count()
            .min(LOADS - 1);
        let ticks =
            u64::from(self.wraps) << 24 | u64::from(self.loads[before].wrapping_neg() & RELOAD);
        (
            (ticks * board::TICK.0).div_ceil(board::TICK.1),
            before as u64,
        )
    }

    /// Instructions from the end of this reading to the start of a later one.
    pub(super) fn until(&self, later: &Stamp) -> u64 {
        let (start, before) = self.edge();
        let left = start + (LOADS as u64 - before);
        let (end, before) = later.edge();
        let waited = before + PAD + ROUND * u64::from(later.rounds);
        end.wrapping_sub(waited).wrapping_sub(left)
    }
}

#[inline(always)]
fn find_edge() -> (u32, [u32; LOADS]) {
    let (rounds, a, b, c, d, e, f, g, h): (u32, u32, u32, u32, u32, u32, u32, u32, u32);
    // SAFETY: reads SYST_CVR, which has no side effect, and changes registers only.
    unsafe {
        asm!(
            "ldr {g}, [{h}]",
            "1:",
            "ldr {a}, [{h}]",
            "adds {rounds}, {rounds}, #1",
            "cmp {a}, {g}",
            "beq 1b",
            ".rept {pad}", "nop", ".endr",
            "ldr {a}, [{h}]",
            "ldr {b}, [{h}]",
            "ldr {c}, [{h}]",
            "ldr {d}, [{h}]",
            "ldr {e}, [{h}]",
            "ldr {f}, [{h}]",
            "ldr {g}, [{h}]",
            "ldr {h}, [{h}]",
            pad = const PAD,
            rounds = inout(reg) 0u32 => rounds,
            a = out(reg) a, b = out(reg) b, c = out(reg) c, d = out(reg) d, e = out(reg) e, f = out(reg) f, g = out(reg) g,
            h = inout(reg) SYST_CVR_ADDRESS => h,
            options(nostack)
        );
    }
    (rounds, [a, b, c, d, e, f, g, h])
}

/// Sleeps until the UART has something, or for no reason.
///
/// Interrupts are masked meanwhile: a pending one ends the sleep, and no handler is needed. One that came since the
/// caller looked is pending already, so nothing is slept through.
pub(super) fn sleep() {
    const BIT: u32 = 1 << (board::UART_INTERRUPT % 32);
    const WORD: usize = 4 * (board::UART_INTERRUPT as usize / 32);
    const NVIC_ISER: Register<u32> = Register::at(0xE000_E100 + WORD);
    const NVIC_ICER: Register<u32> = Register::at(0xE000_E180 + WORD);
    const NVIC_ICPR: Register<u32> = Register::at(0xE000_E280 + WORD);
    // SAFETY: masks interrupts; nothing here waits for a handler.
    unsafe { asm!("cpsid i", options(nomem, nostack)) };
    NVIC_ISER.write(BIT);
    // SAFETY: waits.
    unsafe { asm!("wfi", options(nomem, nostack)) };
    NVIC_ICER.write(BIT);
    NVIC_ICPR.write(BIT);
    // SAFETY: as before `cpsid`: the UART's interrupt is off again, SysTick's handler may run.
    unsafe { asm!("cpsie i", options(nomem, nostack)) };
}

/// Two instructions a round.
pub(super) fn loop_of_two(rounds: u32) {
    // SAFETY: counts a register down.
    unsafe {
        asm!("1:", "subs {n}, {n}, #1", "bne 1b", n = inout(reg) rounds => _, options(nomem, nostack))
    }
}

/// Hands a request to the debugger or to QEMU (Arm, "Semihosting for AArch32 and AArch64").
pub(super) fn semihosting(operation: u32, argument: u32) {
    // SAFETY: the breakpoint is the request; the debugger reads the block at `argument` only.
    unsafe { asm!("bkpt 0xAB", inout("r0") operation => _, in("r1") argument, options(nostack)) }
}
