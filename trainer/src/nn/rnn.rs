//! Recurrent cells, computed as the device does.
//!
//! The int8 copy of the hidden state (grid 1/128) feeds the recurrent product; the exact state carries over. With
//! fake quantisation, both products and the LSTM cell are clamped to Q3.12, `[-8, 8 - 2^-12]`, each by itself as int16 saturates;
//! the gates' sums are clamped where the device's tables end. Equations at [`Cell`].
//!
//! What is not imitated is far below a step of the int8 copy (1/128): rounding to Q3.12 and Q0.15 (1.2e-4, 1.5e-5) and the
//! straight lines of the tables (8e-5 for sigmoid, 7e-4 for tanh). `lower/tests/fake.rs` holds both beside one another.

use burn::tensor::{Device, Tensor, TensorData, activation};
use tillsense_core::model::records::{Cell, Direction, ReadMode};

use super::fake;
use super::quants::UNIT;
use super::value::Value;

/// Highest value of Q3.12.
const Q12_MAX: f32 = 8.0 - 1.0 / 4096.0;

/// Weights as they enter the products: transposed, `[in, gates * hidden]` and `[hidden, gates * hidden]`.
pub(super) struct Weights {
    pub x: Tensor<2>,
    pub x_bias: Tensor<1>,
    pub h: Tensor<2>,
    pub h_bias: Tensor<1>,
}

/// One layer over a batch.
pub(super) struct Layer<'a> {
    pub cell: Cell,
    pub direction: Direction,
    pub hidden: usize,
    pub weights: Weights,
    /// Valid steps of each sample.
    pub counts: &'a [usize],
    pub quantised: bool,
    pub device: &'a Device,
}

struct State {
    h: Tensor<2>,
    /// LSTM only.
    c: Option<Tensor<2>>,
}

impl Layer<'_> {
    /// Hidden states after each step, in order of time. A sample keeps its state through steps that it does not have.
    pub(super) fn run(&self, xs: &[Tensor<2>]) -> Value {
        let zero = || Tensor::<2>::zeros([self.counts.len(), self.hidden], self.device);
        let mut state = State {
            h: zero(),
            c: (self.cell == Cell::Lstm).then(zero),
        };
        let mut copy = state.h.clone();
        let order: Vec<usize> = match self.direction {
            Direction::Forward => (0..xs.len()).collect(),
            Direction::Backward => (0..xs.len()).rev().collect(),
        };
        let (mut exacts, mut copies) = (Vec::with_capacity(xs.len()), Vec::with_capacity(xs.len()));
        for &t in &order {
            let next = self.step(xs[t].clone(), copy, &state);
            state = self.keep(state, next, t);
            copy = if self.quantised {
                fake::activation(state.h.clone(), UNIT)
            } else {
                state.h.clone()
            };
            exacts.push(state.h.clone());
            copies.push(copy.clone());
        }
        if self.direction == Direction::Backward {
            exacts.reverse();
            copies.reverse();
        }
        Value::Hidden {
            exact: exacts,
            copy: copies,
        }
    }

    fn step(&self, x: Tensor<2>, copy: Tensor<2>, state: &State) -> State {
        let w = &self.weights;
        let xs = self.clamp(x.matmul(w.x.clone()) + w.x_bias.clone().unsqueeze());
        let hs = self.clamp(copy.matmul(w.h.clone()) + w.h_bias.clone().unsqueeze());
        match (self.cell, &state.c) {
            (Cell::Elman, _) => State {
                h: activation::tanh(self.clamp(xs + hs)),
                c: None,
            },
            (Cell::Gru, _) => self.gru(xs, hs, state),
            (Cell::Lstm, c) => self.lstm(self.clamp(xs + hs), c.as_ref()),
        }
    }

    /// Gates r, z, n. `h' = n + z * (h - n)`.
    fn gru(&self, xs: Tensor<2>, hs: Tensor<2>, state: &State) -> State {
        let n = self.hidden;
        let gates = self.clamp(xs.clone().narrow(1, 0, 2 * n) + hs.clone().narrow(1, 0, 2 * n));
        let gates = activation::sigmoid(gates);
        let (r, z) = (gates.clone().narrow(1, 0, n), gates.narrow(1, n, n));
        let candidate =
            activation::tanh(self.clamp(xs.narrow(1, 2 * n, n) + r * hs.narrow(1, 2 * n, n)));
        State {
            h: candidate.clone() + z * (state.h.clone() - candidate),
            c: None,
        }
    }

    /// Gates i, f, g, o.
    fn lstm(&self, gates: Tensor<2>, c: Option<&Tensor<2>>) -> State {
        let n = self.hidden;
        let first = activation::sigmoid(gates.clone().narrow(1, 0, 2 * n));
        let g = activation::tanh(gates.clone().narrow(1, 2 * n, n));
        let o = activation::sigmoid(gates.narrow(1, 3 * n, n));
        let (i, f) = (first.clone().narrow(1, 0, n), first.narrow(1, n, n));
        let fresh = i * g;
        let c = self.clamp(match c {
            Some(c) => f * c.clone() + fresh,
            None => fresh,
        });
        State {
            h: o * activation::tanh(c.clone()),
            c: Some(c),
        }
    }

    fn clamp(&self, x: Tensor<2>) -> Tensor<2> {
        if self.quantised {
            x.clamp(-8.0, Q12_MAX)
        } else {
            x
        }
    }

    /// The next state for samples that have step t, the old one for the others.
    fn keep(&self, old: State, next: State, t: usize) -> State {
        let Some(mask) = mask(self.counts, t, self.device) else {
            return next;
        };
        let rest = mask.clone().neg() + 1.0;
        let mix = |old: Tensor<2>, next: Tensor<2>| next * mask.clone() + old * rest.clone();
        State {
            h: mix(old.h, next.h),
            c: old.c.zip(next.c).map(|(a, b)| mix(a, b)),
        }
    }
}

/// Reads hidden states after the last valid step; a sample without steps reads zeros.
pub(super) fn read(
    value: Value,
    direction: Direction,
    mode: ReadMode,
    hidden: usize,
    counts: &[usize],
    device: &Device,
) -> Tensor<2> {
    let Value::Hidden { exact, copy } = value else {
        unreachable!("the builder lets read follow rnn")
    };
    if exact.is_empty() {
        return Tensor::zeros([counts.len(), hidden], device);
    }
    match (mode, direction) {
        (ReadMode::Last, Direction::Forward) => copy[copy.len() - 1].clone(),
        (ReadMode::Last, Direction::Backward) => copy[0].clone(),
        (ReadMode::Mean, _) => {
            let valid = |(t, h): (usize, &Tensor<2>)| match mask(counts, t, device) {
                Some(mask) => h.clone() * mask,
                None => h.clone(),
            };
            let sum = exact.iter().enumerate().map(valid).reduce(|a, b| a + b);
            let inverse: Vec<f32> = counts.iter().map(|&c| 1.0 / c.max(1) as f32).collect();
            let inverse =
                Tensor::<2>::from_data(TensorData::new(inverse, [counts.len(), 1]), device);
            sum.expect("there is a step") * inverse
        }
    }
}

/// 1 for samples that have step t, else 0; `None` where all have it.
fn mask(counts: &[usize], t: usize, device: &Device) -> Option<Tensor<2>> {
    if counts.iter().all(|&c| c > t) {
        return None;
    }
    let ones: Vec<f32> = counts.iter().map(|&c| f32::from(u8::from(c > t))).collect();
    Some(Tensor::from_data(
        TensorData::new(ones, [counts.len(), 1]),
        device,
    ))
}
