//! Geometry of convolutions and pooling.

use tillsense_core::model::records::{View, Window};

use super::LowerError;
use super::nodes::{shape, size};
use crate::network::builder::pads;
use crate::network::graph::{Geometry, Node, Padding};

/// Geometry of a convolution or pooling, checked against the node's shape.
pub(super) fn window(node: &Node, input: View, output: View) -> Result<Window, LowerError> {
    let Geometry {
        kernel,
        stride,
        dilation,
        padding,
    } = node.op.geometry().ok_or_else(|| shape(node))?;
    let sizes = [kernel, stride, dilation].concat();
    let explicit = match padding {
        Padding::Explicit(pads) => pads,
        _ => [0; 4],
    };
    let fits = |n: &usize| *n <= usize::from(u16::MAX);
    if sizes.contains(&0) || !sizes.iter().chain(&explicit).all(fits) {
        return Err(size(node));
    }
    let given = [usize::from(input.h), usize::from(input.w)];
    let (made, pad) = pads(given, kernel, stride, dilation, padding).ok_or_else(|| shape(node))?;
    if made != [usize::from(output.h), usize::from(output.w)] {
        return Err(shape(node));
    }
    let two = |pair: [usize; 2]| (pair[0] as u16, pair[1] as u16);
    let [(top, bottom), (left, right)] = pad;
    Ok(Window {
        kernel: two(kernel),
        stride: two(stride),
        dilation: two(dilation),
        pad_before: two([top, left]),
        pad_after: two([bottom, right]),
    })
}
