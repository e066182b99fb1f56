//! The board's memory: the model slot, the static buffers, the stack.

use core::ptr::with_exposed_provenance;
use core::slice;
use core::sync::atomic::{AtomicBool, Ordering};

use tillsense_core::arena::Arena;

use crate::board;

/// The static buffers, which are handed out once.
#[derive(Debug)]
pub struct Buffers {
    /// Memory in which the session works.
    pub arena: &'static mut [u8],
    /// Memory for the picture, text or record that is arriving.
    pub inbox: &'static mut [u8],
}

static mut ARENA: Arena<{ board::ARENA_LEN }> = Arena::new();
static mut INBOX: [u8; board::INBOX_LEN] = [0; board::INBOX_LEN];
static TAKEN: AtomicBool = AtomicBool::new(false);

impl Buffers {
    /// Gives the buffers at the first call, and empty ones after it.
    pub fn take() -> Buffers {
        // A load and a store are enough: interrupt handlers do not come here.
        if TAKEN.load(Ordering::Relaxed) {
            return Buffers {
                arena: &mut [],
                inbox: &mut [],
            };
        }
        TAKEN.store(true, Ordering::Relaxed);
        let (arena, inbox) = (&raw mut ARENA, &raw mut INBOX);
        // SAFETY: TAKEN makes this the only reference that is ever made to either buffer.
        let (arena, inbox) = unsafe { (&mut *arena, &mut *inbox) };
        Buffers {
            arena: arena.as_mut_slice(),
            inbox,
        }
    }
}

unsafe extern "C" {
    static _model_slot: u8;
    static _model_slot_end: u8;
}

/// Gives the flash where a model file may lie (`memory.model` of the board's file).
pub fn model_slot() -> &'static [u8] {
    let (start, end) = (
        (&raw const _model_slot).addr(),
        (&raw const _model_slot_end).addr(),
    );
    // SAFETY: the linker's layout keeps this range of readable memory for the model; nothing in the image writes there,
    // and every bit pattern is a u8.
    unsafe { slice::from_raw_parts(with_exposed_provenance(start), end - start) }
}
