//! Fully connected layer with a gradient; weights lie row by row.

use super::Op;
use super::conv::sums;
use super::product::{Factors, combined, dots};

/// `y[n, o] = bias[o] + sum_k x[n, k] * weight[o, k]`; inputs x `[n, k]`, weight `[o, k]` and bias `[o]`.
///
/// Burn's gradient of a transposed weight comes out column by column and is copied into order again.
#[derive(Clone, Debug)]
pub(in crate::learn::net) struct Dense {
    /// Number of values in a row of x.
    pub inputs: usize,
    /// Number of values in a row of y.
    pub outputs: usize,
}

impl Op<3> for Dense {
    type Saved = ();

    fn forward(&self, [x, weight, bias]: [&[f32]; 3]) -> (Vec<f32>, ()) {
        let mut y = bias.repeat(x.len() / self.inputs);
        dots(&mut y, x, weight, self.inputs);
        (y, ())
    }

    fn backward(
        &self,
        [x, weight, _]: [&[f32]; 3],
        (): &(),
        grad: &[f32],
        wanted: [bool; 3],
    ) -> [Option<Vec<f32>>; 3] {
        let grads = Factors::new(grad, self.outputs);
        [
            wanted[0].then(|| combined(grads, weight, self.inputs)),
            wanted[1].then(|| combined(grads.transposed(), x, self.inputs)),
            wanted[2].then(|| sums(grad, self.outputs)),
        ]
    }
}
