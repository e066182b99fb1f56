//! Cortex-M: an instruction counter on SysTick, and the way out of QEMU. Thumb-1 code, so that every Cortex-M runs it.
//!
//! SysTick counts the processor clock. Under QEMU's `-icount shift=0` every instruction takes one nanosecond of virtual
//! time, so nanoseconds are instructions; on hardware the same readings are nanoseconds at the board's clock.
//! A tick lasts several instructions (40 at 25 MHz), so a reading waits for the edge of a tick and finds the next edge
//! with loads in a row, one an instruction. The waiting is counted too, and taken off again. A tick need not be a whole
//! number of instructions: readings are exact all the same (the program `clock` shows it).

use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::board;
use crate::mmio::Register;

const SYST_CSR: Register<u32> = Register::at(0xE000_E010);
const SYST_RVR: Register<u32> = Register::at(0xE000_E014);
const SYST_CVR_ADDRESS: usize = 0xE000_E018;
const SYST_CVR: Register<u32> = Register::at(SYST_CVR_ADDRESS);
const ICSR: Register<u32> = Register::at(0xE000_ED04);

const ENABLE_WITH_INTERRUPT_ON_PROCESSOR_CLOCK: u32 = 0b111;
const RELOAD: u32 = 0x00FF_FFFF;
const SYSTICK_PENDING: u32 = 1 << 26;

/// Number of loads in a row: enough that the edge lies between two of them, also where ticks take 5 or 6 instructions.
const LOADS: usize = 7;
/// Instructions in a round of the wait for an edge.
const ROUND: u64 = 4;
/// Instructions between the wait and the loads. The edge waited for came up to a round before it was seen, and the rest of
/// that round follows: the first load comes just before the next edge can.
const PAD: u64 = (board::TICK.0 / board::TICK.1).saturating_sub(2 * ROUND);
/// Ticks from one zero of the counter to the next.
const WRAP_TICKS: u64 = RELOAD as u64 + 1;
/// Instructions from one zero of the counter to the next; QEMU's timers drop the fraction of a nanosecond there.
const WRAP: u64 = WRAP_TICKS * board::TICK.0 / board::TICK.1;
/// Instructions of the handler `SysTick`.
const HANDLER: u64 = 5;

/// Number of times that the counter came to zero and `SysTick` ran.
static WRAPS: AtomicU32 = AtomicU32::new(0);

/// Adds one to `WRAPS`; only this handler writes it. Its instructions are known, so that they can be taken off.
#[unsafe(naked)]
#[unsafe(export_name = "SysTick")]
extern "C" fn systick() {
    naked_asm!(
        "ldr r0, 2f",
        "ldr r1, [r0]",
        "adds r1, r1, #1",
        "str r1, [r0]",
        "bx lr",
        ".balign 4",
        "2: .word {wraps}",
        wraps = sym WRAPS,
    )
}

/// Starts the counter.
pub(super) fn start() {
    SYST_RVR.write(RELOAD);
    SYST_CVR.write(0);
    SYST_CSR.write(ENABLE_WITH_INTERRUPT_ON_PROCESSOR_CLOCK);
}

/// A reading of the counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    wraps: u32,
    edge: Edge,
    icsr: u32,
}

/// What the search for an edge saw.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Edge {
    loads: [u32; LOADS],
    rounds: u32,
}

impl Stamp {
    /// Takes a reading of the counter. Nothing is computed from it here: that would take time that depends on the reading.
    #[inline(never)]
    pub(super) fn take() -> Stamp {
        // SAFETY: masks interrupts for the reading, so that no handler's time falls into it.
        unsafe { asm!("cpsid i", options(nostack)) };
        let wraps = WRAPS.load(Ordering::Relaxed);
        let edge = find_edge();
        let icsr = ICSR.read();
        // SAFETY: as before `cpsid`.
        unsafe { asm!("cpsie i", options(nostack)) };
        Stamp { wraps, edge, icsr }
    }

    /// The time of the first load after the edge, and the number of loads before it.
    fn edge(&self) -> (u64, u64) {
        let loads = &self.edge.loads;
        let before = loads
            .iter()
            .take_while(|&&load| load == loads[0])
            .count()
            .min(LOADS - 1);
        // Zero is the first value after a wrap, which has them all to go.
        let to_go = u64::from(loads[before].wrapping_sub(1) & RELOAD) + 1;
        // The handler has not yet counted a wrap that came before the edge, if the counter has begun anew by then.
        let uncounted = self.icsr & SYSTICK_PENDING != 0 && to_go > WRAP_TICKS / 2;
        let wraps = 1 + u64::from(self.wraps) + u64::from(uncounted);
        // A tick ends at the first whole instruction after its time.
        let left = (to_go * board::TICK.0).div_ceil(board::TICK.1);
        (wraps * WRAP - left, before as u64)
    }

    /// Instructions from the end of this reading to the start of a later one.
    pub(super) fn until(&self, later: &Stamp) -> u64 {
        let (start, before) = self.edge();
        let left = start + (LOADS as u64 - before);
        let (end, before) = later.edge();
        let waited = before + PAD + ROUND * u64::from(later.edge.rounds);
        let handled = HANDLER * u64::from(later.wraps.wrapping_sub(self.wraps));
        end.wrapping_sub(waited)
            .wrapping_sub(left)
            .wrapping_sub(handled)
    }
}

/// Waits for an edge and reads the counter around the next one. The result is written where r0 points (AAPCS, 6.4).
#[unsafe(naked)]
extern "C" fn find_edge() -> Edge {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r12, r0",
        "ldr r6, 2f",
        "movs r7, #0",
        "ldr r5, [r6]",
        "1:",
        "ldr r0, [r6]",
        "adds r7, r7, #1",
        "cmp r0, r5",
        "beq 1b",
        ".rept {pad}", "nop", ".endr",
        "ldr r0, [r6]",
        "ldr r1, [r6]",
        "ldr r2, [r6]",
        "ldr r3, [r6]",
        "ldr r4, [r6]",
        "ldr r5, [r6]",
        "ldr r6, [r6]",
        "mov lr, r7",
        "mov r7, r12",
        "stm r7!, {{r0-r6}}",
        "mov r0, lr",
        "str r0, [r7]",
        "pop {{r4-r7, pc}}",
        ".balign 4",
        "2: .word {counter}",
        pad = const PAD,
        counter = const SYST_CVR_ADDRESS,
    )
}

/// Sleeps until the UART receives; may wake spuriously.
///
/// Interrupts are masked meanwhile: a pending one ends the sleep, and no handler is needed. One that came since the
/// caller looked is pending already, so no byte is slept through.
pub(super) fn sleep() {
    const BIT: u32 = 1 << (board::UART_INTERRUPT % 32);
    const WORD: usize = 4 * (board::UART_INTERRUPT as usize / 32);
    const NVIC_ISER: Register<u32> = Register::at(0xE000_E100 + WORD);
    const NVIC_ICER: Register<u32> = Register::at(0xE000_E180 + WORD);
    const NVIC_ICPR: Register<u32> = Register::at(0xE000_E280 + WORD);
    // SAFETY: masks interrupts; no code here waits for a handler.
    unsafe { asm!("cpsid i", options(nomem, nostack)) };
    NVIC_ISER.write(BIT);
    // SAFETY: waits.
    unsafe { asm!("wfi", options(nomem, nostack)) };
    NVIC_ICER.write(BIT);
    NVIC_ICPR.write(BIT);
    // SAFETY: as before `cpsid`: the UART's interrupt is off again, SysTick's handler may run.
    unsafe { asm!("cpsie i", options(nomem, nostack)) };
}

/// Runs a loop of two instructions a round.
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
