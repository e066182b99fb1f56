//! Recurrent layers, computed as on the device, and the readers of their states.
//!
//! The int8 copy of the hidden state (grid 1/128) feeds the recurrent product; the exact state carries over. With
//! fake quantisation, pre-activations and the LSTM cell are clamped to Q3.12, `[-8, 8 - 2^-12]`.

use burn::tensor::{Device, Tensor};
use tillsense_compiler::network::quants::UNIT;
use tillsense_core::model::records::{Direction, ReadMode};

use super::fake;
use super::ops::{MeanOfSteps, Rnn, apply};
use super::value::Value;

/// Weights and biases, in the order of the model file.
pub(super) struct Weights {
    /// Weights of the input, `[gates * hidden, in]`.
    pub x: Tensor<2>,
    pub x_bias: Tensor<1>,
    /// Weights of the hidden state, `[gates * hidden, hidden]`.
    pub h: Tensor<2>,
    pub h_bias: Tensor<1>,
}

/// The hidden states after each step, in order of time. A sample keeps its state through steps that it does not have.
pub(super) fn run(layer: Rnn, xs: Tensor<2>, weights: Weights) -> Value {
    let (shape, quantised) = ([xs.dims()[0], layer.hidden], layer.quantised);
    let inputs = [
        xs.into(),
        weights.x.into(),
        weights.x_bias.into(),
        weights.h.into(),
        weights.h_bias.into(),
    ];
    let exact = apply(layer, inputs, shape);
    let copy = match quantised {
        true => fake::activation(exact.clone(), UNIT),
        false => exact.clone(),
    };
    Value::Hidden { exact, copy }
}

/// Reads hidden states after the last valid step; a sample without steps reads zeros.
pub(super) fn read(
    value: Value,
    direction: Direction,
    mode: ReadMode,
    hidden: usize,
    counts: Vec<usize>,
    device: &Device,
) -> Tensor<2> {
    let Value::Hidden { exact, copy } = value else {
        unreachable!("the builder lets read follow rnn")
    };
    let (rows, n) = (exact.dims()[0], counts.len());
    if rows == 0 {
        return Tensor::zeros([n, hidden], device);
    }
    match (mode, direction) {
        (ReadMode::Last, Direction::Forward) => copy.narrow(0, rows - n, n),
        (ReadMode::Last, Direction::Backward) => copy.narrow(0, 0, n),
        (ReadMode::Mean, _) => {
            let width = hidden;
            apply(MeanOfSteps { counts, width }, [exact.into()], [n, hidden])
        }
    }
}
