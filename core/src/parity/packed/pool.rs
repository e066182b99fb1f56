//! The pooling stage of a convolution.

use crate::model::records::{FusedPool, PoolKind, View, Window};
use crate::parity::SplitMix64;
use crate::parity::oracle::position;
use crate::window::Axis;

/// A pooling stage, at times.
pub(super) fn pool(rng: &mut SplitMix64, conv: &View) -> Option<FusedPool> {
    if !rng.one_in(3) {
        return None;
    }
    let kernel = (rng.size(conv.h.min(3)), rng.size(conv.w.min(3)));
    let stride = (kernel.0 + rng.between(0, 1) as u16, rng.size(3));
    let window = Window {
        kernel,
        stride,
        dilation: (1, 1),
        pad_before: (0, rng.between(0, i64::from(kernel.1) - 1) as u16),
        pad_after: (0, rng.between(0, i64::from(kernel.1) - 1) as u16),
    };
    let (rows, columns) = Axis::pair(&window, conv);
    Some(FusedPool {
        kind: *rng.pick(&[PoolKind::Max, PoolKind::Average]),
        output: View {
            h: rows.output_len()? as u16,
            w: columns.output_len()? as u16,
            ..*conv
        },
        window,
        clamp: rng.clamp(),
    })
}

/// One output of a pooling stage over `conv(y, x)`.
pub(super) fn pooled(
    pool: &FusedPool,
    conv_output: &View,
    out: (usize, usize),
    conv: impl Fn(usize, usize) -> i64,
) -> i64 {
    let (mut best, mut sum, mut count) = (i64::from(i8::MIN), 0, 0);
    for i in 0..usize::from(pool.window.kernel.0) {
        for j in 0..usize::from(pool.window.kernel.1) {
            if let Some((y, x)) = position(&pool.window, conv_output, out, (i, j)) {
                let value = conv(y, x);
                best = best.max(value);
                sum += value;
                count += 1;
            }
        }
    }
    let value = match pool.kind {
        PoolKind::Max => best,
        PoolKind::Average if sum >= 0 => (sum + count / 2) / count,
        PoolKind::Average => (sum - count / 2) / count,
    };
    value.clamp(pool.clamp.min.into(), pool.clamp.max.into())
}
