//! Gathering patches.

use core::arch::naked_asm;

/// r0 from, r1 from run to run, r2 bytes of a run, r3 runs, on the stack the destination and its step: by words where all of
/// them are whole words.
///
/// ```text
/// for each run:
///     if everything is a multiple of 4: copy words
///     else: copy bytes, two at a time
///     from += step, to += to_step
/// ```
///
/// # Safety
///
/// `runs` is at least 1. `len` bytes may be read at as many places, `step` apart, from `from` on, and written
/// `to_step` apart, from `to` on, apart from what is read; `call::gather` has checked this.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn copy_runs(
    from: *const i8,
    step: usize,
    len: usize,
    runs: usize,
    to: *mut i8,
    to_step: usize,
) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "ldr r4, [sp, #20]",
        "ldr r7, [sp, #24]",
        "mov r12, r7",
        "cmp r2, #0",
        "beq 9f",
        "orrs r7, r0",
        "orrs r7, r1",
        "orrs r7, r2",
        "orrs r7, r4",
        "lsls r7, r7, #30",
        "beq 4f",
        "lsls r7, r2, #31",
        // Bytes, from the last to the first, an odd one by itself.
        "1:",
        "mov r5, r2",
        "cmp r7, #0",
        "beq 2f",
        "subs r5, #1",
        "ldrb r6, [r0, r5]",
        "strb r6, [r4, r5]",
        "beq 3f",
        "2:",
        "subs r5, #1",
        "ldrb r6, [r0, r5]",
        "strb r6, [r4, r5]",
        "subs r5, #1",
        "ldrb r6, [r0, r5]",
        "strb r6, [r4, r5]",
        "bne 2b",
        "3:",
        "adds r0, r0, r1",
        "add r4, r12",
        "subs r3, #1",
        "bne 1b",
        "b 9f",
        // Words, three at a time and then one by one.
        "4:",
        "subs r1, r1, r2",
        "mov r7, r12",
        "subs r7, r7, r2",
        "mov r12, r7",
        "mov lr, r3",
        "5:",
        "mov r5, r2",
        "subs r5, #12",
        "blo 7f",
        "6:",
        "ldm r0!, {{r3, r6, r7}}",
        "stm r4!, {{r3, r6, r7}}",
        "subs r5, #12",
        "bhs 6b",
        "7:",
        "adds r5, #12",
        "beq 8f",
        "71:",
        "ldm r0!, {{r3}}",
        "stm r4!, {{r3}}",
        "subs r5, #4",
        "bne 71b",
        "8:",
        "adds r0, r0, r1",
        "add r4, r12",
        "mov r3, lr",
        "subs r3, #1",
        "mov lr, r3",
        "bne 5b",
        "9:",
        "pop {{r4-r7, pc}}",
    )
}
