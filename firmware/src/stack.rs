//! Measures how deep the stack has been.

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// The word with which unused stack is painted.
const PAINT: u32 = 0x5AFE_57AC;
/// Bytes below the stack pointer that stay unpainted: the painting itself uses them.
const MARGIN: usize = 256;

unsafe extern "C" {
    // The linker's names for the end of static memory and the start of the stack, which grows down towards it.
    static __sheap: u32;
    static _stack_start: u32;
}

fn bottom() -> usize {
    (&raw const __sheap).addr().next_multiple_of(4)
}

fn top() -> usize {
    (&raw const _stack_start).addr()
}

/// Marks the part of the stack that is not in use. A program calls this first.
pub fn paint() {
    let mut at = bottom();
    while at + MARGIN < pointer() {
        // SAFETY: between static memory and the stack pointer, with a margin, lies memory that nothing uses.
        unsafe { with_exposed_provenance_mut::<u32>(at).write_volatile(PAINT) };
        at += 4;
    }
}

/// The number of bytes of stack in use at most since [`paint`], and the number of bytes there are.
pub fn depth() -> (usize, usize) {
    let mut at = bottom();
    // SAFETY: reads aligned words of RAM below the stack's start.
    while at < top() && unsafe { with_exposed_provenance::<u32>(at).read_volatile() } == PAINT {
        at += 4;
    }
    (top() - at, top() - bottom())
}

fn pointer() -> usize {
    // A local lies near the stack pointer, well within the margin.
    let local = 0u8;
    (&raw const local).addr()
}
