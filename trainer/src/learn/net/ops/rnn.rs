//! A recurrent layer over all steps, forwards and backwards through time.
//!
//! Step by step in Burn, a layer is some thirty tensors of a few hundred values for each step; here a step is one
//! matrix product and one loop, and the weights' gradients are one product over all steps.

use pulp::Arch;
use tillsense_core::model::records::{Cell, Direction};

use super::Op;
use super::cells::{Back, CellState, Forth, Q12, cut};
use super::conv::{sums, transposed};
use super::product::{Factors, combine, combined};

/// Lowest and highest value of the int8 copy of a state.
const UNIT: (f32, f32) = (-1.0, 127.0 / 128.0);

/// Hidden states after each step, `[steps * n, hidden]` in order of time; a sample keeps its state through steps that
/// it does not have. Inputs x `[steps * n, c]`, its weight `[gates * hidden, c]` and bias, the state's weight
/// `[gates * hidden, hidden]` and bias. Equations at [`Cell`].
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct Rnn {
    pub cell: Cell,
    pub direction: Direction,
    pub hidden: usize,
    /// Number of valid steps of each sample.
    pub counts: Vec<usize>,
    /// Whether to compute as on the device: the copy of the state that the product reads is on the grid of 1/128, and sums and
    /// the LSTM's cell are clamped to [`super::cells::Q12`].
    pub quantised: bool,
}

/// Values that the backward pass reads, each `[steps * n, ..]`.
#[derive(Clone, Debug, Default)]
pub(in crate::learn::net) struct Saved {
    /// States before each step.
    before: CellState,
    /// The copy of those states that the product reads.
    copy: Vec<f32>,
    /// Sums of the gates, and the gates.
    pre: Vec<f32>,
    gates: Vec<f32>,
    /// The input's and the state's products, which are summed.
    xs: Vec<f32>,
    hs: Vec<f32>,
    /// The LSTM's cell before it is clamped.
    cell: Vec<f32>,
}

impl Op<5> for Rnn {
    type Saved = Saved;

    fn forward(&self, inputs: [&[f32]; 5]) -> (Vec<f32>, Saved) {
        let [x, x_weight, x_bias, h_weight, h_bias] = inputs;
        let (n, h, wide) = (self.counts.len(), self.hidden, x_bias.len());
        let width = x_weight.len() / wide;
        let steps = x.len() / (n * width);
        let mut xs = x_bias.repeat(steps * n);
        let by_input = transposed(x_weight, width);
        combine(&mut xs, Factors::new(x, width), &by_input, wide);
        self.saturate(&mut xs);
        let by_state = transposed(h_weight, h);
        let mut kept = Saved::new(steps * n, h, wide, self.lstm());
        let mut states = vec![0.0; steps * n * h];
        let mut state = CellState::new(n * h, self.lstm());
        for t in self.order(steps) {
            let (narrow, broad) = (t * n * h..(t + 1) * n * h, t * n * wide..(t + 1) * n * wide);
            kept.before.set(narrow.clone(), &state);
            let copy = &mut kept.copy[narrow.clone()];
            copy.iter_mut()
                .zip(&state.h)
                .for_each(|(to, &h)| *to = self.copied(h));
            let hs = &mut kept.hs[broad.clone()];
            hs.copy_from_slice(&h_bias.repeat(n));
            combine(hs, Factors::new(copy, h), &by_state, wide);
            self.saturate(hs);
            Arch::new().dispatch(Forth {
                cell: self.cell,
                quantised: self.quantised,
                hidden: h,
                live: &self.live(t),
                xs: &xs[broad.clone()],
                hs,
                pre: &mut kept.pre[broad.clone()],
                gates: &mut kept.gates[broad],
                uncut: kept.cell.get_mut(narrow.clone()).unwrap_or_default(),
                state: &mut state,
            });
            states[narrow].copy_from_slice(&state.h);
        }
        kept.xs = xs;
        (states, kept)
    }

    fn backward(
        &self,
        [x, x_weight, x_bias, h_weight, _]: [&[f32]; 5],
        kept: &Saved,
        grad: &[f32],
        wanted: [bool; 5],
    ) -> [Option<Vec<f32>>; 5] {
        let (n, h, wide) = (self.counts.len(), self.hidden, x_bias.len());
        let width = x_weight.len() / wide;
        let steps = x.len() / (n * width);
        let mut to_xs = vec![0.0; steps * n * wide];
        let mut to_hs = to_xs.clone();
        let mut to_state = CellState::new(n * h, self.lstm());
        for t in self.order(steps).into_iter().rev() {
            let (narrow, broad) = (t * n * h..(t + 1) * n * h, t * n * wide..(t + 1) * n * wide);
            let grad = &grad[narrow.clone()];
            to_state.h.iter_mut().zip(grad).for_each(|(to, g)| *to += g);
            Arch::new().dispatch(Back {
                cell: self.cell,
                quantised: self.quantised,
                hidden: h,
                live: &self.live(t),
                before: &kept.before.part(narrow.clone()),
                hs: &kept.hs[broad.clone()],
                pre: &kept.pre[broad.clone()],
                gates: &kept.gates[broad.clone()],
                uncut: kept.cell.get(narrow.clone()).unwrap_or_default(),
                to_xs: &mut to_xs[broad.clone()],
                to_hs: &mut to_hs[broad.clone()],
                to_state: &mut to_state,
            });
            self.blocked(&mut to_hs[broad.clone()], &kept.hs[broad.clone()]);
            let to_copy = combined(Factors::new(&to_hs[broad], wide), h_weight, h);
            let before = &kept.before.h[narrow];
            for ((to, g), &h) in to_state.h.iter_mut().zip(to_copy).zip(before) {
                let passes = !self.quantised || (h >= UNIT.0 && h <= UNIT.1);
                *to += if passes { g } else { 0.0 };
            }
        }
        self.blocked(&mut to_xs, &kept.xs);
        let (xs, hs) = (Factors::new(&to_xs, wide), Factors::new(&to_hs, wide));
        [
            wanted[0].then(|| combined(xs, x_weight, width)),
            wanted[1].then(|| combined(xs.transposed(), x, width)),
            wanted[2].then(|| sums(&to_xs, wide)),
            wanted[3].then(|| combined(hs.transposed(), &kept.copy, h)),
            wanted[4].then(|| sums(&to_hs, wide)),
        ]
    }
}

impl Rnn {
    fn lstm(&self) -> bool {
        self.cell == Cell::Lstm
    }

    /// The numbers of the steps in the order of computation.
    fn order(&self, steps: usize) -> Vec<usize> {
        match self.direction {
            Direction::Forward => (0..steps).collect(),
            Direction::Backward => (0..steps).rev().collect(),
        }
    }

    /// Clamps products, which are stored as int16 in Q3.12, each by itself.
    fn saturate(&self, products: &mut [f32]) {
        if self.quantised {
            products
                .iter_mut()
                .for_each(|product| *product = cut(*product));
        }
    }

    /// Clears the gradients of products that were clamped.
    fn blocked(&self, grads: &mut [f32], products: &[f32]) {
        if self.quantised {
            let pairs = grads.iter_mut().zip(products);
            let cut = pairs.filter(|&(_, &p)| p <= Q12.0 || p >= Q12.1);
            cut.for_each(|(grad, _)| *grad = 0.0);
        }
    }

    /// For each sample, whether it has the step.
    fn live(&self, t: usize) -> Vec<bool> {
        self.counts.iter().map(|&count| count > t).collect()
    }

    /// The copy of a hidden state that the product reads.
    fn copied(&self, h: f32) -> f32 {
        if !self.quantised {
            return h;
        }
        let h = if h < UNIT.0 { UNIT.0 } else { h };
        let h = if h > UNIT.1 { UNIT.1 } else { h };
        (h * 128.0 + 0.5).floor() / 128.0
    }
}

impl Saved {
    fn new(rows: usize, hidden: usize, wide: usize, lstm: bool) -> Self {
        let wide = vec![0.0; rows * wide];
        Saved {
            before: CellState::new(rows * hidden, lstm),
            copy: vec![0.0; rows * hidden],
            pre: wide.clone(),
            gates: wide.clone(),
            xs: Vec::new(),
            hs: wide,
            cell: vec![0.0; if lstm { rows * hidden } else { 0 }],
        }
    }
}
