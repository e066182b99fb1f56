//! Armv7E-M: what a point is multiplied by needs 46 bits, so both parts of a point go as two halves of 15 bits each
//! through the dual products.

#![allow(
    unsafe_code,
    reason = "the dual products have no safe form on stable Rust, and loops of them need their registers chosen"
)]

use super::{Complex, portable};

/// See [`super::window`].
pub(crate) fn window(points: &mut [Complex], samples: &[i16], window: &[u16], shift: u32) {
    let len = samples.len().min(window.len());
    let pairs = len / 2;
    points.fill([0; 2]);
    // The frontend's check has seen to it that this does not happen.
    if !points.len().is_power_of_two() || points.len() < 2 || len > 2 * points.len() {
        return;
    }
    let run = Window {
        samples: samples.as_ptr(),
        window: window.as_ptr(),
        points: points.as_mut_ptr(),
        pairs,
        // From a reversed word to bytes: 8 for each point.
        drop: points.len().leading_zeros() - 2,
        half: 1 << (shift - 1),
        shift,
    };
    if pairs > 0 {
        // SAFETY: `pairs` pairs lie in `samples` and `window`, and their places, numbers of `log2(points)` bits reversed,
        // in `points`.
        unsafe { window_pairs(&run) }
    }
    if let (Some(&sample), Some(&weight), 1) =
        (samples.get(2 * pairs), window.get(2 * pairs), len % 2)
    {
        let place = pairs.reverse_bits() >> (points.len().leading_zeros() + 1);
        if let Some([first, _]) = points.get_mut(place) {
            *first = (i32::from(sample) * i32::from(weight) + run.half) >> shift;
        }
    }
}

/// See [`super::transform`].
pub(crate) fn transform(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    let len = points.len();
    // The frontend's check has seen to it that this does not happen.
    if !len.is_power_of_two() || len < 4 || twiddles.len() < len {
        return;
    }
    let end = points.as_mut_ptr_range().end;
    // SAFETY: there are at least two pairs of points.
    unsafe { first_stage(points.as_mut_ptr(), len / 2) }
    let mut half = 2;
    while half < len {
        let run = Stage {
            points: points.as_mut_ptr(),
            half_bytes: half * size_of::<Complex>(),
            twiddles: twiddles.as_ptr(),
            // `len` twiddles go once round half a circle; of them, this stage needs `half`.
            twiddle_step: len / half * size_of::<[i16; 2]>(),
            end,
        };
        // SAFETY: `half` and `len` are powers of two, so that whole groups of `2 * half` points fill `points`; `half` twiddles
        // that far apart lie in `twiddles`.
        unsafe { stage(&run) }
        half *= 2;
    }
}

/// See [`super::part`].
pub(crate) fn part(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    let len = points.len();
    if !len.is_power_of_two() || len < 4 || twiddles.len() < len / 2 {
        return;
    }
    portable::part_ends(points);
    // SAFETY: pairs 1 to `len / 2 - 1` and `len - 1` down to `len / 2 + 1` lie in `points`, at least one, and as many
    // twiddles behind the first.
    unsafe {
        part_pairs(
            points.as_mut_ptr().wrapping_add(1),
            points.as_mut_ptr().wrapping_add(len - 1),
            twiddles.as_ptr().wrapping_add(1),
            len / 2 - 1,
        );
    }
}

/// See [`super::band`].
pub(crate) fn band(powers: &[Complex], weights: &[u16]) -> u64 {
    let count = powers.len().min(weights.len());
    if count == 0 {
        return 0;
    }
    // SAFETY: both hold `count` elements, at least one.
    unsafe { weighted_sum(powers.as_ptr(), weights.as_ptr(), count) }
}

/// What [`window_pairs`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Window {
    samples: *const i16,
    window: *const u16,
    points: *mut Complex,
    pairs: usize,
    drop: u32,
    half: i32,
    shift: u32,
}

/// What [`stage`] loads; the order is that of its `ldm`.
#[repr(C)]
struct Stage {
    points: *mut Complex,
    /// Bytes from a point to its partner.
    half_bytes: usize,
    twiddles: *const [i16; 2],
    /// Bytes from twiddle to twiddle.
    twiddle_step: usize,
    end: *mut Complex,
}

/// 15 instructions a pair of samples.
///
/// # Safety
///
/// `run.pairs` is at least 1; so many pairs may be read at `samples` and `window`. The reversed words of numbers below
/// `pairs`, shifted right by `drop`, are bytes to points that may be written.
#[unsafe(naked)]
unsafe extern "C" fn window_pairs(run: &Window) {
    dsp_asm!(
        "push {{r4-r10, lr}}",
        // r0 samples, r1 window, r2 points, r3 pairs, r4 drop, r5 half, r6 shift, r7 number.
        "ldm r0, {{r0-r6}}",
        "movs r7, #0",
        "2:",
        "ldrsh r8, [r0], #2",
        "ldrh r9, [r1], #2",
        "ldrsh r10, [r0], #2",
        "ldrh r12, [r1], #2",
        "mla r8, r8, r9, r5",
        "mla r9, r10, r12, r5",
        "rbit r12, r7",
        "lsr r12, r12, r4",
        "asr r8, r8, r6",
        "asr r9, r9, r6",
        "add r12, r12, r2",
        "adds r7, r7, #1",
        "strd r8, r9, [r12]",
        "cmp r7, r3",
        "bne 2b",
        "pop {{r4-r10, pc}}",
    )
}

/// Sums and differences of neighbours: 8 instructions a pair of points.
///
/// # Safety
///
/// `pairs` is at least 1; so many pairs may be read and written at `points`.
#[unsafe(naked)]
unsafe extern "C" fn first_stage(points: *mut Complex, pairs: usize) {
    dsp_asm!(
        "push {{r4-r9, lr}}",
        "2:",
        "ldm r0, {{r2, r3, r4, r5}}",
        "add r6, r2, r4",
        "add r7, r3, r5",
        "sub r8, r2, r4",
        "sub r9, r3, r5",
        "subs r1, r1, #1",
        "stm r0!, {{r6, r7, r8, r9}}",
        "bne 2b",
        "pop {{r4-r9, pc}}",
    )
}

/// One stage, group by group; the first twiddle of a group is 1. 23 instructions a pair of points.
///
/// r0 first point, r1 bytes to its partner, r2 twiddles, r3 step, r4 end of the points, r5 2^14, r6 twiddle, r7 end of the
/// group's first half; r8 to r11, r12, lr values.
///
/// ```text
/// for each group of points:
///     for each point p of its first half, its partner q and their twiddle w:  // the first w is 1
///         t = q * w         // 32 bits by Q15: upper and lower halves by themselves
///         (p, q) = (p + t, p - t)
/// ```
///
/// # Safety
///
/// From `points` to `end` lie whole groups of twice `half_bytes`, at least one, each of at least two pairs, and may be read
/// and written. So many twiddles as there are pairs may be read, `twiddle_step` apart.
#[unsafe(naked)]
unsafe extern "C" fn stage(run: &Stage) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "ldm r0, {{r0-r4}}",
        "mov r5, #0x4000",
        "1:",
        "add r7, r0, r1",
        "add r12, r0, r1",
        "ldrd r8, r9, [r12]",
        "ldrd r10, r11, [r0]",
        "sub lr, r10, r8",
        "add r10, r10, r8",
        "sub r8, r11, r9",
        "add r11, r11, r9",
        "str r8, [r12, #4]",
        "str lr, [r12]",
        "strd r10, r11, [r0], #8",
        "mov r6, r2",
        "2:",
        "add r12, r0, r1",
        "ldrd r8, r9, [r12]",
        "add r6, r6, r3",
        "ldr r10, [r6]",
        // The upper halves in lr, the lower ones in r8.
        "lsl r11, r9, #1",
        "pkhtb lr, r11, r8, asr #15",
        "pkhbt r8, r8, r9, lsl #16",
        "bic r8, r8, #0x80008000",
        "smusd r9, lr, r10",
        "smuadx lr, lr, r10",
        "smlsd r11, r8, r10, r5",
        "smladx r8, r8, r10, r5",
        "add r9, r9, r11, asr #15",
        "add lr, lr, r8, asr #15",
        "ldrd r10, r11, [r0]",
        "sub r8, r10, r9",
        "add r10, r10, r9",
        "sub r9, r11, lr",
        "add r11, r11, lr",
        "strd r8, r9, [r12]",
        "strd r10, r11, [r0], #8",
        "cmp r0, r7",
        "bne 2b",
        // To the next group.
        "add r0, r0, r1",
        "cmp r0, r4",
        "bne 1b",
        "pop {{r4-r11, pc}}",
    )
}

/// Parts two mirrored points: 35 instructions.
///
/// r0 first point, r1 last point, r2 twiddles, r3 pairs, r4 2^14.
///
/// ```text
/// for each point p from the second up, its mirrored point q from the last down, and their twiddle w:
///     (e, o) = (p + conj(q), -i * (p - conj(q)) * w)
///     (p, q) = (|e + o|^2 >> 12, |e - o|^2 >> 12)
/// ```
///
/// # Safety
///
/// `pairs` is at least 1; so many points may be read and written from `low` on, from `high` back, and so many twiddles read.
#[unsafe(naked)]
unsafe extern "C" fn part_pairs(
    low: *mut Complex,
    high: *mut Complex,
    twiddles: *const [i16; 2],
    pairs: usize,
) {
    dsp_asm!(
        "push {{r4-r11, lr}}",
        "mov r4, #0x4000",
        "2:",
        "ldrd r5, r6, [r0]",
        "ldrd r7, r8, [r1]",
        "ldr r9, [r2], #4",
        // Even part r10, r11; the difference turned by -i in r6, r5: imaginary part, minus real part.
        "add r10, r5, r7",
        "sub r11, r6, r8",
        "add r6, r6, r8",
        "sub r5, r7, r5",
        // Times the twiddle: r6, r5.
        "lsl r7, r5, #1",
        "pkhtb r7, r7, r6, asr #15",
        "pkhbt r8, r6, r5, lsl #16",
        "bic r8, r8, #0x80008000",
        "smusd r6, r7, r9",
        "smuadx r5, r7, r9",
        "smlsd r7, r8, r9, r4",
        "smladx r8, r8, r9, r4",
        "add r6, r6, r7, asr #15",
        "add r5, r5, r8, asr #15",
        "sub r7, r10, r6",
        "add r10, r10, r6",
        "sub r8, r11, r5",
        "add r11, r11, r5",
        "smull r5, r6, r10, r10",
        "smull r9, r12, r7, r7",
        "smlal r5, r6, r11, r11",
        "smlal r9, r12, r8, r8",
        "lsr r5, r5, #12",
        "lsr r9, r9, #12",
        "orr r5, r5, r6, lsl #20",
        "orr r9, r9, r12, lsl #20",
        "lsr r6, r6, #12",
        "lsr r12, r12, #12",
        "subs r3, r3, #1",
        "strd r5, r6, [r0], #8",
        "strd r9, r12, [r1], #-8",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}

/// 6 instructions a product of 48 bits by 16.
///
/// # Safety
///
/// `count` is at least 1; so many elements may be read at `powers` and `weights`.
#[unsafe(naked)]
unsafe extern "C" fn weighted_sum(
    powers: *const Complex,
    weights: *const u16,
    count: usize,
) -> u64 {
    dsp_asm!(
        "push {{r4, r5, r6, lr}}",
        "movs r3, #0",
        "movs r4, #0",
        "2:",
        "ldrd r5, r6, [r0], #8",
        "ldrh r12, [r1], #2",
        "subs r2, r2, #1",
        "umlal r3, r4, r5, r12",
        "mla r4, r6, r12, r4",
        "bne 2b",
        "mov r0, r3",
        "mov r1, r4",
        "pop {{r4, r5, r6, pc}}",
    )
}
