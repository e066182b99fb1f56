//! Recurrent layers compared with the same layers step by step in Burn.

use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tillsense_compiler::network::quants::UNIT;
use tillsense_core::model::records::{Cell, Direction};

use super::super::{Any, MeanOfSteps, Rnn, apply};
use super::{CASES, compare, draw, leaf, run};
use crate::learn::net::fake;

#[test]
fn recurrent_layers_agree_with_burn() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let counts = [4, 1, 6, 0, 6];
    let (n, steps, width, hidden) = (counts.len(), 6, 3, 17);
    for cell in [Cell::Elman, Cell::Gru, Cell::Lstm] {
        for direction in [Direction::Forward, Direction::Backward] {
            // The larger sizes make sums so large that some are clamped.
            for (quantised, size) in [(false, 1.0), (true, 1.0), (true, 6.0)] {
                let wide = cell.gates() * hidden;
                let lens = [steps * n * width, wide * width, wide, wide * hidden, wide];
                let inputs = lens.map(|len| {
                    let values: Vec<f32> = draw(len, &mut rng).iter().map(|v| v * size).collect();
                    leaf(&values, [len])
                });
                let op = Rnn {
                    cell,
                    direction,
                    hidden,
                    counts: counts.to_vec(),
                    quantised,
                };
                let ours = apply(op, inputs.clone().map(Any::from), [steps * n, hidden]);
                let [x, x_weight, x_bias, h_weight, h_bias] = inputs.clone();
                let device = x.device();
                let x = x.reshape([steps, n * width]);
                let xs: Vec<Tensor<2>> = (0..steps)
                    .map(|t| x.clone().narrow(0, t, 1).reshape([n, width]))
                    .collect();
                let layer = Layer {
                    cell,
                    direction,
                    hidden,
                    weights: Weights {
                        x: x_weight.reshape([wide, width]).transpose(),
                        x_bias,
                        h: h_weight.reshape([wide, hidden]).transpose(),
                        h_bias,
                    },
                    counts: &counts,
                    quantised,
                    device: &device,
                };
                let theirs = layer.run(&xs);
                let name = format!("{cell:?} {direction:?} quantised {quantised} size {size}");
                compare(&name, &CASES[0], &run(ours, &inputs), &run(theirs, &inputs));
            }
        }
    }
}

#[test]
fn means_count_valid_steps_only() {
    let x: Vec<f32> = (0..12).map(|i| i as f32).collect();
    let x = leaf(&x, [12]);
    let op = MeanOfSteps {
        counts: vec![3, 0],
        width: 2,
    };
    let mean = apply(op, [x.clone().into()], [2, 2]);
    let found = run(mean, &[x]);
    assert_eq!(found[0], [4.0, 5.0, 0.0, 0.0]);
    assert_eq!(found[1][2..4], [0.0, 0.0]);
    assert_eq!(found[1][0], found[1][8]);
}

/// Highest value of Q3.12.
const Q12_MAX: f32 = 8.0 - 1.0 / 4096.0;

/// Weights as they enter the products: transposed, `[in, gates * hidden]` and `[hidden, gates * hidden]`.
struct Weights {
    x: Tensor<2>,
    x_bias: Tensor<1>,
    h: Tensor<2>,
    h_bias: Tensor<1>,
}

/// One layer over a batch.
struct Layer<'a> {
    cell: Cell,
    direction: Direction,
    hidden: usize,
    weights: Weights,
    /// Number of valid steps of each sample.
    counts: &'a [usize],
    quantised: bool,
    device: &'a Device,
}

struct State {
    h: Tensor<2>,
    /// Cell state, for LSTM only.
    c: Option<Tensor<2>>,
}

impl Layer<'_> {
    /// The hidden states after each step, in order of time. A sample keeps its state through steps that it does not have.
    fn run(&self, xs: &[Tensor<2>]) -> Tensor<2> {
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
        let mut exacts = Vec::with_capacity(xs.len());
        for &t in &order {
            let next = self.step(xs[t].clone(), copy, &state);
            state = self.keep(state, next, t);
            copy = if self.quantised {
                fake::activation(state.h.clone(), UNIT)
            } else {
                state.h.clone()
            };
            exacts.push(state.h.clone());
        }
        if self.direction == Direction::Backward {
            exacts.reverse();
        }
        Tensor::cat(exacts, 0)
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

/// A mask of 1 for samples that have step t, else 0; `None` where all have it.
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
