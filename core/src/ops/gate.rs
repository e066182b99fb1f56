//! Gated sum: each modality weighs itself.

use super::common::{OpError, Store, check_clamp, check_scale, check_views, ensure, same_shape};
use crate::model::records::Gate;
use crate::num::{ACC_LIMIT, nearest_by_call};

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
    let output = output.get_mut(..op.output.c.into()).unwrap_or(&mut []);
    let store = Store::new(&op.output, &op.clamp);
    let (fours, rest) = output.as_chunks_mut::<4>();
    let mut first = 0;
    for four in fours {
        let sums = four_sums(op, gates, values, first);
        for (out, sum) in four.iter_mut().zip(sums) {
            *out = stored(op, store, sum);
        }
        first += 4;
    }
    for out in rest {
        let sum = one_sum(op, gates, values, first);
        *out = stored(op, store, sum);
        first += 1;
    }
}

/// The stored value of a sum.
#[inline(never)]
fn stored(op: &Gate, store: Store, sum: i32) -> i8 {
    store.value(nearest_by_call(
        sum,
        op.scale.multiplier,
        op.scale.shift.into(),
    ))
}

/// The sums of four channels from `first` on. Each has a name, so that it has a register.
#[inline(never)]
fn four_sums(op: &Gate, gates: &[i8], values: &[i8], first: usize) -> [i32; 4] {
    let zero_point = i32::from(op.values.zero_point);
    let term = |gate: i8, value: i8| (i32::from(gate) - CLOSED) * (i32::from(value) - zero_point);
    let (mut a, mut b, mut c, mut d) = (0i32, 0i32, 0i32, 0i32);
    let mut at = first;
    for _ in 0..op.gates.h {
        let row = |values: &'_ [i8]| values.get(at..)?.first_chunk().copied();
        if let (Some([p, q, r, s]), Some([t, u, v, w])) = (row(gates), row(values)) {
            a = term(p, t).wrapping_add(a);
            b = term(q, u).wrapping_add(b);
            c = term(r, v).wrapping_add(c);
            d = term(s, w).wrapping_add(d);
        }
        at = at.wrapping_add(op.output.c.into());
    }
    [a, b, c, d]
}

/// The sum of a channel.
#[inline(never)]
fn one_sum(op: &Gate, gates: &[i8], values: &[i8], channel: usize) -> i32 {
    let zero_point = i32::from(op.values.zero_point);
    let channels = usize::from(op.output.c).max(1);
    let rows = 0..usize::from(op.gates.h);
    rows.fold(0i32, |sum, row| {
        let at = row * channels + channel;
        let gate = gates.get(at).map_or(0, |&gate| i32::from(gate) - CLOSED);
        let value = values.get(at).map_or(0, |&v| i32::from(v) - zero_point);
        sum.wrapping_add(gate * value)
    })
}
