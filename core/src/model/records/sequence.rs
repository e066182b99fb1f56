//! A recurrent layer in TensorFlow Lite's arithmetic.

use serde::Serialize;

use super::{Blob, Scale, Span, View};

/// An LSTM over a whole sequence, as TensorFlow Lite's integer UNIDIRECTIONAL_SEQUENCE_LSTM with an int16 cell. It begins with the
/// hidden state at real zero and the cell at 0, each time it runs.
///
/// Gates are in the order input, forget, cell, output. Each has a factor to Q3.12 for its product with the step's input, and one for its
/// product with the hidden state; both are rounded by [`Rounding::Tflite`](super::Rounding::Tflite), and saturate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "parity"), derive(serde::Deserialize))]
pub struct SequenceLstm {
    /// `[t, 1, in]`.
    pub input: View,
    /// `[t, 1, n]`, the hidden state after each step.
    pub output: View,
    /// int8 `[4 * n, in]`.
    pub x_weights: Blob,
    /// i32 `[4 * n]`.
    pub x_bias: Blob,
    /// A factor for each gate.
    pub x_scales: [Scale; 4],
    /// The zero point of the hidden state as the next step reads it. Converters observe both by themselves, so that it may be another than
    /// that of the output.
    pub h_zero_point: i8,
    /// int8 `[4 * n, n]`.
    pub h_weights: Blob,
    /// A factor for each gate.
    pub h_scales: [Scale; 4],
    /// Integer bits of the cell, whose other bits are its fraction.
    pub cell_bits: u8,
    /// The largest magnitude of the cell; 0 where there is no bound.
    pub cell_clip: u16,
    /// From the product of output gate and `tanh` of the cell, Q0.30, to stored values.
    pub scale: Scale,
    /// i16 `[5 * n]`, cell and gates, 4-byte aligned, in the arena.
    pub scratch: Span,
}
