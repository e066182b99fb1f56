//! Plain tensors: int8 values that something else has made and quantised, taken as they are.
//!
//! Real value = scale * (stored - zero point); both are in the record, and the scale is what an application divides by before it
//! pushes.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::frontend::{FrontendError, require};
use crate::model::records::{Scale, TensorParams};
use crate::num::requantise::is_valid_scale;
use crate::size::MAX_LEN;

/// Why a tensor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TensorError {
    /// Not exactly `h * w * c` values.
    WrongSize,
}

impl Display for TensorError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TensorError::WrongSize => {
                "the tensor does not have as many values as rows times columns times channels"
            }
        })
    }
}

impl Error for TensorError {}

/// Whether a scale is one that a stored value can have: not 0.
pub(crate) const fn is_scale(scale: &Scale) -> bool {
    scale.multiplier >= 1 << 30 && is_valid_scale(scale.multiplier, scale.shift)
}

/// Checks that the tensor has values, no more than [`MAX_LEN`], and a scale.
pub fn check(params: &TensorParams) -> Result<(), FrontendError> {
    let len = (1..=MAX_LEN as usize).contains(&params.output.len());
    require(len, FrontendError::Shape)?;
    require(is_scale(&params.scale), FrontendError::Scale)
}

/// Bytes that came over a link, as the values that they are.
pub fn values(bytes: &[u8]) -> &[i8] {
    bytemuck::cast_slice(bytes)
}

/// Values as the bytes that go over a link.
pub fn bytes(values: &[i8]) -> &[u8] {
    bytemuck::cast_slice(values)
}

/// Copies values to `output` `[h, w, c]`, from its value number `offset` on; what reaches beyond its end is left out.
pub fn piece(values: &[i8], offset: usize, output: &mut [i8]) {
    let output = output.get_mut(offset..).unwrap_or(&mut []);
    for (to, from) in output.iter_mut().zip(values) {
        *to = *from;
    }
}

/// Copies the values to `output` `[h, w, c]`.
pub fn run(values: &[i8], output: &mut [i8]) -> Result<(), TensorError> {
    if values.len() != output.len() {
        return Err(TensorError::WrongSize);
    }
    for (to, from) in output.iter_mut().zip(values) {
        *to = *from;
    }
    Ok(())
}
