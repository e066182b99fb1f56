//! Values that nodes hand on inside a forward pass.

use burn::tensor::Tensor;

/// The output of a node for all samples of a batch.
#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each node, and tensors are handles"
)]
pub(super) enum Value {
    /// Pictures `[n, h, w, c]`.
    Map(Tensor<4>),
    /// Vectors `[n, h * w * c]`, in the order of the model file.
    Vector(Tensor<2>),
    /// Steps `[steps * n, c]`: all samples' first step, then their second, up to the last step that any sample has.
    Steps(Tensor<2>),
    /// Hidden states after each step, as steps: the exact state, and the int8 copy that others read.
    Hidden {
        /// The exact state, Q0.15 on the device.
        exact: Tensor<2>,
        /// The copy on the grid of 1/128.
        copy: Tensor<2>,
    },
    /// Ids, which nodes read from the batch.
    Ids,
}

impl Value {
    /// The values as vectors `[n, h * w * c]`.
    pub(super) fn vector(self) -> Tensor<2> {
        match self {
            Value::Vector(x) => x,
            Value::Map(x) => {
                let [n, h, w, c] = x.dims();
                x.reshape([n, h * w * c])
            }
            Value::Steps(_) | Value::Hidden { .. } | Value::Ids => {
                unreachable!("the builder gives steps to step nodes only")
            }
        }
    }

    /// The values as pictures of this shape `[h, w, c]`.
    pub(super) fn map(self, [h, w, c]: [usize; 3]) -> Tensor<4> {
        match self {
            Value::Map(x) => x,
            other => {
                let x = other.vector();
                let n = x.dims()[0];
                x.reshape([n, h, w, c])
            }
        }
    }

    /// The values as steps `[steps * n, c]`.
    pub(super) fn steps(self) -> Tensor<2> {
        match self {
            Value::Steps(steps) | Value::Hidden { copy: steps, .. } => steps,
            Value::Map(_) | Value::Vector(_) | Value::Ids => {
                unreachable!("the builder gives steps to step nodes only")
            }
        }
    }
}
