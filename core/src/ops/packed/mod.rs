//! Convolution, depthwise convolution, fully connected and recurrent layers with weights packed for a kernel.
//!
//! Same equations as the plain ops, and the same bytes; the exporter writes one or the other. What the plain ops take
//! apart at run time, zero points, padding at the edges, rounding constants, was prepared at export.

mod check;
mod conv;
mod dense;
mod depthwise;
mod patch;
mod recurrent;
mod separable;
mod strips;
#[cfg(winograd)]
mod winograd;
#[cfg(not(winograd))]
#[path = "no_winograd.rs"]
mod winograd;

pub use conv::{check as check_conv, packed_conv2d};
pub use dense::{check as check_dense, packed_dense};
pub use depthwise::{check as check_depthwise, packed_depthwise};
pub use recurrent::{check as check_rnn, packed_rnn, packed_rnn_scratch_len};
pub use separable::{check as check_separable, packed_separable};
pub use winograd::{check as check_winograd, winograd_conv2d};

use crate::kernels::bytes::limit;
use crate::model::records::Clamp;

/// Scratch as values; none where it does not lie at a multiple of 4, since kernels load words of it. The record says where it
/// lies, and may have changed since it was checked.
fn aligned(scratch: &mut [u8]) -> &mut [i8] {
    match scratch.as_ptr().addr().is_multiple_of(4) {
        true => bytemuck::cast_slice_mut(scratch),
        false => &mut [],
    }
}

/// The output bounds, where they are tighter than what the kernels saturate to.
fn clamp_all(values: &mut [i8], clamp: &Clamp) {
    if (clamp.min, clamp.max) != (i8::MIN, i8::MAX) {
        limit(values, clamp.min, clamp.max);
    }
}
