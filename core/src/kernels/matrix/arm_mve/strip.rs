//! Strips of input: the taps of a column one after the other, then those of the next column.

use core::arch::naked_asm;

/// What is to be laid out; the order is that of an `ldm`.
#[repr(C)]
pub(crate) struct Strip {
    /// The first tap of the first column.
    pub(crate) from: *const i8,
    /// Where it goes.
    pub(crate) to: *mut i8,
    /// From tap row to tap row in the input.
    pub(crate) row_step: usize,
    /// Tap rows, at least 1.
    pub(crate) rows: usize,
    /// Values of a tap, at least 1.
    pub(crate) channels: usize,
    /// Columns, at least 1.
    pub(crate) columns: usize,
    /// From column to column in the input.
    pub(crate) column_step: usize,
    /// Taps of a column in the strip.
    pub(crate) taps: usize,
}

/// Few channels, and columns that follow each other in the input: 16 values of a row at a time are scattered, of which
/// whole columns count; those left over are written again.
///
/// ```text
/// for each tap row:
///     for each run of whole columns that 16 values hold:
///         to[place[i]] = from[i] for 16 values, place[i] = (i - i % channels) * taps + i % channels
/// ```
///
/// # Safety
///
/// `channels` values of each tap of each column may be read, and written from `taps * channels` to `taps * channels`;
/// `column_step` is `channels`, at most 8, and `taps` at most 17.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn strip_narrow(strip: &Strip) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        // r1 from, r2 to, r3 from row to row, r4 rows, r5 channels, r6 columns, r8 taps.
        "ldm r0, {{r1-r8}}",
        // Value i goes to (i - i % channels) * taps + i % channels.
        "mov r10, #0",
        "mov r0, #0",
        "vidup.u8 q0, r10, #1",
        "viwdup.u8 q1, r0, r5, #1",
        "vsub.i8 q0, q0, q1",
        "vmul.i8 q0, q0, r8",
        "vadd.i8 q0, q0, q1",
        // r6 values of a row, r7 those of whole columns in 16, r8 as many in the strip.
        "mul r6, r6, r5",
        "mov r7, #16",
        "udiv r7, r7, r5",
        "mul r7, r7, r5",
        "mul r8, r8, r7",
        "2:",
        "mov r9, r1",
        "mov r10, r2",
        "mov r11, r6",
        "3:",
        "vctp.8 r11",
        "vpstt",
        "vldrbt.u8 q1, [r9]",
        "vstrbt.8 q1, [r10, q0]",
        "add r9, r9, r7",
        "add r10, r10, r8",
        "subs r11, r11, r7",
        "bgt 3b",
        "add r1, r1, r3",
        "add r2, r2, r5",
        "subs r4, r4, #1",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}

/// Up to 16 channels at a time, column by column.
///
/// ```text
/// for each tap row: for each 16 channels: for each column:
///     to[column * taps * channels ..] = from[column * column_step ..], one vector
/// ```
///
/// # Safety
///
/// `channels` values of each tap of each column may be read, and written from `taps * channels` to `taps * channels`.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn strip_wide(strip: &Strip) {
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "ldm r0, {{r1-r8}}",
        // r8 from column to column in the strip, r3 from a row's last channels to the next row.
        "mul r8, r8, r5",
        "sub r3, r3, r5",
        "2:",
        "mov r9, r5",
        "3:",
        "vctp.8 r9",
        "mov r10, r1",
        "mov r11, r2",
        "dls lr, r6",
        "4:",
        "vpstt",
        "vldrbt.u8 q0, [r10]",
        "vstrbt.8 q0, [r11]",
        "add r10, r10, r7",
        "add r11, r11, r8",
        "le lr, 4b",
        "add r1, r1, #16",
        "add r2, r2, #16",
        "subs r9, r9, #16",
        "bgt 3b",
        // Back by what was added beyond the channels.
        "add r1, r1, r9",
        "add r2, r2, r9",
        "add r1, r1, r3",
        "subs r4, r4, #1",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}
