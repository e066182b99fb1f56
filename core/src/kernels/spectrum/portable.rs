//! The reference: plain Rust, products of 32 bits where a core has no more.

use super::Complex;
use crate::num::{product_u64, square};

/// See [`super::window`].
#[inline(never)]
pub(crate) fn window(points: &mut [Complex], samples: &[i16], window: &[u16], shift: u32) {
    points.fill([0; 2]);
    let weighted = |sample: i16, weight: u16| {
        (i32::from(sample) * i32::from(weight) + (1 << (shift - 1))) >> shift
    };
    let (pairs, last) = samples.as_chunks::<2>();
    let (weights, last_weight) = window.as_chunks::<2>();
    let mut place = 0;
    for (&[first, second], &[weight, next]) in pairs.iter().zip(weights) {
        if let Some(point) = points.get_mut(place) {
            *point = [weighted(first, weight), weighted(second, next)];
        }
        place = next_reversed(place, points.len());
    }
    if let (Some([first, _]), [sample], [weight]) = (points.get_mut(place), last, last_weight) {
        *first = weighted(*sample, *weight);
    }
}

/// The bit-reversed successor: a carry that runs down.
#[inline(always)]
fn next_reversed(place: usize, len: usize) -> usize {
    let mut bit = len / 2;
    while place & bit != 0 {
        bit /= 2;
    }
    // All higher bits were set and are cleared.
    (place & bit.wrapping_sub(1)) | bit
}

/// See [`super::transform`].
pub(crate) fn transform(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    let mut half = 1;
    while half < points.len() {
        stage(points, half, twiddles);
        half *= 2;
    }
}

/// Joins transforms of `half` points, a power of two, into transforms of twice as many.
#[inline(never)]
fn stage(points: &mut [Complex], half: usize, twiddles: &[[i16; 2]]) {
    // exp(-2 pi i k / (2 half)) = exp(-2 pi i (k * step) / n), n = 2 * points.
    let step = points.len() >> half.trailing_zeros();
    for group in points.chunks_exact_mut((2 * half).max(1)) {
        let (low, high) = group.split_at_mut(group.len() / 2);
        let mut pairs = low.iter_mut().zip(high);
        // The factor 1 does not fit in Q15, and costs nothing when left out.
        if let Some((a, b)) = pairs.next() {
            join(a, b, *b);
        }
        let mut at = step;
        for (a, b) in pairs {
            if let Some(&twiddle) = twiddles.get(at) {
                join(a, b, multiply(*b, twiddle));
            }
            at += step;
        }
    }
}

/// `a` plus and minus `turned`, to `a` and `b`.
#[inline(always)]
fn join(a: &mut Complex, b: &mut Complex, turned: Complex) {
    *b = subtract(*a, turned);
    *a = add(*a, turned);
}

/// See [`super::part`]: from the spectrum Z of pairs to the power of `X[k] = E[k] + W^k O[k]`, where `2 E[k] = Z[k] + conj Z[m - k]`
/// and `2 O[k] = -i (Z[k] - conj Z[m - k])`; `X[m - k] = conj(E[k] - W^k O[k])`. Works on `2 X`, so that no bit is lost.
#[inline(never)]
pub(crate) fn part(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    part_ends(points);
    let (low, high) = points.split_at_mut(points.len() / 2);
    let mirrored = high.iter_mut().skip(1).rev();
    for ((a, b), twiddle) in low
        .iter_mut()
        .skip(1)
        .zip(mirrored)
        .zip(twiddles.iter().skip(1))
    {
        let conjugate = [b[0], b[1].wrapping_neg()];
        let even = add(*a, conjugate);
        let [re, im] = subtract(*a, conjugate);
        let odd = multiply([im, re.wrapping_neg()], *twiddle);
        *a = power(add(even, odd));
        *b = power(subtract(even, odd));
    }
}

/// The two points that have no partner: the first and the middle one.
pub(crate) fn part_ends(points: &mut [Complex]) {
    let middle = points.len() / 2;
    if let Some(middle) = points.get_mut(middle.max(1)) {
        *middle = power(middle.map(|v| 2i32.wrapping_mul(v)));
    }
    if let Some(first) = points.first_mut() {
        *first = power([2i32.wrapping_mul(first[0].wrapping_add(first[1])), 0]);
    }
}

/// See [`super::band`].
#[inline(never)]
pub(crate) fn band(powers: &[Complex], weights: &[u16]) -> u64 {
    powers
        .iter()
        .zip(weights)
        .fold(0u64, |sum, (&[low, high], &weight)| {
            // A power is below 2^48, and 2^17 times a weight below 2^32.
            let high = (high as u32).wrapping_mul(weight.into());
            sum.wrapping_add(product_u64(low as u32, weight))
                .wrapping_add(u64::from(high) << 32)
        })
}

/// `|2 X|^2 >> 12 = |X|^2 >> 10` as two words.
#[inline(always)]
fn power([re, im]: Complex) -> Complex {
    let sum = square(re).wrapping_add(square(im)) >> 12;
    [sum as u32 as i32, (sum >> 32) as u32 as i32]
}

#[inline(always)]
fn add(a: Complex, b: Complex) -> Complex {
    [a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])]
}

#[inline(always)]
fn subtract(a: Complex, b: Complex) -> Complex {
    [a[0].wrapping_sub(b[0]), a[1].wrapping_sub(b[1])]
}

/// `b * t`, t in Q15, each part rounded once: `(re * cos - im * sin + 2^14) >> 15`, and `re * sin + im * cos` likewise.
///
/// What lies above the 15 bits that are dropped is multiplied by itself: no product needs more than 32 bits.
#[inline(always)]
fn multiply([re, im]: Complex, [cos, sin]: [i16; 2]) -> Complex {
    const LOW: i32 = (1 << 15) - 1;
    const HALF: i32 = 1 << 14;
    let (cos, sin) = (i32::from(cos), i32::from(sin));
    let (re_high, im_high) = (re >> 15, im >> 15);
    let (re_low, im_low) = (re & LOW, im & LOW);
    let turned = |a_high: i32, b_high: i32, a_low: i32, b_low: i32, cos: i32, sin: i32| {
        // Two products of 2^30 less 2^15 at most: with the half, below 2^31.
        let low = (a_low * cos + b_low * sin + HALF) >> 15;
        a_high
            .wrapping_mul(cos)
            .wrapping_add(b_high.wrapping_mul(sin))
            .wrapping_add(low)
    };
    [
        turned(re_high, im_high, re_low, im_low, cos, -sin),
        turned(re_high, im_high, re_low, im_low, sin, cos),
    ]
}
