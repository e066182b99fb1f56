//! Gathering patches.

use core::arch::naked_asm;

/// Copies `runs` runs of `len` bytes, at least one: by words where everything is a multiple of four, else by bytes.
///
/// a0 from, a1 from run to run, a2 length of a run, a3 runs, a4 destination, a5 from run to run there. Eight units go in a
/// round; what is left of a run enters the unrolled copy late, at t0. t1 rounds of a run, t2 those left, t3 a unit.
///
/// ```text
/// for each run:
///     if everything is a multiple of 4: copy words
///     else: copy bytes, eight at a time
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
        r"
        .macro runs load, store, shift
        andi t3, t1, 7
        srli t1, t1, 3
        slli t3, t3, 3
        lla t0, 9f
        sub t0, t0, t3
        slli t3, t1, 3 + \shift
        sub a1, a1, t3
        sub a5, a5, t3
    1:
        beqz t1, 3f
        mv t2, t1
    2:
        .irp k, 0, 1, 2, 3, 4, 5, 6, 7
        \load t3, \k << \shift(a0)
        \store t3, \k << \shift(a4)
        .endr
        addi t2, t2, -1
        addi a0, a0, 8 << \shift
        addi a4, a4, 8 << \shift
        bnez t2, 2b
    3:
        jr t0
        .option push
        .option norvc
        .irp k, 6, 5, 4, 3, 2, 1, 0
        \load t3, \k << \shift(a0)
        \store t3, \k << \shift(a4)
        .endr
        .option pop
    9:
        addi a3, a3, -1
        add a0, a0, a1
        add a4, a4, a5
        bnez a3, 1b
        ret
        .endm

        or t0, a0, a1
        or t1, a2, a4
        or t0, t0, a5
        or t0, t0, t1
        andi t0, t0, 3
        mv t1, a2
        bnez t0, 8f
        srli t1, a2, 2
        runs lw, sw, 2
    8:
        runs lb, sb, 0
        .purgem runs
        "
    )
}
