//! The reference: plain Rust, unit by unit.

use crate::num::sigmoid::{sigmoid, tanh};
use crate::num::{min, saturate_i16};

/// 1.0 in Q0.15.
const ONE: i32 = 1 << 15;

/// See [`super::elman`].
pub(crate) fn elman(x: &[i16], h: &[i16], state: &mut [i16]) {
    for ((state, &x), &h) in state.iter_mut().zip(x).zip(h) {
        *state = tanh(sum(x, h)) as i16;
    }
}

/// See [`super::gru`].
pub(crate) fn gru(x: &mut [i16], h: &[i16], state: &mut [i16]) {
    let (Some([xr, xz, xn]), Some([hr, hz, hn])) = (gates(x, state.len()), gates(h, state.len()))
    else {
        return;
    };
    let gates = xr
        .iter()
        .zip(hr)
        .zip(xz.iter().zip(hz))
        .zip(xn.iter().zip(hn));
    for (state, (((&xr, &hr), (&xz, &hz)), (&xn, &hn))) in state.iter_mut().zip(gates) {
        let reset = sigmoid(sum(xr, hr));
        let keep = sigmoid(sum(xz, hz));
        let new = tanh(i32::from(xn) + round_q15(reset * i32::from(hn)));
        // Between `new` and the state, which are int16.
        *state = round_q15((ONE - keep) * new + keep * i32::from(*state)) as i16;
    }
}

/// See [`super::lstm`].
pub(crate) fn lstm(x: &mut [i16], h: &[i16], state: &mut [i16], cell: &mut [i16]) {
    let (Some([xi, xf, xg, xo]), Some([hi, hf, hg, ho])) =
        (gates(x, state.len()), gates(h, state.len()))
    else {
        return;
    };
    let writes = xi.iter().zip(hi).zip(xg.iter().zip(hg));
    let keeps = xf.iter().zip(hf).zip(xo.iter().zip(ho));
    let states = state.iter_mut().zip(cell);
    for ((state, c), (((&xi, &hi), (&xg, &hg)), ((&xf, &hf), (&xo, &ho)))) in
        states.zip(writes.zip(keeps))
    {
        let write = sigmoid(sum(xi, hi));
        let keep = sigmoid(sum(xf, hf));
        let new = tanh(sum(xg, hg));
        let open = sigmoid(sum(xo, ho));
        *c = saturate_i16(round_q15(keep * i32::from(*c) + ((write * new + 4) >> 3)));
        *state = round_q15(open * tanh((*c).into())) as i16;
    }
}

/// See [`super::narrow`].
pub(crate) fn narrow(h: &[i16], out: &mut [i8]) {
    for (out, &h) in out.iter_mut().zip(h) {
        *out = min((i32::from(h) + 128) >> 8, i8::MAX.into()) as i8;
    }
}

/// See [`super::add_up`].
pub(crate) fn add_up(sums: &mut [i32], h: &[i16]) {
    for (sum, &h) in sums.iter_mut().zip(h) {
        *sum = sum.wrapping_add(h.into());
    }
}

/// The gate vectors, `hidden` values each.
#[inline(always)]
fn gates<const N: usize>(values: &[i16], hidden: usize) -> Option<[&[i16]; N]> {
    let mut parts = values.chunks_exact(hidden.max(1));
    let mut gates: [&[i16]; N] = [&[]; N];
    for gate in &mut gates {
        *gate = parts.next()?;
    }
    Some(gates)
}

/// The whole pre-activation of a gate; the tables saturate it.
#[inline(always)]
fn sum(x: i16, h: i16) -> i32 {
    i32::from(x) + i32::from(h)
}

/// From 15 more fractional bits, rounded half up.
#[inline(always)]
fn round_q15(x: i32) -> i32 {
    (x + (1 << 14)) >> 15
}
