//! Gated sum: each modality weighs itself.

use super::common::{OpError, Store, check_clamp, check_scale, check_views, ensure, same_shape};
use crate::model::records::Gate;
use crate::num::{ACC_LIMIT, nearest};

/// The stored value of a closed gate; an open one is 256 above it.
const CLOSED: i32 = -128;

/// Checks shapes `[n, 1, c]`, `[n, 1, c]` to `[1, 1, c]`, the gates' zero point, scale, bounds, and the sums' bound.
pub fn check(op: &Gate) -> Result<(), OpError> {
    check_views(&[&op.gates, &op.values, &op.output])?;
    ensure(
        same_shape(&op.gates, &op.values) && op.gates.w == 1,
        OpError::Shape,
    )?;
    ensure(
        op.output.h == 1 && op.output.w == 1 && op.output.c == op.gates.c,
        OpError::Shape,
    )?;
    ensure(i32::from(op.gates.zero_point) == CLOSED, OpError::ZeroPoint)?;
    check_scale(&op.scale)?;
    check_clamp(&op.clamp)?;
    ensure(
        u64::from(op.gates.h) * 255 * 255 < ACC_LIMIT as u64,
        OpError::Overflow,
    )
}

/// `output[c] = clamp(z_out + nearest(scale * sum_i (gates[i, c] + 128) * (values[i, c] - z_values)))`.
pub fn gate(op: &Gate, gates: &[i8], values: &[i8], output: &mut [i8]) {
    let channels = usize::from(op.output.c).max(1);
    let zero_point = i32::from(op.values.zero_point);
    let store = Store::new(&op.output, &op.clamp);
    let shift = i32::from(op.scale.shift);
    for (c, out) in output.iter_mut().enumerate().take(channels) {
        let gates = gates.get(c..).unwrap_or(&[]).iter().step_by(channels);
        let values = values.get(c..).unwrap_or(&[]).iter().step_by(channels);
        let sum = gates
            .zip(values)
            .take(op.gates.h.into())
            .fold(0i32, |sum, (&g, &v)| {
                sum.wrapping_add((i32::from(g) - CLOSED) * (i32::from(v) - zero_point))
            });
        *out = store.value(nearest(sum, op.scale.multiplier, shift));
    }
}
