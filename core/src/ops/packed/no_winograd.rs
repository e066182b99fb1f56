//! In place of `winograd` where this build has no kernels for it: the op is refused at load.

use crate::model::records::PackedConv;
use crate::ops::common::OpError;
use crate::tensor::Weights;

/// Refuses.
pub const fn check(_: &PackedConv, _: &Weights<'_>) -> Result<(), OpError> {
    Err(OpError::Packing)
}

/// Writes nothing; no model that was checked gets here.
pub fn winograd_conv2d(
    _: &PackedConv,
    _: &Weights<'_>,
    _: &[i8],
    _: &mut [i8],
    _: &mut [i8],
    _: &mut [u8],
) {
}
