//! What all cores from Armv7-M on share: copies by unaligned words.

#![allow(unsafe_code, reason = "assembly over checked pointers")]

use core::arch::naked_asm;

/// r0 from, r1 from run to run, r2 bytes of a run, r3 runs, on the stack the destination and its step. Where all of them are
/// multiples of 4, two instructions a word or fewer, else unaligned words.
///
/// ```text
/// for each run:
///     if everything is a multiple of 4: copy words
///     else: copy unaligned words, then a halfword and a byte
///     from += step, to += to_step
/// ```
///
/// # Safety
///
/// `runs` is at least 1. `len` bytes may be read at as many places, `step` apart, from `from` on, and written
/// `to_step` apart, from `to` on, apart from what is read; `call::gather` has checked this.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn copy_runs(
    from: *const i8,
    step: usize,
    len: usize,
    runs: usize,
    to: *mut i8,
    to_step: usize,
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldrd r4, r5, [sp, #36]",
        // Multiples of 4 from word to word: four words at a time.
        "orr r12, r0, r1",
        "orr r12, r12, r2",
        "orr r12, r12, r4",
        "orr r12, r12, r5",
        "lsls r12, r12, #30",
        "beq 5f",
        "1:",
        "mov r6, r0",
        "mov r7, r4",
        "lsrs r12, r2, #2",
        "beq 3f",
        "2:",
        "ldr r8, [r6], #4",
        "subs r12, r12, #1",
        "str r8, [r7], #4",
        "bne 2b",
        "3:",
        "lsls r12, r2, #31",
        "itt cs",
        "ldrhcs r8, [r6], #2",
        "strhcs r8, [r7], #2",
        "itt mi",
        "ldrbmi r8, [r6]",
        "strbmi r8, [r7]",
        "add r0, r0, r1",
        "add r4, r4, r5",
        "subs r3, r3, #1",
        "bne 1b",
        "pop {{r4-r11, pc}}",
        "5:",
        "mov r6, r0",
        "mov r7, r4",
        "lsrs r12, r2, #4",
        "beq 7f",
        "6:",
        "ldm r6!, {{r8, r9, r10, r11}}",
        "subs r12, r12, #1",
        "stm r7!, {{r8, r9, r10, r11}}",
        "bne 6b",
        "7:",
        "lsls r12, r2, #29",
        "itt cs",
        "ldmcs r6!, {{r8, r9}}",
        "stmcs r7!, {{r8, r9}}",
        "itt mi",
        "ldrmi r8, [r6]",
        "strmi r8, [r7]",
        "add r0, r0, r1",
        "add r4, r4, r5",
        "subs r3, r3, #1",
        "bne 5b",
        "pop {{r4-r11, pc}}",
    )
}
