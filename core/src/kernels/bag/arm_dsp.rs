//! Armv7E-M: eight channels at a time, at any address, in lanes of 16 bits.

#![allow(
    unsafe_code,
    reason = "the parallel instructions have no safe form on stable Rust, and loops of them need their registers chosen"
)]

use super::few;

/// Channels of a turn.
const TURN: usize = 8;

/// Ids whose sums fit in 16 bits.
const MOST: usize = 255;

/// See [`super::row_sums`]: the table has as many rows as it should, and at least one.
pub(crate) fn row_sums(sums: &mut [i32], table: &[i8], rows: u16, ids: &[u16]) {
    let width = sums.len();
    if width < TURN {
        return few::each_channel(sums, table, rows, width, ids);
    }
    sums.fill(0);
    for ids in ids.chunks(MOST) {
        let mut first = 0;
        while first < width {
            // The last turn may cover some channels again.
            let start = first.min(width - TURN);
            let run = Run {
                table: table.as_ptr().wrapping_add(start),
                ids: ids.as_ptr(),
                count: ids.len(),
                rows: rows.into(),
                width,
            };
            let mut lanes = [0u32; 4];
            // SAFETY: there is an id; from channel `start` on, eight values lie in each of the table's rows.
            unsafe { eight_channels(&run, &mut lanes) }
            let [a, b, c, d] = lanes;
            let sums_of_turn = [a, b, a >> 16, b >> 16, c, d, c >> 16, d >> 16];
            let old = sums.get_mut(first..).unwrap_or(&mut []);
            for (sum, lane) in old.iter_mut().zip(sums_of_turn.iter().skip(first - start)) {
                *sum += i32::from(*lane as i16);
            }
            first += TURN;
        }
    }
}

/// What [`eight_channels`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Run {
    /// The first of the channels in row 0.
    table: *const i8,
    ids: *const u16,
    count: usize,
    rows: usize,
    width: usize,
}

/// The sums of the first four channels, the even ones and the odd ones, and of the next four: 13 instructions an id.
///
/// ```text
/// for each id:
///     row = table + width * (id if id < rows, else 0)
///     lanes[0], lanes[1] += even and odd bytes of row[0..4], lanes[2], lanes[3] += those of row[4..8]
/// ```
///
/// # Safety
///
/// `run.count` is at least 1 and at most 255; so many ids may be read, and of each row eight values.
#[unsafe(naked)]
unsafe extern "C" fn eight_channels(run: &Run, lanes: &mut [u32; 4]) {
    dsp_asm!(
        "push {{r4-r10, lr}}",
        // r2 table, r3 ids, r4 count, r5 rows, r6 width; r7 to r10 sums.
        "ldm r0, {{r2-r6}}",
        "movs r7, #0",
        "movs r8, #0",
        "movs r9, #0",
        "movs r10, #0",
        "2:",
        "ldrh r12, [r3], #2",
        "cmp r12, r5",
        "it hs",
        "movhs r12, #0",
        "mla r12, r12, r6, r2",
        "ldr lr, [r12, #4]",
        "ldr r12, [r12]",
        "sxtab16 r9, r9, lr",
        "sxtab16 r10, r10, lr, ror #8",
        "sxtab16 r7, r7, r12",
        "sxtab16 r8, r8, r12, ror #8",
        "subs r4, r4, #1",
        "bne 2b",
        "stm r1, {{r7, r8, r9, r10}}",
        "pop {{r4-r10, pc}}",
    )
}
