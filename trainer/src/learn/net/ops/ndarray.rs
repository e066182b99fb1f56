//! The older backend of Burn: its tensors are copied to slices and back.

#![allow(deprecated, reason = "it stays selectable as long as Burn has it")]

use std::borrow::Cow;

use burn::tensor::{TensorData, read_sync};
use burn_backend::ops::FloatTensorOps;

use super::Flat;

/// The backend.
pub(super) type NdArray = burn_ndarray::NdArray;

impl Flat for NdArray {
    fn values(tensor: &Self::FloatTensorPrimitive) -> Cow<'_, [f32]> {
        let data = read_sync(Self::float_into_data(tensor.clone()));
        let values = data.ok().and_then(|data| data.try_into_vec().ok());
        Cow::Owned(values.expect("a float tensor holds f32"))
    }

    fn tensor(values: Vec<f32>, shape: &[usize]) -> Self::FloatTensorPrimitive {
        Self::float_from_data(TensorData::new(values, shape), &Default::default())
    }
}
