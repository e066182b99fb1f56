//! The reference: plain Rust for any target. Sums are taken modulo 2^32; the ops' checks prove that none overflows.

/// `sum + sum_i weights[i] * (x[i] - zero_point)` over the shorter length.
#[inline(always)]
pub(crate) fn mac(sum: i32, x: &[i8], zero_point: i32, weights: &[i8]) -> i32 {
    x.iter().zip(weights).fold(sum, |sum, (&x, &w)| {
        sum.wrapping_add(i32::from(w).wrapping_mul(i32::from(x) - zero_point))
    })
}

/// [`mac`] for four rows of weights that lie `stride` apart, the first at the start of `weights`.
///
/// Four sums share each loaded `x`, which makes 2.5 instructions of work a product instead of 4.
#[inline(always)]
pub(crate) fn mac4(
    sums: [i32; 4],
    x: &[i8],
    zero_point: i32,
    weights: &[i8],
    stride: usize,
) -> [i32; 4] {
    let n = x.len();
    let row = |r: usize| weights.get(r * stride..).and_then(|w| w.get(..n));
    let (Some(w0), Some(w1), Some(w2), Some(w3)) = (row(0), row(1), row(2), row(3)) else {
        return sums;
    };
    let [mut s0, mut s1, mut s2, mut s3] = sums;
    for ((((&x, &w0), &w1), &w2), &w3) in x.iter().zip(w0).zip(w1).zip(w2).zip(w3) {
        let x = i32::from(x) - zero_point;
        s0 = s0.wrapping_add(i32::from(w0).wrapping_mul(x));
        s1 = s1.wrapping_add(i32::from(w1).wrapping_mul(x));
        s2 = s2.wrapping_add(i32::from(w2).wrapping_mul(x));
        s3 = s3.wrapping_add(i32::from(w3).wrapping_mul(x));
    }
    [s0, s1, s2, s3]
}

/// `sums[i] += weights[i] * (x[i] - zero_point)` over the shortest length.
///
/// Not inlined: within the loops of its callers the registers would not suffice, and every product would pay for it.
#[inline(never)]
pub(crate) fn mac_each(sums: &mut [i32], x: &[i8], zero_point: i32, weights: &[i8]) {
    for ((sum, &x), &w) in sums.iter_mut().zip(x).zip(weights) {
        *sum = sum.wrapping_add(i32::from(w).wrapping_mul(i32::from(x) - zero_point));
    }
}
