//! Patches to columns of a panel, widened to 16 bits: lanes (0, 2) and (1, 3) of each four values, every third word.

use super::super::operands::Runs;
use super::COLUMNS;

/// Widens the patch.
pub(in super::super) fn stage(depth: usize, panel: &mut [i8], column: usize) {
    let (patch, panel) = panel.split_at_mut(depth.min(panel.len()));
    let panel = panel.as_mut_ptr().wrapping_add(4 * column);
    // SAFETY: `depth` is a multiple of 4, and `call::stage` found room for three columns of `depth` 16-bit values.
    unsafe { widen(patch.as_ptr(), panel, depth / 4) }
}

/// Gathers three patches, `step` values apart: from word to word where their runs are whole words, or three runs of three.
pub(in super::super) fn take_all(depth: usize, panel: &mut [i8], runs: &Runs<'_>, step: usize) {
    let to = panel.as_mut_ptr().wrapping_add(depth);
    if runs.len.is_multiple_of(4) {
        let (words, from) = (runs.len / 4, runs.from.as_ptr());
        // SAFETY: `call::take_all` found the runs of all three inside, not longer than the depth together, and room for
        // three columns of `depth` 16-bit values.
        return unsafe { widen_words(from, runs.step, words, runs.count, step, to) };
    }
    let read = (COLUMNS - 1) * step + 2 * runs.step + 4;
    if (runs.len, runs.count) == (3, 3) && read <= runs.from.len() {
        // SAFETY: as above; `read` values is what words from the last run's first value on take, and a depth of nine is
        // rounded up to 12.
        return unsafe { widen_threes(runs.from.as_ptr(), runs.step, step, to) };
    }
    let patches = Patches {
        from: runs.from.as_ptr(),
        run_step: runs.step,
        len: runs.len,
        runs: runs.count,
        step,
        patch: panel.as_mut_ptr(),
        to,
        units: depth / 4,
    };
    // SAFETY: as above; the panel begins with room for a patch of `depth` values, and runs are not whole words here.
    unsafe { widen_bytes(&patches) }
}

/// What [`widen_bytes`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Patches {
    from: *const i8,
    /// From run to run.
    run_step: usize,
    /// Values of a run, no multiple of 4, and runs.
    len: usize,
    runs: usize,
    /// From column to column.
    step: usize,
    /// Room for one patch.
    patch: *mut i8,
    /// The panel's first column.
    to: *mut i8,
    /// Units of four values of a column.
    units: usize,
}

/// Patch by patch: its runs behind one another, the last word of each covering some values again, then widened.
///
/// r0 from, r1 from run to run, r2 values of a run, r3 runs, r4 from column to column, r5 patch, r6 panel, r7 units; r8 a
/// run, r9 its place, r10 words or units left, r11 r12 values, lr runs left. On the stack: columns left.
///
/// ```text
/// for column in 0..3:
///     patch = the column's runs, one behind the other
///     for each word of the patch: to[0], to[3] = sxtb16(word), sxtb16(word >> 8); to += 6
///     from += step, to = the next column's first word
/// ```
///
/// # Safety
///
/// Every field of `patches` is as [`Patches`] describes it: `call::take_all` found all runs of all three columns
/// inside and not longer than a column, and room for the columns behind one patch; `runs`, `len` and `units` are at
/// least 1.
#[unsafe(naked)]
unsafe extern "C" fn widen_bytes(patches: &Patches) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "ldm r0, {{r0-r7}}",
        "mov r8, #3",
        "push {{r8}}",
        "1:",
        "mov lr, r3",
        "mov r9, r5",
        "mov r12, r0",
        "2:",
        "mov r8, r12",
        "add r12, r12, r1",
        "lsrs r10, r2, #2",
        "beq 4f",
        "3:",
        "ldr r11, [r8], #4",
        "subs r10, r10, #1",
        "str r11, [r9], #4",
        "bne 3b",
        // Back by as many values as the last word has too few.
        "and r10, r2, #3",
        "subs r10, r10, #4",
        "ldr r11, [r8, r10]",
        "add r9, r9, r10",
        "str r11, [r9], #4",
        "b 5f",
        "4:",
        "mov r10, r2",
        "6:",
        "ldrb r11, [r8], #1",
        "subs r10, r10, #1",
        "strb r11, [r9], #1",
        "bne 6b",
        "5:",
        "subs lr, lr, #1",
        "bne 2b",
        "mov r10, r7",
        "mov r9, r5",
        "mov r8, r6",
        "7:",
        "ldr r11, [r9], #4",
        "sxtb16 r12, r11",
        "sxtb16 r11, r11, ror #8",
        "str r12, [r8], #12",
        "str r11, [r8], #12",
        "subs r10, r10, #1",
        "bne 7b",
        "add r0, r0, r4",
        "adds r6, r6, #4",
        "ldr r8, [sp]",
        "subs r8, r8, #1",
        "str r8, [sp]",
        "bne 1b",
        "pop {{r8}}",
        "pop {{r4-r11, pc}}",
    )
}

/// r0 from, r1 from run to run, r2 words of a run, r3 runs, on the stack from column to column, and the panel; none is
/// zero but for the steps. 13 instructions for a word of each column.
///
/// ```text
/// for each run:
///     for each word of it, at from, from + step and from + 2 * step:
///         to[0..3] = sxtb16(word of each column)
///         to[3..6] = sxtb16(word of each column >> 8)
///         to += 6
/// ```
///
/// # Safety
///
/// `words` and `runs` are at least 1. So many runs of so many words, `run_step` apart, may be read from `from` on,
/// and `step` and `2 * step` values further on; three columns of as many 16-bit values may be written at `to`,
/// 4-byte aligned. `call::take_all` has checked this.
#[unsafe(naked)]
unsafe extern "C" fn widen_words(
    from: *const i8,
    run_step: usize,
    words: usize,
    runs: usize,
    step: usize,
    to: *mut i8,
) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "ldr r4, [sp, #36]",
        "ldr r12, [sp, #40]",
        "1:",
        "mov r5, r0",
        "mov lr, r2",
        "2:",
        "ldr r9, [r5, r4]",
        "ldr r10, [r5, r4, lsl #1]",
        "ldr r8, [r5], #4",
        "sxtb16 r7, r9",
        "sxtb16 r11, r10",
        "sxtb16 r6, r8",
        "sxtb16 r8, r8, ror #8",
        "sxtb16 r9, r9, ror #8",
        "sxtb16 r10, r10, ror #8",
        "stm r12!, {{r6, r7, r11}}",
        "subs lr, lr, #1",
        "stm r12!, {{r8, r9, r10}}",
        "bne 2b",
        "add r0, r0, r1",
        "subs r3, r3, #1",
        "bne 1b",
        "pop {{r4-r11, pc}}",
    )
}

/// Three runs of three values, each read as a word, are nine values in a row.
///
/// r0 from, r1 from run to run, r2 from column to column, r3 the panel. The last value's neighbours, lanes 1 and 3 of the
/// third unit, have weights of zero: their word stays as it is.
///
/// # Safety
///
/// Words may be read at `from` and `run_step` and `2 * run_step` values further on, and at the same places of the
/// other two columns, `step` apart; three columns of twelve 16-bit values may be written at `to`, 4-byte aligned.
/// `take_all` has checked this.
#[unsafe(naked)]
unsafe extern "C" fn widen_threes(from: *const i8, run_step: usize, step: usize, to: *mut i8) {
    dsp_asm!(
        "push {{r4, r5, r6, r7, r8, lr}}",
        "mov lr, #3",
        "2:",
        "ldr r5, [r0, r1]",
        "ldr r6, [r0, r1, lsl #1]",
        "ldr r4, [r0]",
        "add r0, r0, r2",
        "bfi r4, r5, #24, #8",
        "lsrs r5, r5, #8",
        "pkhbt r5, r5, r6, lsl #16",
        "lsrs r6, r6, #16",
        "sxtb16 r7, r4",
        "sxtb16 r4, r4, ror #8",
        "sxtb16 r8, r5",
        "sxtb16 r5, r5, ror #8",
        "sxtb16 r6, r6",
        "str r4, [r3, #12]",
        "str r8, [r3, #24]",
        "str r5, [r3, #36]",
        "str r6, [r3, #48]",
        "str r7, [r3], #4",
        "subs lr, lr, #1",
        "bne 2b",
        "pop {{r4, r5, r6, r7, r8, pc}}",
    )
}

/// r0 patch, r1 panel, r2 units of four values, at least one.
///
/// # Safety
///
/// `units` is at least 1; four times so many values may be read at `patch`, and every third of six times so many
/// words be written at `panel`, 4-byte aligned. `call::stage` has checked this.
#[unsafe(naked)]
unsafe extern "C" fn widen(patch: *const i8, panel: *mut i8, units: usize) {
    dsp_asm!(
        "lsrs r3, r2, #1",
        "bcc 3f",
        "ldr r12, [r0], #4",
        "sxtb16 r2, r12",
        "sxtb16 r12, r12, ror #8",
        "str r2, [r1], #12",
        "str r12, [r1], #12",
        "3:",
        "cbz r3, 5f",
        "push {{r4, r5}}",
        "4:",
        "ldrd r4, r5, [r0], #8",
        "sxtb16 r2, r4",
        "sxtb16 r12, r4, ror #8",
        "str r2, [r1], #12",
        "sxtb16 r2, r5",
        "str r12, [r1], #12",
        "sxtb16 r12, r5, ror #8",
        "subs r3, r3, #1",
        "str r2, [r1], #12",
        "str r12, [r1], #12",
        "bne 4b",
        "pop {{r4, r5}}",
        "5:",
        "bx lr",
    )
}
