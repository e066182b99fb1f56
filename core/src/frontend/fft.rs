//! Power spectrum of real samples in exact integer arithmetic.
//!
//! A real FFT of `n = 2^b` points is a complex FFT of `m = n / 2` points over pairs of samples, then one step that
//! parts the even from the odd spectrum. The complex FFT is radix 2, decimation in time (Cooley & Tukey 1965), on i32
//! pairs with Q15 twiddles; products are i64, rounded half up to i32.
//!
//! Headroom: nothing is scaled down on the way. Samples in `+-2^29 / n` give `|X[k]| <= 2^29` (the sum of n magnitudes),
//! the pairs grow to at most `sqrt(2) * m * 2^29 / n = 2^28.5`, and the last step holds `2 X[k]`, at most 2^30. Every
//! component therefore fits in an i32 with a bit to spare for the roundings. [`headroom`] is the shift of an i16 sample that uses this range.

/// A complex number: real part, imaginary part.
type Complex = [i32; 2];

/// Points of the smallest and the largest transform.
pub const LENGTHS: core::ops::RangeInclusive<usize> = 64..=1024;

/// Left shift of an i16 sample before a transform of `len` points, a power of two: `len << (headroom + 15) = 2^29`.
pub const fn headroom(len: usize) -> u32 {
    14u32.saturating_sub(len.trailing_zeros())
}

/// Power spectrum in place: `work` holds `n` samples and then, as pairs (low word, high word) read by [`power_at`],
/// `|X[k]|^2 >> 10` for k = 0 to n / 2 - 1. The Nyquist bin has no place.
///
/// `twiddles` holds `n / 2` pairs `(cos, -sin)(2 pi k / n)` in Q15.
pub fn power_spectrum(work: &mut [i32], twiddles: &[i16]) {
    let points = work.as_chunks_mut::<2>().0;
    let twiddles = twiddles.as_chunks::<2>().0;
    permute(points);
    let mut half = 1;
    while half < points.len() {
        stage(points, half, twiddles);
        half *= 2;
    }
    part(points, twiddles);
}

/// Reads bin `k` after [`power_spectrum`]; at most 2^48.
pub const fn power_at(pair: Complex) -> u64 {
    pair[0] as u32 as u64 | (pair[1] as u32 as u64) << 32
}

/// Bit-reversed order.
fn permute(points: &mut [Complex]) {
    let len = points.len();
    let drop = len.leading_zeros() + 1;
    for i in 1..len {
        let j = i.reverse_bits().checked_shr(drop).unwrap_or(0);
        // Each pair once: which i swap depends on the length only.
        if i < j && j < len {
            points.swap(i, j);
        }
    }
}

/// Joins transforms of `half` points, a power of two, into transforms of twice as many.
fn stage(points: &mut [Complex], half: usize, twiddles: &[[i16; 2]]) {
    // exp(-2 pi i k / (2 half)) = exp(-2 pi i (k * step) / n), n = 2 * points.
    let step = points.len() >> half.trailing_zeros();
    for group in points.chunks_exact_mut((2 * half).max(1)) {
        let (low, high) = group.split_at_mut(group.len() / 2);
        for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
            // The factor 1 does not fit in Q15, and costs nothing when left out.
            let turned = match twiddles.get(k * step) {
                Some(twiddle) if k > 0 => multiply(*b, *twiddle),
                _ => *b,
            };
            *b = subtract(*a, turned);
            *a = add(*a, turned);
        }
    }
}

/// From the spectrum Z of pairs to the power of `X[k] = E[k] + W^k O[k]`, where `2 E[k] = Z[k] + conj Z[m - k]` and
/// `2 O[k] = -i (Z[k] - conj Z[m - k])`; `X[m - k] = conj(E[k] - W^k O[k])`. Works on `2 X`, so that no bit is lost.
fn part(points: &mut [Complex], twiddles: &[[i16; 2]]) {
    let (low, high) = points.split_at_mut(points.len() / 2);
    if let Some(first) = low.first_mut() {
        *first = power([2i32.wrapping_mul(first[0].wrapping_add(first[1])), 0]);
    }
    if let Some(middle) = high.first_mut() {
        *middle = power(middle.map(|v| 2i32.wrapping_mul(v)));
    }
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

/// `|2 X|^2 >> 12 = |X|^2 >> 10` as two words.
fn power([re, im]: Complex) -> Complex {
    let (re, im) = (re as i64, im as i64);
    let sum = (re * re).wrapping_add(im * im) as u64 >> 12;
    [sum as u32 as i32, (sum >> 32) as u32 as i32]
}

fn add(a: Complex, b: Complex) -> Complex {
    [a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])]
}

fn subtract(a: Complex, b: Complex) -> Complex {
    [a[0].wrapping_sub(b[0]), a[1].wrapping_sub(b[1])]
}

/// `b * t`, t in Q15, each part rounded once.
fn multiply([re, im]: Complex, [cos, sin]: [i16; 2]) -> Complex {
    let (re, im, cos, sin) = (re as i64, im as i64, cos as i64, sin as i64);
    const HALF: i64 = 1 << 14;
    [
        ((re * cos - im * sin + HALF) >> 15) as i32,
        ((re * sin + im * cos + HALF) >> 15) as i32,
    ]
}
