//! One step of each recurrent cell, forwards and backwards.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use tillsense_core::model::records::Cell;

use super::smooth::{sigmoid, tanh};

/// Range of Q3.12, in which sums and the LSTM's cell are stored.
pub(super) const Q12: (f32, f32) = (-8.0, 8.0 - 1.0 / 4096.0);

/// The state of all samples, or its gradient.
#[derive(Clone, Debug, Default)]
pub(super) struct CellState {
    /// Hidden state `[n, hidden]`.
    pub h: Vec<f32>,
    /// Cell state `[n, hidden]`; empty but for LSTM.
    pub c: Vec<f32>,
}

impl CellState {
    pub(super) fn new(len: usize, lstm: bool) -> Self {
        CellState {
            h: vec![0.0; len],
            c: vec![0.0; if lstm { len } else { 0 }],
        }
    }

    /// Stores the state of a part of the rows.
    pub(super) fn set(&mut self, at: Range<usize>, part: &CellState) {
        self.h[at.clone()].copy_from_slice(&part.h);
        if !part.c.is_empty() {
            self.c[at].copy_from_slice(&part.c);
        }
    }

    /// The state of a part of the rows.
    pub(super) fn part(&self, at: Range<usize>) -> CellState {
        CellState {
            h: self.h[at.clone()].to_vec(),
            c: self.c.get(at).unwrap_or_default().to_vec(),
        }
    }
}

/// A forward step: from sums to gates to the next state.
pub(super) struct Forth<'a> {
    pub cell: Cell,
    pub quantised: bool,
    pub hidden: usize,
    /// For each sample, whether it has the step.
    pub live: &'a [bool],
    /// The two products that are summed, `[n, gates * hidden]`.
    pub xs: &'a [f32],
    pub hs: &'a [f32],
    /// Sums before they are clamped, and gates.
    pub pre: &'a mut [f32],
    pub gates: &'a mut [f32],
    /// The LSTM's cell before it is clamped.
    pub uncut: &'a mut [f32],
    pub state: &'a mut CellState,
}

/// The backward step of [`Forth`]; gradients of the sums are written for samples that have the step.
pub(super) struct Back<'a> {
    pub cell: Cell,
    pub quantised: bool,
    pub hidden: usize,
    pub live: &'a [bool],
    /// The state before the step.
    pub before: &'a CellState,
    pub hs: &'a [f32],
    pub pre: &'a [f32],
    pub gates: &'a [f32],
    pub uncut: &'a [f32],
    pub to_xs: &'a mut [f32],
    pub to_hs: &'a mut [f32],
    /// On entry the gradient of the state after the step; on return that of the state before it, but
    /// for the part that goes through the product.
    pub to_state: &'a mut CellState,
}

impl WithSimd for Forth<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let n = self.hidden;
        let wide = self.cell.gates() * n;
        let cut = |x: f32| if self.quantised { cut(x) } else { x };
        for (sample, _) in self.live.iter().enumerate().filter(|(_, live)| **live) {
            let (row, line) = (
                sample * wide..(sample + 1) * wide,
                sample * n..(sample + 1) * n,
            );
            let (xs, hs) = (&self.xs[row.clone()], &self.hs[row.clone()]);
            let (pre, gates) = (&mut self.pre[row.clone()], &mut self.gates[row]);
            let h = &mut self.state.h[line.clone()];
            match self.cell {
                Cell::Elman => {
                    add(pre, xs, hs);
                    for k in 0..n {
                        gates[k] = tanh(cut(pre[k]));
                        h[k] = gates[k];
                    }
                }
                Cell::Gru => {
                    add(&mut pre[..2 * n], &xs[..2 * n], &hs[..2 * n]);
                    let (first, candidate) = gates.split_at_mut(2 * n);
                    for (gate, &pre) in first.iter_mut().zip(&pre[..2 * n]) {
                        *gate = sigmoid(cut(pre));
                    }
                    let (r, z) = first.split_at(n);
                    let (pre, xs, hs) =
                        (&mut pre[2 * n..][..n], &xs[2 * n..][..n], &hs[2 * n..][..n]);
                    let (r, z, candidate) = (&r[..n], &z[..n], &mut candidate[..n]);
                    for k in 0..n {
                        pre[k] = xs[k] + r[k] * hs[k];
                        candidate[k] = tanh(cut(pre[k]));
                        h[k] = candidate[k] + z[k] * (h[k] - candidate[k]);
                    }
                }
                Cell::Lstm => {
                    add(pre, xs, hs);
                    for (gate, &pre) in gates[..2 * n].iter_mut().zip(&pre[..2 * n]) {
                        *gate = sigmoid(cut(pre));
                    }
                    for (gate, &pre) in gates[2 * n..3 * n].iter_mut().zip(&pre[2 * n..3 * n]) {
                        *gate = tanh(cut(pre));
                    }
                    for (gate, &pre) in gates[3 * n..].iter_mut().zip(&pre[3 * n..]) {
                        *gate = sigmoid(cut(pre));
                    }
                    let [i, f, g, o] = four(gates, n);
                    let c = &mut self.state.c[line.clone()];
                    let uncut = &mut self.uncut[line];
                    for k in 0..n {
                        uncut[k] = f[k] * c[k] + i[k] * g[k];
                        c[k] = cut(uncut[k]);
                        h[k] = o[k] * tanh(c[k]);
                    }
                }
            }
        }
    }
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let n = self.hidden;
        let wide = self.cell.gates() * n;
        // A sum that was clamped has no gradient.
        let inside = |x: f32| !self.quantised | ((x >= Q12.0) & (x <= Q12.1));
        let gate = |to: f32, slope: f32, pre: f32| if inside(pre) { to * slope } else { 0.0 };
        for (sample, _) in self.live.iter().enumerate().filter(|(_, live)| **live) {
            let (row, line) = (
                sample * wide..(sample + 1) * wide,
                sample * n..(sample + 1) * n,
            );
            let (pre, gates) = (&self.pre[row.clone()], &self.gates[row.clone()]);
            let to_xs = &mut self.to_xs[row.clone()];
            let to_hs = &mut self.to_hs[row.clone()];
            let to_h = &mut self.to_state.h[line.clone()];
            match self.cell {
                Cell::Elman => {
                    for k in 0..n {
                        to_xs[k] = gate(to_h[k], 1.0 - gates[k] * gates[k], pre[k]);
                        to_h[k] = 0.0;
                    }
                    to_hs.copy_from_slice(to_xs);
                }
                Cell::Gru => {
                    let hs = &self.hs[row][2 * n..][..n];
                    let before = &self.before.h[line];
                    let [r, z, m] = three(gates, n);
                    let [pre_r, pre_z, pre_m] = three(pre, n);
                    let [to_r, to_z, to_m] = three_mut(to_xs, n);
                    let product = &mut to_hs[2 * n..][..n];
                    for k in 0..n {
                        let sum = to_h[k] * (1.0 - z[k]);
                        to_m[k] = gate(sum, 1.0 - m[k] * m[k], pre_m[k]);
                        product[k] = to_m[k] * r[k];
                        to_r[k] = gate(to_m[k] * hs[k], r[k] * (1.0 - r[k]), pre_r[k]);
                        let sum = to_h[k] * (before[k] - m[k]);
                        to_z[k] = gate(sum, z[k] * (1.0 - z[k]), pre_z[k]);
                        to_h[k] *= z[k];
                    }
                    to_hs[..2 * n].copy_from_slice(&to_xs[..2 * n]);
                }
                Cell::Lstm => {
                    let (before, uncut) = (&self.before.c[line.clone()], &self.uncut[line.clone()]);
                    let to_c = &mut self.to_state.c[line];
                    let [i, f, g, o] = four(gates, n);
                    let [pre_i, pre_f, pre_g, pre_o] = four(pre, n);
                    let [to_i, to_f, to_g, to_o] = four_mut(to_xs, n);
                    for k in 0..n {
                        let c = if self.quantised {
                            cut(uncut[k])
                        } else {
                            uncut[k]
                        };
                        let shown = tanh(c);
                        to_o[k] = gate(to_h[k] * shown, o[k] * (1.0 - o[k]), pre_o[k]);
                        let sum = to_c[k] + to_h[k] * o[k] * (1.0 - shown * shown);
                        let sum = if inside(uncut[k]) { sum } else { 0.0 };
                        to_i[k] = gate(sum * g[k], i[k] * (1.0 - i[k]), pre_i[k]);
                        to_f[k] = gate(sum * before[k], f[k] * (1.0 - f[k]), pre_f[k]);
                        to_g[k] = gate(sum * i[k], 1.0 - g[k] * g[k], pre_g[k]);
                        to_c[k] = sum * f[k];
                        to_h[k] = 0.0;
                    }
                    to_hs.copy_from_slice(to_xs);
                }
            }
        }
    }
}

/// Clamps to [`Q12`]; a NaN stays.
#[inline(always)]
pub(super) fn cut(x: f32) -> f32 {
    let x = if x < Q12.0 { Q12.0 } else { x };
    if x > Q12.1 { Q12.1 } else { x }
}

#[inline(always)]
fn add(to: &mut [f32], a: &[f32], b: &[f32]) {
    for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
        *to = a + b;
    }
}

#[inline(always)]
fn three(values: &[f32], n: usize) -> [&[f32]; 3] {
    [&values[..n], &values[n..][..n], &values[2 * n..][..n]]
}

#[inline(always)]
fn four(values: &[f32], n: usize) -> [&[f32]; 4] {
    let [a, b, c] = three(values, n);
    [a, b, c, &values[3 * n..][..n]]
}

#[inline(always)]
fn three_mut(values: &mut [f32], n: usize) -> [&mut [f32]; 3] {
    let (a, rest) = values.split_at_mut(n);
    let (b, rest) = rest.split_at_mut(n);
    [a, b, &mut rest[..n]]
}

#[inline(always)]
fn four_mut(values: &mut [f32], n: usize) -> [&mut [f32]; 4] {
    let (first, last) = values.split_at_mut(3 * n);
    let [a, b, c] = three_mut(first, n);
    [a, b, c, &mut last[..n]]
}
