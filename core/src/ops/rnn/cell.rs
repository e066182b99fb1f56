//! The equations of one step, element by element.
//!
//! `a = sat(x + h)` adds the two pre-activations (Q3.12, int16, saturating); `s` is the logistic function and `t` the
//! hyperbolic tangent by table (Q0.15). Products of two Q0.15 numbers are rounded half up.

use super::state::StateMut;
use crate::model::records::Cell;
use crate::num::{saturate_i16, sigmoid_q15, tanh_q15};

/// 1.0 in Q0.15.
const ONE: i32 = 1 << 15;

/// Moves the state on by one step, from pre-activations `x` and `h`, each `[gates, hidden]`.
pub(in crate::ops) fn step(
    cell: Cell,
    hidden: usize,
    x: &[i16],
    h: &[i16],
    state: &mut StateMut<'_>,
) {
    match cell {
        Cell::Elman => elman(x, h, state),
        Cell::Gru => gru(hidden, x, h, state),
        Cell::Lstm => lstm(hidden, x, h, state),
    }
}

/// `h' = t(sat(x + h))`.
fn elman(x: &[i16], h: &[i16], state: &mut StateMut<'_>) {
    for ((out, &x), &h) in state.h.iter_mut().zip(x).zip(h) {
        *out = tanh_q15(sum(x, h));
    }
}

/// Gates r, z, n: `n = t(sat(x_n + r * h_n))`, `h' = sat((1 - z) * n + z * h)`, rounded once.
fn gru(hidden: usize, x: &[i16], h: &[i16], state: &mut StateMut<'_>) {
    let (Some([xr, xz, xn]), Some([hr, hz, hn])) = (gates(x, hidden), gates(h, hidden)) else {
        return;
    };
    let gates = xr
        .iter()
        .zip(hr)
        .zip(xz.iter().zip(hz))
        .zip(xn.iter().zip(hn));
    for (out, (((&xr, &hr), (&xz, &hz)), (&xn, &hn))) in state.h.iter_mut().zip(gates) {
        let reset = i32::from(sigmoid_q15(sum(xr, hr)));
        let keep = i32::from(sigmoid_q15(sum(xz, hz)));
        let new = i32::from(tanh_q15(saturate_i16(
            i32::from(xn) + round_q15(reset * i32::from(hn)),
        )));
        *out = saturate_i16(round_q15((ONE - keep) * new + keep * i32::from(*out)));
    }
}

/// Gates i, f, g, o: `c' = sat(f * c + i * g)`, `h' = o * t(c')`.
///
/// `i * g` is in Q0.30 and is brought to the Q3.27 of `f * c`, rounded half up, before both are added and rounded to Q3.12.
fn lstm(hidden: usize, x: &[i16], h: &[i16], state: &mut StateMut<'_>) {
    let (Some([xi, xf, xg, xo]), Some([hi, hf, hg, ho])) = (gates(x, hidden), gates(h, hidden))
    else {
        return;
    };
    let writes = xi.iter().zip(hi).zip(xg.iter().zip(hg));
    let keeps = xf.iter().zip(hf).zip(xo.iter().zip(ho));
    let states = state.h.iter_mut().zip(state.c.iter_mut());
    for ((out, c), (((&xi, &hi), (&xg, &hg)), ((&xf, &hf), (&xo, &ho)))) in
        states.zip(writes.zip(keeps))
    {
        let write = i32::from(sigmoid_q15(sum(xi, hi)));
        let keep = i32::from(sigmoid_q15(sum(xf, hf)));
        let new = i32::from(tanh_q15(sum(xg, hg)));
        let open = i32::from(sigmoid_q15(sum(xo, ho)));
        *c = saturate_i16(round_q15(keep * i32::from(*c) + ((write * new + 4) >> 3)));
        *out = round_q15(open * i32::from(tanh_q15(*c))) as i16;
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

/// The whole pre-activation of a gate.
#[inline(always)]
fn sum(x: i16, h: i16) -> i16 {
    saturate_i16(i32::from(x) + i32::from(h))
}

/// From 15 more fractional bits, rounded half up.
#[inline(always)]
fn round_q15(x: i32) -> i32 {
    (x + (1 << 14)) >> 15
}
