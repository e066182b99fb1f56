//! The graph as a Burn module: parameters, forward pass in float and with fake quantisation.
//!
//! Inside a pass, values are pictures `[n, h, w, c]`, vectors `[n, h * w * c]` and steps `[steps * n, c]`. Parameters are kept
//! flat. Everything is in the order in which the model file stores it.

mod bag;
mod batch;
mod fake;
mod forward;
mod ops;
mod rnn;
mod value;
mod window;

pub use batch::{Batch, BatchData, BatchInput};
use burn::module::{Module, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
pub use forward::{BatchNorm, Mode, Output, forward, node_values};

/// All trained parameters, flat, in the order of [`Plan::params`](tillsense_compiler::network::Plan::params).
#[derive(Module, Debug)]
pub struct Net {
    values: Vec<Param<Tensor<1>>>,
}

impl Net {
    /// Parameters with the given values, without gradients.
    pub fn new(values: impl IntoIterator<Item = Vec<f32>>, device: &Device) -> Self {
        let param = |(index, values): (usize, Vec<f32>)| {
            let len = values.len();
            let tensor = Tensor::<1>::from_data(TensorData::new(values, [len]), device);
            Param::initialized(ParamId::from(index as u64), tensor)
        };
        Net {
            values: values.into_iter().enumerate().map(param).collect(),
        }
    }

    /// Parameter number `index`.
    pub fn value(&self, index: usize) -> Tensor<1> {
        self.values[index].val()
    }

    /// Number of parameters (tensors).
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Copies of all values.
    pub fn to_vecs(&self) -> Vec<Vec<f32>> {
        self.values.iter().map(|p| to_vec(p.val())).collect()
    }

    /// A copy whose values are leaves of a fresh gradient graph: each thread has its own.
    pub fn leaves(&self) -> Net {
        let leaf = |p: &Param<Tensor<1>>| {
            Param::initialized(p.id, p.val().inner().autodiff().require_grad())
        };
        Net {
            values: self.values.iter().map(leaf).collect(),
        }
    }

    /// Moves the values of parameter number `index` out; [`Net::put`] must follow. The values are
    /// copied only if something else holds them.
    pub fn take(&mut self, index: usize) -> Vec<f32> {
        let empty = Tensor::<1>::empty([0], &self.values[index].val().device());
        let id = self.values[index].id;
        let param = std::mem::replace(&mut self.values[index], Param::initialized(id, empty));
        to_vec(param.into_value())
    }

    /// Replaces the values of parameter number `index`.
    pub fn put(&mut self, index: usize, values: Vec<f32>) {
        let len = values.len();
        let old = &self.values[index];
        let tensor = Tensor::from_data(TensorData::new(values, [len]), &old.val().device());
        self.values[index] = Param::initialized(old.id, tensor);
    }
}

/// The values of a tensor in row-major order.
pub fn to_vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_into_vec()
        .expect("a float tensor holds f32 after conversion")
}
