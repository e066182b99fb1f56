//! Sum, mean or sum / sqrt(n) of table rows.

use super::common::{FULL_RANGE, OpError, Store, check_i8s, check_scale, check_views, ensure};
use crate::kernels::bag::row_sums;
use crate::model::records::{BagMode, EmbeddingBag};
use crate::num::nearest_by_call;
use crate::size::Size;
use crate::tensor::Weights;

/// Fractional bits of the reduced sum before it is requantised.
const FRACTION: i32 = 8;

/// Bytes of scratch for a bag of `c` channels.
pub const fn scratch_len(channels: u16) -> usize {
    Size::of(channels as usize).times(4).or_beyond()
}

/// Checks the table `[rows, c]`, the output `[1, 1, c]`, the scale (its shift at least -23), and the scratch.
pub fn check(op: &EmbeddingBag, weights: &Weights<'_>) -> Result<(), OpError> {
    check_rest(op, FRACTION)?;
    ensure(op.output.h == 1, OpError::Shape)?;
    ensure(
        op.scratch.offset.is_multiple_of(4) && op.scratch.len as usize >= scratch_len(op.output.c),
        OpError::Memory,
    )?;
    let table = Size::of(op.rows.into()).times(op.output.c.into());
    check_i8s(weights, op.table, table)
}

/// What does not depend on how the table is stored.
#[inline(never)]
pub(in crate::ops) fn check_rest(op: &EmbeddingBag, fraction: i32) -> Result<(), OpError> {
    check_views(&[&op.output])?;
    ensure(op.output.w == 1 && op.rows > 0, OpError::Shape)?;
    check_scale(&op.scale)?;
    ensure(i32::from(op.scale.shift) - fraction >= -31, OpError::Scale)?;
    // A sum stays below 2^22 in magnitude, one of four-bit values times a byte below 2^26, so that with 8 or 4 fractional
    // bits it stays below 2^30.
    ensure(op.ids.max < 1 << 15, OpError::Overflow)
}

/// `output[c] = clamp(z_out + nearest(scale * q[c]))`, `q[c] = (sum over ids of table[id][c] * factor + 2^21) >> 22` with 8 fractional bits.
///
/// `factor` is 2^30 for the sum, `floor((2^30 + n / 2) / n)` for the mean, `floor(sqrt(floor(2^60 / n)))` for sum / sqrt(n).
/// `scratch` holds the sums, i32 `[c]`, 4-byte aligned. At most `op.ids.max` ids are read; none give real zero.
pub fn embedding_bag(
    op: &EmbeddingBag,
    weights: &Weights<'_>,
    ids: &[u16],
    output: &mut [i8],
    scratch: &mut [u8],
) {
    let width = usize::from(op.output.c).max(1);
    let table = weights.i8s(op.table);
    let sums = scratch.get_mut(..4 * width).unwrap_or(&mut []);
    let Ok(sums) = bytemuck::try_cast_slice_mut::<u8, i32>(sums) else {
        return;
    };
    let ids = ids.get(..op.ids.max.into()).unwrap_or(ids);
    row_sums(sums, table, op.rows, ids);
    let reduction = Reduction::new(op, ids.len(), FRACTION);
    for (out, &sum) in output.iter_mut().zip(sums.iter()) {
        *out = reduction.value(sum);
    }
}

/// From a sum to its stored value.
pub(in crate::ops) struct Reduction {
    factor: u32,
    multiplier: i32,
    shift: i32,
    store: Store,
}

impl Reduction {
    /// For bags of `n` ids; the reduced sum has so many fractional bits, 8 at most.
    #[inline(never)]
    pub(in crate::ops) fn new(op: &EmbeddingBag, n: usize, fraction: i32) -> Self {
        Reduction {
            factor: factor(op.mode, n) >> (8 - fraction),
            multiplier: op.scale.multiplier,
            shift: i32::from(op.scale.shift) - fraction,
            store: Store::new(&op.output, &FULL_RANGE),
        }
    }

    /// The stored value.
    #[inline(never)]
    pub(in crate::ops) fn value(&self, sum: i32) -> i8 {
        let reduced = (i64::from(sum) * i64::from(self.factor) + (1 << 21)) >> 22;
        let scaled = nearest_by_call(reduced as i32, self.multiplier, self.shift);
        self.store.value(scaled)
    }
}

/// 2^30 times what the sum of `n` rows is multiplied by.
fn factor(mode: BagMode, n: usize) -> u32 {
    let n = (n as u32).max(1);
    match mode {
        BagMode::Sum => 1 << 30,
        BagMode::Mean => ((1 << 30) + n / 2) / n,
        BagMode::SqrtN => one_over_root(n),
    }
}

/// `floor(2^30 / sqrt(n))` for n from 1 to 2^16: the largest s with `n * s^2 <= 2^60`, bit by bit.
fn one_over_root(n: u32) -> u32 {
    // With s as it is at a step: n * s, and 4^step - n * s^2.
    let (mut root, mut product, mut rest) = (0, 0, 1u64);
    for _ in 0..31 {
        let trial = 2 * product + u64::from(n);
        // All ones where the bit fits.
        let fits = !((rest.wrapping_sub(trial) as i64 >> 63) as i32);
        rest -= trial & i64::from(fits) as u64;
        product += u64::from(n & fits as u32);
        root += fits as u32 & 1;
        (root, product, rest) = (2 * root, 2 * product, 4 * rest);
    }
    root / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_what_they_are_called() {
        assert_eq!(factor(BagMode::Mean, 0), 1 << 30);
        assert_eq!(factor(BagMode::Mean, 3), 357_913_941);
        assert_eq!(factor(BagMode::SqrtN, 1), 1 << 30);
        assert_eq!(factor(BagMode::SqrtN, 4), 1 << 29);
        assert_eq!(factor(BagMode::SqrtN, 2), 759_250_124);
        assert_eq!(factor(BagMode::Sum, 7), 1 << 30);
        for n in 1..1 << 16 {
            let wanted = ((1u64 << 60) / u64::from(n)).isqrt();
            assert_eq!(one_over_root(n), wanted as u32, "{n}");
        }
    }
}
