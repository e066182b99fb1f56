//! Operations with hand-written gradients, on flat slices in the order of the model file.
//!
//! Burn's own convolution and pooling spend most of a training step in changes of layout, in passes over memory and
//! in windows that the pool throws away again; these operations keep pictures as `[n, h, w, c]`, where a row of weights meets
//! a window as it lies in memory. `docs/PERFORMANCE.md` names the commands that measure them.

mod average_pool;
mod cells;
mod clamp_to_grid;
mod conv;
mod conv_pool;
mod dense;
mod depthwise;
mod extremes;
mod max_pool;
mod mean;
#[cfg(feature = "ndarray")]
mod ndarray;
mod product;
mod rnn;
mod rows;
mod smooth;
#[cfg(test)]
mod tests;
mod vectors;
mod window;

use std::borrow::Cow;
use std::fmt::Debug;

pub(super) use average_pool::AveragePool;
use burn::tensor::{DispatchTensor, Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata};
use burn_dispatch::DispatchKindConversion;
use burn_flex::{Flex, FlexTensor};
pub(super) use clamp_to_grid::ClampToGrid;
pub(super) use conv::Conv;
pub(super) use conv_pool::ConvPool;
pub(super) use dense::Dense;
pub(super) use depthwise::Depthwise;
pub(super) use max_pool::MaxPool;
pub(super) use mean::MeanOfSteps;
#[cfg(feature = "ndarray")]
use ndarray::NdArray;
pub(super) use rnn::Rnn;
pub(super) use rows::Rows;
pub(super) use window::Window;

/// A function of `N` tensors with its gradient.
pub(super) trait Op<const N: usize>: Clone + Debug + Send + 'static {
    /// Values that the backward pass needs, apart from the inputs.
    type Saved: Clone + Debug + Send + 'static;

    /// Computes the result.
    fn forward(&self, inputs: [&[f32]; N]) -> (Vec<f32>, Self::Saved);

    /// Computes gradients of the inputs from the result's; `wanted` says which are needed.
    fn backward(
        &self,
        inputs: [&[f32]; N],
        kept: &Self::Saved,
        grad: &[f32],
        wanted: [bool; N],
    ) -> [Option<Vec<f32>>; N];
}

/// A tensor whose number of dimensions is not known to the compiler.
pub(super) struct Any(Tensor<1>);

impl<const D: usize> From<Tensor<D>> for Any {
    fn from(tensor: Tensor<D>) -> Self {
        // The bridge keeps the shape; the constant is not checked against it.
        Any(Tensor::from_dispatch(tensor.into_dispatch()))
    }
}

/// Computes an operation, with a gradient where one of the inputs has one.
pub(super) fn apply<const N: usize, const D: usize>(
    op: impl Op<N>,
    inputs: [Any; N],
    shape: [usize; D],
) -> Tensor<D> {
    #[cfg(feature = "ndarray")]
    if !flex(&inputs[0].0) {
        return apply_on::<NdArray, _, N, D>(op, inputs, shape);
    }
    apply_on::<Flex, _, N, D>(op, inputs, shape)
}

/// Lowest and highest value of a tensor.
pub(super) fn extremes<const D: usize>(tensor: &Tensor<D>) -> (f32, f32) {
    let tensor = tensor.clone().inner();
    #[cfg(feature = "ndarray")]
    if !flex(&tensor) {
        let tensor = tensor.try_into_primitive::<NdArray>();
        let tensor = tensor.expect("there are two back ends");
        return extremes::extremes(&NdArray::values(&tensor));
    }
    let tensor = tensor.try_into_primitive::<Flex>();
    extremes::extremes(&Flex::values(&tensor.expect("there is one back end")))
}

#[cfg(feature = "ndarray")]
fn flex<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.clone().inner().try_into_primitive::<Flex>().is_ok()
}

/// A back end whose tensors can be read as slices.
trait Flat: Backend {
    /// The values in row-major order.
    fn values(tensor: &Self::FloatTensorPrimitive) -> Cow<'_, [f32]>;

    /// A tensor of these values.
    fn tensor(values: Vec<f32>, shape: &[usize]) -> Self::FloatTensorPrimitive;
}

impl Flat for Flex {
    fn values(tensor: &FlexTensor) -> Cow<'_, [f32]> {
        match tensor.as_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(tensor.to_contiguous().storage().to_vec()),
        }
    }

    fn tensor(values: Vec<f32>, shape: &[usize]) -> FlexTensor {
        FlexTensor::from_data(TensorData::new(values, shape))
    }
}

fn apply_on<B: Flat, O: Op<N>, const N: usize, const D: usize>(
    op: O,
    inputs: [Any; N],
    shape: [usize; D],
) -> Tensor<D>
where
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B>>,
{
    const SAME: &str = "all inputs lie on the back end of the net";
    if !inputs.iter().any(|i| i.0.is_autodiff()) {
        let inputs = inputs.map(|i| i.0.try_into_primitive::<B>().expect(SAME));
        let slices = inputs.each_ref().map(B::values);
        let (values, _) = op.forward(slices.each_ref().map(|s| &**s));
        return Tensor::from_primitive::<B>(B::tensor(values, &shape));
    }
    let tensors = inputs.map(|i| {
        i.0.autodiff()
            .try_into_primitive::<Autodiff<B>>()
            .expect(SAME)
    });
    let nodes = tensors.each_ref().map(|t| t.node());
    let inputs = tensors.map(|t| t.into_primitive());
    let slices = inputs.each_ref().map(B::values);
    let (values, kept) = op.forward(slices.each_ref().map(|s| &**s));
    drop(slices);
    let output = B::tensor(values, &shape);
    let step = Step(op.clone());
    let prepared = Backward::<B, N>::prepare::<NoCheckpointing>(step, nodes).compute_bound();
    let output = match prepared.stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((inputs, kept), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    };
    Tensor::from_primitive::<Autodiff<B>>(output)
}

/// The backward step of an operation, as Burn's graph holds it.
#[derive(Debug)]
struct Step<O>(O);

impl<B: Flat, O: Op<N>, const N: usize> Backward<B, N> for Step<O> {
    type State = ([B::FloatTensorPrimitive; N], O::Saved);

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let (inputs, kept) = &ops.state;
        let slices = inputs.each_ref().map(B::values);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = self.0.backward(
            slices.each_ref().map(|s| &**s),
            kept,
            &B::values(&grad),
            wanted,
        );
        for ((parent, found), input) in ops.parents.into_iter().zip(found).zip(inputs) {
            if let (Some(parent), Some(found)) = (parent, found) {
                grads.register::<B>(parent.id, B::tensor(found, &input.shape()));
            }
        }
    }
}
